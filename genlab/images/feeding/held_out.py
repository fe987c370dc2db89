"""Held-out images of sets with two domains."""

import hashlib

import numpy as np
from torch import Tensor

from genlab.errors import InputError
from genlab.images.feeding.order import evenly_spaced
from genlab.images.pixels import to_bytes, to_channels_first, to_unit
from genlab.images.prepared_set import PreparedSet

FEWEST = 2  # smallest number of images: the unbiased KID divides by N - 1


class HeldOut:
    """Held-out images by domain, as uint8 (N, H, W, C) and as float (N, C, H, W) in [-1, 1]; pairs are aligned.

    Raises:
        InputError: a domain has fewer than two images.
    """

    def __init__(
        self,
        images: PreparedSet,
        most: int | None = None,  # largest number of images of each domain, evenly spaced; None: all
    ):
        manifest = images.manifest[images.manifest["split"] == "test"]
        self.are_pairs = bool((manifest["pair"] != "").any())
        indices = images.pairs("test") if self.are_pairs else tuple(images.indices("test", domain) for domain in ("a", "b"))
        indices = tuple(evenly_spaced(each, most or len(each)) for each in indices)
        self.bytes = {domain: np.ascontiguousarray(images.images[chosen]) for domain, chosen in zip(("a", "b"), indices, strict=True)}
        for domain, held_out in self.bytes.items():
            if len(held_out) < FEWEST:
                raise InputError(
                    f"Image set '{images.name}' holds out {len(held_out)} images of domain {domain}; scoring needs at least {FEWEST}. "
                    "Add images, or raise the share `test`."
                )
        self.tensors = {domain: to_unit(to_channels_first(pixels)) for domain, pixels in self.bytes.items()}
        self.sha256 = {domain: hashlib.sha256(pixels.tobytes()).hexdigest() for domain, pixels in self.bytes.items()}

    @staticmethod
    def to_bytes(images: Tensor) -> np.ndarray:
        """Images float (N, C, H, W) in [-1, 1] -> uint8 (N, H, W, C)."""
        return to_bytes(images).permute(0, 2, 3, 1).contiguous().numpy()
