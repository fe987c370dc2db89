"""Kedro dataset of the saved states of trainings."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

STATE = "state.pt"  # genlab.training.state.STATE

if TYPE_CHECKING:  # torch takes a second to import
    from genlab.training.state import States


class ResumeFolder(AbstractDataset[str, "States"]):
    """Folder of saved training states. Loads as genlab.training.state.States.

    Saving the key of a complete training removes the states of other complete trainings. Its own state stays: after an error in a later
    stage, the same command continues there. Neither git nor DVC tracks the folder, so old weights are never taken for those of a new
    experiment.
    """

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None):
        self.filepath, self.metadata = Path(filepath), metadata
        self.key = ""  # of the training that was saved last

    def load(self) -> "States":
        from genlab.training.state import States

        return States(self.filepath)

    def save(self, key: str) -> None:
        self.key = key
        self.load().keep_only(key)

    def files(self) -> list[Path]:
        """Path of the state of the training that was saved last."""
        file = self.filepath / self.key / STATE
        return [file] if self.key and file.exists() else []

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}
