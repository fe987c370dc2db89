"""CycleGAN (arXiv:1703.10593), with the structure of junyanz/pytorch-CycleGAN-and-pix2pix.

One pass per image batch and network, critics frozen for the generators' step, one backward pass per critic, pools of single images.
"""

import itertools
import random
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from .patch_critic import patch_critic
from .peer import Batches, Peer, initialise_normal, numbers, require_gradients


class Block(nn.Module):
    """Residual block with reflection padding and instance norm, (N, filters, H, W) -> same shape."""

    def __init__(self, filters: int):
        super().__init__()
        first = [nn.ReflectionPad2d(1), nn.Conv2d(filters, filters, 3), nn.InstanceNorm2d(filters), nn.ReLU(True)]
        self.layers = nn.Sequential(*first, nn.ReflectionPad2d(1), nn.Conv2d(filters, filters, 3), nn.InstanceNorm2d(filters))

    def forward(self, features: Tensor) -> Tensor:
        deviation: Tensor = self.layers(features)
        return features + deviation


def generator_of(width: int, blocks: int) -> nn.Sequential:
    """RGB image -> RGB image, both in [-1, 1]: two halvings, residual blocks, two doublings. Appendix 7.2."""
    layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7), nn.InstanceNorm2d(width), nn.ReLU(True)]
    for filters in (width, 2 * width):
        layers += [nn.Conv2d(filters, 2 * filters, 3, 2, 1), nn.InstanceNorm2d(2 * filters), nn.ReLU(True)]
    layers += [Block(4 * width) for _ in range(blocks)]
    for filters in (2 * width, width):
        layers += [nn.ConvTranspose2d(2 * filters, filters, 3, 2, 1, output_padding=1), nn.InstanceNorm2d(filters), nn.ReLU(True)]
    network = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())
    initialise_normal(network)
    return network


class Pool:
    """Former fakes, at most `size`: half of the fakes that come in are exchanged for one of them at random. Section 4."""

    def __init__(self, size: int):
        self.size, self.images = size, list[Tensor]()

    def __call__(self, fakes: Tensor) -> Tensor:
        """Fakes (N, C, H, W) -> fakes (N, C, H, W), image after image."""
        chosen = []
        for fake in fakes:
            fake = fake.detach()[None]
            if len(self.images) < self.size:
                self.images.append(fake)
                chosen.append(fake)
            elif random.random() > 0.5:
                place = random.randrange(self.size)
                chosen.append(self.images[place].clone())
                self.images[place] = fake
            else:
                chosen.append(fake)
        return torch.cat(chosen, 0)


class CycleGAN(Peer):
    """Two generators with one optimizer, two critics with another; least squares, cycle and identity losses."""

    source, recipe, kind, shape = "junyanz/pytorch-CycleGAN-and-pix2pix", "cyclegan", "unpaired", (32, 3)
    settings: ClassVar[Mapping[str, Any]] = {
        "model.average_half_life": 0.0,
        "model.critic_augmentation": None,
        "model.cycle_weight": 10.0,
        "model.identity_weight": 5.0,
        "model.generator.upsampling": "transposed",
        "model.generator.input_skip": False,
    }

    def __init__(self, model: Mapping[str, Any]):
        super().__init__(model)
        generator, critic = model["generator"], model["critic"]
        self.to_b, self.to_a = (generator_of(generator["width"], generator["blocks"]) for _ in range(2))
        self.critic_a, self.critic_b = (patch_critic(3, critic["width"], critic["layers"], "instance") for _ in range(2))
        self.pool_a, self.pool_b = Pool(model["pool_size"]), Pool(model["pool_size"])
        self.adversarial, self.distance = nn.MSELoss(), nn.L1Loss()
        both = itertools.chain(self.to_b.parameters(), self.to_a.parameters())
        self.generator_optimizer = torch.optim.Adam(both, lr=2e-4, betas=(0.5, 0.999))
        both = itertools.chain(self.critic_a.parameters(), self.critic_b.parameters())
        self.critic_optimizer = torch.optim.Adam(both, lr=2e-4, betas=(0.5, 0.999))

    def judged(self, critic: nn.Module, images: Tensor, real: bool) -> Tensor:
        """Adversarial loss of images, if they are to be taken for real or for fake, a scalar."""
        logits = critic(images)
        loss: Tensor = self.adversarial(logits, torch.tensor(1.0 if real else 0.0).expand_as(logits))
        return loss

    def learn(self, critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        """Add the gradient of one critic's loss, and return the loss."""
        loss = (self.judged(critic, real, True) + self.judged(critic, fake.detach(), False)) * 0.5
        loss.backward()
        return loss

    def step(self, batches: Batches) -> dict[str, float]:
        """One step of both generators, and one of both critics on fakes from the pools."""
        a, b = next(batches)
        fake_b = self.to_b(a)
        again_a = self.to_a(fake_b)
        fake_a = self.to_a(b)
        again_b = self.to_b(fake_a)
        require_gradients([self.critic_a, self.critic_b], False)
        self.generator_optimizer.zero_grad()
        identity = (self.distance(self.to_b(b), b) + self.distance(self.to_a(a), a)) * 5.0
        adversarial = self.judged(self.critic_b, fake_b, True) + self.judged(self.critic_a, fake_a, True)
        cycle = (self.distance(again_a, a) + self.distance(again_b, b)) * 10.0
        (adversarial + cycle + identity).backward()
        self.generator_optimizer.step()
        require_gradients([self.critic_a, self.critic_b], True)
        self.critic_optimizer.zero_grad()
        on_b = self.learn(self.critic_b, b, self.pool_b(fake_b))
        on_a = self.learn(self.critic_a, a, self.pool_a(fake_a))
        self.critic_optimizer.step()
        return numbers(identity=identity, adversarial=adversarial, cycle=cycle, critic_a=on_a, critic_b=on_b)

    def trained(self) -> Iterable[nn.Module]:
        """Both generators and both critics."""
        return self.to_b, self.to_a, self.critic_a, self.critic_b
