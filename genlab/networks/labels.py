"""Labels: what a network is told of a class, and what it must know of a set's."""

from collections.abc import Sequence

import torch
from torch import Tensor

from genlab.errors import InputError


def class_weights(
    label: Tensor,  # whole numbers (N,), or weights that add up to 1 (N, classes): a place between classes
    classes: int,
) -> Tensor:
    """Labels -> the weight of each class, (N, classes), float: 0 and 1 for a whole number."""
    if label.dim() == 2:
        return label
    return (label[:, None] == torch.arange(classes, device=label.device)).float()


def check_count(classes: int, name: str) -> None:
    """A network that is told labels must know one at least.

    Raises:
        InputError: it doesn't.
    """
    if classes < 1:
        raise InputError(f"{name}: classes: got {classes}, expected how many the image set has. For none, use a network that is told none.")


def check_classes(
    known: int,  # of a recipe; 0: it is told none
    classes: Sequence[str],  # of the image set; none if it isn't labelled
    image_set: str,
) -> None:
    """A recipe that is told labels must know all of the set's, and no others: those would stay untrained, and could be asked for.

    Raises:
        InputError: it doesn't.
    """
    if known and classes and known != len(classes):
        some = f"{', '.join(classes[:10])}{', ...' if len(classes) > 10 else ''}"
        raise InputError(f"classes: got {known}, but image set '{image_set}' has {len(classes)}: {some}. Set every `classes` to that.")


def check_labels(labels: Tensor | None, classes: int) -> None:
    """A conditional model needs labels that it knows.

    Raises:
        InputError: there are none, or others.
    """
    if labels is None:
        raise InputError(f"the networks are told one of {classes} labels, but the image set has none. Use a labelled set.")
    if int(labels.max()) >= classes:
        raise InputError(
            f"the networks know {classes} labels, but the image set has more, e.g. number {int(labels.max())}. Raise `classes`."
        )
