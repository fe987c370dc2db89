"""Projection: the style whose image is nearest to a given one. Karras et al. 2019 (arXiv:1912.04958), section 5 and appendix D."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d
from tqdm import tqdm

from genlab.engine.seeding import mix
from genlab.errors import InputError
from genlab.networks.evaluation_mode import evaluation_mode
from genlab.networks.latents import normal
from genlab.networks.shapes import COARSEST
from genlab.networks.style import Generator, noise_maps, noise_numbers

STEPS, RATE = 1000, 0.1  # of Adam
RISE, FALL = 0.05, 0.25  # shares of the steps: the rate's ramps at the start and at the end
SEARCH, REACH = 0.75, 0.05  # share of the steps that w is moved at random, and how far at first, in deviations of w
REGULARISATION = 1e5  # alpha
MAPPED = 10_000  # latents that the mean and the deviation of w are of
SEED = 0
COARSEST_NOISE = 8  # px, of the smallest map that a layer's noise is averaged down to


class Projected(NamedTuple):
    """Styles, and what the generator makes of them."""

    styles: Tensor  # (N, style_size), or one a layer, (N, layers, style_size)
    noise: Tensor  # (N, noise_size)
    images: Tensor  # (N, C, H, W)
    losses: Tensor  # (steps + 1, N): distances on the way, where w is moved at random, and at last those of `images`


def pyramid_distance(first: Tensor, second: Tensor) -> Tensor:
    """Images (N, C, H, W), (N, C, H, W) -> (N,): mean squared difference, averaged over the resolutions H, H / 2, ... 4 px.

    In the place of the paper's LPIPS, whose network we don't have. Coarse resolutions lead where fine ones don't match yet.
    """
    difference, distances = first - second, []
    while True:
        distances.append(difference.square().mean((1, 2, 3)))
        if difference.shape[-1] < 2 * COARSEST:
            return torch.stack(distances).mean(0)
        difference = avg_pool2d(difference, 2)


def project(
    generator: Generator,  # stays as it is
    images: Tensor,  # (N, C, H, W) in [-1, 1]
    steps: int = STEPS,
    per_layer: bool = False,  # a style for each layer, which fits better and means less: W+ (arXiv:1904.03189)
    label: Tensor | None = None,  # of each image, for a generator that is told them: the search starts from its class's mean
    optimise_noise: bool = False,  # as in the paper; else it stays as drawn
    distance: Callable[[Tensor, Tensor], Tensor] = pyramid_distance,  # images, images -> (N,)
    progress: str = "",  # what the bar that shows it is called; "": none
) -> Projected:
    """Images -> the styles whose images are nearest, by gradient descent from the mean w.

    Raises:
        InputError: images that are not of the generator's size.
    """
    with evaluation_mode(generator):
        check_images(generator, images)
        images = images.to(generator.mean.device)
        noise = normal(len(images), generator.noise_size, SEED, images.device)
        mean, deviation = moments(generator, label, len(images))
        w = mean[:, None].repeat(1, len(generator.sides), 1) if per_layer else mean
        players = [player.requires_grad_() for player in ([w, noise] if optimise_noise else [w])]
        optimizer = torch.optim.Adam(players)
        deviation, randomness = deviation.reshape(-1, *[1] * (w.dim() - 1)), torch.Generator().manual_seed(mix(SEED))
        losses = []
        for step in tqdm(range(steps), progress, unit="step", disable=None if progress else True):
            share = step / steps
            optimizer.param_groups[0]["lr"] = RATE * ramps(share)
            reach = REACH * max(0.0, 1 - share / SEARCH) ** 2 * deviation
            with torch.enable_grad():
                moved = w + reach * torch.randn(w.shape, generator=randomness).to(w)
                loss = distance(generator.synthesise(moved, noise), images)
                objective = loss.sum()  # not the mean: an image's way does not depend on how many there are
                if optimise_noise:
                    objective = objective + REGULARISATION * sum(autocorrelation(each).sum() for each in maps(generator, noise))
            optimizer.zero_grad()
            objective.backward(inputs=players)
            optimizer.step()
            if optimise_noise:
                with torch.no_grad():
                    noise.copy_(torch.cat([standardised(each).flatten(1) for each in maps(generator, noise)], 1))
            losses.append(loss.detach())
        with torch.no_grad():
            made = generator.synthesise(w, noise)
            losses.append(distance(made, images))
    return Projected(w.detach(), noise.detach(), made, torch.stack(losses))


@torch.no_grad()
def check_images(generator: Generator, images: Tensor) -> None:
    """Raises InputError if they are not of the generator's size."""
    made = generator.synthesise(generator.mean[None], torch.zeros(1, generator.noise_size, device=generator.mean.device))
    if images.dim() != 4 or images.shape[1:] != made.shape[1:]:
        expected = ", ".join(map(str, made.shape[1:]))
        raise InputError(
            f"images: got (N, C, H, W) = {tuple(images.shape)}, expected (N, {expected}), as the generator makes them. "
            "Prepare the image set for its size and channels."
        )


@torch.no_grad()
def moments(generator: Generator, label: Tensor | None, count: int) -> tuple[Tensor, Tensor]:
    """[Labels of images] -> for each the mean w, (count, style_size), and the root mean square distance from it, (count,)."""
    latents = normal(MAPPED, generator.latent_size, SEED, generator.mean.device)
    if label is None:
        kinds, kind = [None], torch.zeros(count, dtype=torch.long, device=latents.device)
    else:
        told, kind = label.to(latents.device).unique(dim=0, return_inverse=True)
        kinds = [each.expand(MAPPED, *each.shape) for each in told]
    mapped = [generator.map(latents, each) for each in kinds]
    means, deviations = zip(*((w.mean(0), (w - w.mean(0)).square().sum(1).mean().sqrt()) for w in mapped), strict=True)
    return torch.stack(means)[kind], torch.stack(deviations)[kind]


def ramps(share: float) -> float:
    """Of the rate: from 0 straight to 1, and at the end on a cosine to 0."""
    return min(1.0, share / RISE) * (0.5 - 0.5 * math.cos(math.pi * min(1.0, (1 - share) / FALL)))


def maps(generator: Generator, noise: Tensor) -> list[Tensor]:
    """Noise (N, noise_size) -> each layer's, (N, 1, side, side). The last style may be an image layer's, which has none."""
    sides = generator.sides
    while noise_numbers(sides) > generator.noise_size:
        sides = sides[:-1]
    return noise_maps(noise, sides)


def autocorrelation(noise: Tensor) -> Tensor:
    """A layer's (N, 1, side, side) -> (N,): squared correlation of neighbours, summed over both axes and over resolutions down to 8 px.

    A picture in the noise would have some at one of them. Neighbours across the border are those on the other side.
    """
    total = 0.0
    while True:
        total = total + sum((noise * noise.roll(1, axis)).mean((1, 2, 3)).square() for axis in (2, 3))
        if noise.shape[-1] <= COARSEST_NOISE:
            return total
        noise = 2 * avg_pool2d(noise, 2)  # of unit variance again


def standardised(noise: Tensor) -> Tensor:
    """(N, 1, side, side) -> each map of mean 0 and deviation 1."""
    return (noise - noise.mean((2, 3), keepdim=True)) / noise.std((2, 3), correction=0, keepdim=True)
