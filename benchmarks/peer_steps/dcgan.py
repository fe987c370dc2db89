"""DCGAN (arXiv:1511.06434), with the structure of pytorch/examples `dcgan`: two backward passes per critic step, all losses read."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from .peer import Batches, Peer, initialise_normal, numbers


def generator_of(latent_size: int, width: int, channels: int, size: int) -> nn.Sequential:
    """Latent (N, latent_size, 1, 1) -> image (N, channels, size, size): transposed convolutions with batch norm."""
    filters = width * size // 8
    layers: list[nn.Module] = [nn.ConvTranspose2d(latent_size, filters, 4, 1, 0, bias=False), nn.BatchNorm2d(filters), nn.ReLU(True)]
    while filters > width:
        layers += [nn.ConvTranspose2d(filters, filters // 2, 4, 2, 1, bias=False), nn.BatchNorm2d(filters // 2), nn.ReLU(True)]
        filters //= 2
    return nn.Sequential(*layers, nn.ConvTranspose2d(filters, channels, 4, 2, 1, bias=False), nn.Tanh())


def critic_of(width: int, channels: int, size: int, norm: str) -> nn.Sequential:
    """Image (N, channels, size, size) -> logits (N, 1, 1, 1): convolutions of stride 2 with batch norm, or layer norm."""
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
    filters = width
    while filters < width * size // 8:
        normalised = nn.BatchNorm2d(2 * filters) if norm == "batch" else nn.GroupNorm(1, 2 * filters)
        layers += [nn.Conv2d(filters, 2 * filters, 4, 2, 1, bias=False), normalised, nn.LeakyReLU(0.2, inplace=True)]
        filters *= 2
    return nn.Sequential(*layers, nn.Conv2d(filters, 1, 4, 1, 0, bias=False))


class DCGAN(Peer):
    """Non-saturating GAN with a critic with batch norm; the generator's step uses the fakes of the critic's step."""

    source, recipe, shape = "pytorch/examples, dcgan", "gan", (32, 1)
    settings: ClassVar[Mapping[str, Any]] = {"model.average_half_life": 0.0, "model.critic.norm": "batch", "model.shared_fakes": True}

    def __init__(self, model: Mapping[str, Any]):
        super().__init__(model)
        generator, critic = model["generator"], model["critic"]
        self.latent_size = generator["latent_size"]
        self.generator = generator_of(self.latent_size, generator["width"], generator["channels"], generator["size"])
        self.critic = nn.Sequential(critic_of(critic["width"], critic["channels"], critic["size"], "batch"), nn.Sigmoid())
        initialise_normal(self.generator)
        initialise_normal(self.critic)
        self.criterion = nn.BCELoss()
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def probabilities(self, images: Tensor) -> Tensor:
        """Probabilities of the critic that images (N, C, H, W) are real, (N,)."""
        probabilities: Tensor = self.critic(images)
        return probabilities.view(-1, 1).squeeze(1)

    def step(self, batches: Batches) -> dict[str, float]:
        """One step of the critic, with separate backward passes for real images and fakes, and one of the generator."""
        real = next(batches)[0]
        self.critic.zero_grad()
        target = torch.full((len(real),), 1.0)
        output = self.probabilities(real)
        on_real = self.criterion(output, target)
        on_real.backward()
        mean_real = output.mean().item()
        fake = self.generator(torch.randn(len(real), self.latent_size, 1, 1))
        target.fill_(0.0)
        output = self.probabilities(fake.detach())
        on_fake = self.criterion(output, target)
        on_fake.backward()
        mean_fake = output.mean().item()
        self.critic_optimizer.step()
        self.generator.zero_grad()
        target.fill_(1.0)
        loss = self.criterion(self.probabilities(fake), target)
        loss.backward()
        self.generator_optimizer.step()
        return numbers(critic=on_real + on_fake, generator=loss) | {"mean_real": mean_real, "mean_fake": mean_fake}

    def trained(self) -> Iterable[nn.Module]:
        """Generator and critic."""
        return self.generator, self.critic
