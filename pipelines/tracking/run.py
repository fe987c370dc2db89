"""An active MLflow run."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.tracking.names import LONGEST_NAME, flatten, metric_names

if TYPE_CHECKING:  # mlflow takes two seconds to import
    from mlflow import MlflowClient

LONGEST_VALUE = 6000  # characters, MLflow's limit for a parameter
MOST_METRICS = 1000  # per call, MLflow's limit


class Run:
    """An active MLflow run. Its methods log parameters, metrics, pictures and files."""

    def __init__(self, client: "MlflowClient", run_id: str, is_new: bool = True):
        self.client, self.id, self.is_new = client, run_id, is_new
        self.trained_here = False  # whether training finished in this process

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        from mlflow.entities import RunTag

        self.client.log_batch(self.id, tags=[RunTag(key, str(value)) for key, value in tags.items()])

    def parameters(self, parameters: Mapping[str, Any]) -> None:
        """Log parameters, flattened, and as the artifact parameters.yml. A reopened run keeps its original parameters."""
        from mlflow.entities import Param

        if not self.is_new:
            return
        flat = {name[:LONGEST_NAME]: str(value)[:LONGEST_VALUE] for name, value in flatten(parameters).items()}
        self.client.log_batch(self.id, params=[Param(name, value) for name, value in flat.items()])
        self.client.log_dict(self.id, dict(parameters), "parameters.yml")

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log metrics at one step."""
        self.history([{"step": step, **values}])

    def history(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Log many rows {"step", name: value} at once: a call to MLflow takes 8 ms, whatever its size."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        allowed = metric_names(name for row in rows for name in row)
        points = [Metric(allowed[name], value, now, int(row["step"])) for row in rows for name, value in row.items() if name != "step"]
        for start in range(0, len(points), MOST_METRICS):
            self.client.log_batch(self.id, metrics=points[start : start + MOST_METRICS])

    def picture(self, name: str, image: Any, step: int) -> None:
        """Log a PIL image at a step. MLflow shows the images of one name with a slider."""
        self.client.log_image(self.id, image, key=name, step=step)

    def file(self, file: Path, folder: str = "") -> None:
        """Log a file as an artifact, in a folder or at the top."""
        self.client.log_artifact(self.id, str(file), folder or None)
