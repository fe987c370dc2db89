"""WGAN-GP (arXiv:1704.00028), algorithm 1, with the structure of the usual ports of igul222's code (caogang).

Five critic steps with three backward passes each: real images, fakes, and the penalty by `autograd.grad`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from .dcgan import critic_of, generator_of
from .peer import Batches, Peer, initialise_normal, numbers, require_gradients


class WGANGP(Peer):
    """Wasserstein GAN with a gradient penalty, on the networks of the recipe."""

    source, recipe, shape = "caogang/wgan-gp", "wgan_gp", (32, 1)
    settings: ClassVar[Mapping[str, Any]] = {"model.average_half_life": 0.0, "model.critic_steps": 5}
    penalty_weight = 10.0

    def __init__(self, model: Mapping[str, Any]):
        super().__init__(model)
        generator, critic = model["generator"], model["critic"]
        self.latent_size, self.steps = generator["latent_size"], model["critic_steps"]
        self.generator = generator_of(self.latent_size, generator["width"], generator["channels"], generator["size"])
        self.critic = critic_of(critic["width"], critic["channels"], critic["size"], critic["norm"])
        initialise_normal(self.generator)
        initialise_normal(self.critic)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=1e-4, betas=(0.5, 0.9))
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), lr=1e-4, betas=(0.5, 0.9))

    def penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        """Penalty of the norm of the critic's gradient between real images and fakes, a scalar. Equation 3."""
        share = torch.rand(len(real), 1).expand(len(real), real[0].numel()).contiguous().view_as(real)
        between = (share * real + (1 - share) * fake).requires_grad_(True)
        logits = self.critic(between)
        (slopes,) = torch.autograd.grad(logits, between, grad_outputs=torch.ones_like(logits), create_graph=True, retain_graph=True)
        norms: Tensor = slopes.view(len(real), -1).norm(2, dim=1)
        return self.penalty_weight * ((norms - 1) ** 2).mean()

    def step(self, batches: Batches) -> dict[str, float]:
        """Steps of the critic, each with a new batch, and one of the generator."""
        require_gradients([self.critic], True)
        for _ in range(self.steps):
            real = next(batches)[0]
            self.critic.zero_grad()
            on_real = self.critic(real).mean()
            (-on_real).backward()
            with torch.no_grad():
                fake = self.generator(torch.randn(len(real), self.latent_size, 1, 1))
            on_fake = self.critic(fake).mean()
            on_fake.backward()
            penalty = self.penalty(real, fake)
            penalty.backward()
            self.critic_optimizer.step()
            logged = numbers(critic=on_fake - on_real + penalty, distance=on_real - on_fake)
        require_gradients([self.critic], False)
        self.generator.zero_grad()
        loss = -self.critic(self.generator(torch.randn(len(real), self.latent_size, 1, 1))).mean()
        loss.backward()
        self.generator_optimizer.step()
        return logged | numbers(generator=loss)

    def trained(self) -> Iterable[nn.Module]:
        """Generator and critic."""
        return self.generator, self.critic
