"""What a recipe's YAML may say beside its model."""

from typing import Literal

from pydantic import PositiveInt

from pipelines.parameters import Parameters


class Budget(Parameters):
    """How long to train, and on which images how often."""

    images: PositiveInt  # seen in all, of each domain where there are two
    batch_size: PositiveInt
    sampling: Literal["natural", "balanced"] = "natural"  # classes as often as the set has them, or all equally often


class Monitoring(Parameters):
    """How often to look and to save, in images."""

    log_every: PositiveInt  # a point on the curves: the mean since the last
    pictures_every: PositiveInt  # a grid of samples, the first at 0
    checkpoint_every: PositiveInt  # a state that a stopped run continues from
    resume: str = ""  # key of a stopped run to continue although parameters, data or code have changed since; see the run's warning
