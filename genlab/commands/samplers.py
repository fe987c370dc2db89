"""A sampler with the truncation and the class that a command line selects."""

from typing import NamedTuple

import numpy as np

from genlab.commands.models import Model
from genlab.errors import InputError
from genlab.serving.latents import Drawn
from genlab.serving.sampler import Sampler, class_number


class Choice(NamedTuple):
    """A sampler, and what all of its images have in common."""

    sampler: Sampler
    truncation: float  # as returned by Sampler.bound_of
    label: int | None  # number of the class; None: drawn from each seed

    def drawn(self, seed: int) -> Drawn:
        """Draw the inputs of a seed."""
        return self.sampler.drawn(seed, self.truncation)

    def label_of(self, seed: int) -> int:
        """Number of the class of a seed's image."""
        return self.drawn(seed).label if self.label is None else self.label

    def image_of(self, seed: int) -> np.ndarray:
        """Generate the image of a seed, uint8 (H, W, C)."""
        return self.image(self.drawn(seed))

    def image(self, drawn: Drawn) -> np.ndarray:
        """Generate an image from its random inputs, uint8 (H, W, C)."""
        return self.sampler.pixels(drawn, self.truncation, self.label)


def chosen(
    model: Model,
    truncation: float | None,  # None: as trained
    label: str,  # name or number of a class; "": drawn from each seed
) -> Choice:
    """Open a sampler, and check what a command line selects.

    Raises:
        InputError, RequestError: the truncation or the label is invalid for the model.
    """
    sampler = Sampler(model.release)
    if label and not sampler.classes:
        raise InputError(f"--label: got '{label}', but {model.name} has no classes. Leave it out.")
    bound = sampler.bound_of("as trained" if truncation is None else truncation)
    return Choice(sampler, bound, class_number(label, sampler.classes) if label else None)
