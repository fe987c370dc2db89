"""Tests of translation with padding to a network's stride."""

import numpy as np
import pytest
import torch
from torch import nn

from genlab.errors import InputError
from genlab.networks.inference import Inference
from genlab.networks.resnet import ResNet
from genlab.networks.unet import UNet
from genlab.serving.padding import crop
from genlab.translation.padding import pad, smallest_side, translate


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 9), (63, 65), (64, 128)])
def test_reflection_equals_numpys_even_if_wider_than_the_image(size):
    images = torch.from_numpy(np.random.default_rng(0).random((2, 3, *size), np.float32))
    missing = [(0, -side % 64) for side in size]
    assert np.array_equal(pad(images, 64).numpy(), np.pad(images.numpy(), [(0, 0), (0, 0), *missing], mode="reflect"))
    assert torch.equal(crop(pad(images, 64), *size), images)


def test_an_image_without_pixels_is_an_error():
    with pytest.raises(InputError, match="height 0, width 7"):
        pad(torch.zeros(1, 3, 0, 7), 4)


def test_the_smallest_side_of_a_resnet_is_two_strides():
    # At 4 px its coarsest feature map is one pixel, too small for reflection padding of 1.
    network = ResNet(width=2, blocks=1).eval()
    assert smallest_side(network, channels=3, stride=4) == 8
    assert smallest_side(nn.Conv2d(3, 3, 1), channels=3, stride=1) == 1
    with pytest.raises(InputError, match=r"ResNet takes no image with 5 channels and a side of 4 to 16: .*expected input"):
        smallest_side(network, channels=5, stride=4)


def test_the_smallest_side_needs_no_noise_but_translation_uses_it():
    torch.manual_seed(0)
    network = UNet(size=32, width=2).eval()
    Inference(dropout=True).apply(network)
    assert smallest_side(network, channels=3, stride=32) == 32
    images = torch.rand(2, 3, 9, 40)
    noise = network.noise.draw(pad(images, 32))
    assert noise.shape[2:] == (2, 4)
    translation = translate(lambda padded: network(padded, noise), images, stride=32, smallest=32)
    with torch.no_grad():
        assert torch.equal(translation, crop(network(pad(images, 32), noise), 9, 40))


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (9, 8), (17, 31)])
def test_any_size_is_translated_and_multiples_of_the_stride_without_padding(size):
    torch.manual_seed(0)
    network = ResNet(width=2, blocks=1).eval()
    assert translate(network, torch.rand(2, 3, *size), stride=4, smallest=8).shape == (2, 3, *size)
    whole = torch.rand(1, 3, 16, 24)
    with torch.no_grad():
        assert torch.equal(translate(network, whole, stride=4, smallest=8), network(whole))
