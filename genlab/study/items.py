"""What a study consists of before it is made: pictures, and items, which are what one trial shows."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Picture(NamedTuple):
    """An image of a study."""

    owner: str  # name of a model, `real`, or `check`
    origin: str  # the seed of a sample, the path of a real image, or what was translated
    png: bytes  # a PNG file without any text


class Stimulus(NamedTuple):
    """What one trial shows."""

    pictures: tuple[Picture, ...]  # one, or two to choose from, in the order of the models
    source: Picture | None = None  # what was translated, if participants see it
    right: int | None = None  # the answer that is known: 0 real and 1 generated, or the index of the real picture; None: there is none


class Material(NamedTuple):
    """All items of a study."""

    groups: Mapping[str, Sequence[Stimulus]]  # by model or pair of models, and `real` if real images are shown alone
    practice: Sequence[Stimulus]
    checks: Sequence[Stimulus]
    models: Mapping[str, Mapping[str, str]]  # model -> its checkpoint and the hash of its data
    data_hash: str  # of the image set
