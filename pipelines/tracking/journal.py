"""Dataset that training writes to while it runs."""

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

from genlab.reports.few_digits import chosen
from genlab.training.interruption import Interrupted
from pipelines.bound import BoundDataset
from pipelines.tracking.description import NOTE, SELECTED, note_of_training
from pipelines.tracking.operations import reason_of
from pipelines.tracking.run import Run
from pipelines.tracking.sections import of_training

if TYPE_CHECKING:  # torch takes a second to import
    from genlab.training.selection import Selected

CONTINUES, CONTINUED = "genlab.continues", "genlab.continued"  # tags: the run with the former budget, and what has changed, in words
PARENT = "mlflow.parentRunId"  # MLflow's UI folds the runs that have it under the run that it names
EACH_ROW = "speed/images_per_second"  # a metric of every row of the history

logger = logging.getLogger(__name__)


class Journal(BoundDataset):
    """Log the training of a recipe to its MLflow run. The dataset loads as itself."""

    def __init__(self, owner: str, metadata: dict[str, Any] | None = None):
        super().__init__(metadata)
        self.owner, self.logged = owner, Logged()
        self.row: Mapping[str, float] = {}  # the last one of the history
        self.sheet = ""  # path of the last picture among the artifacts
        self.process = psutil.Process()

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
        """The recipe's active run. It is looked up at each use, because `resumed` may replace it."""
        return self.session.runs[self.owner]

    def metrics(self, values: Mapping[str, float], images: int) -> None:
        """Log metrics at this number of images seen."""
        self.row = values
        if images not in self.logged.rows:
            self.run.metrics(of_training(values) | self.load_of_machine(), images)

    def finished(self, values: Mapping[str, float], images: int) -> None:
        """Log the metrics of a finished training, and keep them for the summary."""
        self.run.training = values
        self.run.metrics(of_training(values), images)

    def score(self, name: str, value: float, images: int) -> None:
        """Log a score by which the checkpoint is selected."""
        self.run.metrics({name: value}, images)

    def selected(self, selected: "Selected") -> None:
        """Log the best and the last score, as metrics and as a sentence."""
        best, last = selected.best, selected.last
        self.run.metrics({"selection/best": best.value, "selection/best_images": best.images, "selection/last": last.value})
        self.run.tag({SELECTED: chosen(selected.to_json())})

    def note(self, images: int, budget: int) -> None:
        """Describe the state of the training in the run's note: progress, losses, the last picture, and what is wrong."""
        self.run.tag({NOTE: note_of_training(images, budget, self.sheet, self.row, self.run.findings(), self.run.id)})

    def load_of_machine(self) -> dict[str, float]:
        """Memory and processor time of this process, as metrics in MLflow's section `system`."""
        megabytes = self.process.memory_info().rss / 2**20
        return {"system/memory_megabytes": megabytes, "system/cpu_percent": self.process.cpu_percent()}

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags of the run."""
        self.run.tag(tags)

    def picture(self, name: str, image: Any, images: int) -> None:
        """Log a PIL image at this number of images seen."""
        if images not in self.logged.pictures:
            self.sheet = self.run.picture(name, image, images)

    def resumed(self, stopped: str, images: int, rows: Sequence[Mapping[str, float]], finished: bool, extended: str = "") -> None:
        """Continue the run with id `stopped`. If it no longer exists, log the rows of its history to the current run.

        A training that goes on under another budget, as `extended` states, has a run of its own, a child of the former one: the results of
        that stay.
        """
        if extended:
            self.run.tag({CONTINUES: stopped, CONTINUED: extended} | ({} if PARENT in self.run.tags else {PARENT: stopped}))
            self.run.history(steps(rows))
        elif self.session.runs.resume(self.owner, stopped):
            self.logged = logged(self.run)  # a killed training repeats what it did after its last saved state
        else:
            self.run.history(steps(rows))
        if not finished:
            self.run.tag({"resumed_at_images": str(images)})

    def restarted(self, images: int, count: int, reason: str) -> None:
        """Log a warm restart: the number of restarts so far, and the reason of this one."""
        self.run.metrics({"health/restarts": count}, images)
        self.run.tag({f"restart.{count}": f"after {images:,} images: {reason}"})


class Undelivered(BoundDataset):
    """The records of all runs that MLflow has not received yet. Loads as itself."""

    def load(self) -> "Undelivered":
        return self

    def save(self, data: None) -> None:
        raise NotImplementedError("Records are kept when MLflow does not answer.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {}

    def deliver(self) -> str:
        """Deliver the records; return what was done, in words.

        Raises:
            TrackingError: MLflow does not answer.
        """
        return self.session.runs.synchronise()


def steps(rows: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Rows of the history as metrics at their steps."""
    return [{"step": row["images"], **of_training(without_images(row))} for row in rows]


def without_images(row: Mapping[str, float]) -> dict[str, float]:
    """A row of the history without the number of images seen."""
    return {name: value for name, value in row.items() if name != "images"}


class Logged(NamedTuple):
    """What a run has already, as numbers of images seen."""

    rows: Collection[int] = ()
    pictures: Collection[int] = ()


def logged(run: Run) -> Logged:
    """Ask MLflow what a run has already; nothing if it does not answer."""
    try:
        rows = {point.step for point in run.client.get_metric_history(run.id, EACH_ROW)}
        names = [file.path for file in run.client.list_artifacts(run.id, "images")]
        return Logged(rows, {int(found[1]) for name in names if (found := re.search(r"\+step\+(\d+)\+", name))})
    except Interrupted:
        raise
    except Exception as error:  # tracking never stops a training
        logger.warning("MLflow does not list what the run has already (%s); rows may appear twice.", reason_of(error))
        return Logged()
