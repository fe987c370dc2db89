"""Training settings: budget, and intervals of logging, drawing and saving."""

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
    """Intervals of logging, drawing and saving, in images."""

    log_every: int = 640  # between rows of the history, which hold means since the previous row
    pictures_every: int = 4800  # between sheets of samples; the first is drawn at 0
    checkpoint_every: int = 4800  # between saved states, from which a stopped training continues
    resume: str = ""  # key of a stopped training to continue, even if parameters, data or code have changed since
