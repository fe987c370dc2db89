"""Scored recipes, from the files of the project or from MLflow's runs."""

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipelines.bound import BoundDataset
from pipelines.comparison.parameters import MLFLOW
from pipelines.configuration import recipes

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from genlab.reports.comparison.runs import ScoredRun

SPEED = "speed/images_per_second"  # metric of a run that trained
FILES = ("metrics.json", "history.csv", "samples/samples.png", "parameters.yml")

logger = logging.getLogger(__name__)


class ScoredRuns(BoundDataset):
    """All scored recipes. Loads as a function: source, `project` or `mlflow` -> list of genlab.reports.comparison.runs.ScoredRun."""

    def load(self) -> Callable[[str], Sequence[Any]]:
        return lambda source: list(self._tracked()) if source == MLFLOW else self._written()

    def _written(self) -> list["ScoredRun"]:
        """The recipes whose scores are in data/; training speeds that no benchmark measured are those of their runs in MLflow."""
        from genlab.evaluation.scores import CHECKPOINT
        from genlab.reports.artifacts import Project
        from genlab.reports.comparison.runs import read_runs

        described = recipes(self.session.parameters)
        found = read_runs(Project(self.session.project, described), described)
        speeds: dict[str, float] = {}
        with suppress(Exception):  # MLflow does not answer, or has none of these runs: the page has no speeds then
            speeds = {run.data.tags["recipe"]: run.data.metrics[SPEED] for run in self._latest() if SPEED in run.data.metrics}
        if missing := [run.name for run in found if run.training_speed is None and run.name not in speeds]:
            logger.info("No training speed of %s: their runs are not in MLflow (%s).", ", ".join(missing), CHECKPOINT)
        return [run if run.training_speed else run._replace(training_speed=speeds.get(run.name)) for run in found]

    def _tracked(self) -> Iterator["ScoredRun"]:
        """The latest scored run of each recipe in MLflow."""
        client, _ = self.session.runs.open()
        for run in self._latest():
            with tempfile.TemporaryDirectory() as folder:
                downloaded = {name: artifact(client, run, name, folder) for name in FILES}
                if (scored := of_artifacts(run, downloaded)) is not None:
                    yield scored

    def _latest(self) -> Iterator["Run"]:
        """The latest finished run of each recipe, without those under several seeds."""
        client, experiment = self.session.runs.open()
        seen = set()
        for run in client.search_runs([experiment], "attributes.status = 'FINISHED'", order_by=["start_time DESC"], max_results=1000):
            name = run.data.tags.get("recipe")
            if name and "seeds" not in run.data.tags and name not in seen and any(key.startswith("score/") for key in run.data.metrics):
                seen.add(name)
                yield run

    def save(self, data: None) -> None:
        raise NotImplementedError("Scores are saved by the pipelines of the recipes.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": "data/08_reporting"}


def artifact(client: "MlflowClient", run: "Run", name: str, folder: str) -> Path | None:
    """Download an artifact of a run; None if it has no such one."""
    from mlflow.exceptions import MlflowException

    try:
        return Path(client.download_artifacts(run.info.run_id, name, folder))
    except (MlflowException, OSError):
        return None


def of_artifacts(run: "Run", files: dict[str, Path | None]) -> "ScoredRun | None":
    """A scored recipe from the artifacts of its run; None if it has no scores or parameters."""
    import json

    from genlab.evaluation.scores import Evaluation
    from genlab.reports.comparison.runs import ScoredRun, history

    metrics, rows, samples, parameters = (files[name] for name in FILES)
    if metrics is None or parameters is None:
        return None
    return ScoredRun(
        run.data.tags["recipe"],
        {"images": run.data.tags.get("image_set")} | dict(yaml.safe_load(parameters.read_text(encoding="utf-8"))),
        Evaluation.from_json(json.loads(metrics.read_text(encoding="utf-8"))),
        history(rows) if rows else (),
        samples.read_bytes() if samples else b"",
        training_speed=run.data.metrics.get(SPEED),
    )
