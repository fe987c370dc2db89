"""Parameters of training in a recipe's YAML."""

from typing import Literal

from pydantic import PositiveInt

from pipelines.parameters import Parameters


class Budget(Parameters):
    """How long to train, and how often each class is shown."""

    images: PositiveInt  # images seen in total; of each domain, if there are two
    batch_size: PositiveInt
    sampling: Literal["natural", "balanced"] = "natural"  # natural: classes as frequent as in the set; balanced: all equally frequent


class Monitoring(Parameters):
    """How often to log, draw and save. All intervals are in images."""

    log_every: PositiveInt  # a point of the curves, the mean since the previous point
    pictures_every: PositiveInt  # a grid of samples; the first is drawn before training
    checkpoint_every: PositiveInt  # a saved state, from which a stopped run continues
    resume: str = ""  # key of a stopped run to continue despite changed parameters, data or code; the run's warning has the key
