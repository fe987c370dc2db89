"""Start, reopen and end MLflow runs. The run of a checkpoint is found by the checkpoint's hash."""

import logging
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from genlab.engine.files import sha256
from genlab.engine.locks import LockedError, command, locked
from genlab.training.interruption import Interrupted
from pipelines.tracking.address import answering, probe, quieten, settle, sqlite_file, tracking_uri
from pipelines.tracking.experiments import EXPERIMENT, experiment_id
from pipelines.tracking.operations import reason_of, refused
from pipelines.tracking.outbox import left
from pipelines.tracking.run import Run

if TYPE_CHECKING:  # mlflow takes two seconds to import
    from mlflow import MlflowClient

CHECKPOINT_TAG = "genlab.checkpoint"  # the checkpoint's sha256, to find its run; keeps run ids out of DVC's outputs
PROJECT_TAG = "genlab.project"  # machine and folder: only runs of this project that are RUNNING without a process are ended
SETTINGS_TAG = "genlab.settings"  # hash of the parameters that decide what is trained
DATA_TAG = "genlab.data"  # content hash of the image set that a run was trained on
PORTABLE_TAG = "portable"  # "true" if the run's digits do not depend on the processor, see genlab.engine.portable
OUTBOX = Path(".genlab", "outbox")  # in the project
LOCKS = Path(".genlab", "locks")

logger = logging.getLogger(__name__)


SEEDS_TAG = "seeds"  # namespace of a recipe under several seeds, or under one of them: `seeds.gan`, `seeds.gan.3`
KINDS = (SEEDS_TAG, "recipe", "image_set", "theory", "user_study", "compare")  # what a run is about, by the first tag that it has


