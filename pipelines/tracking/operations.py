"""Calls to MLflow as data, so that a call that fails can be kept and made again. Making a call twice changes nothing."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:  # mlflow takes two seconds to import
    from mlflow import MlflowClient

REFUSALS = ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST")  # MLflow's codes of calls that would fail each time


class Operation(NamedTuple):
    """A call that logs something to a run. All times are part of it, since MLflow identifies a point of a metric by its time, too."""

    kind: Literal["tags", "parameters", "metrics", "file", "input", "status"]
    # tags, parameters: {name: value}. metrics: [[name, value, time, step], ...]. file: {"name", "folder"}.
    # input: {"name", "digest", "source", "profile"}. status: [status, time].
    values: Any
    content: bytes | Path | None = None  # of a file: its bytes, or its path

    def perform(self, client: "MlflowClient", run_id: str) -> None:
        """Make the call."""
        from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

        match self.kind:
            case "tags":
                client.log_batch(run_id, tags=[RunTag(*each) for each in self.values.items()])
            case "parameters":
                client.log_batch(run_id, params=[Param(*each) for each in self.values.items()])
            case "metrics":
                client.log_batch(run_id, metrics=[Metric(*each) for each in self.values])
            case "status":
                client.set_terminated(run_id, *self.values)
            case "file":
                self._upload(client, run_id)
            case "input":
                dataset = Dataset(source_type="local", **self.values)
                client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])

    def _upload(self, client: "MlflowClient", run_id: str) -> None:
        name, folder = self.values["name"], self.values["folder"] or None
        if isinstance(self.content, Path):
            client.log_artifact(run_id, str(self.content), folder)
            return
        with tempfile.TemporaryDirectory() as made:
            file = Path(made, name)
            file.write_bytes(self.content or b"")
            client.log_artifact(run_id, str(file), folder)


def refused(error: Exception) -> bool:
    """Whether MLflow refuses the call itself, e.g. because its run was deleted. All other errors may be over at the next attempt."""
    return getattr(error, "error_code", None) in REFUSALS


def reason_of(error: BaseException) -> str:
    """The cause of a failed call in one line."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}"[:200] if text else type(error).__name__
