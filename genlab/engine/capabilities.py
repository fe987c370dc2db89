"""What a recipe can do beyond learning, as protocols.

Evaluation, pictures, export and serving ask for these, never for a recipe's class.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

Batch = Mapping[str, Tensor]  # as in genlab.engine.stream: images (N, C, H, W) in [-1, 1], and labels (N,) if there are any


class Truncated(StrEnum):
    """What is truncated for samples that are more typical and less varied. The values appear in release.json."""

    LATENTS = "latents"
    STYLES = "styles"


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


@runtime_checkable
class Conditional(Protocol):
    """Takes labels if `classes` is positive; see `is_conditional`."""

    classes: int


@runtime_checkable
class Truncatable(Protocol):
    """Truncates something else than its latents; see `truncated_by`."""

    truncates: Truncated


@runtime_checkable
class HasStyles(Protocol):
    """A network that maps latents to styles, and makes images from styles."""

    def map(self, latent: Tensor, label: Tensor | None = None) -> Tensor: ...

    def synthesise(self, styles: Tensor, noise: Tensor) -> Tensor: ...


@runtime_checkable
class HasLikelihood(Protocol):
    """Bounds the likelihood of images."""

    def bounds(self, batch: Batch) -> Mapping[str, Tensor]:
        """Bounds of log p(image) by name, in nats, (N,) each, the best first; of images in levels, see genlab.images.levels."""
        ...


@runtime_checkable
class Reconstructs(Protocol):
    """Infers latents from images, and images from these."""

    def reconstruct(self, batch: Batch) -> Tensor:
        """Images reconstructed from their latents, (N, C, H, W) in [-1, 1]."""
        ...


@runtime_checkable
class Encodes(Protocol):
    """Has a normal posterior over latents, and decodes latents."""

    prior: Any  # a genlab.variational.priors.Prior

    def encode(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the posterior, (N, D) each."""
        ...

    def decode(self, z: Tensor, label: Tensor | None) -> Tensor:
        """Latents of the prior (N, D) -> images (N, C, H, W) in [-1, 1]."""
        ...


@runtime_checkable
class HasComponents(Protocol):
    """Assigns images to components, if `components` is positive; see `components_of`."""

    components: int

    def responsibilities(self, batch: Batch) -> Tensor:
        """p(component | image), (N, components)."""
        ...


@runtime_checkable
class HasComponentImages(Protocol):
    """Has components that are distributions over images."""

    def component_log_weights(self) -> Tensor:
        """(K,)."""
        ...

    def component_means(self, components: Tensor | None = None) -> Tensor:
        """Means of these components, or of all, as images (N, C, H, W); (0, C, H, W) before training has begun."""
        ...

    def component_images(self, components: Sequence[int], count: int) -> Iterator[Tensor]:
        """For each of these components its mean and samples from it, (count, C, H, W)."""
        ...


@runtime_checkable
class Chooses(Protocol):
    """Trains several models that differ in the number of components, and chooses one by a criterion."""

    components: int  # of the chosen one

    def choices(self) -> Mapping[int, Mapping[str, float]]:
        """Number of components -> name of a criterion: its value."""
        ...


def is_conditional(recipe: object) -> bool:
    """Whether the recipe samples given labels."""
    return isinstance(recipe, Conditional) and recipe.classes > 0


def truncated_by(recipe: object) -> Truncated:
    """What the recipe truncates: its latents, unless it says otherwise."""
    return Truncated(recipe.truncates) if isinstance(recipe, Truncatable) else Truncated.LATENTS


def components_of(recipe: object) -> HasComponents | None:
    """The recipe, if it has components."""
    return recipe if isinstance(recipe, HasComponents) and recipe.components > 0 else None


def style_generator_of(recipe: object) -> nn.Module | None:
    """The network that samples (the moving average if enabled), if it has styles."""
    if truncated_by(recipe) != Truncated.STYLES:
        return None
    generator = recipe.generators()["generator"]
    return generator if isinstance(generator, HasStyles) else None
