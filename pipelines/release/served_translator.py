"""The registered model: an image file's bytes in, a PNG file's bytes out, by onnxruntime.

MLflow copies this file into every model version and runs it from there ("models from code"): it stands alone, and serving
needs neither torch nor genlab. How it reads an image is genlab.images.decode's way, how it cuts one into tiles genlab.tiling's;
tests hold the two together.
"""

import io
import json
import logging
import os
import re
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
LAST_SEED = 2**63 - 1  # of MLflow's type `long`
IGNORED, SUPPORTED = "Unrecognized params", "Supported params are: "  # how MLflow's warning begins, and goes on


class Translator(mlflow.pyfunc.PythonModel):
    """Column `image` (encoded image files) -> column `image` (PNG files of the same height and width).

    Params: `direction`; `tile`, the side in pixels of the tiles that images are translated in, which overlap by a quarter of it at
    least, or 0 for whole images at once; and, where the networks take noise, the `seed` that it is drawn from, anew for every image.
    """

    def load_context(self, context: Any) -> None:
        folder = Path(context.artifacts["release"])
        self.facts = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        self.sessions = {
            name: onnxruntime.InferenceSession(folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
            for name in self.facts["directions"]
        }
        refuse_unknown_params({"direction", "tile"} | ({"seed"} if self.facts["noise"] else set()))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        directions, stride, smallest = (self.facts[name] for name in ("directions", "stride", "smallest_side"))
        chosen = {"direction": directions[0], "tile": 0, "seed": 0} | (params or {})
        direction, tile, seed = (chosen[name] for name in ("direction", "tile", "seed"))
        if direction not in directions:
            raise MlflowException.invalid_parameter_value(f"direction: got {direction!r}, expected one of: {', '.join(directions)}.")
        if tile is None or (tile and (tile < smallest or tile % stride)):  # None: JSON's null
            raise MlflowException.invalid_parameter_value(
                f"tile: got {tile}, expected a side in pixels, a multiple of {stride} from {smallest} on, or 0 for the whole image at once."
            )
        if seed is None or seed < 0:
            raise MlflowException.invalid_parameter_value(f"seed: got {seed}, expected a whole number, 0 to {LAST_SEED}.")
        answers = [self.translate(content, direction, tile, seed, row) for row, content in enumerate(model_input["image"])]
        return pd.DataFrame({"image": answers})

    def translate(self, content: bytes, direction: str, tile: int, seed: int, row: int) -> bytes:
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
        translation = self.blended(self.padded(pixels), direction, tile, np.random.default_rng([seed]))
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

    def blended(self, pixels: np.ndarray, direction: str, tile: int, generator: np.random.Generator) -> np.ndarray:
        """(1, C, H, W), multiples of the network's stride -> (1, C, H, W), tile by tile, row by row; without a tile, the whole is one."""
        height, width = pixels.shape[2:]
        noise = self.facts["noise"]
        cell = noise["stride"] if noise else 1
        rows, columns = (windows(side, tile or side, tile // 4, self.facts["stride"], cell) for side in (height, width))
        drawn = generator.random((1, noise["channels"], height // cell, width // cell), np.float32) if noise else None
        blended = np.zeros((1, self.facts["channels"], height, width), np.float32)
        for top, down in rows:
            for left, across in columns:
                place = (..., slice(top, top + len(down)), slice(left, left + len(across)))
                inputs = {"image": pixels[place]}
                if drawn is not None:
                    inputs["noise"] = drawn[(..., *(slice(part.start // cell, part.stop // cell) for part in place[1:]))]
                (translation,) = self.sessions[direction].run(None, inputs)
                blended[place] += translation * np.outer(down, across).astype(np.float32)
        return blended


def windows(side: int, tile: int, overlap: int, stride: int, cell: int) -> list[tuple[int, np.ndarray]]:
    """Where each tile of a side begins, and the weights of its pixels: of all tiles together 1 at every pixel of the side."""
    if side <= tile:
        return [(0, np.ones(side))]
    step = (tile - overlap) // stride * stride or max((tile - overlap) // cell, 1) * cell
    starts = [*range(0, side - tile, step), side - tile]
    share = np.minimum(np.arange(1, tile + 1) / (tile - step + 1), 1)
    rising = share**2 * (3 - 2 * share)
    rises = [np.ones(tile), *[rising] * (len(starts) - 1)]
    falls = [*[rising[::-1]] * (len(starts) - 1), np.ones(tile)]
    weights = [np.minimum(rise, fall) for rise, fall in zip(rises, falls, strict=True)]
    total = np.zeros(side)
    for start, each in zip(starts, weights, strict=True):
        total[start : start + tile] += each
    return [(start, each / total[start : start + tile]) for start, each in zip(starts, weights, strict=True)]


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


class RefuseUnknownParams(logging.Filter):
    """MLflow drops params that a model doesn't know with a warning, before the model sees them: make it an error.

    Only for models that know exactly these params: the warning doesn't say whose it is, and others' are none of ours.
    """

    def __init__(self, params: set[str]):
        super().__init__("/".join((type(self).__name__, *sorted(params))))
        self.params = params

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        got, _, supported = message.rpartition(SUPPORTED)
        if message.startswith(IGNORED) and set(re.findall(r"'(\w+)'", supported)) == self.params:
            got = got.replace(" are ignored for inference", "").strip()
            raise MlflowException.invalid_parameter_value(f"{got} {SUPPORTED}{', '.join(sorted(self.params))}.")
        return True


def refuse_unknown_params(params: set[str]) -> None:
    logger = logging.getLogger("mlflow.models.utils")
    logger.setLevel(logging.WARNING)  # a record that isn't logged isn't filtered either
    refusing = RefuseUnknownParams(params)
    if not any(getattr(each, "name", "") == refusing.name for each in logger.filters):
        logger.addFilter(refusing)


mlflow.models.set_model(Translator())
