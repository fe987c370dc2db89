"""Capabilities of recipes beyond training, as protocols.

Evaluation, pictures, export and serving test for these protocols, never for a recipe's class.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from torch import Tensor, nn

if TYPE_CHECKING:  # serving is a room of the same layer
    from genlab.serving.preparation import Preparation

Batch = Mapping[str, Tensor]  # as in genlab.engine.stream: images (N, C, H, W) in [-1, 1], and labels (N,) if there are any


class Truncated(StrEnum):
    """The quantity that truncation shrinks to make samples more typical and less varied. The values appear in release.json."""

    LATENTS = "latents"
    STYLES = "styles"


@runtime_checkable
class Samples(Protocol):
    """Generates images from latents."""

    latent_size: int
    classes: int  # number of classes that `sample` is conditional on; 0: unconditional
    noise_size: int  # numbers from N(0, 1) per image in addition to the latent; 0: none

    def generators(self) -> dict[str, nn.Module]:
        """Map the name of each file in a release to its sampling network (the moving average if enabled)."""
        ...

    def sample(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (N, latent_size) from N(0, 1), labels (N,) -> images (N, C, H, W) in [-1, 1]."""
        ...


@runtime_checkable
class Translates(Protocol):
    """Translates images of one domain into another."""

    directions: Sequence[str]  # "a_to_b", "b_to_a"

    def generators(self) -> dict[str, nn.Module]:
        """Map each direction to its translation network (the moving average if enabled)."""
        ...

    def sample(self, images: Tensor, direction: str) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] -> translated images of the same height and width."""
        ...


@runtime_checkable
class Conditional(Protocol):
    """Samples given labels if `classes` is positive; see `is_conditional`."""

    classes: int


@runtime_checkable
class Truncatable(Protocol):
    """States which quantity it truncates, if not its latents; see `truncated_by`."""

    truncates: Truncated


@runtime_checkable
class HasStyles(Protocol):
    """A network that maps latents to styles, and styles to images."""

    def map(self, latent: Tensor, label: Tensor | None = None) -> Tensor:
        """Latents (N, latent_size) from N(0, 1) [, labels (N,)] -> styles w (N, style_size)."""
        ...

    def synthesise(self, styles: Tensor, noise: Tensor) -> Tensor:
        """Styles (N, style_size) or (N, layers, style_size), noise (N, noise_size) from N(0, 1) -> images (N, C, H, W)."""
        ...


@runtime_checkable
class HasLikelihood(Protocol):
    """Computes bounds of the likelihood of images."""

    def bounds(self, batch: Batch) -> Mapping[str, Tensor]:
        """Bounds of log p(image) by name, in nats, (N,) each, tightest first.

        p is over discrete levels, or the density of real numbers, see genlab.images.levels.
        """
        ...


@runtime_checkable
class Reconstructs(Protocol):
    """Infers latents from images, and reconstructs the images from the latents."""

    def reconstruct(self, batch: Batch) -> Tensor:
        """Reconstruct a batch from its latents -> images (N, C, H, W) in [-1, 1]."""
        ...


@runtime_checkable
class Encodes(Protocol):
    """Encodes images as normal distributions over latents, and decodes latents."""

    prior: Any  # a genlab.variational.priors.Prior

    def encode(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the posterior q(z | image), (N, D) each."""
        ...

    def decode(self, z: Tensor, label: Tensor | None) -> Tensor:
        """Latents z (N, D) [, labels (N,)] -> images (N, C, H, W) in [-1, 1]."""
        ...


@runtime_checkable
class Infers(Protocol):
    """Has networks that infer from images, which a release contains in addition to its sampling network."""

    preparation: "Preparation"  # what is done to images before they are scored

    def inference(self) -> dict[str, nn.Module]:
        """Map the name of each file in a release to a network, which states its `inputs` and `outputs`."""
        ...


@runtime_checkable
class HasComponents(Protocol):
    """Assigns images to mixture components if `components` is positive; see `components_of`."""

    components: int

    def responsibilities(self, batch: Batch) -> Tensor:
        """p(component | image), (N, components)."""
        ...


@runtime_checkable
class HasComponentImages(Protocol):
    """Has mixture components that are distributions over images."""

    def component_log_weights(self) -> Tensor:
        """Logarithms of the component weights, (K,)."""
        ...

    def component_means(self, components: Tensor | None = None) -> Tensor:
        """Means of the given components (default: all) as images (N, C, H, W); (0, C, H, W) before training has begun."""
        ...

    def component_images(self, components: Sequence[int], count: int) -> Iterator[Tensor]:
        """Yield (count, C, H, W) for each given component: its mean, followed by samples from it."""
        ...


@runtime_checkable
class Chooses(Protocol):
    """Trains several models that differ in the number of components, and selects one by an information criterion."""

    components: int  # of the selected model

    def choices(self) -> Mapping[int, Mapping[str, float]]:
        """Map each number of components to {criterion: value}."""
        ...


def is_conditional(recipe: object) -> bool:
    """Whether the recipe samples conditional on labels."""
    return isinstance(recipe, Conditional) and recipe.classes > 0


def truncated_by(recipe: object) -> Truncated:
    """Return the quantity that the recipe truncates: its latents, unless it is `Truncatable` and specifies another."""
    return Truncated(recipe.truncates) if isinstance(recipe, Truncatable) else Truncated.LATENTS


def components_of(recipe: object) -> HasComponents | None:
    """Return the recipe if it has mixture components, else None."""
    return recipe if isinstance(recipe, HasComponents) and recipe.components > 0 else None


def style_generator_of(recipe: object) -> nn.Module | None:
    """Return the sampling network (the moving average if enabled) if it is style-based, else None."""
    if truncated_by(recipe) != Truncated.STYLES:
        return None
    generator = cast(Samples, recipe).generators()["generator"]
    return generator if isinstance(generator, HasStyles) else None
