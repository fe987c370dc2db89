"""An active MLflow run."""

import io
import json
import logging
import math
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from genlab.engine.json_text import json_text
from genlab.training.interruption import Interrupted
from pipelines.tracking.names import LONGEST_NAME, flatten, metric_names
from pipelines.tracking.operations import Operation, reason_of, refused
from pipelines.tracking.outbox import Outbox

if TYPE_CHECKING:  # mlflow takes two seconds to import
    from mlflow import MlflowClient

LONGEST_VALUE = 6000  # characters, MLflow's limit for a parameter
MOST_METRICS = 1000  # per call, MLflow's limit
DIGEST = 36  # characters, MLflow's limit for the digest of a dataset
PREVIEW = 1024  # pixels, the longer side of the version that the slider shows; MLflow's own 256 are too few for a sheet
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0  # seconds between two attempts to reach MLflow

logger = logging.getLogger(__name__)


class Run:
    """An active MLflow run. Its methods log parameters, metrics, pictures and files, and raise no error if MLflow does not answer.

    What cannot be logged waits in an outbox on disk. It is delivered in its order when MLflow answers again, by a later command of this
    project, or by `kedro run --pipeline=sync_tracking`.
    """

    def __init__(
        self,
        client: "MlflowClient",
        run_id: str,
        outbox: Path,  # folder of the outboxes of all runs
        is_new: bool = True,
        name: str = "",
        tags: Mapping[str, str] | None = None,  # that the run has already
    ):
        self.client, self.id, self.is_new, self.name, self.tags = client, run_id, is_new, name, dict(tags or {})
        self.outbox = Outbox(outbox / run_id)
        self.pause, self.next_attempt = FIRST_PAUSE, 0.0
        self.training: Mapping[str, float] = {}  # metrics of a training that finished in this process
        self.data = ""  # content hash of the image set it was trained on, once that is known

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        self.tags |= tags
        self.send(Operation("tags", {key: str(value) for key, value in tags.items()}))

    def findings(self) -> list[str]:
        """Messages of the failures of training that are recorded in the tags `health.<name>`."""
        return [message for name, message in self.tags.items() if name.startswith("health.")]

    def parameters(self, parameters: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
        """Log parameters as the artifact parameters.yml, and the shown ones as MLflow's. A reopened run keeps its original parameters."""
        if not self.is_new:
            return
        self.send(Operation("parameters", as_logged(shown)))
        text = yaml.safe_dump(json.loads(json_text(parameters, default=str)), sort_keys=False, allow_unicode=True)
        self.send(Operation("file", {"name": "parameters.yml", "folder": ""}, text.encode()))

    def recorded(self) -> dict[str, Any]:
        """Read the artifact parameters.yml of a reopened run; empty if it cannot be had."""
        try:
            with tempfile.TemporaryDirectory() as folder:
                text = Path(self.client.download_artifacts(self.id, "parameters.yml", folder)).read_text(encoding="utf-8")
        except Interrupted:
            raise
        except Exception as error:  # it is wanted for a message only
            logger.warning("parameters.yml of the run %s cannot be read (%s).", self.id, reason_of(error))
            return {}
        return dict(yaml.safe_load(text) or {})

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log metrics at one step."""
        self.history([{"step": step, **values}])

    def history(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Log many rows {"step", name: value} at once: a call to MLflow takes 8 ms, whatever its size."""
        now = int(time.time() * 1000)
        allowed = metric_names(name for row in rows for name in row)
        points = [
            [allowed[name], value, now, int(row["step"])]
            for row in rows
            for name, value in row.items()
            if name != "step" and math.isfinite(value)
        ]
        for start in range(0, len(points), MOST_METRICS):
            self.send(Operation("metrics", points[start : start + MOST_METRICS]))

    def input(self, name: str, digest: str, source: str, counts: Mapping[str, int]) -> None:
        """Log the image set that the run uses as MLflow's dataset: the runs of a set can be listed by it."""
        profile, origin = json_text(dict(counts)), json_text({"path": source})
        self.send(Operation("input", {"name": name, "digest": digest[:DIGEST], "source": origin, "profile": profile}))

    def picture(self, name: str, image: Any, step: int) -> str:
        """Log a PIL image at a step, and return its path among the artifacts. MLflow shows the images of one name with a slider."""
        # As MlflowClient.log_image does it. That gives the files new names at each call, so that a second attempt would add a picture.
        preview = image.copy()
        preview.thumbnail((PREVIEW, PREVIEW))
        stem = f"{name.replace('/', '~')}+step+{step}+timestamp+{int(time.time() * 1000)}+{uuid.uuid4()}"
        for file, picture, kind in ((f"{stem}.png", image, "PNG"), (f"{stem}+compressed.webp", preview, "WEBP")):
            content = io.BytesIO()
            picture.save(content, kind)
            self.send(Operation("file", {"name": file, "folder": "images"}, content.getvalue()))
        self.tag({"mlflow.loggedImages": "True"})
        return f"images/{stem}.png"

    def file(self, file: Path, folder: str = "") -> None:
        """Log a file as an artifact, in a folder or at the top."""
        self.send(Operation("file", {"name": file.name, "folder": folder}, file))

    def end(self, status: str) -> None:
        """End the run with a status: FINISHED, FAILED or KILLED."""
        self.send(Operation("status", [status, int(time.time() * 1000)]))
        self.deliver()

    def send(self, operation: Operation) -> None:
        """Make a call, or keep it for later."""
        if self.outbox and time.monotonic() >= self.next_attempt:
            self.deliver()
        if not self.outbox:
            try:
                operation.perform(self.client, self.id)
            except Interrupted:
                raise
            except Exception as error:  # requests, SQLAlchemy, the file system and MLflow raise almost anything
                if refused(error):
                    logger.warning("MLflow refuses a record: %s", str(error).partition("\n")[0])
                    return
                self._postpone(error)
            else:
                return
        self.outbox.add(self.id, str(self.client.tracking_uri), operation)

    def deliver(self) -> bool:
        """Make the calls that are waiting; return whether none is left."""
        waiting = len(self.outbox)
        if not waiting:
            return True
        try:
            self.outbox.deliver(self.client, self.id)
        except Interrupted:
            raise
        except Exception as error:
            self._postpone(error)
            return False
        self.pause = FIRST_PAUSE
        logger.info("MLflow answers again: %s waiting records of %s were delivered.", f"{waiting:,}", self.name or self.id)
        return True

    def _postpone(self, error: Exception) -> None:
        if not self.outbox:
            logger.warning(
                "MLflow at %s does not answer (%s). The run goes on; its records wait in %s and are delivered when MLflow answers again, "
                "or by `kedro run --pipeline=sync_tracking`.",
                self.client.tracking_uri,
                reason_of(error),
                self.outbox.folder,
            )
        self.next_attempt = time.monotonic() + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE)


def as_logged(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Flatten parameters to the names and texts that MLflow stores."""
    return {name[:LONGEST_NAME]: str(value)[:LONGEST_VALUE] for name, value in flatten(parameters).items()}
