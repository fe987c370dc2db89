"""Start, reopen and end MLflow runs. The run of a checkpoint is found by the checkpoint's hash."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.tracking.origin import command, sha256
from pipelines.tracking.run import Run

if TYPE_CHECKING:  # mlflow takes two seconds to import
    from mlflow import MlflowClient

EXPERIMENT = "genlab"
CHECKPOINT_TAG = "genlab.checkpoint"  # the checkpoint's sha256, to find its run; keeps run ids out of DVC's outputs


def tracking_uri(project: Path) -> str:
    """MLFLOW_TRACKING_URI if it is set, otherwise the absolute URI of a SQLite database in the project folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project / 'mlflow.db'}"


class Runs:
    """The MLflow runs of one session, by owner: a recipe, or an image set if only data are prepared."""

    def __init__(self, project: Path):
        self.project = project
        self.under_way: dict[str, Run] = {}

    def __getitem__(self, owner: str) -> Run:
        return self.under_way[owner]

    def client(self) -> "MlflowClient":
        """Create a client of the project's tracking store."""
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri(self.project))

    def start(self, owner: str, name: str, tags: Mapping[str, str], checkpoint: Path | None) -> Run:
        """Start a run for an owner, or reopen the run that created the checkpoint."""
        import mlflow

        for talkative in ("mlflow", "alembic"):  # they log the creation of tables
            logging.getLogger(talkative).setLevel(logging.WARNING)
        mlflow.set_tracking_uri(tracking_uri(self.project))
        client = self.client()
        experiment = self.experiment(client)
        run_id = made(client, experiment, checkpoint) if checkpoint is not None and checkpoint.exists() else None
        if run_id is None:
            created = client.create_run(experiment, run_name=name, tags={"mlflow.source.name": command(), **tags})
            self.under_way[owner] = Run(client, created.info.run_id)
        else:
            self.under_way[owner] = reopened(client, run_id)
        return self.under_way[owner]

    def resume(self, owner: str, stopped: str) -> bool:
        """Replace the owner's new run by the stopped run with this id; return False if that no longer exists."""
        from mlflow.exceptions import MlflowException

        run = self.under_way[owner]
        try:
            found = run.client.get_run(stopped)
        except MlflowException:
            return False
        if found.info.lifecycle_stage != "active":
            return False
        run.client.delete_run(run.id)
        self.under_way[owner] = reopened(run.client, stopped)
        return True

    def end(self, status: str) -> None:
        """End all runs with a status: FINISHED, FAILED or KILLED."""
        for run in self.under_way.values():
            run.client.set_terminated(run.id, status)
        self.under_way.clear()

    def experiment(self, client: "MlflowClient") -> str:
        """Return the id of the project's experiment, which is created if it does not exist."""
        experiment = client.get_experiment_by_name(EXPERIMENT)
        if experiment is not None:
            return experiment.experiment_id
        uri = tracking_uri(self.project)
        own = uri.startswith("sqlite:///")  # a tracking server has its own location for artifacts
        location = (Path(uri.removeprefix("sqlite:///")).parent / "mlartifacts").as_uri() if own else None
        # Without this tag, the UI opens in its mode for language models, which hides the registry.
        return client.create_experiment(EXPERIMENT, location, tags={"mlflow.experimentKind": "custom_model_development"})


def reopened(client: "MlflowClient", run_id: str) -> Run:
    """Reopen an ended run and remove the tag with the error that ended it."""
    client.update_run(run_id, status="RUNNING")
    if "error" in client.get_run(run_id).data.tags:
        client.delete_tag(run_id, "error")
    return Run(client, run_id, is_new=False)


def made(client: "MlflowClient", experiment: str, checkpoint: Path) -> str | None:
    """Id of the latest run that created a checkpoint with these bytes; None if there is none."""
    runs = client.search_runs(
        [experiment], f"tags.`{CHECKPOINT_TAG}` = '{sha256(checkpoint)}'", order_by=["start_time DESC"], max_results=1
    )
    return runs[0].info.run_id if runs else None
