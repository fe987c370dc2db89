"""Networks for points."""

from functools import partial

import pytest
import torch

from genlab.networks.layers.minibatch import MinibatchDiscrimination
from genlab.networks.points import Critic, Generator


@pytest.mark.parametrize("hidden", [(), (8,), (8, 4)])
def test_shapes(hidden):
    generator, critic = Generator(3, latent_size=5, hidden=hidden), Critic(3, hidden=hidden)
    images = generator(torch.randn(7, 5))
    assert images.shape == (7, 3, 1, 1) and critic(images).shape == (7,)


def test_points_are_not_bounded():
    generator = Generator(1, latent_size=1, hidden=(8,))
    assert generator(1e3 * torch.randn(50, 1)).abs().max() > 10


def test_spectral_norm_makes_the_critic_1_lipschitz():
    """Differences of the logits are at most the distances of the points; each activation has slopes of at most 1."""
    torch.manual_seed(0)
    critic = Critic(2, hidden=(16, 16), norm="spectral")
    for _ in range(100):  # power iterations
        critic(torch.zeros(1, 2, 1, 1))
    points = 3 * torch.randn(200, 2, 1, 1)
    logits = critic.eval()(points)
    distances = torch.cdist(points.flatten(1), points.flatten(1))
    assert ((logits[:, None] - logits).abs() <= 1.01 * distances + 1e-6).all()


def test_minibatch_discrimination_compares_the_points_of_a_batch():
    critic = Critic(2, hidden=(8,), minibatch=partial(MinibatchDiscrimination, kernels=4, dimensions=2))
    points = torch.randn(6, 2, 1, 1)
    together, alone = critic(points), torch.cat([critic(points[i : i + 1]) for i in range(6)])
    assert together.shape == (6,) and not torch.allclose(together, alone)
