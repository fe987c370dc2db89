"""Tests of the ResNet translator."""

import pytest
import torch

from genlab.errors import InputError
from genlab.networks.patchgan import PatchGAN
from genlab.networks.resnet import ResNet


def millions(network):
    return sum(parameter.numel() for parameter in network.parameters()) / 1e6


def test_parameter_counts_equal_those_of_the_papers_code():
    assert millions(ResNet(width=64, blocks=9)) == pytest.approx(11.378, abs=5e-4)
    assert millions(PatchGAN(width=64, layers=3)) == pytest.approx(2.765, abs=5e-4)


@pytest.mark.parametrize("arguments", [{}, {"upsampling": "resize", "input_skip": True}])
@pytest.mark.parametrize("size", [(32, 32), (48, 20), (4 * 5, 4 * 7)])
def test_the_output_has_the_size_of_the_input(arguments, size):
    with torch.no_grad():
        image = ResNet(width=4, blocks=1, **arguments)(torch.rand(2, 3, *size) * 2 - 1)
    assert image.shape == (2, 3, *size)
    assert image.abs().max() <= 1


def test_with_an_input_skip_a_generator_starts_near_the_identity():
    torch.manual_seed(0)
    image = torch.rand(2, 3, 16, 16) * 2 - 1
    with torch.no_grad():
        near, far = (ResNet(width=4, blocks=1, input_skip=skip)(image) for skip in (True, False))
    assert (near - image.tanh()).abs().mean() < 0.25 * (far - image.tanh()).abs().mean()


def test_resize_convolution_leaves_no_checkerboard_where_transposed_does():
    """For a constant image, only the stride of a transposed convolution can make the interior pixels differ."""
    variation = {}
    for upsampling in ("transposed", "resize"):
        torch.manual_seed(0)
        network = ResNet(width=8, blocks=1, upsampling=upsampling)
        for layer in network.modules():
            if isinstance(layer, torch.nn.InstanceNorm2d):
                layer.forward = lambda features: features
            if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
                torch.nn.init.normal_(layer.weight, 0, 0.1)
        with torch.no_grad():
            inner = network(torch.full((1, 3, 64, 64), 0.5))[0, :, 24:40, 24:40]
        variation[upsampling] = inner.std(dim=(1, 2)).max().item()
    assert variation["resize"] < 1e-6 < 1e-4 < variation["transposed"]


@pytest.mark.parametrize("arguments", [{"blocks": 0}, {"width": 0}])
def test_invalid_sizes_are_refused(arguments):
    with pytest.raises(InputError, match="at least 1"):
        ResNet(**arguments)
