"""Tests of layers with an equalised learning rate and of pixel norm."""

import pytest
import torch

from genlab.engine.seeding import seed_everything
from genlab.networks.layers.equalised import EqualisedConv2d, EqualisedLinear, pixel_norm


@pytest.fixture(autouse=True)
def seeded():
    seed_everything(0)


def test_equalised_layers_keep_the_variance():
    """Inputs of unit variance give outputs of unit variance for any fan-in; weights are scaled by gain / sqrt(fan-in)."""
    for layer, image in (
        (EqualisedLinear(400, 300), torch.randn(200, 400)),
        (EqualisedLinear(400, 300, rate=0.01), torch.randn(200, 400)),
        (EqualisedConv2d(50, 60, 3, gain=1.0), torch.randn(9, 50, 30, 30)),
    ):
        made = layer(image).detach()
        inside = made if made.dim() == 2 else made[:, :, 1:-1, 1:-1]  # the border's filters see zeros
        assert inside.std().item() == pytest.approx(1, abs=0.03)
    plain = torch.nn.Linear(400, 300)
    ours = EqualisedLinear(400, 300, gain=3.0)
    with torch.no_grad():
        plain.weight.copy_(ours.weight * 3 / 400**0.5)
        plain.bias.copy_(ours.bias)
    vectors = torch.randn(7, 400)
    assert torch.allclose(plain(vectors), ours(vectors), atol=1e-4)


def test_a_layers_rate_scales_how_far_adam_moves_its_output():
    moved = {}
    for rate in (1.0, 0.01):
        seed_everything(1)
        layer, vectors = EqualisedLinear(64, 8, rate=rate), torch.randn(5, 64)
        before, optimizer = layer(vectors).detach(), torch.optim.Adam(layer.parameters(), lr=1e-3)
        layer(vectors).square().sum().backward()
        optimizer.step()
        moved[rate] = (layer(vectors) - before).abs().mean().item()
    assert moved[0.01] == pytest.approx(0.01 * moved[1.0], rel=0.05)


def test_pixel_norm_gives_each_pixel_root_mean_square_1():
    normed = pixel_norm(5 * torch.randn(2, 16, 3, 3))
    assert torch.allclose(normed.square().mean(1), torch.ones(2, 3, 3), atol=1e-5)


def test_pixel_norm_of_zeros_is_zero_in_half_precision():
    for dtype in (torch.float16, torch.bfloat16):
        normed = pixel_norm(torch.zeros(1, 4, 2, 2, dtype=dtype))
        assert normed.dtype == dtype and torch.equal(normed, torch.zeros_like(normed))


def test_pixel_norm_of_large_features_does_not_overflow_in_half_precision():
    assert torch.allclose(pixel_norm(torch.full((1, 4), 1000.0, dtype=torch.float16)), torch.ones(1, 4, dtype=torch.float16))
