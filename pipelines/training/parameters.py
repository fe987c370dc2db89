"""Parameters of training in a recipe's YAML."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from pipelines.parameters import Parameters


class Budget(Parameters):
    """How long to train, and how often each class is shown."""

    images: PositiveInt  # images seen in total; of each domain, if there are two
    batch_size: PositiveInt
    sampling: Literal["natural", "balanced"] = "natural"  # natural: classes as frequent as in the set; balanced: all equally frequent


class Monitoring(Parameters):
    """How often to log, draw, save and score, and which weights are kept. All intervals are in images."""

    log_every: PositiveInt  # a point of the curves, the mean since the previous point
    pictures_every: PositiveInt  # a grid of samples; the first is drawn before training
    checkpoint_every: PositiveInt  # a saved state, from which a stopped run continues
    # Key of a run to continue despite changed parameters, data or code, see the run's warning. A changed budget alone needs no key.
    # `exact`: a training under another budget is not continued.
    resume: str = ""
    score_every: NonNegativeInt | None = None  # a cheap score, to select the checkpoint; null: with every grid; 0: never
    score_samples: PositiveInt = 64  # generated images per score; divided among the directions of a recipe that translates
    patience: PositiveInt | None = None  # scores without improvement after which training stops early; null: the whole budget is spent
    keep: Literal["best", "last"] = "best"  # the weights that are evaluated and released
    keep_every: NonNegativeInt = 0  # a numbered checkpoint that later ones do not replace; 0: none
    restarts: NonNegativeInt = 0  # at most this many warm restarts after a NaN; 0: the run fails
    restart_factor: PositiveFloat = 0.5  # of the learning rates at each warm restart


class Initial(Parameters):
    """From which weights a training starts (fine-tuning). What fits by name and shape is loaded, the rest is listed."""

    from_: str = Field(
        alias="from"
    )  # a recipe, a registered model such as models:/gan-fashion@champion, or the path of a release or checkpoint
    average: bool = False  # start from the moving average of the source's generator; a release holds nothing else
    freeze: NonNegativeInt = 0  # number of first layers of each critic that keep the loaded weights (FreezeD, arXiv:2002.10964)
