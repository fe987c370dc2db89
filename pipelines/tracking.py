"""One MLflow run for one model, from its training to its release, also when these are separate commands.

The run is found again by the checkpoint's hash, which it carries as a tag: so no run id has to enter a DVC output.
"""

import hashlib
import itertools
import logging
import os
import platform
import posixpath
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

from pipelines.configuration import project

if TYPE_CHECKING:  # mlflow takes two seconds to import
    from mlflow import MlflowClient

EXPERIMENT = "genlab"
CHECKPOINT_TAG = "genlab.checkpoint"
LONGEST_VALUE = 6000  # characters, MLflow's limit for a parameter
LONGEST_NAME = 250
MOST_METRICS = 1000  # that MLflow takes at once


class Run:
    """An MLflow run under way."""

    def __init__(self, client: "MlflowClient", run_id: str, is_new: bool = True):
        self.client, self.id, self.is_new = client, run_id, is_new
        self.trained_here = False  # in this process

    def tag(self, tags: Mapping[str, str]) -> None:
        from mlflow.entities import RunTag

        self.client.log_batch(self.id, tags=[RunTag(key, str(value)) for key, value in tags.items()])

    def parameters(self, parameters: Mapping[str, Any]) -> None:
        """Flattened as parameters, and whole as parameters.yml. A reopened run keeps those that it has."""
        from mlflow.entities import Param

        if not self.is_new:
            return
        flat = {name[:LONGEST_NAME]: str(value)[:LONGEST_VALUE] for name, value in flatten(parameters).items()}
        self.client.log_batch(self.id, params=[Param(name, value) for name, value in flat.items()])
        self.client.log_dict(self.id, dict(parameters), "parameters.yml")

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        self.history([{"step": step, **values}])

    def history(self, rows: list[dict[str, float]]) -> None:
        """Many rows {"step", name: value} at once: a call takes 8 ms, whatever it carries."""
        import time

        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        allowed = metric_names(name for row in rows for name in row)
        points = [Metric(allowed[name], value, now, int(row["step"])) for row in rows for name, value in row.items() if name != "step"]
        for start in range(0, len(points), MOST_METRICS):
            self.client.log_batch(self.id, metrics=points[start : start + MOST_METRICS])

    def picture(self, name: str, image: Any, step: int) -> None:
        """A frame of the slider `name`."""
        self.client.log_image(self.id, image, key=name, step=step)

    def file(self, file: Path, folder: str = "") -> None:
        """Log a file, or all of a folder, under a folder of the run's artifacts."""
        log = self.client.log_artifacts if file.is_dir() else self.client.log_artifact
        log(self.id, str(file), folder or None)


class Tracking:
    """The runs of this process, by owner: a recipe, or an image set where only data are prepared."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}

    def begin(self, owner: str, name: str, tags: Mapping[str, str], checkpoint: Path | None) -> Run:
        """Start the owner's run, or go on with the one that made this checkpoint."""
        import mlflow
        from mlflow import MlflowClient

        for talkative in ("mlflow", "alembic"):  # they tell of making tables
            logging.getLogger(talkative).setLevel(logging.WARNING)
        mlflow.set_tracking_uri(tracking_uri())
        client = MlflowClient()
        experiment = experiment_id(client)
        run_id = made(client, experiment, checkpoint) if checkpoint is not None and checkpoint.exists() else None
        if run_id is None:
            created = client.create_run(experiment, run_name=name, tags={"mlflow.source.name": command(), **tags})
            self.runs[owner] = Run(client, created.info.run_id)
        else:
            self.runs[owner] = reopened(client, run_id)
        return self.runs[owner]

    def go_on(self, owner: str, stopped: str) -> bool:
        """Continue a stopped run instead of the one begun for this process; False if it is no longer there."""
        from mlflow.exceptions import MlflowException

        run = self.runs[owner]
        try:
            found = run.client.get_run(stopped)
        except MlflowException:
            return False
        if found.info.lifecycle_stage != "active":
            return False
        run.client.delete_run(run.id)
        self.runs[owner] = reopened(run.client, stopped)
        return True

    def end(self, status: str) -> None:
        """Close all runs: FINISHED, FAILED or KILLED."""
        for run in self.runs.values():
            run.client.set_terminated(run.id, status)
        self.runs.clear()


