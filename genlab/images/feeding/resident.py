"""Training images in the memory of the device, so that a batch needs no transfer of images."""

import numpy as np
import torch
from torch import Tensor

CHUNK = 1024  # images that are moved together


class Resident:
    """Images of a set, (N, H, W, C) in the dtype of the set, on a device, with their labels."""

    def __init__(
        self,
        images: np.ndarray,  # of the whole set, (M, H, W, C); may be memory-mapped
        labels: np.ndarray | None,  # of the whole set, (M,)
        used: np.ndarray,  # indices of the images to hold
        device: torch.device,
    ):
        self.device, kept = device, np.unique(used)
        self.places = np.full(len(images), -1)  # of an image of the set in `pixels`
        self.places[kept] = np.arange(len(kept))
        some = torch.from_numpy(np.asarray(images[kept[:1]]))
        self.pixels = torch.empty((len(kept), *some.shape[1:]), dtype=some.dtype, device=device)
        for start in range(0, len(kept), CHUNK):
            self.pixels[start : start + CHUNK] = torch.from_numpy(np.asarray(images[kept[start : start + CHUNK]])).to(device)
        self.labels = None if labels is None else torch.from_numpy(labels[kept]).to(device)

    def __call__(self, chosen: dict[str, np.ndarray]) -> dict[str, Tensor]:
        """Indices in the set by role, (N,) each -> images (N, C, H, W) by role, and labels if there are any, on the device."""
        places = {role: self.moved(self.places[indices]) for role, indices in chosen.items()}
        # As to_channels_first, with the same strides: those of one channel decide which kernels torch takes.
        batch = {role: self.pixels[here].permute(0, 3, 1, 2).contiguous() for role, here in places.items()}
        return batch if self.labels is None else batch | {"label": self.labels[places["image"]]}

    def moved(self, places: np.ndarray) -> Tensor:
        """Move places to the device, without waiting for a GPU."""
        there = torch.from_numpy(places)
        return (there.pin_memory() if self.device.type == "cuda" else there).to(self.device, non_blocking=True)
