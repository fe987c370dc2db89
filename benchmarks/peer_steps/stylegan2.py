"""StyleGAN2 (arXiv:1912.04958), with the structure of the public codes (NVlabs/stylegan2-ada-pytorch, rosinality/stylegan2-pytorch).

Frozen networks, style mixing by batch, R1 every 16 steps and path length every 4 as steps of their own, moving average.
"""

import copy
import math
import random
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .peer import Batches, Peer, numbers, require_gradients
from .stylegan2_layers import Critic, Generator


class StyleGAN2(Peer):
    """Non-saturating GAN with lazy regularisation."""

    source, recipe, shape, cycle = "rosinality/stylegan2-pytorch", "stylegan2", (32, 1), 16
    settings: ClassVar[Mapping[str, Any]] = {"model.mixing": 0.9}

    def __init__(self, model: Mapping[str, Any]):
        super().__init__(model)
        mapping, synthesis = model["generator"]["mapping"], model["generator"]["synthesis"]
        levels = range((synthesis["size"] // 4).bit_length() - 1, -1, -1)
        filters = [min(synthesis["most"], synthesis["width"] * 2**level) for level in levels]
        self.latent_size, self.mixing = mapping["latent_size"], model["mixing"]
        sizes = (mapping["latent_size"], mapping["style_size"], mapping["depth"], mapping["rate"])
        self.generator = Generator(filters, synthesis["channels"], *sizes)
        self.critic = Critic([min(model["critic"]["most"], model["critic"]["width"] * 2**level) for level in levels], synthesis["channels"])
        self.average = copy.deepcopy(self.generator).eval()
        self.r1_every, self.path_every, self.r1_weight = model["r1_every"], model["path_length_every"], model["r1_weight"]
        self.path_share, self.path_mean, self.turn = model["path_length"]["share"], torch.zeros(()), 0
        shares = [every / (every + 1) for every in (self.path_every, self.r1_every)]
        self.generator_optimizer, self.critic_optimizer = (
            torch.optim.Adam(network.parameters(), lr=2e-3 * share, betas=(0.0, 0.99**share))
            for network, share in zip((self.generator, self.critic), shares, strict=True)
        )

    def latents(self, count: int) -> list[Tensor]:
        """One batch of latents, or two that are mixed."""
        return [torch.randn(count, self.latent_size) for _ in range(2 if random.random() < self.mixing else 1)]

    def step(self, batches: Batches) -> dict[str, float]:
        """One step of the critic and one of the generator, each followed by its regularisation if it is due, and the moving average."""
        real = next(batches)[0]
        require_gradients([self.generator], False)
        require_gradients([self.critic], True)
        fake, _ = self.generator(self.latents(len(real)))
        critic_loss = softplus(self.critic(fake)).mean() + softplus(-self.critic(real)).mean()
        self.critic.zero_grad()
        critic_loss.backward()
        self.critic_optimizer.step()
        if self.turn % self.r1_every == 0:
            self.regularise_critic(real)
        require_gradients([self.generator], True)
        require_gradients([self.critic], False)
        fake, _ = self.generator(self.latents(len(real)))
        loss = softplus(-self.critic(fake)).mean()
        self.generator.zero_grad()
        loss.backward()
        self.generator_optimizer.step()
        if self.turn % self.path_every == 0:
            self.regularise_generator(max(1, int(len(real) * self.path_share)))
        self.turn += 1
        with torch.no_grad():
            weights = dict(self.generator.named_parameters())
            for name, averaged in self.average.named_parameters():
                averaged.data.mul_(0.995).add_(weights[name].data, alpha=0.005)
        return numbers(critic=critic_loss, generator=loss)

    def regularise_critic(self, real: Tensor) -> None:
        """A step of the critic on the R1 penalty, times the steps between two of them."""
        real = real.detach().requires_grad_(True)
        logits = self.critic(real)
        (slopes,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
        penalty = slopes.pow(2).reshape(len(real), -1).sum(1).mean()
        self.critic.zero_grad()
        (self.r1_weight / 2 * penalty * self.r1_every + 0 * logits[0, 0]).backward()
        self.critic_optimizer.step()

    def regularise_generator(self, count: int) -> None:
        """A step of the generator on the path length penalty, times the steps between two of them."""
        fake, styles = self.generator(self.latents(count))
        noise = torch.randn_like(fake) / math.sqrt(fake.shape[2] * fake.shape[3])
        (slopes,) = torch.autograd.grad((fake * noise).sum(), styles, create_graph=True)
        lengths = torch.sqrt(slopes.pow(2).sum(2).mean(1))
        mean = self.path_mean + 0.01 * (lengths.mean() - self.path_mean)
        self.path_mean = mean.detach()
        self.generator.zero_grad()
        (2 * self.path_every * (lengths - mean).pow(2).mean() + 0 * fake[0, 0, 0, 0]).backward()
        self.generator_optimizer.step()

    def trained(self) -> Iterable[nn.Module]:
        """Generator and critic."""
        return self.generator, self.critic
