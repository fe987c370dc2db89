"""Samples of fixed latents and labels, which show the progress of training."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from genlab.networks.contracts import Sampler
from genlab.networks.evaluation_mode import evaluation_mode

SHOWN = 64  # number of fixed latents


ROW, ROWS = 16, 10  # images per row of one class; largest number of rows


AT_ONCE = 2**22  # pixels generated in one forward pass: 64 images of 256 px, 4 of 1,024 px


@torch.no_grad()
def generate(generator: nn.Module, *inputs: Tensor) -> Tensor:
    """Generate images in evaluation mode, so that batch norm uses its running statistics. Large images in parts, to limit memory.

    The inputs are those of the generator, with a common first dimension N; its attribute `size` is the side of the images in pixels.
    """
    count = max(1, AT_ONCE // cast(Sampler, generator).size ** 2)
    with evaluation_mode(generator):
        return torch.cat([generator(*part) for part in zip(*(each.split(count) for each in inputs), strict=True)])


def alternating_labels(classes: int, device: torch.device) -> Tensor:
    """Labels 0, 1, ..., classes - 1, 0, 1, ... for the fixed latents, (SHOWN,)."""
    return torch.arange(SHOWN, device=device) % max(1, classes)


def class_rows(
    sample: Callable[[Tensor, Tensor], Tensor],  # latents, labels -> images
    latents: Tensor,  # (SHOWN, latent_size)
    classes: int,
) -> dict[str, Tensor]:
    """Sample the same latents for every class -> {"class 0": images (ROW, C, H, W), ...}, at most ROWS classes."""
    row = latents[:ROW]
    return {f"class {each}": sample(row, row.new_full((ROW,), each, dtype=torch.long)) for each in range(min(classes, ROWS))}
