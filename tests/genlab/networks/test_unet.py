"""Tests of the U-Net translator and its dropout noise, and of PatchGAN with batch norm."""

import pytest
import torch

from genlab.errors import InputError
from genlab.networks.inference import Inference
from genlab.networks.layers.normalise import BatchNorm
from genlab.networks.patchgan import PatchGAN
from genlab.networks.unet import UNet


def millions(network):
    return sum(parameter.numel() for parameter in network.parameters()) / 1e6


def test_parameter_counts_equal_those_of_the_papers_code():
    assert millions(UNet(size=256, width=64)) == pytest.approx(54.41, abs=5e-3)
    assert millions(PatchGAN(channels=6, width=64, layers=3, norm="batch")) == pytest.approx(2.769, abs=5e-4)


@pytest.mark.parametrize("arguments", [{}, {"norm": "instance"}, {"upsampling": "resize"}, {"dropout": 0.0}])
@pytest.mark.parametrize("size", [(16, 16), (16, 48), (64, 32)])
def test_the_output_has_the_size_of_the_input(arguments, size):
    with torch.no_grad():
        image = UNet(size=16, channels_out=1, width=4, **arguments)(torch.rand(2, 3, *size) * 2 - 1)
    assert image.shape == (2, 1, *size)
    assert image.abs().max() <= 1


@pytest.mark.parametrize("size", [64, 128, 256])
def test_levels_halve_down_to_one_pixel_and_skips_join_equal_shapes(size):
    network = UNet(size=size, width=2).eval()
    levels = size.bit_length() - 1
    seen = {"down": [], "up": [], "joined": []}
    for down in network.down:
        down.register_forward_hook(lambda module, given, made: seen["down"].append(tuple(made.shape[1:])))
    for up in network.up:
        up.register_forward_hook(lambda module, given, made: seen["up"].append(tuple(made.shape[1:])))
        up.register_forward_pre_hook(lambda module, given: seen["joined"].append(given[0].shape[1]))
    network.to_image.register_forward_pre_hook(lambda module, given: seen["joined"].append(given[0].shape[1]))
    with torch.no_grad():
        network(torch.zeros(1, 3, size, size))
    sides = [size >> level for level in range(1, levels + 1)]
    assert seen["down"] == [(2 * min(2**level, 8), side, side) for level, side in enumerate(sides)]
    assert seen["up"] == seen["down"][-2::-1]  # the same shapes, from the second innermost outwards
    assert seen["joined"] == [seen["down"][-1][0], *(2 * shape[0] for shape in seen["up"])]


def silenced(network: UNet, outermost: bool) -> UNet:
    """Zero the last layer's weights for all features except the outermost skip, or for the outermost skip only."""
    own = network.up[-1].filters
    with torch.no_grad():
        network.to_image.weight[:own] *= 0 if outermost else 1
        network.to_image.weight[own:] *= 1 if outermost else 0
    return network


def test_the_outermost_skip_has_a_small_receptive_field():
    torch.manual_seed(0)
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    silenced(UNet(size=32, width=4).eval(), outermost=True)(image)[0, :, 16, 16].sum().backward()
    rows = image.grad[0].abs().sum((0, 2)).nonzero().flatten()
    assert 2 <= rows.max() - rows.min() + 1 <= 6  # one convolution and one transposed one; every other path is longer
    whole = torch.rand(1, 3, 32, 32, requires_grad=True)
    silenced(UNet(size=32, width=4).eval(), outermost=False)(whole)[0, :, 16, 16].sum().backward()
    rows = whole.grad[0].abs().sum((0, 2)).nonzero().flatten()
    assert rows.max() - rows.min() + 1 == 32  # the bottleneck depends on the whole image


def test_resize_convolutions_replace_all_transposed_ones():
    assert not any(isinstance(layer, torch.nn.ConvTranspose2d) for layer in UNet(size=32, width=2, upsampling="resize").modules())


