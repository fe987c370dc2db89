"""BigGAN (arXiv:1809.11096), with the structure of ajbrock/BigGAN-PyTorch.

Fakes and real images in one pass of the critic, frozen networks, own spectral norm, hinge loss, and a moving average by a loop over the
state; no orthogonal regularisation.
"""

import copy
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from .biggan_layers import Attention, SpectralConv2d, SpectralEmbedding, SpectralLinear
from .peer import Batches, Peer, numbers, require_gradients


class ConditionalNorm(nn.Module):
    """Batch norm with gain and shift linear in a condition: features (N, C, H, W), condition (N, D) -> (N, C, H, W)."""

    def __init__(self, channels: int, condition: int):
        super().__init__()
        self.gain, self.shift = (SpectralLinear(condition, channels, bias=False) for _ in range(2))
        self.norm = nn.BatchNorm2d(channels, affine=False)

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:
        gain, shift = (1 + self.gain(condition)).view(len(features), -1, 1, 1), self.shift(condition).view(len(features), -1, 1, 1)
        normalised: Tensor = self.norm(features) * gain + shift
        return normalised


class UpBlock(nn.Module):
    """Residual block that doubles the side; both paths double first, and convolve after that."""

    def __init__(self, inputs: int, outputs: int, condition: int):
        super().__init__()
        self.norms = nn.ModuleList([ConditionalNorm(inputs, condition), ConditionalNorm(outputs, condition)])
        self.first, self.second = SpectralConv2d(inputs, outputs, 3, padding=1), SpectralConv2d(outputs, outputs, 3, padding=1)
        self.shortcut = SpectralConv2d(inputs, outputs, 1)

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:
        inner = functional.interpolate(functional.relu(self.norms[0](features, condition)), scale_factor=2)
        features = functional.interpolate(features, scale_factor=2)
        inner = self.second(functional.relu(self.norms[1](self.first(inner), condition)))
        outputs: Tensor = inner + self.shortcut(features)
        return outputs


class DownBlock(nn.Module):
    """Residual block that may halve the side, after both convolutions; the shortcut of an image is halved before its convolution."""

    def __init__(self, inputs: int, outputs: int, first: bool, halves: bool):
        super().__init__()
        self.is_first, self.halves = first, halves
        self.first, self.second = SpectralConv2d(inputs, outputs, 3, padding=1), SpectralConv2d(outputs, outputs, 3, padding=1)
        self.shortcut = SpectralConv2d(inputs, outputs, 1)

    def halved(self, features: Tensor) -> Tensor:
        """Mean of squares of 2 x 2, or the features themselves."""
        return functional.avg_pool2d(features, 2) if self.halves else features

    def forward(self, features: Tensor) -> Tensor:
        inner = self.first(features if self.is_first else functional.relu(features))
        inner = self.halved(self.second(functional.relu(inner)))
        shortcut: Tensor = self.shortcut(self.halved(features)) if self.is_first else self.halved(self.shortcut(features))
        return inner + shortcut


