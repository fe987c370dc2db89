"""Test of doubling and halving the resolution with a binomial filter."""

import pytest
import torch
from torch.nn.functional import avg_pool2d, conv2d, interpolate, pad

from genlab.engine.seeding import seed_everything
from genlab.networks.layers.resample import binomial, convolved_mean, double, double_convolved, filtered, halve, nearest_convolved


@pytest.fixture(autouse=True)
def seeded():
    seed_everything(0)


def test_doubling_and_halving_are_the_binomial_filter():
    """Doubling is nearest-neighbour upsampling and [1, 2, 1] / 4 in both directions; halving is its adjoint over 4, borders aside."""
    image = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    taps = torch.tensor([1.0, 2.0, 1.0], dtype=torch.float64) / 4
    kernel = torch.outer(taps, taps).expand(3, 1, 3, 3)
    expected = conv2d(interpolate(image, scale_factor=2, mode="nearest"), kernel, padding=1, groups=3)
    assert torch.allclose(double(image)[:, :, 1:-1, 1:-1], expected[:, :, 1:-1, 1:-1])
    large = torch.zeros(2, 3, 16, 16, dtype=torch.float64)
    large[:, :, 4:12, 4:12] = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    assert (double(image) * large).sum().item() == pytest.approx(4 * (image * halve(large)).sum().item())
    flat = torch.ones(1, 1, 8, 8)
    assert torch.allclose(halve(flat)[:, :, 1:-1, 1:-1], torch.ones(1, 1, 2, 2)) and torch.equal(double(flat), torch.ones(1, 1, 16, 16))


def test_a_convolution_that_doubles_equals_a_convolution_of_doubled_features_away_from_borders():
    features, weight = torch.randn(2, 3, 8, 8, dtype=torch.float64), torch.randn(5, 3, 3, 3, dtype=torch.float64)
    found, expected = double_convolved(features, weight), conv2d(double(features), weight, padding=1)
    assert found.shape == expected.shape and torch.allclose(found[:, :, 2:-2, 2:-2], expected[:, :, 2:-2, 2:-2])
    zeros = pad(features, (4, 4, 4, 4))  # the borders are those of an image that zeros surround
    assert torch.allclose(found, conv2d(double(zeros), weight, padding=1)[:, :, 8:-8, 8:-8])


@pytest.mark.parametrize(("stride", "padding"), [(1, 2), (1, 1), (2, 1), (2, 0)])
@pytest.mark.parametrize("side", [8, 7])
def test_gradients_of_both_orders_are_those_of_the_convolution(stride, padding, side):
    features = torch.randn(2, 3, side, side, dtype=torch.float64, requires_grad=True)
    expected = conv2d(features, binomial(features), stride=stride, padding=padding, groups=3)
    assert torch.equal(filtered(features, stride, padding), expected)
    with torch.no_grad():
        assert torch.equal(filtered(features, stride, padding), expected)
    assert torch.autograd.gradcheck(lambda x: filtered(x, stride, padding), (features,))
    assert torch.autograd.gradgradcheck(lambda x: filtered(x, stride, padding).sin(), (features,))


def test_merged_convolutions_equal_their_two_steps():
    features, weight = torch.randn(2, 3, 6, 6, dtype=torch.float64), torch.randn(5, 3, 3, 3, dtype=torch.float64)
    bias = torch.randn(5, dtype=torch.float64)
    doubled = conv2d(interpolate(features, scale_factor=2, mode="nearest"), weight, bias, padding=1)
    assert torch.allclose(nearest_convolved(features, weight, bias), doubled)
    halved = avg_pool2d(conv2d(features, weight, bias, padding=1), 2)
    assert torch.allclose(convolved_mean(features, weight, bias), halved)
