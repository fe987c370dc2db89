"""Tests of resizing images to the input of a network."""

import numpy as np
import pytest
import torch

from genlab.errors import InputError
from genlab.extractors.resizing import antialiased, as_tensorflow, in_colour


def by_loops(image, side):
    """Bilinear resizing of one image (H, W) with the source position i x H / side, pixel by pixel, in float64."""
    height, width = image.shape
    result = np.empty((side, side))
    for row in range(side):
        for column in range(side):
            y, x = row * height / side, column * width / side
            top, left = int(y), int(x)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            down, along = y - top, x - left
            above = (1 - along) * image[top, left] + along * image[top, right]
            below = (1 - along) * image[bottom, left] + along * image[bottom, right]
            result[row, column] = (1 - down) * above + down * below
    return result


@pytest.mark.parametrize(("height", "width", "side"), [(5, 7, 12), (12, 9, 5), (3, 3, 8), (1, 4, 3), (6, 6, 6)])
def test_tensorflows_resizing_equals_a_loop_over_pixels(height, width, side):
    images = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0)) * 255
    resized = as_tensorflow(images, side)
    assert resized.shape == (2, 3, side, side) and resized.dtype == torch.float32
    for image, result in zip(images.flatten(0, 1), resized.flatten(0, 1), strict=True):
        assert result.numpy() == pytest.approx(by_loops(image.double().numpy(), side), abs=1e-3)


def test_tensorflows_resizing_of_a_ramp_by_hand():
    """Twice the size: every second value is an old pixel, and the last pixel is repeated, as TensorFlow's documentation describes."""
    ramp = torch.tensor([0.0, 10.0, 30.0]).view(1, 1, 1, 3)
    assert as_tensorflow(ramp.expand(1, 1, 3, 3), 6)[0, 0, 0].tolist() == [0, 5, 10, 20, 30, 30]


def test_half_the_size_takes_every_second_pixel_without_antialiasing():
    images = torch.arange(64.0).view(1, 1, 8, 8)
    assert torch.equal(as_tensorflow(images, 4), images[..., ::2, ::2])
    assert not torch.equal(antialiased(images, 4), images[..., ::2, ::2])


def test_grey_becomes_three_equal_channels():
    grey = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4, 1)
    assert torch.equal(in_colour(grey), in_colour(grey.repeat(3, axis=3)))


@pytest.mark.parametrize("shape", [(2, 8, 8, 4), (2, 8, 8, 2), (8, 8, 3)])
def test_other_channels_are_refused(shape):
    with pytest.raises(InputError, match=r"expected \(N, H, W, C\) with 1 or 3 channels"):
        in_colour(np.zeros(shape, np.uint8))
