"""Test of the fully connected generator and critic."""

import torch

from genlab.networks import fully_connected


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_shapes_and_parameter_count_of_the_fully_connected_networks():
    generator, critic = fully_connected.Generator(28, latent_size=10), fully_connected.Critic(28, dropout=0.5)
    images = generator(torch.randn(4, 10))
    assert images.shape == (4, 1, 28, 28) and images.abs().max() <= 1
    assert critic(images).shape == (4,)
    assert parameters(generator) == sum((a + 1) * b for a, b in ((10, 256), (256, 512), (512, 1024), (1024, 784)))
