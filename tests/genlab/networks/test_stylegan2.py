"""Tests of modulated convolutions and residual blocks of StyleGAN2."""

import pytest
import torch
from torch.nn.functional import conv2d

from genlab.engine.seeding import seed_everything
from genlab.networks import stylegan2


@pytest.fixture(autouse=True)
def seeded():
    seed_everything(0)


def by_weights(layer, features, w):
    """Equations 1 and 3 of arXiv:1912.04958, computed literally: each image is convolved with its own weight."""
    made = []
    for image, scale in zip(features, layer.affine(w), strict=True):
        weight = layer.convolution.weight * layer.convolution.scale * scale[:, None, None]
        if layer.demodulate:
            weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        made.append(conv2d(image[None], weight, padding=layer.convolution.padding))
    return torch.cat(made)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("kernel_size", [1, 3])
def test_scaled_activations_equal_modulated_weights_in_value_and_gradient(demodulate, kernel_size):
    layer = stylegan2.ModulatedConv2d(7, 5, kernel_size, 6, demodulate)
    features, w = torch.randn(3, 7, 8, 8, requires_grad=True), torch.randn(3, 6, requires_grad=True)
    ours, theirs = layer(features, w), by_weights(layer, features, w)
    assert torch.allclose(ours, theirs, atol=1e-5)
    upstream, inputs = torch.randn_like(ours), [features, w, *layer.parameters()]
    for mine, other in zip(*(torch.autograd.grad((made * upstream).sum(), inputs) for made in (ours, theirs)), strict=True):
        assert torch.allclose(mine, other, atol=1e-5, rtol=1e-4)


def test_demodulated_outputs_have_unit_deviation_on_unit_input():
    layer = stylegan2.ModulatedConv2d(64, 48, 3, 16)
    features, w = torch.randn(8, 64, 40, 40), 4 * torch.randn(8, 16)
    deviations = layer(features, w)[:, :, 1:-1, 1:-1].std((2, 3))
    assert torch.allclose(deviations, torch.ones(8, 48), atol=0.1)  # 1,444 pixels: a standard error of 0.02
    assert deviations.mean().item() == pytest.approx(1, abs=5e-3)
    free = stylegan2.ModulatedConv2d(64, 48, 3, 16, demodulate=False)
    assert free(features, w).std() > 2  # the scale follows the style


def test_residual_blocks_keep_the_variance():
    features = torch.randn(8, 32, 32, 32)
    assert stylegan2.ResidualHalving(32, 64)(features).square().mean() < features.square().mean()  # noise loses power, flat images don't
    flat = torch.randn(64, 32, 1, 1).expand(-1, -1, 16, 16)
    made = stylegan2.ResidualHalving(32, 64)(flat)[:, :, 3:-3, 3:-3]
    assert made.square().mean().item() == pytest.approx(1, abs=0.15)
