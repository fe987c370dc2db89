"""pix2pix (arXiv:1611.07004), with the structure of junyanz/pytorch-CycleGAN-and-pix2pix: critic first, frozen for the generator's step."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from .patch_critic import patch_critic
from .peer import Batches, Peer, initialise_normal, numbers, require_gradients


class Level(nn.Module):
    """One level of the U-Net, around all finer ones: features -> features and, concatenated, those that return from the inner levels."""

    def __init__(self, outer: int, inner: int, inside: nn.Module | None, dropout: float = 0.0):
        super().__init__()
        down = [nn.LeakyReLU(0.2, True), nn.Conv2d(outer, inner, 4, 2, 1, bias=inside is None)]
        if inside is not None:
            down += [nn.BatchNorm2d(inner), inside]
        up = [nn.ReLU(True), nn.ConvTranspose2d(inner * (1 if inside is None else 2), outer, 4, 2, 1, bias=False), nn.BatchNorm2d(outer)]
        self.layers = nn.Sequential(*down, *up, *([nn.Dropout(dropout)] if dropout else []))

    def forward(self, features: Tensor) -> Tensor:
        return torch.cat([features, self.layers(features)], 1)


def unet(size: int, width: int, dropout: float) -> nn.Sequential:
    """U-Net for RGB images of `size` px: image -> image, both in [-1, 1]; dropout in the widest inner levels, at most three."""
    filters = [width * min(2**level, 8) for level in range(size.bit_length() - 1)]
    dropped = min(3, max(1, filters[:-1].count(8 * width)))
    inside: nn.Module | None = None
    for depth, (outer, inner) in enumerate(zip(filters[-2::-1], filters[:0:-1], strict=True)):
        inside = Level(outer, inner, inside, dropout if depth < dropped else 0.0)
    ends = nn.ReLU(True), nn.ConvTranspose2d(2 * width, 3, 4, 2, 1), nn.Tanh()
    network = nn.Sequential(nn.Conv2d(3, width, 4, 2, 1), cast(nn.Module, inside), *ends)
    initialise_normal(network)
    return network


class Pix2Pix(Peer):
    """Paired translation with a conditional critic and L1."""

    source, recipe, kind, shape = "junyanz/pytorch-CycleGAN-and-pix2pix", "pix2pix", "paired", (32, 3)
    settings: ClassVar[Mapping[str, Any]] = {
        "model.average_half_life": 0.0,
        "model.critic_augmentation": None,
        "model.generator.upsampling": "transposed",
    }
    l1_weight = 100.0

    def __init__(self, model: Mapping[str, Any]):
        super().__init__(model)
        generator, critic = model["generator"], model["critic"]
        self.generator = unet(generator["size"], generator["width"], generator["dropout"])
        self.critic = patch_critic(critic["channels"], critic["width"], critic["layers"], "batch")
        self.adversarial, self.distance = nn.BCEWithLogitsLoss(), nn.L1Loss()
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def judged(self, a: Tensor, b: Tensor, real: bool) -> Tensor:
        """Adversarial loss of pairs, if they are to be taken for real or for fake, a scalar."""
        logits = self.critic(torch.cat((a, b), 1))
        target = torch.tensor(1.0 if real else 0.0).expand_as(logits)
        loss: Tensor = self.adversarial(logits, target)
        return loss

    def step(self, batches: Batches) -> dict[str, float]:
        """One step of the critic, and one of the generator on the same fakes."""
        a, b = next(batches)
        fake = self.generator(a)
        require_gradients([self.critic], True)
        self.critic_optimizer.zero_grad()
        on_fake, on_real = self.judged(a, fake.detach(), False), self.judged(a, b, True)
        ((on_fake + on_real) * 0.5).backward()
        self.critic_optimizer.step()
        require_gradients([self.critic], False)
        self.generator_optimizer.zero_grad()
        adversarial, l1 = self.judged(a, fake, True), self.distance(fake, b) * self.l1_weight
        (adversarial + l1).backward()
        self.generator_optimizer.step()
        return numbers(on_fake=on_fake, on_real=on_real, adversarial=adversarial, l1=l1)

    def trained(self) -> Iterable[nn.Module]:
        """Generator and critic."""
        return self.generator, self.critic
