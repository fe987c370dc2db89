"""Dataset that training writes to while it runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.bound import BoundDataset
from pipelines.tracking.run import Run


class Journal(BoundDataset):
    """Log the training of a recipe to its MLflow run. The dataset loads as itself."""

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
        """The recipe's active run. It is looked up at each use, because `resumed` may replace it."""
        return self.session.runs[self.owner]

    def metrics(self, values: Mapping[str, float], images: int) -> None:
        """Log metrics at this number of images seen."""
        self.run.metrics(values, images)

    def finished(self, values: Mapping[str, float], images: int) -> None:
        """Log the metrics of a finished training, and mark the run as trained in this process."""
        self.run.trained_here = True
        self.metrics(values, images)

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags of the run."""
        self.run.tag(tags)

    def picture(self, name: str, image: Any, images: int) -> None:
        """Log a PIL image at this number of images seen."""
        self.run.picture(name, image, images)

    def resumed(self, stopped: str, images: int, rows: Sequence[Mapping[str, float]]) -> None:
        """Continue the run with id `stopped`. If it no longer exists, log the rows of its history to the current run."""
        if not self.session.runs.resume(self.owner, stopped):
            self.run.history([{"step": row["images"], **{name: value for name, value in row.items() if name != "images"}} for row in rows])
        self.run.tag({"resumed_at_images": str(images)})
