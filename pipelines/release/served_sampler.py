"""The registered model: a seed in, a PNG file's bytes out, by onnxruntime.

An adapter of genlab.serving.sampler to MLflow, which copies this file and `code/genlab_serving` into every model version and runs them
from there (see pipelines.release.shipping): serving needs neither torch nor an installed genlab.
"""

import importlib
import logging
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # before the import

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException

__path__ = [str(Path(__file__).with_name("code"))]  # a module of a name of its own per load, hence submodules of their own per load
errors, sampler = (importlib.import_module(f"{__name__}.genlab_serving.{name}") for name in ("errors", "sampler"))

IGNORED = "Unrecognized params"  # how MLflow's warning begins


class ServedSampler(mlflow.pyfunc.PythonModel):
    """Column `seed` (whole numbers from 0 on) -> column `image` (PNG files): for each row those of seed, seed + 1, ..., `count` of them.

    Equal seeds give equal images, whatever else is asked for. The param `truncation` bounds the latent's numbers: less variety,
    more typical images; 0 for no bound, since JSON has no infinity. If the model truncates styles, it is psi, 1 (as trained) to 0 (their
    mean). For a conditional model, `label` is a class's name, or its number as text; without it each seed has its own.
    """

    def load_context(self, context: Any) -> None:
        self.sampler = sampler.Sampler(context.artifacts["release"])
        refuse_unknown_params()

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        try:
            return pd.DataFrame({"image": self.sampler.images(model_input["seed"].tolist(), **(params or {}))})
        except errors.RequestError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from None


class RefuseUnknownSamplerParams(logging.Filter):
    """MLflow drops params that a model doesn't take with a warning, before the model sees them: make it an error."""

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


mlflow.models.set_model(ServedSampler())