class Runs:
    """The MLflow runs of one session, by owner: a recipe, or an image set if only data are prepared."""

    def __init__(self, project: Path):
        self.project = project
        self.under_way: dict[str, Run] = {}
        self.delivered = 0  # runs whose waiting records this session has delivered
        self._opened: tuple[MlflowClient, str] | None = None  # the client, and the id of the project's experiment

    def __getitem__(self, owner: str) -> Run:
        return self.under_way[owner]

    def client(self) -> "MlflowClient":
        """Create a client of the project's tracking store."""
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri(self.project))

    def open(self) -> tuple["MlflowClient", str]:
        """Connect to MLflow once -> (client, id of the project's experiment, which is created if it does not exist).

        Raises:
            TrackingError: MLflow does not answer.
        """
        if self._opened is None:
            quieten()
            uri = tracking_uri(self.project)
            probe(uri)
            # Two commands must not create the tables of a new database at the same time.
            lock = locked(self.project / LOCKS / "mlflow", "creates the tables of MLflow's database", "Wait for it.", wait=True)
            with lock, answering(uri):
                client = self.client()
                self._opened = client, experiment_id(client, uri, EXPERIMENT)
            self.delivered = self.deliver_left()
        return self._opened

    def synchronise(self) -> str:
        """Deliver the records of earlier commands; return what was done, in words.

        Raises:
            TrackingError: MLflow does not answer.
        """
        self.open()
        waiting = sum(len(outbox) for outbox, _, _ in left(self.project / OUTBOX))
        done = f"Records of {self.delivered:,} runs were delivered to MLflow at {tracking_uri(self.project)}."
        return done + (f" {waiting:,} records still wait in {self.project / OUTBOX}." if waiting else "")

    def start(
        self,
        owner: str,
        name: str,
        tags: Mapping[str, str],
        checkpoint: Path | None,
        again: Mapping[str, str] | None = None,  # tags of this project's earlier run that is reopened, if there is one; None: none is
    ) -> Run:
        """Start a run for an owner, or reopen the run that created the checkpoint, or the one with the tags `again`.

        Raises:
            TrackingError: MLflow does not answer.
        """
        client, experiment = self.open()
        with answering(tracking_uri(self.project)):
            self._end_killed(client, experiment, tags)
            if again is not None:
                run_id = latest(client, experiment, {PROJECT_TAG: identity(self.project), **again})
            else:
                run_id = made(client, experiment, checkpoint, kind(tags)) if checkpoint is not None and checkpoint.exists() else None
            if run_id is None:
                tags = {"mlflow.source.name": command(), PROJECT_TAG: identity(self.project), **tags}
                run_id = client.create_run(experiment, run_name=name, tags=tags).info.run_id
                run = Run(client, run_id, self.project / OUTBOX, name=name, tags=tags)
            else:
                run = self._reopened(client, run_id)
        self.under_way[owner] = run
        return run

    def resume(self, owner: str, stopped: str) -> bool:
        """Replace the owner's new run by the stopped run with this id; return False if that no longer exists or MLflow does not answer."""
        run = self.under_way[owner]
        if run.id == stopped:
            return True
        try:
            if run.client.get_run(stopped).info.lifecycle_stage != "active":
                return False
            reopened = self._reopened(run.client, stopped)
            run.client.delete_run(run.id)
        except Interrupted:
            raise
        except Exception as error:  # tracking never stops a training
            if not refused(error):
                logger.warning("The MLflow run %s cannot be continued (%s); a new run has its history.", stopped, reason_of(error))
            return False
        self.under_way[owner] = reopened
        return True

    def end_one(self, owner: str, status: str) -> None:
        """End the run of one owner."""
        self.under_way.pop(owner).end(status)

    def end(self, status: str) -> None:
        """End all runs with a status: FINISHED, FAILED or KILLED."""
        for run in self.under_way.values():
            run.end(status)
        self.under_way.clear()
        if self._opened is not None:
            settle(tracking_uri(self.project))

    def deliver_left(self) -> int:
        """Deliver the records that earlier commands could not deliver to this MLflow; return the number of runs that had some."""
        uri, delivered = tracking_uri(self.project), 0
        for outbox, run_id, meant_for in left(self.project / OUTBOX):
            # A server's address may have changed its port or name: only the address of a database identifies it.
            if sqlite_file(meant_for) is not None and meant_for != uri:
                continue
            with suppress(LockedError), outbox.locked():  # its process is running and delivers them itself
                delivered += Run(self.client(), run_id, outbox.folder.parent).deliver()
        return delivered

    def _reopened(self, client: "MlflowClient", run_id: str) -> Run:
        """Reopen an ended run and remove the tag with the error that ended it."""
        client.update_run(run_id, status="RUNNING")
        found = client.get_run(run_id)
        if "error" in found.data.tags:
            client.delete_tag(run_id, "error")
        run = Run(client, run_id, self.project / OUTBOX, False, found.info.run_name or "", found.data.tags)
        run.data = found.data.tags.get(DATA_TAG, "")
        return run

    def _end_killed(self, client: "MlflowClient", experiment: str, tags: Mapping[str, str]) -> None:
        """End the runs of this recipe, preparation, theory or study whose process was killed. The caller holds the lock of the recipe."""
        about = kind(tags)
        mine = f"attributes.status = 'RUNNING' AND tags.`{PROJECT_TAG}` = '{quoted(identity(self.project))}'"
        ours = [run.id for run in self.under_way.values()]
        for run in client.search_runs([experiment], f"{mine} AND tags.{about} = '{quoted(tags[about])}'"):
            if run.info.run_id not in ours and kind(run.data.tags) == about:
                client.set_tag(run.info.run_id, "error", "The process was killed.")
                client.set_terminated(run.info.run_id, "KILLED")


def identity(project: Path) -> str:
    """Machine and folder of a project: `machine:/folder`."""
    return f"{socket.gethostname()}:{project}"


def quoted(text: str) -> str:
    """Text for a filter string of MLflow, which has no escape for quotes: `_` stands for one character."""
    return text.replace("'", "_")


def kind(tags: Mapping[str, str]) -> str:
    """What a run is about: the first of KINDS among its tags."""
    return next(each for each in KINDS if each in tags)


def made(client: "MlflowClient", experiment: str, checkpoint: Path, about: str) -> str | None:
    """Id of the latest run of this kind that created a checkpoint with these bytes; None if there is none.

    A recipe and its replica with the same seed have the same bytes, in runs of two kinds.
    """
    found = client.search_runs([experiment], f"tags.`{CHECKPOINT_TAG}` = '{sha256(checkpoint)}'", order_by=["start_time DESC"])
    return next((run.info.run_id for run in found if kind(run.data.tags) == about), None)


def latest(client: "MlflowClient", experiment: str, tags: Mapping[str, str]) -> str | None:
    """Id of the latest run with these tags; None if there is none."""
    wanted = " AND ".join(f"tags.`{name}` = '{quoted(value)}'" for name, value in tags.items())
    runs = client.search_runs([experiment], wanted, order_by=["start_time DESC"], max_results=1)
    return runs[0].info.run_id if runs else None
