"""Kedro dataset of the saved states of trainings."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

STATE, DESCRIPTION = "state.pt", "experiment.json"  # as in genlab.training.state
EXACT = "exact"  # genlab.training.resumption.EXACT
EXPERIMENT_TAG = "genlab.experiment"  # tag of a run: the key of its training, the name of the folder of its state
DVC_STAGE = "DVC_STAGE"  # environment variable that DVC sets for the commands of its stages

if TYPE_CHECKING:  # torch takes a second to import
    from genlab.training.state import States

logger = logging.getLogger(__name__)


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
        """Paths of the state and the description of the training that was saved last."""
        found = [self.filepath / self.key / name for name in (STATE, DESCRIPTION)]
        return found if self.key and all(file.exists() for file in found) else []

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}


def resumption_under_dvc(
    resume: str,  # value of `monitoring.resume`
) -> str:
    """Value of `monitoring.resume` for this process: `exact` instead of "" in a stage of DVC.

    The outputs of a stage must be a function of its dependencies. A training that continues one under another budget would also depend on
    that budget.
    """
    return resume or (EXACT if DVC_STAGE in os.environ else "")


def warn_without_state(name: str, checkpoint: Path, folder: Path) -> None:
    """Warn that a recipe's checkpoint cannot be trained longer, with what to do, if there is no saved state of any training."""
    if checkpoint.exists() and not any(folder.glob(f"*/{STATE}")):
        logger.warning(
            "%s: %s exists, but %s has no state of its training (optimizers, position, history), so that training starts from 0 and cannot "
            "continue it. If its MLflow run is there: copy state.pt and experiment.json of the artifact folder `checkpoint` to %s/<key>, "
            "where the tag %s of the run has the key, and run this command again.",
            name,
            checkpoint,
            folder,
            folder,
            EXPERIMENT_TAG,
        )
