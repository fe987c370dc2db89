"""Class-conditional residual networks with spectral norm, as in BigGAN (Brock et al. 2018, arXiv:1809.11096, appendix B).

Other arguments give the networks that BigGAN's are derived from: those of the projection discriminator (Miyato and Koyama 2018,
arXiv:1802.05637) and of SNGAN (arXiv:1802.05957).
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, pixel_unshuffle, relu

from genlab.errors import InputError
from genlab.networks.conditional import ConditionalBatchNorm, Projection
from genlab.networks.first_layers import Layers
from genlab.networks.labels import check_count, class_weights
from genlab.networks.layers.attention import SelfAttention
from genlab.networks.layers.initialise import orthogonal
from genlab.networks.layers.normalise import normalise_spectrally
from genlab.networks.layers.resample import convolved_mean, nearest_convolved
from genlab.networks.shapes import COARSEST, check_side

# Numbers of filters in multiples of the width, by image side: for the generator at 4 px and after each doubling, for the critic after each
# block. HALVINGS: how many blocks of the critic halve the side. The values for 128 and 256 px are from the paper (appendix B), those for 32
# and 64 px from the public implementation of its first author.
GENERATOR = {32: (4, 4, 4, 4), 64: (16, 16, 8, 4, 2), 128: (16, 16, 8, 4, 2, 1), 256: (16, 16, 8, 8, 4, 2, 1)}
CRITIC = {32: (4, 4, 4, 4), 64: (1, 2, 4, 8, 16), 128: (1, 2, 4, 8, 16, 16), 256: (1, 2, 4, 8, 8, 16, 16)}
HALVINGS = {32: 2, 64: 4, 128: 5, 256: 6}


class Generator(nn.Module):
    """Latent (N, latent_size), label -> image (N, C, size, size) in [-1, 1].

    With `embedding_size` and `split`, as in BigGAN, the batch norms of a block are conditional on an embedding of the label, shared by all
    blocks, and on the block's own piece of the latent. Without both, as in Miyato and Koyama, each batch norm has one gain and bias per
    class, and the whole latent enters at 4 px.
    """

    def __init__(
        self,
        size: int,  # of the images, pixels
        channels: int = 3,
        classes: int = 10,
        latent_size: int = 128,  # in total; with `split`, a multiple of the number of doublings plus 1
        width: int = 64,  # unit of the numbers of filters
        multiples: Sequence[int] | None = None,  # filters at 4 px and after each doubling, in widths; null: BigGAN's, from 32 px on
        embedding_size: int | None = 128,  # of the label, shared by all norms; null: one gain and bias per class in each norm
        split: bool = True,  # pass a piece of the latent to each block
        attention: int | None = None,  # side of the feature map with self-attention; null: none; paper: 64
        spectral: bool = True,  # spectral norm of all weights, except those with one row or column per class
    ):
        super().__init__()
        check_count(classes, "Generator")
        filters = [width * multiple for multiple in multiples_for(multiples, GENERATOR, size, "Generator")]
        sides = [COARSEST << level for level in range(len(filters))]
        if sides[-1] != size:
            raise InputError(f"Generator: multiples: got {len(filters)} numbers, which lead to {sides[-1]} px, not to {size}.")
        pieces = len(sides) if split else 1
        if latent_size % pieces:
            raise InputError(f"Generator: latent_size: got {latent_size}, expected a multiple of {pieces}, one piece per level (`split`).")
        check_attention(attention, sides[1:], "Generator")
        self.classes, self.size, self.latent_size, self.split = classes, size, latent_size, split
        self.piece, self.bottom = latent_size // pieces, (filters[0], COARSEST, COARSEST)
        self.embedding = nn.Linear(classes, embedding_size, bias=False) if embedding_size else nn.Identity()
        condition = (embedding_size or classes) + (self.piece if split else 0)
        self.from_latent = nn.Linear(self.piece, filters[0] * COARSEST**2)
        blocks = [UpBlock(*pair, condition) for pair in pairwise(filters)]
        self.blocks = nn.ModuleList(blocks)
        self.attention = nn.ModuleDict({str(side): SelfAttention(filters[sides.index(side)]) for side in [attention] if side})
        self.norm = nn.BatchNorm2d(filters[-1])
        self.to_image = nn.Conv2d(filters[-1], channels, 3, padding=1)
        orthogonal(self)
        norms = [norm for block in blocks for norm in (block.first_norm, block.second_norm)]
        tables = [] if embedding_size else [table for norm in norms for table in (norm.gain, norm.bias)]
        for table in tables:  # start with gain 1 and bias 0, like an ordinary batch norm
            nn.init.zeros_(table.weight)
        if spectral:  # except the embedding or the tables, to leave the scale of the classes free; the norm of a table of zeros is 0
            for part in (self.from_latent, self.blocks, self.attention, self.to_image):
                normalise_spectrally(part, excluded=tables)

    def forward(self, latent: Tensor, label: Tensor) -> Tensor:
        embedded = self.embedding(class_weights(label, self.classes).to(latent.dtype))
        first, *rest = latent.split(self.piece, 1)
        features = self.from_latent(first).unflatten(1, self.bottom)
        for number, block in enumerate(self.blocks):
            features = block(features, torch.cat([embedded, rest[number]], 1) if self.split else embedded)
            side = str(features.shape[-1])
            if side in self.attention:
                features = self.attention[side](features)
        images: Tensor = self.to_image(relu(self.norm(features))).tanh()
        return images


class Critic(nn.Module):
    """Image (N, C, size, size) [, label] -> logits (N,): residual blocks, sum over all positions, projection of the label."""

    def __init__(
        self,
        size: int,
        channels: int = 3,
        classes: int = 10,  # 0: unconditional
        width: int = 64,  # unit of the numbers of filters
        multiples: Sequence[int] | None = None,  # filters after each block, in widths; null: BigGAN's, from 32 px on
        halvings: int | None = None,  # number of first blocks that halve the side; null: BigGAN's, or all but the last with `multiples`
        attention: int | None = None,  # side of the feature map with self-attention, the first of that side; null: none; paper: 64
        spectral: bool = True,
        patch: int = 1,  # side of the square of pixels per position of the first layer; paper: 1
    ):
        super().__init__()
        filters = [width * multiple for multiple in multiples_for(multiples, CRITIC, size, "Critic")]
        if halvings is None:
            halvings = HALVINGS[size] if multiples is None else len(filters) - 1
        if not 0 <= halvings <= len(filters) or size % (patch * 2**halvings):
            raise InputError(
                f"Critic: halvings: got {halvings} for {size} px, patch {patch} and {len(filters)} blocks. Change one, or `multiples`."
            )
        sides = [size // patch >> min(number + 1, halvings) for number in range(len(filters))]
        check_attention(attention, sides, "Critic")
        self.classes, self.size, self.patch = classes, size, patch
        layers: list[nn.Module] = []
        for number, (before, after) in enumerate(zip([channels * patch**2, *filters], filters, strict=False)):
            layers.append(DownBlock(before, after, halves=number < halvings, first=number == 0))
            if sides[number] == attention and attention not in sides[:number]:
                layers.append(SelfAttention(after))
        self.layers = nn.Sequential(*layers)
        self.head = Projection(filters[-1], classes)
        orthogonal(self)
        if spectral:
            normalise_spectrally(self)

    def first_layers(self) -> Layers:
        """Each residual block, and self-attention if there is any."""
        return [[layer] for layer in self.layers]

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        check_side(image, self.size)
        logits: Tensor = self.head(relu(self.layers(pixel_unshuffle(image, self.patch))).sum((2, 3)), label)
        return logits


class UpBlock(nn.Module):
    """(N, filters, H, W), condition -> (N, to, 2H, 2W): norm, ReLU, doubling, 3 x 3, norm, ReLU, 3 x 3; 1 x 1 shortcut. Figure 15b."""

    def __init__(self, filters: int, to: int, condition: int):
        super().__init__()
        self.first_norm, self.second_norm = ConditionalBatchNorm(filters, condition), ConditionalBatchNorm(to, condition)
        self.first, self.second = nn.Conv2d(filters, to, 3, padding=1), nn.Conv2d(to, to, 3, padding=1)
        self.beside = nn.Conv2d(filters, to, 1)

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:
        inner = nearest_convolved(relu(self.first_norm(features, condition)), self.first.weight, self.first.bias)
        # Doubling after the 1 x 1 convolution is equivalent to doubling before it, at a quarter of the cost.
        outer: Tensor = self.second(relu(self.second_norm(inner, condition)))
        return outer + double(self.beside(features))


class DownBlock(nn.Module):
    """(N, filters, H, W) -> (N, to, H / 2, W / 2), or the same side: ReLU, 3 x 3, ReLU, 3 x 3, halving; 1 x 1 shortcut. Figure 15c."""

    def __init__(self, filters: int, to: int, halves: bool, first: bool):
        super().__init__()
        self.halves, self.is_first = halves, first  # no ReLU on an image
        self.first, self.second = nn.Conv2d(filters, to, 3, padding=1), nn.Conv2d(to, to, 3, padding=1)
        self.beside = nn.Conv2d(filters, to, 1) if halves or filters != to else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        inner = relu(self.first(features if self.is_first else relu(features)))
        if not self.halves:
            same_side: Tensor = self.second(inner) + self.beside(features)
            return same_side
        # The 1 x 1 convolution after the mean is equivalent to the one before it, and cheaper.
        shortcut: Tensor = self.beside(avg_pool2d(features, 2))
        return convolved_mean(inner, self.second.weight, self.second.bias) + shortcut


def double(features: Tensor) -> Tensor:
    """Double the side by nearest neighbour, (N, C, H, W) -> (N, C, 2H, 2W)."""
    return interpolate(features, scale_factor=2, mode="nearest")


def multiples_for(multiples: Sequence[int] | None, known: Mapping[int, Sequence[int]], size: int, name: str) -> Sequence[int]:
    """The given multiples, or else those of BigGAN for this size.

    Raises:
        InputError: no multiples are given, and BigGAN has none for this size.
    """
    if multiples is None and size not in known:
        raise InputError(f"{name}: size: got {size}, expected one of {', '.join(map(str, known))}; or give its `multiples`.")
    return known[size] if multiples is None else multiples


def check_attention(side: int | None, sides: Sequence[int], name: str) -> None:
    """Check that a feature map has the side that self-attention is configured for.

    Raises:
        InputError: no feature map has this side.
    """
    if side is not None and side not in sides:
        raise InputError(f"{name}: attention: got {side}, expected the side of a feature map: {', '.join(map(str, dict.fromkeys(sides)))}.")