def reopened(client: "MlflowClient", run_id: str) -> Run:
    """A run that ended, under way again; how it ended is forgotten."""
    client.update_run(run_id, status="RUNNING")
    if "error" in client.get_run(run_id).data.tags:
        client.delete_tag(run_id, "error")
    return Run(client, run_id, is_new=False)


TRACKING = Tracking()


def run_of(owner: str) -> str:
    """The id of a recipe's run under way."""
    return TRACKING.runs[owner].id


class Journal(AbstractDataset):
    """What a training tells while it goes on; loads as itself."""

    def __init__(self, owner: str):
        self.owner = owner

    def load(self) -> "Journal":
        return self

    def save(self, data: None) -> None:
        raise NotImplementedError("A journal is written to while training goes on.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"owner": self.owner}

    @property
    def run(self) -> Run:
        return TRACKING.runs[self.owner]

    def metrics(self, values: Mapping[str, float], images: int) -> None:
        self.run.metrics(values, images)

    def finished(self, values: Mapping[str, float], images: int) -> None:
        self.run.trained_here = True
        self.metrics(values, images)

    def tag(self, tags: Mapping[str, str]) -> None:
        self.run.tag(tags)

    def picture(self, name: str, image: Any, images: int) -> None:
        self.run.picture(name, image, images)

    def resumed(self, stopped: str, images: int, rows: list[dict[str, float]]) -> None:
        """Training goes on from here: in the run that was stopped, or, if that is gone, in this one with the curves so far."""
        if not TRACKING.go_on(self.owner, stopped):
            self.run.history([{"step": row["images"], **{name: value for name, value in row.items() if name != "images"}} for row in rows])
        self.run.tag({"resumed_at_images": str(images)})


def tracking_uri() -> str:
    """MLFLOW_TRACKING_URI, or a database in the project's folder: absolute, wherever the command was given."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project() / 'mlflow.db'}"


def experiment_id(client: "MlflowClient") -> str:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is not None:
        return experiment.experiment_id
    own = tracking_uri().startswith("sqlite:///")  # a server knows better where its artifacts go
    location = (Path(tracking_uri().removeprefix("sqlite:///")).parent / "mlartifacts").as_uri() if own else None
    # Without the tag the UI opens in its mode for language models, with the registry hidden.
    return client.create_experiment(EXPERIMENT, location, tags={"mlflow.experimentKind": "custom_model_development"})


def made(client: "MlflowClient", experiment: str, checkpoint: Path) -> str | None:
    """The latest run that made a checkpoint with these bytes."""
    runs = client.search_runs(
        [experiment], f"tags.`{CHECKPOINT_TAG}` = '{sha256(checkpoint)}'", order_by=["start_time DESC"], max_results=1
    )
    return runs[0].info.run_id if runs else None


def sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def origin() -> dict[str, str]:
    """Where a result comes from: commit, whether the code differs from it, command, machine."""
    tags = {"command": command(), "python": platform.python_version()}
    try:
        git = ["git", "-C", str(project())]
        tags["mlflow.source.git.commit"] = subprocess.run(
            [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        status = subprocess.run([*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True, check=True)
        tags["git.dirty"] = str(bool(status.stdout.strip())).lower()
    except (OSError, subprocess.CalledProcessError):
        tags["git.dirty"] = "no repository"
    return tags


def command() -> str:
    """What the user typed."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def metric_names(names: Iterable[str]) -> dict[str, str]:
    """Names -> names that MLflow allows, no two the same: letters and digits of any script, `_`, `-`, `.`, `/`, spaces, and no odd path.

    Class names are among them, and may hold anything: `Food & Drink` becomes `Food _ Drink`.
    """
    allowed: dict[str, str] = {}
    for name in dict.fromkeys(names):
        plain = re.sub(r"[^\w.\- /]", "_", name)[: LONGEST_NAME - 4]
        if posixpath.normpath(plain) != plain or plain.startswith(("/", "..")):  # a//b, ./a, a/: no file could be called so
            plain = re.sub(r"/|^\.+", "_", plain)
        others = (f"{plain} {number}" for number in itertools.count(2))
        allowed[name] = next(each for each in itertools.chain([plain], others) if each not in allowed.values())
    return allowed


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"a": {"b": 1}} -> {"a.b": 1}."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        flat |= flatten(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return flat
