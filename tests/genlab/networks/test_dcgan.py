"""Tests of the DCGAN networks, and of shapes that they share with R3GAN."""

import pytest
import torch

from genlab.errors import InputError
from genlab.networks import dcgan, r3gan


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("networks", [dcgan, r3gan])
def test_shapes_for_every_size_and_number_of_channels(networks, size, channels):
    small = {"width": 4} if networks is dcgan else {"width": 4, "most": 16, "group_size": 4}
    generator = networks.Generator(size, channels, latent_size=7, **small)
    images = generator(torch.randn(3, generator.latent_size))
    assert images.shape == (3, channels, size, size)
    assert networks.Critic(size, channels, **small)(images).shape == (3,)


def test_dcgan_has_the_number_of_weights_of_pytorchs_example():
    """PyTorch's DCGAN example at 64 px has 3,576,704 and 2,765,568 weights; ours adds the biases next to the images and the logit."""
    assert parameters(dcgan.Generator(64, 3, latent_size=100, width=64)) == 3_576_704 + 3
    assert parameters(dcgan.Critic(64, 3, width=64)) == 2_765_568 + 64 + 1


@pytest.mark.parametrize("size", [4, 28, 48, 0])
@pytest.mark.parametrize("networks", [dcgan, r3gan])
def test_a_size_that_no_doubling_reaches_is_refused(networks, size):
    for network in (networks.Generator, networks.Critic):
        with pytest.raises(InputError, match=rf"size: got {size}, expected 8, 16, 32"):
            network(size)
