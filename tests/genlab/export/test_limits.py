"""Limits of requests, chosen from the sizes of networks and images."""

import pytest
from torch import nn

from genlab.export.limits import MOST_IMAGES, Requests, of_sampler, of_translator
from genlab.networks.dropout_noise import DropoutNoise
from genlab.serving.images import MAX_PIXELS


class Plain(nn.Module):
    """One layer with 32 filters: 128 bytes per pixel of the image."""

    stride = 4

    def __init__(self, noise: DropoutNoise | None = None):
        super().__init__()
        self.noise, self.layer = noise, nn.Conv2d(3, 32, 1)

    def forward(self, image, noise=None):
        assert self.noise is None or noise.shape[1:] == (self.noise.channels, 128 // self.noise.stride, 128 // self.noise.stride)
        return self.layer(image)


def test_memory_per_pixel_is_measured_on_the_network_that_needs_most():
    narrow = Plain()
    narrow.layer = nn.Conv2d(3, 8, 1)
    limits = of_translator(Requests(), [narrow, Plain(), narrow], 3, 4, 8)
    assert limits == {"images": MOST_IMAGES, "pixels": 32_000_000, "megabytes": 1000, "bytes_per_pixel": 4 * 128}


@pytest.mark.parametrize(
    ("requests", "noise", "pixels"),
    [
        (Requests(megabytes=250), None, 8_000_000),
        (Requests(megabytes=10_000), None, MAX_PIXELS),
        (Requests(megabytes=1000), DropoutNoise(400, 8), 17_000_000),  # 25 bytes of noise per pixel
        (Requests(megabytes=1000, pixels=123), None, 123),
    ],
)
def test_the_pixels_of_a_request_follow_from_memory_unless_given(requests, noise, pixels):
    limits = of_translator(requests, [Plain(noise)], 3, 8, 8)
    assert limits["pixels"] == pixels and limits["megabytes"] == requests.megabytes


@pytest.mark.parametrize(
    ("requests", "size", "images"),
    [
        (Requests(), (32, 32, 1), 1000),
        (Requests(), (1024, 1024, 3), 79),
        (Requests(megabytes=1), (1024, 1024, 3), 1),
        (Requests(images=7), (32, 32, 1), 7),
    ],
)
def test_the_images_of_a_request_follow_from_memory_unless_given(requests, size, images):
    assert of_sampler(requests, *size) == {"images": images}
