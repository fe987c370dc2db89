"""Tests of the networks of the first GAN."""

import pytest
import torch
from torch import nn

from genlab.errors import InputError
from genlab.networks import maxout


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_shapes_and_parameter_counts_of_the_published_sizes():
    generator, critic = maxout.Generator(28), maxout.Critic(28)
    images = generator(torch.randn(4, 100))
    assert images.shape == (4, 1, 28, 28) and images.abs().max() <= 1 and critic(images).shape == (4,)
    assert parameters(generator) == sum((a + 1) * b for a, b in ((100, 1200), (1200, 1200), (1200, 784)))
    assert parameters(critic) == sum((a + 1) * b for a, b in ((784, 240 * 5), (240, 240 * 5), (240, 1)))


def test_a_maxout_unit_is_the_maximum_of_its_linear_functions():
    layer = maxout.Maxout(2, 2, 2)
    with torch.no_grad():
        layer.linear.weight.copy_(torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, 3.0]]))
        layer.linear.bias.copy_(torch.tensor([0.0, 0.0, 0.0, -2.0]))
    values = layer(torch.tensor([[2.0, 5.0], [-3.0, 0.5]]))
    assert values.tolist() == [[2.0, 13.0], [3.0, 0.5]]  # |x|, and max(y, 3 y - 2)


def test_weights_start_uniform_in_the_published_ranges_and_biases_at_zero():
    torch.manual_seed(0)
    for network, largest in ((maxout.Generator(28), 0.05), (maxout.Critic(28), 0.005)):
        for name, values in network.named_parameters():
            if name.endswith("bias"):
                assert not values.any()
            else:
                assert values.abs().max() <= largest
                assert values.std().item() == pytest.approx(largest / 3**0.5, rel=0.1)  # of a uniform distribution


def test_a_dropped_pixel_is_black():
    critic = maxout.Critic(8, input_dropout=1.0, dropout=0.0)
    critic.train()
    logits = critic(torch.rand(3, 1, 8, 8) * 2 - 1)
    assert logits.equal(critic.eval()(torch.full((3, 1, 8, 8), -1.0)))


def test_the_critic_drops_pixels_and_units_with_the_published_probabilities():
    assert [layer.p for layer in maxout.Critic(28).modules() if isinstance(layer, nn.Dropout)] == [0.2, 0.5, 0.5]


def test_a_unit_without_pieces_is_an_error():
    with pytest.raises(InputError, match=r"pieces: got 0, expected at least 1"):
        maxout.Critic(8, pieces=0)
