"""Settings of an evaluation: the feature extractor, and how many images each score takes.

One description serves all recipes, because scores are comparable only if their protocols are equal.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

from genlab.errors import InputError
from genlab.extractors.classifier_training import IMAGES
from genlab.extractors.contract import Extractor
from genlab.extractors.efficientnet import EfficientNetLite0
from genlab.images.feeding.held_out import FEWEST

BATCH_SIZE = 32  # images per call of a recipe
SUBSET_SEED = 0  # of subsets, bins and clusters; independent of the seed of the training
SAMPLING_SEED = 0  # of the latents; independent of the seed of the training, so that all models sample the same latents


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Extractor and sizes of an evaluation; all of them are part of its protocol.

    Raises:
        InputError: a number is too small for its scores.
    """

    extractor: Callable[..., Extractor] = EfficientNetLite0  # called with the folder of its cache
    held_out: int | None = None  # largest number of held-out images, evenly spaced, of each domain; None: all
    samples: int | None = None  # number of generated images; None: as many as held-out images
    training: int | None = None  # largest number of training images, evenly spaced, in baselines and as neighbours; None: all
    subsets: int = 100  # random subsets for the spread of KID
    subset: int = 1000  # largest number of images in such a subset, arXiv:1801.01401
    bins: int = 100  # largest number of bins of pixel space (NDB)
    classifier: int = IMAGES  # images seen by the training of an in-domain classifier; 0: no scores that need one
    taught: int = 20_000  # largest number of generated images that the classifier of the accuracy score (`cas`) is trained on
    truncated: int = 2000  # largest number of samples per value of the truncation
    pairs: int = 500  # pairs of images per latent space for the perceptual path length
    compared: int = 100  # largest number of images per baseline of the likelihood
    viewed: int = 1000  # largest number of held-out images for a recipe's own measures and views

    def __post_init__(self) -> None:
        for field in fields(self):
            value, fewest = getattr(self, field.name), LEAST.get(field.name, FEWEST)
            if isinstance(value, int) and value < fewest:
                none = ", or null" if field.default is None else ""
                raise InputError(f"evaluation.{field.name}: got {value}, expected a whole number from {fewest} on{none}.")


LEAST = {"bins": 1, "classifier": 0, "compared": 1, "viewed": 1}  # smallest values that differ from FEWEST
