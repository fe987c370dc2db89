"""Test of the GAN recipe against algorithm 1 of Goodfellow et al. 2014 (arXiv:1406.2661), written out in plain torch."""

import copy
import functools

import pytest
import torch

from genlab.engine.loop import train
from genlab.engine.seeding import mix, seed_everything
from genlab.engine.stream import Stream
from genlab.losses.adversarial import MINIMAX, NON_SATURATING
from genlab.networks import maxout
from genlab.recipes.gan import GAN

M, LATENT_SIZE, TURNS, SEED, RATE, MOMENTUM = 6, 5, 3, 5, 0.1, 0.5


@pytest.fixture(autouse=True)
def float64():
    """Compute in float64, so that the two ways to write log(1 - D) agree to many digits."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


class Examples:
    """Source of random images: batch i is a function of i."""

    epoch = 4 * M

    def batches(self, start):
        while True:
            yield {"image": torch.rand((M, 1, 8, 8), generator=torch.Generator().manual_seed(mix(start))) * 2 - 1}
            start += 1


def networks():
    """Generator and critic; without dropout, so that the latents are the only random numbers of a turn."""
    seed_everything(0)
    critic = maxout.Critic(8, hidden=(7, 7), pieces=3, input_dropout=0.0, dropout=0.0, weight_range=0.5)
    return maxout.Generator(8, latent_size=LATENT_SIZE, hidden=(9, 9), weight_range=0.5), critic


def algorithm_1(generator, critic, critic_steps, generator_loss):
    """Algorithm 1 with momentum and k = critic_steps: minibatches of M latents and M examples in every step."""
    examples = Examples().batches(0)
    speeds = {weight: torch.zeros_like(weight) for network in (generator, critic) for weight in network.parameters()}

    def descend(network, value):
        weights = list(network.parameters())
        for weight, gradient in zip(weights, torch.autograd.grad(value, weights), strict=True):
            speeds[weight] = MOMENTUM * speeds[weight] - RATE * gradient
            weight.data += speeds[weight]

    for turn in range(TURNS):
        seed_everything(SEED, turn * M)
        for _ in range(critic_steps):
            real, fake = torch.sigmoid(critic(next(examples)["image"])), torch.sigmoid(critic(generator(torch.randn(M, LATENT_SIZE))))
            descend(critic, -(torch.log(real).mean() + torch.log(1 - fake).mean()))  # ascends the value
        descend(generator, generator_loss(torch.sigmoid(critic(generator(torch.randn(M, LATENT_SIZE))))))


@pytest.mark.parametrize("critic_steps", [1, 3])
@pytest.mark.parametrize(
    ("loss", "generator_loss"),
    [(MINIMAX, lambda fake: torch.log(1 - fake).mean()), (NON_SATURATING, lambda fake: -torch.log(fake).mean())],
    ids=["minimax", "non_saturating"],
)
def test_three_turns_equal_algorithm_1_on_the_same_random_numbers(critic_steps, loss, generator_loss):
    generator, critic = networks()
    initial, expected = copy.deepcopy((generator, critic)), copy.deepcopy((generator, critic))
    momentum = functools.partial(torch.optim.SGD, lr=RATE, momentum=MOMENTUM)
    recipe = GAN(generator, critic, loss, momentum, momentum, critic_steps=critic_steps)
    list(train(recipe, Stream(Examples()), 0, TURNS * M, M, SEED))
    algorithm_1(*expected, critic_steps, generator_loss)
    for trained, reference, before in zip((generator, critic), expected, initial, strict=True):
        for name, weight in trained.named_parameters():
            assert torch.allclose(weight, reference.get_parameter(name), rtol=1e-9, atol=1e-12), name
            assert not torch.allclose(weight, before.get_parameter(name), rtol=1e-3), name
