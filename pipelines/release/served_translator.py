"""The registered model of a recipe that translates: image files -> PNG files, computed by onnxruntime.

An adapter of genlab.serving.translator to MLflow, which copies this file and `code/genlab_serving` into every model version and runs them
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
errors, requests, translator = (
    importlib.import_module(f"{__name__}.genlab_serving.{name}") for name in ("errors", "requests", "translator")
)

IGNORED, SUPPORTED = "Unrecognized params", "Supported params are: "  # parts of MLflow's warning


class ServedTranslator(PythonModel):
    """Column `image` (image files as bytes, or as text in base64) -> column `image` (PNG files of the same height and width).

    Params: `direction`; `tile`, the side in pixels of the tiles into which images are cut, which overlap by at least a quarter of it, or 0
    for a choice by memory; and, if the networks take noise, its `seed`. Every image gets the same noise.
    """

    def load_context(self, context: Any) -> None:
        self.translator = translator.Translator(context.artifacts["release"])
        refuse_unknown_params({"direction", "tile"} | ({"seed"} if self.translator.takes_noise else set()))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        chosen = {"direction": self.translator.directions[0]} | (params or {})
        try:
            images = self.translator.images(
                requests.contents_of(model_input["image"].tolist()), **chosen, seconds=requests.seconds_allowed()
            )
            return pd.DataFrame({"image": images})
        except errors.RequestError as error:
            raise MlflowException.invalid_parameter_value(requests.message_of(error)) from None


class RefuseUnknownParams(logging.Filter):
    """Turn MLflow's warnings about unknown params and columns into errors. MLflow drops these before it calls the model.

    The warnings do not name the model. The filter therefore handles only warnings about models with exactly these params, and about
    columns only in a server.
    """

    def __init__(self, params: set[str]):
        super().__init__("/".join((type(self).__name__, *sorted(params))))
        self.params = params

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if ignored := requests.ignored_columns(message):
            raise MlflowException.invalid_parameter_value(ignored)
        got, _, supported = message.rpartition(SUPPORTED)
        if message.startswith(IGNORED) and set(re.findall(r"'(\w+)'", supported)) == self.params:
            got = got.replace(" are ignored for inference", "").strip()
            raise MlflowException.invalid_parameter_value(f"{got} {SUPPORTED}{', '.join(sorted(self.params))}.")
        return True


def refuse_unknown_params(params: set[str]) -> None:
    """Add the filter for these params to MLflow's logger, once per process."""
    logger = logging.getLogger("mlflow.models.utils")
    logger.setLevel(logging.WARNING)  # filters see only records that are logged
    refusing = RefuseUnknownParams(params)
    if not any(getattr(each, "name", "") == refusing.name for each in logger.filters):
        logger.addFilter(refusing)


mlflow.models.set_model(ServedTranslator())
