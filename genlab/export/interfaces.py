"""What networks take and give, as far as their export must know it: images (and noise) to images, or latents to images."""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from genlab.engine.seeding import mix
from genlab.export.networks import Interface
from genlab.networks.dropout_noise import DropoutNoise
from genlab.networks.latents import normal
from genlab.serving.padding import padded_side
from genlab.translation.padding import smallest_side

COUNTS = (1, 3, 17)  # of latents in a batch that parity is measured on
PSIS = (1.0, 0.7, 0.5)  # of its images, in turn


def translation(
    network: nn.Module,  # image (N, C, H, W) -> image (N, C', H, W), H and W multiples of the stride; knows its `noise`
    example: Tensor,  # images (N, C, H, W) of the training size in [-1, 1]: what parity is measured on
    stride: int,
) -> Interface:
    """Any batch, and any H x W that the network takes. A network that takes noise beside the image has a second input of that name."""
    smallest = smallest_side(network, example.shape[1], stride)
    # Said beforehand, for torch would find it out by failing once, and take twice as long.
    batch, rows, columns = torch.export.Dim("batch"), *(torch.export.Dim(name, min=smallest // stride) for name in ("rows", "columns"))
    # Sides that differ, and two cells at least, as there are two images: export might take equal ones for one, and 1 for a constant.
    height, width = (padded_side(size, stride, max(smallest, 2 * stride)) for size in example.shape[-2:])
    image = torch.zeros(2, example.shape[1], height, width if width != height else 2 * width)

    def axes(cell: int):
        """Those of an input with so many pixels for one of the coarsest grid."""
        return {0: batch, 2: cell * rows if cell > 1 else rows, 3: cell * columns if cell > 1 else columns}

    dynamic = {"image": axes(stride)}
    if network.noise is not None:
        dynamic["noise"] = axes(stride // network.noise.stride)
    return Interface(
        inputs=inputs(image, network.noise),
        output="translation",
        dynamic=dynamic,
        batches=[inputs(images, network.noise) for images in resized(example, stride, smallest)],
    )


def sampling(
    network: nn.Module,  # latent (N, latent_size) [, noise, psi] [, label (N,)] -> image (N, C, H, W); knows its `latent_size`
    classes: int = 0,  # that the network is told; 0: it takes no label
    noise_size: int = 0,  # of a style-based network; 0: it takes neither noise nor psi
) -> Interface:
    """Any batch; the images are of one size.

    A style-based network also has the inputs `noise` (N, noise_size), from N(0, 1), and `truncation` (N,), psi; one that is told labels
    has `label`, whole numbers.
    """

    def inputs(count: int, seed: int) -> dict[str, Tensor]:
        taken = {"latent": normal(count, network.latent_size, seed)}
        if noise_size:
            psi = torch.tensor(PSIS)[torch.arange(count) % len(PSIS)]
            taken |= {"noise": normal(count, noise_size, mix(seed, 1)), "truncation": psi}
        return taken | ({"label": torch.arange(count) % classes} if classes else {})

    batch = torch.export.Dim("batch")
    example = inputs(2, 0)  # two: export takes an axis of 1 for a constant
    return Interface(
        inputs=example,
        output="image",
        dynamic={name: {0: batch} for name in example},
        batches=[inputs(count, seed) for seed, count in enumerate(COUNTS)],
    )


def inputs(images: Tensor, noise: DropoutNoise | None) -> dict[str, Tensor]:
    """Images and, where the network takes it, noise that is a function of their shape alone."""
    if noise is None:
        return {"image": images}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return {"image": images, "noise": noise.draw(images)}


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