class Generator(nn.Module):
    """Latent (N, latent_size), label (N,) -> image (N, channels, size, size) in [-1, 1]."""

    def __init__(self, description: Mapping[str, Any]):
        super().__init__()
        filters = [description["width"] * multiple for multiple in description["multiples"]]
        self.piece = description["latent_size"] // len(filters)
        self.bottom, self.attended = filters[0], description["attention"]
        self.shared = nn.Embedding(description["classes"], description["embedding_size"])
        self.linear = SpectralLinear(self.piece, filters[0] * 16)
        self.blocks = nn.ModuleList(UpBlock(*pair, self.piece + description["embedding_size"]) for pair in pairwise(filters))
        self.attention = Attention(filters[(self.attended // 4).bit_length() - 1])
        self.norm, self.output = nn.BatchNorm2d(filters[-1]), SpectralConv2d(filters[-1], description["channels"], 3, padding=1)
        orthogonal(self)

    def forward(self, latent: Tensor, label: Tensor) -> Tensor:
        embedded = self.shared(label)
        pieces = torch.split(latent, self.piece, 1)
        features = self.linear(pieces[0]).view(len(latent), self.bottom, 4, 4)
        for block, piece in zip(self.blocks, pieces[1:], strict=True):
            features = block(features, torch.cat([embedded, piece], 1))
            if features.shape[-1] == self.attended:
                features = self.attention(features)
        return torch.tanh(self.output(functional.relu(self.norm(features))))


class Critic(nn.Module):
    """Image (N, channels, size, size), label (N,) -> logits (N, 1), with projection of the label."""

    def __init__(self, description: Mapping[str, Any]):
        super().__init__()
        filters = [description["width"] * multiple for multiple in description["multiples"]]
        layers: list[nn.Module] = []
        side, attended = description["size"], False
        for number, (inputs, outputs) in enumerate(pairwise([description["channels"], *filters])):
            halves = number < description["halvings"]
            side = side // 2 if halves else side
            layers.append(DownBlock(inputs, outputs, number == 0, halves))
            if side == description["attention"] and not attended:
                layers.append(Attention(outputs))
                attended = True
        self.blocks = nn.ModuleList(layers)
        self.linear, self.embedding = SpectralLinear(filters[-1], 1), SpectralEmbedding(description["classes"], filters[-1])
        orthogonal(self)

    def forward(self, image: Tensor, label: Tensor) -> Tensor:
        features = image
        for block in self.blocks:
            features = block(features)
        features = torch.sum(functional.relu(features), [2, 3])
        logits: Tensor = self.linear(features)
        return logits + torch.sum(self.embedding(label) * features, 1, keepdim=True)


def orthogonal(network: nn.Module) -> None:
    """Initialise all matrices and kernels orthogonally."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding):
            nn.init.orthogonal_(layer.weight)


class BigGAN(Peer):
    """Class-conditional GAN; each critic step takes a new batch, and labels of fakes are drawn at random."""

    source, recipe, shape = "ajbrock/BigGAN-PyTorch", "biggan", (32, 1)
    settings: ClassVar[Mapping[str, Any]] = {"model.orthogonal_weight": 0.0, "model.critic.patch": 1}
    decay = 0.9999

    def __init__(self, model: Mapping[str, Any]):
        super().__init__(model)
        self.latent_size, self.classes, self.steps = model["generator"]["latent_size"], model["generator"]["classes"], model["critic_steps"]
        self.generator, self.critic = Generator(model["generator"]), Critic(model["critic"])
        self.average = copy.deepcopy(self.generator)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=5e-5, betas=(0.0, 0.999), eps=1e-8)
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), lr=2e-4, betas=(0.0, 0.999), eps=1e-8)

    def drawn(self, count: int) -> tuple[Tensor, Tensor]:
        """Latents (count, latent_size) and labels (count,)."""
        return torch.randn(count, self.latent_size), torch.randint(self.classes, (count,))

    def step(self, batches: Batches) -> dict[str, float]:
        """Steps of the critic, one of the generator, and the moving average."""
        require_gradients([self.critic], True)
        require_gradients([self.generator], False)
        for _ in range(self.steps):
            real, label = next(batches)
            self.critic_optimizer.zero_grad()
            latent, drawn = self.drawn(len(real))
            with torch.no_grad():
                fake = self.generator(latent, drawn)
            logits = self.critic(torch.cat([fake, real], 0), torch.cat([drawn, label], 0))
            on_fake, on_real = torch.split(logits, [len(fake), len(real)])
            loss_fake, loss_real = torch.mean(functional.relu(1.0 + on_fake)), torch.mean(functional.relu(1.0 - on_real))
            (loss_fake + loss_real).backward()
            self.critic_optimizer.step()
        require_gradients([self.critic], False)
        require_gradients([self.generator], True)
        self.generator_optimizer.zero_grad()
        latent, drawn = self.drawn(len(real))
        loss = -torch.mean(self.critic(self.generator(latent, drawn), drawn))
        loss.backward()
        self.generator_optimizer.step()
        self.update_average()
        return numbers(generator=loss, real=loss_real, fake=loss_fake)

    def update_average(self) -> None:
        """Move the average towards the generator, tensor after tensor of its state."""
        source, target = self.generator.state_dict(), self.average.state_dict()
        with torch.no_grad():
            for key in source:
                target[key].data.copy_(target[key].data * self.decay + source[key].data * (1 - self.decay))

    def trained(self) -> Iterable[nn.Module]:
        """Generator and critic."""
        return cast(Iterable[nn.Module], (self.generator, self.critic))
