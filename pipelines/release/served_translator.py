"""The registered model: an image file's bytes in, a PNG file's bytes out, by onnxruntime.

An adapter of genlab.serving.translator to MLflow, which copies this file and `code/genlab_serving` into every model version and runs them
from there (see pipelines.release.shipping): serving needs neither torch nor an installed genlab.
"""

import importlib
import logging
import os
import re
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # before the import

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException

__path__ = [str(Path(__file__).with_name("code"))]  # a module of a name of its own per load, hence submodules of their own per load
errors, translator = (importlib.import_module(f"{__name__}.genlab_serving.{name}") for name in ("errors", "translator"))

IGNORED, SUPPORTED = "Unrecognized params", "Supported params are: "  # how MLflow's warning begins, and goes on


class ServedTranslator(mlflow.pyfunc.PythonModel):
    """Column `image` (encoded image files) -> column `image` (PNG files of the same height and width).

    Params: `direction`; `tile`, the side in pixels of the tiles that images are translated in, which overlap by a quarter of it at
    least, or 0 for whole images at once; and, where the networks take noise, its `seed`: every image gets the same noise.
    """

    def load_context(self, context: Any) -> None:
        self.translator = translator.Translator(context.artifacts["release"])
        refuse_unknown_params({"direction", "tile"} | ({"seed"} if self.translator.takes_noise else set()))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        chosen = {"direction": self.translator.directions[0]} | (params or {})
        try:
            return pd.DataFrame({"image": self.translator.images(model_input["image"].tolist(), **chosen)})
        except errors.RequestError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from None


class RefuseUnknownParams(logging.Filter):
    """MLflow drops params that a model doesn't take with a warning, before the model sees them: make it an error.

    Only for models that take exactly these params: the warning doesn't say whose it is, and others' are none of ours.
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


mlflow.models.set_model(ServedTranslator())
