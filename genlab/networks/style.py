"""Style-based generators: a mapping from latents z to styles w, and a synthesis network controlled by styles and noise at each layer.

Karras et al. 2018 (arXiv:1812.04948). The synthesis networks are in genlab.networks.stylegan and genlab.networks.stylegan2.
"""

from itertools import pairwise
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from genlab.engine import parts
from genlab.errors import InputError
from genlab.networks.growing import Growing, Stage
from genlab.networks.labels import class_weights
from genlab.networks.layers.equalised import GAIN, EqualisedLinear, activate, pixel_norm


class Mapping(nn.Module):
    """Mapping network: latent (N, latent_size) [, label] -> w (N, style_size). Karras et al. 2018, section 2 and appendix C.

    An embedding of the label, of the size of the latent, is concatenated to the latent, both normalised (arXiv:2006.06676, appendix C).
    """

    def __init__(
        self,
        latent_size: int = 512,
        style_size: int = 512,
        depth: int = 8,  # layers
        rate: float = 0.01,  # learning rate of the layers, as a share of the optimizer's
        classes: int = 0,  # number of classes; 0: unconditional
    ):
        super().__init__()
        self.latent_size, self.style_size, self.classes = latent_size, style_size, classes
        self.embedding = EqualisedLinear(classes, latent_size) if classes else None
        sizes = [latent_size * (2 if classes else 1), *[style_size] * depth]
        self.layers = nn.ModuleList(EqualisedLinear(*pair, GAIN, rate) for pair in pairwise(sizes))

    def forward(self, latent: Tensor, label: Tensor | None = None) -> Tensor:
        w = pixel_norm(latent)
        if self.embedding is not None:
            weights = class_weights(cast(Tensor, label), self.classes).to(w.dtype)
            w = torch.cat([w, pixel_norm(self.embedding(weights))], 1)
        for layer in self.layers:
            w = activate(layer(w))
        return w


class _Synthesis(Protocol):
    """The attributes that a generator requires of its synthesis network."""

    style_size: int
    noise_size: int
    size: int  # pixels
    sides: tuple[int, ...]  # of the feature map that each style controls, pixels


class Generator(nn.Module):
    """Latent (N, latent_size), noise (N, noise_size), truncation (N,) [, label] -> image (N, C, side, side).

    With `second` (N, latent_size) and `crossover` (N,), the styles of the layers from `crossover` on are those of the second latent.
    Pixels are unbounded; the generator is trained on images in [-1, 1].

    Raises:
        InputError: mapping and synthesis have different style sizes.
    """

    mean: Tensor
    measured: Tensor

    def __init__(
        self,
        mapping: Mapping,
        synthesis: nn.Module,  # a Synthesis of stylegan or stylegan2: styles (N, layers, style_size), noise (N, noise_size) -> image
        mean_half_life: float = 2000.0,  # of the running mean of w, in images
    ):
        super().__init__()
        facts = cast(_Synthesis, synthesis)
        if mapping.style_size != facts.style_size:
            raise InputError(
                f"style_size: got {mapping.style_size} for the mapping and {facts.style_size} for the synthesis, expected the same. "
                "Change one."
            )
        self.mapping, self.synthesis, self.mean_half_life = mapping, synthesis, mean_half_life
        self.latent_size, self.classes, self.style_size = mapping.latent_size, mapping.classes, mapping.style_size
        self.size, self.noise_size = facts.size, facts.noise_size
        self.sides: tuple[int, ...] = facts.sides  # of the feature map that each style controls, pixels
        self.register_buffer("mean", torch.zeros(mapping.style_size))  # running mean of w
        self.register_buffer("measured", torch.zeros(()))  # number of images in the running mean

    def grow(self, stage: Stage) -> None:
        """Switch the synthesis network to this stage of growth."""
        cast(Growing, self.synthesis).grow(stage)

    def map(self, latent: Tensor, label: Tensor | None = None) -> Tensor:
        """Latent (N, latent_size) [, label] -> w (N, style_size)."""
        w: Tensor = self.mapping(latent, label)
        return w

    @torch.no_grad()
    def measure(self, w: Tensor) -> None:
        """Update the running mean of w with a batch (N, style_size); the first batch initialises it. Karras et al. 2018, appendix B."""
        images = parts.count(len(w))
        self.measured += images
        weight = (1 - 0.5 ** (images / self.mean_half_life)) / (1 - 0.5 ** (self.measured / self.mean_half_life))
        self.mean.lerp_(w.float().mean(0), weight)

    def truncate(self, w: Tensor, truncation: Tensor | float) -> Tensor:
        """Truncate w (N, ..., style_size) -> mean + psi (w - mean), with `truncation` psi as one number or one per image, (N,).

        1 leaves w unchanged, 0 gives the mean; smaller values give less variety and more typical images. Karras et al. 2018, appendix B.
        """
        if isinstance(truncation, Tensor):
            truncation = truncation.reshape(-1, *[1] * (w.dim() - 1))
        return self.mean + truncation * (w - self.mean)

    def synthesise(self, w: Tensor, noise: Tensor) -> Tensor:
        """w (N, style_size), or one per layer (N, layers, style_size), noise (N, noise_size) from N(0, 1) -> image (N, C, side, side)."""
        styles = w if w.dim() == 3 else w[:, None].expand(-1, len(self.sides), -1)
        images: Tensor = self.synthesis(styles, noise)
        return images

    def forward(
        self,
        latent: Tensor,
        noise: Tensor,
        truncation: Tensor,
        label: Tensor | None = None,
        second: Tensor | None = None,
        crossover: Tensor | None = None,
    ) -> Tensor:
        w = self.truncate(self.map(latent, label), truncation)
        if second is None or crossover is None:
            return self.synthesise(w, noise)
        fine = self.truncate(self.map(second, label), truncation)
        is_coarse = torch.arange(len(self.sides), device=w.device) < crossover[:, None]
        return self.synthesise(torch.where(is_coarse[:, :, None], w[:, None], fine[:, None]), noise)


def mixed(
    first: Tensor,  # w (N, style_size)
    second: Tensor,
    layers: int,
    share: float,  # expected share of the images that mix both; the others use `first` only
) -> Tensor:
    """Mix styles -> (N, layers, style_size): `first` up to a layer drawn at random for each image, `second` from there on.

    Mixing regularisation keeps the network from assuming that adjacent styles are correlated. Karras et al. 2018, section 3.1.
    """
    count, device = len(first), first.device
    crossing = torch.randint(1, layers, (count, 1), device=device)
    crossing = torch.where(torch.rand(count, 1, device=device) < share, crossing, layers)
    is_first = torch.arange(layers, device=device) < crossing
    return torch.where(is_first[:, :, None], first[:, None], second[:, None])


def noise_maps(
    noise: Tensor,  # (N, noise_size)
    sides: tuple[int, ...],  # of the maps, pixels
) -> list[Tensor]:
    """Split noise into one map per layer, (N, 1, side, side), coarse ones first."""
    parts = noise.split([side * side for side in sides], 1)
    return [part.unflatten(1, (1, side, side)) for part, side in zip(parts, sides, strict=True)]


def noise_numbers(sides: tuple[int, ...]) -> int:
    """Total number of noise values per image in maps of these sides."""
    return sum(side * side for side in sides)
