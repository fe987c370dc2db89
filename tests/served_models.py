"""Small releases as MLflow serves them, and requests to them as its server handles them."""

import json
import logging
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import PyFuncModel, scoring_server
from served_networks import make_release

from pipelines.release.registry import signature
from pipelines.release.serving import serving_of
from pipelines.release.shipping import ship


def saved_in(folder: Path, facts: dict, example: list[Any], **networks: bytes) -> Path:
    """The folder of a model version with these networks."""
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    serving = serving_of(facts)
    mlflow.pyfunc.save_model(
        folder / "model",
        **ship(serving.file, folder / "shipped")._asdict(),
        artifacts={"release": str(make_release(folder / "release", facts, **networks))},
        signature=signature(serving),
        input_example=pd.DataFrame({serving.column[0]: example}),
        pip_requirements=[],
    )
    return folder / "model"


def served_in(folder: Path, facts: dict, example: list[Any], **networks: bytes) -> PyFuncModel:
    """A model with these networks, loaded as MLflow serves it."""
    return mlflow.pyfunc.load_model(str(saved_in(folder, facts, example, **networks)))


def ask(model: PyFuncModel, body: Any, content_type: str = "application/json") -> tuple[int, Any]:
    """Status and answer of a request over HTTP: the predictions, or the message of the error."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        answer = scoring_server.invocations(data, content_type, model, model.metadata.get_input_schema())
    except MlflowException as error:
        return error.get_http_status_code(), error.message
    return answer.status, json.loads(answer.response)["predictions"] if answer.status == 200 else answer.response
