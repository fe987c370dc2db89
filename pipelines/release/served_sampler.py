"""The registered model of a recipe that samples: seeds -> PNG files, computed by onnxruntime.

An adapter of genlab.serving.sampler to MLflow, which copies this file and `code/genlab_serving` into every model version and runs them
from there (see pipelines.release.shipping). Serving needs neither torch nor an installed genlab.
"""

import importlib
import logging
import os
import re
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # set before the import

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.model import PythonModel

__path__ = [str(Path(__file__).with_name("code"))]  # each load has a new module name, so each load has its own submodules
errors, operations, requests = (
    importlib.import_module(f"{__name__}.genlab_serving.{name}") for name in ("errors", "operations", "requests")
)

IGNORED, SUPPORTED = "Unrecognized params", "Supported params are: "  # parts of MLflow's warning


class ServedSampler(PythonModel):
    """Column `seed` (integers from 0) -> column `image` (PNG files). Each row yields the images of seed, ..., seed + `count` - 1.

    Equal seeds give equal images, independent of the other rows. The param `truncation` bounds the values of the latent: a lower bound
    gives more typical and less varied images; 0 means no bound, because JSON has no infinity. If the model truncates styles, `truncation`
    is psi, from 0 (the mean style) to 1 (as trained). For a conditional model, `label` is the name of a class, or its number as text;
    without `label`, each seed determines its own class. The param `operation` selects another answer, see genlab.serving.operations.
    """

    def load_context(self, context: Any) -> None:
        self.answerer = operations.Answerer(context.artifacts["release"])
        refuse_unknown_params()

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        try:
            columns = {name: model_input[name].tolist() for name in model_input.columns}
            return pd.DataFrame(self.answerer.answer(columns, params, requests.seconds_allowed()))
        except errors.RequestError as error:
            raise MlflowException.invalid_parameter_value(requests.message_of(error)) from None


class RefuseUnknownSamplerParams(logging.Filter):
    """Turn MLflow's warnings about unknown params and columns into errors. MLflow drops these before it calls the model."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if ignored := requests.ignored_columns(message):
            raise MlflowException.invalid_parameter_value(ignored)
        got, _, supported = message.partition(SUPPORTED)
        if message.startswith(IGNORED) and "'truncation'" in supported:
            known = ", ".join(sorted(re.findall(r"'(\w+)'", supported)))
            raise MlflowException.invalid_parameter_value(f"{got.replace(' are ignored for inference', '')}{SUPPORTED}{known}.")
        return True


def refuse_unknown_params() -> None:
    """Add the filter to MLflow's logger, once per process."""
    logger = logging.getLogger("mlflow.models.utils")
    logger.setLevel(logging.WARNING)  # filters see only records that are logged
    if not any(type(each).__name__ == RefuseUnknownSamplerParams.__name__ for each in logger.filters):
        logger.addFilter(RefuseUnknownSamplerParams())


mlflow.models.set_model(ServedSampler())
