"""A score together with its standard deviation."""

from typing import NamedTuple


class Estimate(NamedTuple):
    """A score and its standard deviation."""

    value: float
    spread: float | None  # standard deviation over subsets; None if there is one subset only, the whole sets
