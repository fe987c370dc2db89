"""Samples of fixed latents and labels, which show the progress of a training."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from genlab.networks.evaluation_mode import evaluation_mode

SHOWN = 64  # samples whose latents are fixed


ROW, ROWS = 16, 10  # of these latents, in a row a class; classes


AT_ONCE = 2**22  # pixels that are made: 64 images of 256 px, 4 of 1,024 px


@torch.no_grad()
def generate(generator: nn.Module, *inputs: Tensor) -> Tensor:
    """Images by a network in evaluation mode: batch norm by its running statistics. Large ones in parts, which is a matter of memory."""
    count = max(1, AT_ONCE // generator.size**2)
    with evaluation_mode(generator):
        return torch.cat([generator(*part) for part in zip(*(each.split(count) for each in inputs), strict=True)])


def alternating_labels(classes: int, device: torch.device) -> Tensor:
    """A label for each latent that is shown, (SHOWN,)."""
    return torch.arange(SHOWN, device=device) % max(1, classes)


def class_rows(
    sample: Callable[[Tensor, Tensor], Tensor],  # latents, labels -> images
    latents: Tensor,  # (SHOWN, latent_size)
    classes: int,
) -> dict[str, Tensor]:
    """The same latents for every class, in a row of its own."""
    row = latents[:ROW]
    return {f"class {each}": sample(row, row.new_full((ROW,), each, dtype=torch.long)) for each in range(min(classes, ROWS))}