def test_given_noise_determines_the_dropped_features():
    torch.manual_seed(0)
    network = UNet(size=64, width=2, dropout=0.25)
    Inference(dropout=True, statistics="running").apply(network.eval())
    assert network.noise == (32, 16)  # two layers of 16 filters; the finer one has 4 x 4 features at 64 px, a stride of 16
    image = torch.rand(2, 3, 64, 128) * 2 - 1
    noise = network.noise.draw(image)
    assert noise.shape == (2, 32, 4, 8)
    with torch.no_grad():
        assert torch.equal(network(image, noise), network(image, noise))
        assert not torch.equal(network(image, noise), network(image, network.noise.draw(image)))
    dropped = {}
    for index, up in enumerate(network.up[:2]):
        up.register_forward_hook(lambda module, given, made, index=index: dropped.update({index: made}))
    with torch.no_grad():
        network(image, noise)
    kept = noise >= 0.25
    assert torch.equal(dropped[1] != 0, kept[:, 16:])
    assert torch.equal(dropped[0] != 0, kept[:, :16, ::2, ::2])


def test_noise_that_drops_nothing_scales_like_torchs_dropout():
    network = UNet(size=16, width=2, dropout=0.5).eval()
    up = network.up[0]
    features = torch.randn(1, up.convolution.in_channels, 4, 4)
    with torch.no_grad():
        assert torch.allclose(up(features, torch.ones(1, up.filters, 8, 8)), 2 * up(features, None))
        up.train()
        torch.manual_seed(0)
        drawn = up(features, None)
        assert 0.3 < (drawn == 0).float().mean() < 0.7


def test_batch_statistics_are_those_of_a_batch_of_one():
    torch.manual_seed(0)
    network = UNet(size=16, width=2, dropout=0.0)
    images = torch.rand(3, 3, 16, 16) * 2 - 1
    with torch.no_grad():
        alone = torch.cat([network(image[None]) for image in images])  # in training mode
        network.eval()
        Inference(dropout=False, statistics="batch").apply(network)
        assert torch.allclose(network(images), alone, atol=1e-6)
        Inference(dropout=False, statistics="running").apply(network)
        assert not torch.allclose(network(images), alone, atol=1e-2)


def test_sampling_dropout_is_refused_for_a_network_without_dropout():
    with pytest.raises(InputError, match=r"sampling\.dropout: true, but UNet has no dropout"):
        Inference(dropout=True).apply(UNet(size=16, width=2, dropout=0.0))


def test_torchs_batch_norm_cannot_use_the_statistics_of_one_image():
    network = UNet(size=16, width=2)
    network.up[0].norm = torch.nn.BatchNorm2d(16)
    with pytest.raises(InputError, match=r"up\.0\.norm is a BatchNorm2d"):
        Inference(dropout=False, statistics="batch").apply(network)


@pytest.mark.parametrize(("arguments", "named"), [({"size": 48}, "got 48"), ({"size": 2}, "got 2"), ({"dropout": 1.0}, "dropout 1.0")])
def test_invalid_sizes_are_refused(arguments, named):
    with pytest.raises(InputError, match=named):
        UNet(**arguments)


@pytest.mark.parametrize(("layers", "side"), [(0, 1), (1, 16), (3, 70), (5, 286)])
def test_the_receptive_field_of_a_logit_is_that_of_the_paper(layers, side):
    critic = PatchGAN(channels=2, width=2, layers=layers, norm="batch").eval()
    image = torch.rand(1, 2, 320, 320, requires_grad=True)
    logits = critic(image)
    logits[0, 0, logits.shape[2] // 2, logits.shape[3] // 2].backward()
    rows = image.grad[0].abs().sum((0, 2)).nonzero().flatten()
    assert rows.max() - rows.min() + 1 == side
    assert any(isinstance(layer, BatchNorm) for layer in critic.modules())
