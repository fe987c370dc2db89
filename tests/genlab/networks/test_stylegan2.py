"""Tests of modulated convolutions and residual blocks of StyleGAN2."""

import numpy as np
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


def resampled(features, taps, weight, bias, padding):
    """The public code's `conv2d_resample` with down=2 in plain loops: zeros around, the filter at each position, then a strided sum."""
    kernel = np.outer(taps, taps) / np.sum(taps) ** 2
    padded = np.pad(features, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (4, 4), (2, 3))
    filtered = np.einsum("nchwij,ij->nchw", windows, kernel[::-1, ::-1])  # a convolution, which flips the filter
    side = weight.shape[-1]
    patches = np.lib.stride_tricks.sliding_window_view(filtered, (side, side), (2, 3))[:, :, ::2, ::2]
    return np.einsum("nchwij,ocij->nohw", patches, weight) + bias[:, None, None]


def leaky(features):
    return np.where(features > 0, features, 0.2 * features) * np.sqrt(2)


def test_the_residual_block_is_that_of_the_public_code():
    """DiscriminatorBlock of stylegan2-ada-pytorch: conv0, lrelu; conv1 of stride 2 after the filter, lrelu; skip of stride 2 after it."""
    block = stylegan2.ResidualHalving(5, 6).double()
    for layer in block.layers:
        torch.nn.init.normal_(layer.bias)
    features = torch.randn(3, 5, 8, 12, dtype=torch.float64)
    x, taps = features.numpy(), np.array([1.0, 3.0, 3.0, 1.0])
    weights = [layer.weight.detach().numpy() / np.sqrt(layer.weight[0].numel()) for layer in (*block.layers, block.skip)]
    # The public code scales activations by sqrt 2, here the weights include it: a bias is sqrt 2 times as large for the same output.
    biases = [layer.bias.detach().numpy() / np.sqrt(2) for layer in block.layers]
    shortcut = resampled(x, taps, weights[2], np.zeros(6), padding=1)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    inner = leaky(np.einsum("nchwij,ocij->nohw", windows, weights[0]) + biases[0][:, None, None])
    expected = (shortcut + leaky(resampled(inner, taps, weights[1], biases[1], padding=2))) / np.sqrt(2)
    found = block(features).detach().numpy()
    assert found.shape == (3, 6, 4, 6)
    assert np.abs(found - expected).max() < 1e-12


def test_the_residual_block_keeps_its_keys():
    keys = ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "skip.weight"]
    assert list(stylegan2.ResidualHalving(2, 3).state_dict()) == keys
