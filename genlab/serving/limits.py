"""What one request to a released model may ask for, and the side of the tiles that follows from it."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Self


class Limits(NamedTuple):
    """The entry `limits` of release.json. The defaults are for releases without it."""

    images: int = 1000  # of one request: rows x `count` of a sampler, rows of a translator
    pixels: int = 40_000_000  # of all pictures of one request to a translator together, each padded to sides that the network accepts
    megabytes: int = 1000  # for one run of a network, in addition to its weights and to the picture; larger pictures are cut into tiles
    bytes_per_pixel: int = 3000  # memory for one run of a translator's network per pixel of its input, measured at export

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """Read the limits from the content of release.json."""
        return cls(**facts.get("limits", {}))

    def megabytes_of(self, height: int, width: int) -> int:
        """Memory that a network needs for an image of height x width pixels, rounded up."""
        return math.ceil(height * width * self.bytes_per_pixel / 1e6)

    def largest_tile(self, stride: int, smallest: int) -> int:
        """Largest side of a square tile for which the memory suffices: a multiple of the stride, and at least the smallest side."""
        side = math.isqrt(int(self.megabytes * 1e6) // self.bytes_per_pixel)
        return max(side // stride * stride, smallest)
