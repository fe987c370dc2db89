"""The dataset that a training writes to while it goes on."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.bound import BoundDataset
from pipelines.tracking.run import Run


class Journal(BoundDataset):
    """Records a training in its recipe's run; loads as itself."""

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
        """The recipe's run under way, looked up at each use: `resumed` may exchange it."""
        return self.session.runs[self.owner]

    def metrics(self, values: Mapping[str, float], images: int) -> None:
        self.run.metrics(values, images)

    def finished(self, values: Mapping[str, float], images: int) -> None:
        self.run.trained_here = True
        self.metrics(values, images)

    def tag(self, tags: Mapping[str, str]) -> None:
        self.run.tag(tags)

    def picture(self, name: str, image: Any, images: int) -> None:
        self.run.picture(name, image, images)

    def resumed(self, stopped: str, images: int, rows: Sequence[Mapping[str, float]]) -> None:
        """Training goes on from here: in the run that was stopped, or, if that is gone, in this one with the curves so far."""
        if not self.session.runs.resume(self.owner, stopped):
            self.run.history([{"step": row["images"], **{name: value for name, value in row.items() if name != "images"}} for row in rows])
        self.run.tag({"resumed_at_images": str(images)})
