"""Where MLflow keeps runs, and how the run of a checkpoint is found again."""

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
CHECKPOINT_TAG = "genlab.checkpoint"  # the checkpoint's sha256: a run is found by it, so that no run id has to enter a DVC output


def tracking_uri(project: Path) -> str:
    """MLFLOW_TRACKING_URI, or a database in the project's folder: absolute, wherever the command was given."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project / 'mlflow.db'}"


class Runs:
    """The runs of one session, by owner: a recipe, or an image set where only data are prepared."""

    def __init__(self, project: Path):
        self.project = project
        self.under_way: dict[str, Run] = {}

    def __getitem__(self, owner: str) -> Run:
        return self.under_way[owner]

    def client(self) -> "MlflowClient":
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri(self.project))

    def start(self, owner: str, name: str, tags: Mapping[str, str], checkpoint: Path | None) -> Run:
        """Start the owner's run, or reopen the one that made this checkpoint."""
        import mlflow

        for talkative in ("mlflow", "alembic"):  # they report that they create tables
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
        """Continue a stopped run instead of the one begun by this session; False if it no longer exists."""
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
        """Close all runs: FINISHED, FAILED or KILLED."""
        for run in self.under_way.values():
            run.client.set_terminated(run.id, status)
        self.under_way.clear()

    def experiment(self, client: "MlflowClient") -> str:
        """The id of the project's experiment, which is created if it does not exist."""
        experiment = client.get_experiment_by_name(EXPERIMENT)
        if experiment is not None:
            return experiment.experiment_id
        uri = tracking_uri(self.project)
        own = uri.startswith("sqlite:///")  # a server decides where its artifacts go
        location = (Path(uri.removeprefix("sqlite:///")).parent / "mlartifacts").as_uri() if own else None
        # Without the tag the UI opens in its mode for language models, with the registry hidden.
        return client.create_experiment(EXPERIMENT, location, tags={"mlflow.experimentKind": "custom_model_development"})


def reopened(client: "MlflowClient", run_id: str) -> Run:
    """An ended run, under way again; the error that ended it is removed."""
    client.update_run(run_id, status="RUNNING")
    if "error" in client.get_run(run_id).data.tags:
        client.delete_tag(run_id, "error")
    return Run(client, run_id, is_new=False)


def made(client: "MlflowClient", experiment: str, checkpoint: Path) -> str | None:
    """The id of the latest run that made a checkpoint with these bytes."""
    runs = client.search_runs(
        [experiment], f"tags.`{CHECKPOINT_TAG}` = '{sha256(checkpoint)}'", order_by=["start_time DESC"], max_results=1
    )
    return runs[0].info.run_id if runs else None
