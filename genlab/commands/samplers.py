"""A sampler with the truncation, the class and the mixed styles that a command line selects."""

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
    second: np.ndarray | None = None  # latent of the fine styles, of a style-based model; None: styles are not mixed
    crossover: int | None = None  # the first layer that has them

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
        return self.sampler.pixels(drawn, self.truncation, self.label, self.second, self.crossover)


def chosen(
    model: Model,
    truncation: float | None,  # None: as trained
    label: str,  # name or number of a class; "": drawn from each seed
    fine: int | None = None,  # seed of the fine styles; None: styles are not mixed
    crossover: int | None = None,  # the first layer with the fine styles; None: half of the layers
) -> Choice:
    """Open a sampler, and check what a command line selects.

    Raises:
        InputError, RequestError: the truncation, the label or the mixing is invalid for the model.
    """
    sampler = Sampler(model.release)
    if label and not sampler.classes:
        raise InputError(f"--label: got '{label}', but {model.name} has no classes. Leave it out.")
    bound = sampler.bound_of("as trained" if truncation is None else truncation)
    choice = Choice(sampler, bound, class_number(label, sampler.classes) if label else None)
    return choice if fine is None and crossover is None else mixed(choice, model, fine, crossover)


def mixed(choice: Choice, model: Model, fine: int | None, crossover: int | None) -> Choice:
    """Take the styles from a layer on from another seed.

    Raises:
        InputError: the model does not mix styles, there is no seed, or no such layer.
    """
    layers = choice.sampler.layers
    if not layers:
        name, value = ("--fine", fine) if fine is not None else ("--crossover", crossover)
        raise InputError(
            f"{name}: got {value}, but {model.name} has no styles to mix. Expected a StyleGAN, released by this version of genlab or a "
            "later one; or leave it out."
        )
    if fine is None:
        raise InputError(f"--crossover: got {crossover} without --fine, the seed whose styles the layers from {crossover} on take. Add it.")
    if crossover is not None and crossover > layers:
        raise InputError(f"--crossover: got {crossover}, expected the first layer with the styles of --fine, 0 to {layers}.")
    second = choice.drawn(fine).latent
    return choice._replace(second=second, crossover=layers // 2 if crossover is None else crossover)
