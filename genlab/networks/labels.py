"""Labels of conditional networks: class weights, and checks against the classes of an image set."""

from collections.abc import Sequence

import torch
from torch import Tensor

from genlab.errors import InputError


def class_weights(
    label: Tensor,  # class indices (N,), or weights that add up to 1 (N, classes), which interpolate between classes
    classes: int,
) -> Tensor:
    """Labels -> weights of the classes, (N, classes), float: one-hot for class indices, unchanged for weights."""
    if label.dim() == 2:
        return label
    return (label[:, None] == torch.arange(classes, device=label.device)).float()


def check_count(classes: int, name: str) -> None:
    """Check that a conditional network has at least one class.

    Raises:
        InputError: `classes` is less than 1; the message starts with `name`.
    """
    if classes < 1:
        raise InputError(f"{name}: classes: got {classes}, expected how many the image set has. For none, use an unconditional network.")


def check_classes(
    known: int,  # number of classes of a recipe; 0: unconditional
    classes: Sequence[str],  # of the image set; empty if it is unlabelled
    image_set: str,
) -> None:
    """Check that a conditional recipe has as many classes as the labelled image set.

    Further classes would stay untrained, but could still be requested when sampling.

    Raises:
        InputError: the numbers of classes differ.
    """
    if known and classes and known != len(classes):
        some = f"{', '.join(classes[:10])}{', ...' if len(classes) > 10 else ''}"
        raise InputError(f"classes: got {known}, but image set '{image_set}' has {len(classes)}: {some}. Set every `classes` to that.")


def check_labels(labels: Tensor | None, classes: int) -> None:
    """Check the labels (N,) of a batch for a conditional model.

    Raises:
        InputError: there are no labels, or a label is not less than `classes`.
    """
    if labels is None:
        raise InputError(f"the networks are conditional on one of {classes} labels, but the image set has none. Use a labelled set.")
    if int(labels.max()) >= classes:
        raise InputError(
            f"the networks know {classes} labels, but the image set has more, e.g. number {int(labels.max())}. Raise `classes`."
        )
