"""The limits of requests to a released model, chosen from the memory that its network and its answers need."""

from collections.abc import Iterable
from typing import Any, NamedTuple, cast

import torch
from torch import nn

from genlab.export.memory import memory_of
from genlab.networks.contracts import Translator
from genlab.serving.images import MAX_PIXELS
from genlab.serving.limits import Limits
from genlab.serving.padding import padded_side

MOST_IMAGES = 1000
SIDE = 128  # px, of the image on which memory is measured
# Per pixel, to receive, decode, convert, encode and send a picture. Measured by benchmarks/serving.py for noise, whose PNG files are the
# largest; a photo needs 18.
PICTURE_BYTES = 31
ANSWER_BYTES = 4  # per byte of an image, to encode the answer as PNG, base64 and JSON: 3.6 measured for noise, which does not compress


class Requests(NamedTuple):
    """Limits of requests, given by the user; see genlab.serving.limits. None: chosen from `megabytes`."""

    megabytes: int = 1000
    pixels: int | None = None
    images: int | None = None


BY_MEASUREMENT = Requests()


def of_translator(requests: Requests, networks: Iterable[nn.Module], channels: int, stride: int, smallest: int) -> dict[str, Any]:
    """The limits of translating networks, for release.json."""
    side = padded_side(SIDE, stride, smallest)
    needed, noise_bytes = 0, 0.0
    for network in networks:
        parameter = next(network.parameters())
        image = torch.zeros(1, channels, side, side, device=parameter.device, dtype=parameter.dtype)
        noise = cast(Translator, network).noise
        inputs = (image,) if noise is None else (image, image.new_zeros(1, noise.channels, side // noise.stride, side // noise.stride))
        needed = max(needed, memory_of(network, *inputs))
        noise_bytes = max(noise_bytes, 4 * noise.channels / noise.stride**2 if noise else 0.0)
    pixels = int(requests.megabytes / (PICTURE_BYTES + noise_bytes)) * 1_000_000
    limits = Limits(
        images=requests.images or MOST_IMAGES,
        pixels=requests.pixels or min(pixels, MAX_PIXELS),
        megabytes=requests.megabytes,
        bytes_per_pixel=-(-needed // side**2),
    )
    return limits._asdict()


def of_sampler(requests: Requests, height: int, width: int, channels: int) -> dict[str, Any]:
    """The limits of a sampling network that generates images of this size, for release.json."""
    possible = int(requests.megabytes * 1e6 / (ANSWER_BYTES * height * width * channels))
    pixels = {"pixels": requests.pixels} if requests.pixels else {}  # of pictures that the model infers from
    return {"images": requests.images or min(max(possible, 1), MOST_IMAGES), **pixels}
