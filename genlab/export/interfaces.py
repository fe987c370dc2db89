"""Inputs and outputs of exported networks: translation (image, noise -> image) and sampling (latent, ... -> image)."""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from genlab.engine.seeding import mix
from genlab.export.networks import Interface
from genlab.networks.dropout_noise import DropoutNoise
from genlab.networks.latents import normal
from genlab.serving.padding import padded_side
from genlab.translation.padding import smallest_side

COUNTS = (1, 3, 17)  # sizes of the batches on which parity is measured
PSIS = (1.0, 0.7, 0.5)  # truncation of their images, in rotation


def translation(
    network: nn.Module,  # image (N, C, H, W) -> image (N, C', H, W), H and W multiples of the stride; has the attribute `noise`
    example: Tensor,  # images (N, C, H, W) of the training size in [-1, 1], on which parity is measured
    stride: int,
) -> Interface:
    """Interface of a translating network: any batch size, and any H x W that the network accepts.

    A network with dropout in evaluation mode has `noise` as a second input.
    """
    smallest = smallest_side(network, example.shape[1], stride)
    # Given explicitly: torch would infer it from a failed first attempt, which takes twice as long.
    batch, rows, columns = torch.export.Dim("batch"), *(torch.export.Dim(name, min=smallest // stride) for name in ("rows", "columns"))
    # Two images, and different sides of at least two cells: export may merge equal dimensions and treats 1 as a constant.
    height, width = (padded_side(size, stride, max(smallest, 2 * stride)) for size in example.shape[-2:])
    image = torch.zeros(2, example.shape[1], height, width if width != height else 2 * width)

    def axes(cell: int) -> dict[int, Any]:
        """Dynamic axes of an input with `cell` pixels per cell of the coarsest grid."""
        return {0: batch, 2: cell * rows if cell > 1 else rows, 3: cell * columns if cell > 1 else columns}

    noise = cast(DropoutNoise | None, network.noise)
    dynamic = {"image": axes(stride)}
    if noise is not None:
        dynamic["noise"] = axes(stride // noise.stride)
    return Interface(
        inputs=inputs(image, noise),
        outputs=("translation",),
        dynamic=dynamic,
        batches=[inputs(images, noise) for images in resized(example, stride, smallest)],
    )


def sampling(
    network: nn.Module,  # latent (N, latent_size) [, noise, psi] [, label (N,)] -> image (N, C, H, W); has the attribute `latent_size`
    classes: int = 0,  # number of classes; 0: no label input
    noise_size: int = 0,  # of a style-based network; 0: neither noise nor psi inputs
    layers: int = 0,  # styles per image of a network that mixes them; 0: it does not
) -> Interface:
    """Interface of a sampling network: any batch size, images of one size.

    A style-based network has the additional inputs `noise` (N, noise_size) from N(0, 1) and `truncation` (N,), psi. A conditional network
    has the additional input `label` (N,), class indices. A network that mixes styles has `second` (N, latent_size) and `crossover` (N,),
    the first layer with the styles of the second latent.
    """

    latent_size = cast(int, network.latent_size)

    def inputs(count: int, seed: int) -> dict[str, Tensor]:
        taken = {"latent": normal(count, latent_size, seed)}
        if noise_size:
            psi = torch.tensor(PSIS)[torch.arange(count) % len(PSIS)]
            taken |= {"noise": normal(count, noise_size, mix(seed, 1)), "truncation": psi}
        taken |= {"label": torch.arange(count) % classes} if classes else {}
        if layers:
            taken |= {"second": normal(count, latent_size, mix(seed, 2)), "crossover": layers - torch.arange(count) % (layers + 1)}
        return taken

    batch = torch.export.Dim("batch")
    example = inputs(2, 0)  # two, because export treats an axis of 1 as a constant
    return Interface(
        inputs=example,
        outputs=("image",),
        dynamic={name: {0: batch} for name in example},
        batches=[inputs(count, seed) for seed, count in enumerate(COUNTS)],
        by_name=bool(layers),
    )


def inferring(
    network: nn.Module,  # a network of genlab.variational.inference or genlab.mixtures.inference: states its `inputs` and `outputs`
    images: Tensor,  # (N, C, H, W), on which parity is measured
) -> Interface:
    """Interface of a network that infers from images: any batch size."""
    takes, gives = cast(tuple[str, ...], network.inputs), cast(tuple[str, ...], network.outputs)

    def inputs(count: int, seed: int) -> dict[str, Tensor]:
        every = {"image": images[torch.arange(count) % len(images)]}
        if "z" in takes:
            every["z"] = normal(count, cast(int, network.latent_size), seed)
        if "label" in takes:
            every["label"] = torch.arange(count) % cast(int, network.classes)
        return {name: every[name] for name in takes}

    batch = torch.export.Dim("batch")
    return Interface(
        inputs=inputs(2, 0),
        outputs=gives,
        dynamic={name: {0: batch} for name in takes},
        batches=[inputs(count, seed) for seed, count in enumerate(COUNTS)],
    )


def inputs(images: Tensor, noise: DropoutNoise | None) -> dict[str, Tensor]:
    """Inputs of a translating network: images, and noise that is a function of their shape if the network has a noise input."""
    if noise is None:
        return {"image": images}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return {"image": images, "noise": noise.draw(images)}


def resized(example: Tensor, stride: int, smallest: int) -> list[Tensor]:
    """Batches of 1 and 3 of the example images, at the training size and at two sizes that are not square."""
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
