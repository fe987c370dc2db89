"""Checks of the settings of claims."""

from collections.abc import Mapping, Sequence

from genlab.errors import InputError


def check_positive(numbers: Mapping[str, float]) -> None:
    """Check that all numbers are positive.

    Raises:
        InputError: one is not.
    """
    for name, number in numbers.items():
        if not number > 0:
            raise InputError(f"{name}: got {number}, expected a positive number.")


def check_filled(lists: Mapping[str, Sequence[float]], least: float = 0.0) -> None:
    """Check that all lists have values, and none below the least one.

    Raises:
        InputError: a list is empty, or has a value below `least`.
    """
    for name, values in lists.items():
        if not values or min(values) < least:
            raise InputError(f"{name}: got {list(values)}, expected at least one number, from {least:g} on.")
