"""The folder of saved states as a Kedro dataset."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

if TYPE_CHECKING:  # torch takes a second to import
    from genlab.training.state import States


class ResumeFolder(AbstractDataset):
    """Loads as genlab.training.state.States; saving the key of an experiment states that its result is safe, and forgets its state.

    The folder is no output: neither git nor DVC tracks it, so old weights are never taken for those of a new experiment.
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
