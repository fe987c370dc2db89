"""Kedro dataset of the saved states of stopped trainings."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

if TYPE_CHECKING:  # torch takes a second to import
    from genlab.training.state import States


class ResumeFolder(AbstractDataset[str, "States"]):
    """Folder of saved training states. Loads as genlab.training.state.States; saving an experiment's key deletes its state.

    Save the key after the results of the experiment. Neither git nor DVC tracks the folder, so old weights are never taken for those of a
    new experiment.
    """

    def __init__(self, filepath: str):
        self.filepath = Path(filepath)

    def load(self) -> "States":
        from genlab.training.state import States

        return States(self.filepath)

    def save(self, key: str) -> None:
        with self.load().locked(key) as state:
            state.forget()

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}
