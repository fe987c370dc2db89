"""How long to train, and how often to log, draw and save."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Budget:
    """How long to train, and how often each class is shown."""

    images: int  # seen in total, of each domain where there are two
    batch_size: int
    sampling: Literal["natural", "balanced"] = "natural"  # classes as often as the set has them, or all equally often


@dataclass(frozen=True)
class Monitoring:
    """How often to log, draw and save, in images."""

    log_every: int = 640  # a row of the history: the mean since the last
    pictures_every: int = 4800  # a sheet of samples, the first at 0
    checkpoint_every: int = 4800  # a state that a stopped training continues from
    resume: str = ""  # key of a stopped training to continue although parameters, data or code have changed since
