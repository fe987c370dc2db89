"""Differentiable augmentation of the critic's input. Zhao et al. 2020 (arXiv:2006.10738).

Real and fake images are distorted alike and gradients flow through the distortions, so that the critic cannot memorise a small image set
and the distortions do not leak into the samples.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genlab.errors import InputError


class DiffAugment(nn.Module):
    """Image (N, C, H, W) in [-1, 1] -> distorted image of the same shape, with independent draws for each image. Section 3.2.

    Raises:
        InputError: an unknown policy.
    """

    def __init__(
        self,
        policy: Sequence[str] = ("color", "translation", "cutout"),
        translation: float = 0.125,  # largest shift, as a share of the image's side
        cutout: float = 0.5,  # side of the cut-out rectangle, as a share of the image's side
    ):
        super().__init__()
        known = {"color": self.color, "translation": self.translate, "cutout": self.cut}
        for name in policy:
            if name not in known:
                raise InputError(f"DiffAugment: policy '{name}' is unknown. It has: {', '.join(known)}.")
        self.steps = [known[name] for name in policy]
        self.translation, self.cutout = translation, cutout

    def forward(self, image: Tensor) -> Tensor:
        for step in self.steps:
            image = step(image)
        return image

    @staticmethod
    def color(image: Tensor) -> Tensor:
        """Change brightness by an offset in [-0.5, 0.5], saturation by a factor in [0, 2] and contrast by a factor in [0.5, 1.5]."""
        brightness, saturation, contrast = (draw(image) for _ in range(3))
        image = image + (brightness - 0.5)
        grey = image.mean(1, keepdim=True)
        image = grey + (image - grey) * (2 * saturation)
        mean = image.mean((1, 2, 3), keepdim=True)
        return mean + (image - mean) * (contrast + 0.5)

    def translate(self, image: Tensor) -> Tensor:
        """Shift by up to `translation` of each side, in whole pixels; pixels from outside are 0."""
        rows = shifted(image.shape[2], self.translation, image)
        columns = shifted(image.shape[3], self.translation, image)
        padded = nn.functional.pad(image, (1, 1, 1, 1))
        which = torch.arange(len(image), device=image.device)[:, None, None]
        return padded.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)

    def cut(self, image: Tensor) -> Tensor:
        """Set a random rectangle of `cutout` of each side to 0; it may extend beyond the border."""
        rows, columns = (hole(side, self.cutout, image) for side in image.shape[2:])
        return image * ~(rows[:, None, :, None] & columns[:, None, None, :])


def draw(image: Tensor) -> Tensor:
    """Draw from U(0, 1), one number per image, (N, 1, 1, 1)."""
    return torch.rand(len(image), 1, 1, 1, device=image.device, dtype=image.dtype)


def shifted(side: int, share: float, image: Tensor) -> Tensor:
    """Indices (N, side) of randomly shifted rows or columns, for an image padded by one pixel on each side."""
    most = int(side * share + 0.5)
    shift = torch.randint(-most, most + 1, (len(image), 1), device=image.device)
    return (torch.arange(side, device=image.device) + shift + 1).clamp(0, side + 1)


def hole(side: int, share: float, image: Tensor) -> Tensor:
    """Mask (N, side), True inside the rows or columns of a random cut-out."""
    length = int(side * share + 0.5)
    start = torch.randint(0, side + (1 - length % 2), (len(image), 1), device=image.device) - length // 2
    place = torch.arange(side, device=image.device)
    return (place >= start) & (place < start + length)
