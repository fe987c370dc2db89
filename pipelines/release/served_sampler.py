"""The registered model: a seed in, a PNG file's bytes out, by onnxruntime.

MLflow copies this file into every model version and runs it from there ("models from code"): it stands alone, and serving
needs neither torch nor genlab. How it truncates a latent is genlab.latents' way; a test holds the two together.
"""

import io
import json
import logging
import math
import os
from pathlib import Path
from statistics import NormalDist
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # before the import

import mlflow
import numpy as np
import onnxruntime
import pandas as pd
from mlflow.exceptions import MlflowException
from PIL import Image

LAST_SEED = 2**63 - 1  # of MLflow's type `long`
MOST = 1000  # images from one seed on
IGNORED = "Unrecognized params"  # how MLflow's warning begins
STANDARD = NormalDist()


class Sampler(mlflow.pyfunc.PythonModel):
    """Column `seed` (whole numbers from 0 on) -> column `image` (PNG files): for each row those of seed, seed + 1, ..., `count` of them.

    Equal seeds give equal images, whatever else is asked for. The param `truncation` bounds the latent's numbers: less variety,
    more typical images; 0 for no bound, since JSON has no infinity. Of a model that truncates styles it is psi, 1 (as trained) to 0 (their
    mean). Of a model that is told labels, `label` is a class's name, or its number as text; without it each seed has one of its own.

    A seed's generator draws the latent, then the label, then the noise, where the model takes these: none depends on what comes after it.
    """

    def load_context(self, context: Any) -> None:
        folder = Path(context.artifacts["release"])
        self.facts = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        self.truncates_styles = self.facts.get("truncates") == "styles"
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        self.session = onnxruntime.InferenceSession(folder / "generator.onnx", options, providers=["CPUExecutionProvider"])
        refuse_unknown_params()

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        chosen = {"truncation": 1.0 if self.truncates_styles else 0.0, "count": 1, "label": ""} | (params or {})
        truncation, count = chosen["truncation"], chosen["count"]  # None: JSON's null
        most, expected = (1, "psi, a number from 0 to 1") if self.truncates_styles else (math.inf, "a positive number, or 0 for none")
        if truncation is None or not 0 <= truncation <= most:  # NaN, too
            raise MlflowException.invalid_parameter_value(f"truncation: got {truncation}, expected {expected}.")
        if count is None or not 1 <= count <= MOST:
            raise MlflowException.invalid_parameter_value(f"count: got {count}, expected a whole number, 1 to {MOST}.")
        label = class_number(chosen["label"], self.facts["classes"]) if chosen["label"] else None
        first, last = [int(seed) for seed in model_input["seed"]], LAST_SEED - count + 1
        for row, seed in enumerate(first):
            if not 0 <= seed <= last:
                bound = f"{last} with a count of {count}" if count > 1 else last
                raise MlflowException.invalid_parameter_value(f"row {row}: seed: got {seed}, expected a whole number, 0 to {bound}.")
        seeds = (each for seed in first for each in range(seed, seed + count))
        return pd.DataFrame({"image": [self.sample(seed, truncation, label) for seed in seeds]})

    def sample(self, seed: int, truncation: float, label: int | None = None) -> bytes:
        """A seed -> its image as a PNG file. One at a time: in a batch the last bits depend on the others."""
        random, classes = np.random.default_rng(seed), self.facts["classes"]
        latent = random.standard_normal(self.facts["latent_size"])
        if not self.truncates_styles:
            latent = truncated(latent, truncation or math.inf)
        inputs = {"latent": latent.astype(np.float32)[None]}
        if classes:
            own = random.integers(len(classes))  # drawn also where another is asked for: the noise comes after it
            inputs["label"] = np.array([own if label is None else label], np.int64)
        if self.truncates_styles:
            inputs["noise"] = random.standard_normal((1, self.facts["noise_size"])).astype(np.float32)
            inputs["truncation"] = np.array([truncation], np.float32)
        (image,) = self.session.run(None, inputs)
        pixels = np.rint((image[0].transpose(1, 2, 0) + np.float32(1)) * np.float32(127.5)).clip(0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
        return file.getvalue()


def class_number(label: str, classes: list[str]) -> int:
    """A class's name, or its number as text -> its number. A name goes first: classes may be called by numbers that aren't theirs.

    Raises:
        MlflowException: neither.
    """
    numbers = {str(number): number for number in range(len(classes))} | {name: number for number, name in enumerate(classes)}
    if label not in numbers:
        known = ", ".join(f"{name} ({number})" for number, name in enumerate(classes))
        raise MlflowException.invalid_parameter_value(f"label: got '{label}', expected one of {known}; or '' for one by the seed.")
    return numbers[label]


def truncated(latent: np.ndarray, bound: float) -> np.ndarray:
    """Numbers from N(0, 1) -> numbers from N(0, 1) within [-bound, bound], each moved monotonically; the same for an infinite bound.

    Brock et al. 2018 (arXiv:1809.11096, section 3.1). By the lower tail, whichever side a number is on: the upper one rounds to 1.
    """
    if math.isinf(bound):
        return latent
    lowest = below(-bound)
    shares = [lowest + below(-abs(number)) * (1 - 2 * lowest) for number in latent]
    return np.copysign(np.minimum([-STANDARD.inv_cdf(share) for share in shares], bound), latent)


def below(number: float) -> float:
    """The share of N(0, 1) below a number; NormalDist.cdf is 0 too early."""
    return math.erfc(-number / math.sqrt(2)) / 2


class RefuseUnknownSamplerParams(logging.Filter):
    """MLflow drops params that a model doesn't know with a warning, before the model sees them: make it an error."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if message.startswith(IGNORED) and "'truncation'" in message:
            raise MlflowException.invalid_parameter_value(message.replace(" are ignored for inference", "").split(" To enable")[0])
        return True


def refuse_unknown_params() -> None:
    logger = logging.getLogger("mlflow.models.utils")
    logger.setLevel(logging.WARNING)  # a record that isn't logged isn't filtered either
    if not any(type(each).__name__ == RefuseUnknownSamplerParams.__name__ for each in logger.filters):
        logger.addFilter(RefuseUnknownSamplerParams())


mlflow.models.set_model(Sampler())
