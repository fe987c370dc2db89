"""Training settings: budget, intervals of logging, drawing, saving and scoring, and the choice of the checkpoint."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Budget:
    """Number of training images, batch size, and sampling of classes."""

    images: int  # number of images seen in total, per domain if there are two
    batch_size: int
    sampling: Literal["natural", "balanced"] = "natural"  # class frequencies of the image set, or all classes equally often


@dataclass(frozen=True)
class Monitoring:
    """Intervals of logging, drawing, saving and scoring, in images, and the choice of the checkpoint."""

    log_every: int = 640  # between rows of the history, which hold means since the previous row
    pictures_every: int = 4800  # between sheets of samples; the first is drawn at 0
    checkpoint_every: int = 4800  # between saved states, from which a stopped training continues
    resume: str = ""  # key of a training to continue despite other changes than of the budget; "exact": continue under the same budget only
    score_every: int | None = None  # between scores, if there is a scorer; None: `pictures_every`; 0: no scores
    patience: int | None = None  # scores without improvement after which the training stops early; None: the whole budget is spent
    keep: Literal["best", "last"] = "best"  # weights that are returned: those with the best score, or the last ones
    keep_every: int = 0  # between numbered checkpoints that stay; 0: none
    restarts: int = 0  # largest number of warm restarts after a number that is not finite; 0: the training fails
    restart_factor: float = 0.5  # of the learning rates at each warm restart

    @property
    def scores_every(self) -> int:
        """Images between two scores; 0: no scores."""
        return self.pictures_every if self.score_every is None else self.score_every
