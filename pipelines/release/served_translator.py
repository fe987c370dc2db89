"""The registered model: an image file's bytes in, a PNG file's bytes out, by onnxruntime.

MLflow copies this file into every model version and runs it from there ("models from code"): it stands alone, and serving
needs neither torch nor genlab. How it reads an image is genlab.images.decode's way; a test holds the two together.
"""

import io
import json
import logging
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # before the import

import mlflow
import numpy as np
import onnxruntime
import pandas as pd
from mlflow.exceptions import MlflowException
from PIL import Image, ImageOps, UnidentifiedImageError

SIXTEEN_BITS = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I"})
MAX_PIXELS = 89_478_485  # PIL's own bound, from which on it warns of a decompression bomb
IGNORED = "Unrecognized params"  # how MLflow's warning begins


class Translator(mlflow.pyfunc.PythonModel):
    """Column `image` (encoded image files) -> column `image` (PNG files of the same height and width)."""

    def load_context(self, context: Any) -> None:
        folder = Path(context.artifacts["release"])
        self.facts = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        self.sessions = {
            name: onnxruntime.InferenceSession(folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
            for name in self.facts["directions"]
        }
        refuse_unknown_params()

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        directions = self.facts["directions"]
        direction = (params or {}).get("direction", directions[0])
        if direction not in directions:
            raise MlflowException.invalid_parameter_value(f"direction: got {direction!r}, expected one of: {', '.join(directions)}.")
        return pd.DataFrame({"image": [self.translate(content, direction, row) for row, content in enumerate(model_input["image"])]})

    def translate(self, content: bytes, direction: str, row: int) -> bytes:
        """An image file -> its translation as a PNG file."""
        try:
            image = upright(content)
            image = convert(image, self.facts["channels"], tuple(self.facts["background"]))
        except Exception as error:  # PIL's plugins raise almost anything for damaged bytes
            raise MlflowException.invalid_parameter_value(
                f"row {row}: not an image that can be read: {reason(error, content)}. "
                "Expected the bytes of a PNG, JPEG or WebP file; in JSON, as base64."
            ) from None
        height, width = image.height, image.width
        pixels = np.asarray(image, np.float32).reshape(height, width, -1).transpose(2, 0, 1)[None] / np.float32(127.5) - np.float32(1)
        (translation,) = self.sessions[direction].run(None, {"image": self.padded(pixels)})
        translation = np.rint((translation[0, :, :height, :width] + np.float32(1)) * np.float32(127.5)).clip(0, 255).astype(np.uint8)
        file = io.BytesIO()
        pixels = translation.transpose(1, 2, 0)
        Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
        return file.getvalue()

    def padded(self, pixels: np.ndarray) -> np.ndarray:
        """(1, C, H, W) -> (1, C, H', W'), multiples of the network's stride, reflected at the bottom and the right edge."""
        stride, smallest = self.facts["stride"], self.facts["smallest_side"]
        missing = [-(-max(side, smallest) // stride) * stride - side for side in pixels.shape[2:]]
        return np.pad(pixels, [(0, 0), (0, 0), *((0, count) for count in missing)], mode="reflect")


def upright(content: bytes) -> Image.Image:
    """A file's bytes -> the image, upright as its EXIF says."""
    if not isinstance(content, bytes):
        raise ValueError(f"got {type(content).__name__}, expected bytes")
    image = Image.open(io.BytesIO(content))
    if image.width * image.height > MAX_PIXELS:
        raise ValueError(f"{image.width:,} x {image.height:,} pixels, more than {MAX_PIXELS:,}")
    return ImageOps.exif_transpose(image)


def reason(error: Exception, content: Any) -> str:
    """PIL's words, but where they name a buffer's address."""
    return f"it begins with {content[:12]!r}" if isinstance(error, UnidentifiedImageError) else str(error) or type(error).__name__


def convert(image: Image.Image, channels: int, background: tuple[int, int, int]) -> Image.Image:
    """Any mode -> grey (channels 1) or RGB (channels 3), 8 bits; whatever is transparent is laid on the background."""
    if image.mode in SIXTEEN_BITS:
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 65535:
            raise ValueError(f"32-bit pixels from {values.min()} to {values.max()}: save it with 8 or 16 bits")
        image = Image.fromarray(((values + 128) // 257).astype(np.uint8))
    if image.mode == "F":
        raise ValueError("floating-point pixels have no known range")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (*background, 255)), image)
    return image.convert("RGB").convert("L") if channels == 1 else image.convert("RGB")


class RefuseUnknownTranslatorParams(logging.Filter):
    """MLflow drops params that a model doesn't know with a warning, before the model sees them: make it an error."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if message.startswith(IGNORED) and "{'direction'}" in message:
            raise MlflowException.invalid_parameter_value(message.replace(" are ignored for inference", "").split(" To enable")[0])
        return True


def refuse_unknown_params() -> None:
    logger = logging.getLogger("mlflow.models.utils")
    logger.setLevel(logging.WARNING)  # a record that isn't logged isn't filtered either
    if not any(type(each).__name__ == RefuseUnknownTranslatorParams.__name__ for each in logger.filters):
        logger.addFilter(RefuseUnknownTranslatorParams())


mlflow.models.set_model(Translator())
