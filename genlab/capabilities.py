"""What a recipe can do beyond learning, as protocols.

Evaluation, pictures, export and serving ask for these, never for a recipe's class.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class Samples(Protocol):
    """Generates images from latents."""

    latent_size: int
    classes: int  # number of labels that `sample` is conditional on; 0: none
    noise_size: int  # numbers from N(0, 1) per image in addition to the latent; 0: none

    def generators(self) -> dict[str, nn.Module]:
        """The network that samples (the moving average if enabled), by the name of its file in a release."""
        ...

    def sample(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (N, latent_size) from N(0, 1), labels (N,) -> images (N, C, H, W) in [-1, 1]."""
        ...


@runtime_checkable
class Translates(Protocol):
    """Translates images of one domain into another."""

    directions: Sequence[str]  # "a_to_b", "b_to_a"

    def generators(self) -> dict[str, nn.Module]:
        """The network of each direction (the moving average if enabled)."""
        ...

    def sample(self, images: Tensor, direction: str) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] -> their translations, of the same height and width."""
        ...
