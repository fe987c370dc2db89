"""Names of classes that a set stores as numbers."""

from collections.abc import Sequence

from genlab.errors import InputError


def class_names(
    highest: int,  # label of the set
    names: Sequence[str],  # in the order of the numbers; empty: the numbers are the names
) -> Sequence[str]:
    """Names of the classes from 0 to the highest. Numbers are padded with zeros to the same width, so that they sort as text.

    Raises:
        InputError: a label has no name.
    """
    if names and highest >= len(names):
        raise InputError(f"Label {highest} has no name: `names` holds {len(names)}.")
    return names or [f"{number:0{len(str(highest))}d}" for number in range(highest + 1)]
