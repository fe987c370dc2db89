"""Test of adaptive instance normalisation (AdaIN)."""

import pytest
import torch

from genlab.engine.seeding import seed_everything
from genlab.networks import stylegan


@pytest.fixture(autouse=True)
def seeded():
    seed_everything(0)


def test_adain_output_has_the_mean_and_deviation_of_the_style():
    layer = stylegan.AdaIN(8, style_size=6)
    features, w = 3 + 5 * torch.randn(4, 8, 16, 16), torch.randn(4, 6)
    deviation, mean = layer.affine(w).chunk(2, 1)
    made = layer(features, w)
    assert torch.allclose(made.mean((2, 3)), mean, atol=1e-5)
    assert torch.allclose(made.std((2, 3), correction=0), deviation.abs(), atol=1e-5)
    assert torch.allclose(layer.affine(torch.zeros(1, 6)), torch.tensor([[1.0] * 8 + [0.0] * 8]))  # initially, deviation 1 and mean 0
