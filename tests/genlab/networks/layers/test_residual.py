"""Tests of the residual block of R3GAN."""

import torch

from genlab.networks import r3gan
from genlab.networks.layers import residual


def test_a_residual_block_starts_as_the_identity_and_keeps_the_variance():
    torch.manual_seed(0)
    block = residual.Block(32, group_size=16, expansion=2, blocks=4)
    features = torch.randn(2, 32, 8, 8)
    assert torch.equal(block(features), features)
    critic = r3gan.Critic(32, 3, width=16, most=64, group_size=16)
    assert 0.1 < critic(torch.randn(64, 3, 32, 32)).std() < 10


def test_group_size_is_the_number_of_filters_that_a_convolution_mixes():
    assert residual.Block(32, group_size=16, expansion=2, blocks=1).mix.groups == 4
    assert residual.Block(4, group_size=16, expansion=1, blocks=1).mix.groups == 1
