"""Style-based generators: a mapping from latents z to styles w, and a synthesis that styles and noise control layer by layer.

Karras et al. 2018 (arXiv:1812.04948). Which synthesis it is, genlab.networks.stylegan's or genlab.networks.stylegan2's, the YAML says.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.growing import Stage
from genlab.networks.labels import class_weights
from genlab.networks.layers.equalised import GAIN, EqualisedLinear, activate, pixel_norm


class Mapping(nn.Module):
    """Latent (N, latent_size) [, label] -> w (N, style_size). Karras et al. 2018, section 2 and appendix C.

    A label joins the latent as an embedding of the same size, both normalised (arXiv:2006.06676, appendix C).
    """

    def __init__(
        self,
        latent_size: int = 512,
        style_size: int = 512,
        depth: int = 8,  # layers
        rate: float = 0.01,  # that they learn with, as a share of the optimizer's
        classes: int = 0,  # that it is told; 0: none
    ):
        super().__init__()
        self.latent_size, self.style_size, self.classes = latent_size, style_size, classes
        self.embedding = EqualisedLinear(classes, latent_size) if classes else None
        sizes = [latent_size * (2 if classes else 1), *[style_size] * depth]
        self.layers = nn.ModuleList(EqualisedLinear(*pair, GAIN, rate) for pair in pairwise(sizes))

    def forward(self, latent: Tensor, label: Tensor | None = None) -> Tensor:
        w = pixel_norm(latent)
        if self.embedding is not None:
            told = class_weights(label, self.classes).to(w.dtype)
            w = torch.cat([w, pixel_norm(self.embedding(told))], 1)
        for layer in self.layers:
            w = activate(layer(w))
        return w


class Generator(nn.Module):
    """Latent (N, latent_size), noise (N, noise_size), truncation (N,) [, label] -> image (N, C, side, side); reals are in [-1, 1].

    Raises:
        InputError: mapping and synthesis disagree about the size of a style.
    """

    def __init__(
        self,
        mapping: Mapping,
        synthesis: nn.Module,  # styles (N, layers, style_size), noise (N, noise_size) -> image; knows `size`, `sides`, `noise_size`, ...
        mean_half_life: float = 2000.0,  # images, of the running mean of w
    ):
        super().__init__()
        if mapping.style_size != synthesis.style_size:
            raise InputError(
                f"style_size: got {mapping.style_size} for the mapping and {synthesis.style_size} for the synthesis, expected the same. "
                "Change one."
            )
        self.mapping, self.synthesis, self.mean_half_life = mapping, synthesis, mean_half_life
        self.latent_size, self.classes, self.style_size = mapping.latent_size, mapping.classes, mapping.style_size
        self.size, self.noise_size = synthesis.size, synthesis.noise_size
        self.sides: tuple[int, ...] = synthesis.sides  # of the feature map that each of an image's styles goes into, pixels
        self.register_buffer("mean", torch.zeros(mapping.style_size))  # of w over the latents
        self.register_buffer("measured", torch.zeros(()))  # images that the mean has seen

    def grow(self, stage: Stage) -> None:
        self.synthesis.grow(stage)

    def map(self, latent: Tensor, label: Tensor | None = None) -> Tensor:
        """Latent (N, latent_size) [, label] -> w (N, style_size)."""
        return self.mapping(latent, label)

    @torch.no_grad()
    def measure(self, w: Tensor) -> None:
        """Let the running mean of w (N, style_size) see these. Karras et al. 2018, appendix B; the first it sees it starts from."""
        self.measured += len(w)
        weight = (1 - 0.5 ** (len(w) / self.mean_half_life)) / (1 - 0.5 ** (self.measured / self.mean_half_life))
        self.mean.lerp_(w.float().mean(0), weight)

    def truncate(self, w: Tensor, truncation: Tensor | float) -> Tensor:
        """w (N, ..., style_size) -> mean + psi (w - mean); psi is a number, or one an image, (N,). Karras et al. 2018, appendix B.

        1 leaves it as it is, 0 gives the mean; less variety, more typical images.
        """
        if isinstance(truncation, Tensor):
            truncation = truncation.reshape(-1, *[1] * (w.dim() - 1))
        return self.mean + truncation * (w - self.mean)

    def synthesise(self, w: Tensor, noise: Tensor) -> Tensor:
        """w (N, style_size), or one a layer (N, layers, style_size), and noise (N, noise_size) from N(0, 1) -> image (N, C, side, side)."""
        styles = w if w.dim() == 3 else w[:, None].expand(-1, len(self.sides), -1)
        return self.synthesis(styles, noise)

    def forward(self, latent: Tensor, noise: Tensor, truncation: Tensor, label: Tensor | None = None) -> Tensor:
        return self.synthesise(self.truncate(self.map(latent, label), truncation), noise)


def mixed(
    first: Tensor,  # w (N, style_size)
    second: Tensor,
    layers: int,
    share: float,  # of the images that get both
) -> Tensor:
    """Styles (N, layers, style_size): the first's up to a layer that is drawn for each image, the second's from there on.

    Mixing regularisation: a style cannot rely on the others. Karras et al. 2018, section 3.1.
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
    """The noise of each layer, (N, 1, side, side), coarse ones first."""
    parts = noise.split([side * side for side in sides], 1)
    return [part.unflatten(1, (1, side, side)) for part, side in zip(parts, sides, strict=True)]


def noise_numbers(sides: tuple[int, ...]) -> int:
    """How many numbers the maps have."""
    return sum(side * side for side in sides)
