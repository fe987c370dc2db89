"""Test of doubling and halving the resolution with a binomial filter."""

import pytest
import torch
from torch.nn.functional import conv2d, interpolate

from genlab.engine.seeding import seed_everything
from genlab.networks.layers.resample import double, halve


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
