"""What networks take and give, as far as their export must know it: images to images, or latents to images."""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from genlab.export import Interface
from genlab.latents import normal
from genlab.padding import padded_side, smallest_side

COUNTS = (1, 3, 17)  # of latents in a batch that parity is measured on


def translation(
    network: nn.Module,  # image (N, C, H, W) -> image (N, C', H, W), H and W multiples of the stride
    example: Tensor,  # images (N, C, H, W) of the training size in [-1, 1]: what parity is measured on
    stride: int,
) -> Interface:
    """Any batch, and any H x W that the network takes."""
    smallest = smallest_side(network, example.shape[1], stride)

    def side(name: str):
        # Said beforehand, for torch would find it out by failing once, and take twice as long.
        cells = torch.export.Dim(name, min=smallest // stride)
        return stride * cells if stride > 1 else cells

    # Sides that differ: export might take equal ones for one.
    height, width = (padded_side(size, stride, smallest) for size in example.shape[-2:])
    return Interface(
        takes="image",
        gives="translation",
        traced=torch.zeros(2, example.shape[1], height, width if width != height else 2 * width),
        dynamic={0: torch.export.Dim("batch"), 2: side("rows"), 3: side("columns")},
        batches=resized(example, stride, smallest),
    )


def sampling(
    network: nn.Module,  # latent (N, latent_size) -> image (N, C, H, W); knows its `latent_size`
) -> Interface:
    """Any batch; the images are of one size."""
    return Interface(
        takes="latent",
        gives="image",
        traced=torch.zeros(2, network.latent_size),
        dynamic={0: torch.export.Dim("batch")},
        batches=[normal(count, network.latent_size, seed) for seed, count in enumerate(COUNTS)],
    )


def resized(example: Tensor, stride: int, smallest: int) -> list[Tensor]:
    """The example's images in batches of 1 and 3, of the training size and two others that are not square."""
    height, width = example.shape[-2:]
    batches = []
    for count, size in (
        (1, (height, width)),
        (3, (height, width)),
        (3, (height // 2, 3 * width // 2)),
        (1, (height + stride, width // 2)),
    ):
        height_and_width = [padded_side(side, stride, smallest) for side in size]
        images = example[torch.arange(count) % len(example)]
        batches.append(interpolate(images, height_and_width, mode="bilinear", antialias=True))
    return batches
