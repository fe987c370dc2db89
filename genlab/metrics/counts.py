"""Smallest numbers of images that scores are defined for."""

from collections.abc import Mapping

from genlab.errors import InputError


def require_images(
    score: str,  # name of the score, for the message
    counts: Mapping[str, int],  # name of the images, such as "real" -> their number
    fewest: int,  # smallest number that the score is defined for
) -> None:
    """Check that a score has enough images.

    Raises:
        InputError: there are fewer images; the message states all numbers.
    """
    if short := {name: count for name, count in counts.items() if count < fewest}:
        got = " and ".join(f"{count} {name} image{'' if count == 1 else 's'}" for name, count in short.items())
        raise InputError(f"{score}: got {got}, expected at least {fewest}: it is not defined for fewer. Add images.")
