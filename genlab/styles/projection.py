"""Projection: find the style of the image nearest to a given one. Karras et al. 2019 (arXiv:1912.04958), section 5 and appendix D."""

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

STEPS, RATE = 1000, 0.1  # number of steps and peak learning rate of Adam
RISE, FALL = 0.05, 0.25  # ramps of the learning rate at the start and at the end, as shares of the steps
SEARCH, REACH = 0.75, 0.05  # share of the steps with random perturbations of w, and their initial size in deviations of w
REGULARISATION = 1e5  # alpha, weight of the noise regularisation
MAPPED = 10_000  # number of latents for the mean and deviation of w
SEED = 0
COARSEST_NOISE = 8  # px, smallest side to which the noise of a layer is averaged down


class Projected(NamedTuple):
    """Result of a projection: styles and noise, the images generated from them, and the losses."""

    styles: Tensor  # (N, style_size), or one per layer, (N, layers, style_size)
    noise: Tensor  # (N, noise_size)
    images: Tensor  # (N, C, H, W)
    losses: Tensor  # (steps + 1, N): distances of the perturbed w at each step, and finally those of `images`


def pyramid_distance(first: Tensor, second: Tensor) -> Tensor:
    """Images (N, C, H, W), (N, C, H, W) -> (N,): mean squared difference, averaged over the resolutions H, H / 2, ..., 4 px.

    Replaces the paper's LPIPS, which needs a pretrained network that is not available here. Coarse resolutions guide the search while
    fine ones do not match yet.
    """
    difference, distances = first - second, []
    while True:
        distances.append(difference.square().mean((1, 2, 3)))
        if difference.shape[-1] < 2 * COARSEST:
            return torch.stack(distances).mean(0)
        difference = avg_pool2d(difference, 2)


def project(
    generator: Generator,  # is not changed
    images: Tensor,  # (N, C, H, W) in [-1, 1]
    steps: int = STEPS,
    per_layer: bool = False,  # search one style per layer, W+ (arXiv:1904.03189): a better fit, but less meaningful styles
    label: Tensor | None = None,  # one per image, for a conditional generator: the search starts from the mean w of the class
    optimise_noise: bool = False,  # as in the paper; False: keep the noise as drawn
    distance: Callable[[Tensor, Tensor], Tensor] = pyramid_distance,  # images, images -> (N,)
    progress: str = "",  # title of the progress bar; "": no bar
) -> Projected:
    """Find the styles that generate the images nearest to given ones, by gradient descent from the mean w.

    Raises:
        InputError: the images do not have the size and channels of the generator's images.
    """
    with evaluation_mode(generator):
        check_images(generator, images)
        images = images.to(generator.mean.device)
        noise = normal(len(images), generator.noise_size, SEED, images.device)
        mean, deviation = moments(generator, label, len(images))
        w = mean[:, None].repeat(1, len(generator.sides), 1) if per_layer else mean
        variables = [variable.requires_grad_() for variable in ([w, noise] if optimise_noise else [w])]
        optimizer = torch.optim.Adam(variables)
        deviation, randomness = deviation.reshape(-1, *[1] * (w.dim() - 1)), torch.Generator().manual_seed(mix(SEED))
        losses = []
        for step in tqdm(range(steps), progress, unit="step", disable=None if progress else True):
            share = step / steps
            optimizer.param_groups[0]["lr"] = RATE * ramps(share)
            reach = REACH * max(0.0, 1 - share / SEARCH) ** 2 * deviation
            with torch.enable_grad():
                moved = w + reach * torch.randn(w.shape, generator=randomness).to(w)
                loss = distance(generator.synthesise(moved, noise), images)
                objective = loss.sum()  # not the mean: the result for an image must not depend on the number of images
                if optimise_noise:
                    objective = objective + REGULARISATION * sum(autocorrelation(each).sum() for each in split_noise(generator, noise))
            optimizer.zero_grad()
            objective.backward(inputs=variables)
            optimizer.step()
            if optimise_noise:
                with torch.no_grad():
                    noise.copy_(torch.cat([standardise(each).flatten(1) for each in split_noise(generator, noise)], 1))
            losses.append(loss.detach())
        with torch.no_grad():
            made = generator.synthesise(w, noise)
            losses.append(distance(made, images))
    return Projected(w.detach(), noise.detach(), made, torch.stack(losses))


@torch.no_grad()
def check_images(generator: Generator, images: Tensor) -> None:
    """Check that images (N, C, H, W) have the size and channels of the generator's images.

    Raises:
        InputError: they do not.
    """
    made = generator.synthesise(generator.mean[None], torch.zeros(1, generator.noise_size, device=generator.mean.device))
    if images.dim() != 4 or images.shape[1:] != made.shape[1:]:
        expected = ", ".join(map(str, made.shape[1:]))
        raise InputError(
            f"images: got (N, C, H, W) = {tuple(images.shape)}, expected (N, {expected}), as the generator makes them. "
            "Prepare the image set for its size and channels."
        )


@torch.no_grad()
def moments(generator: Generator, label: Tensor | None, count: int) -> tuple[Tensor, Tensor]:
    """Mean w (count, style_size) and root-mean-square distance from it (count,), for each of `count` images, given its label if any."""
    latents = normal(MAPPED, generator.latent_size, SEED, generator.mean.device)
    if label is None:
        kinds, kind = [None], torch.zeros(count, dtype=torch.long, device=latents.device)
    else:
        distinct, kind = label.to(latents.device).unique(dim=0, return_inverse=True)
        kinds = [each.expand(MAPPED, *each.shape) for each in distinct]
    mapped = [generator.map(latents, each) for each in kinds]
    means, deviations = zip(*((w.mean(0), (w - w.mean(0)).square().sum(1).mean().sqrt()) for w in mapped), strict=True)
    return torch.stack(means)[kind], torch.stack(deviations)[kind]


def ramps(share: float) -> float:
    """Factor of the learning rate after a share of the steps: a linear rise from 0 to 1 at the start, a cosine fall to 0 at the end."""
    return min(1.0, share / RISE) * (0.5 - 0.5 * math.cos(math.pi * min(1.0, (1 - share) / FALL)))


def split_noise(generator: Generator, noise: Tensor) -> list[Tensor]:
    """Split noise (N, noise_size) into one map per layer, (N, 1, side, side). An image layer at the end has a style, but no noise."""
    sides = generator.sides
    while noise_numbers(sides) > generator.noise_size:
        sides = sides[:-1]
    return noise_maps(noise, sides)


def autocorrelation(noise: Tensor) -> Tensor:
    """Noise map (N, 1, side, side) -> (N,): squared correlation of neighbours, summed over both axes and over resolutions down to 8 px.

    A picture in the noise would be correlated at one of these resolutions. Neighbours wrap around at the borders.
    """
    total: Tensor | float = 0.0
    while True:
        total = total + sum((noise * noise.roll(1, axis)).mean((1, 2, 3)).square() for axis in (2, 3))
        if noise.shape[-1] <= COARSEST_NOISE:
            assert isinstance(total, Tensor)
            return total
        noise = 2 * avg_pool2d(noise, 2)  # restores unit variance


def standardise(noise: Tensor) -> Tensor:
    """Normalise each noise map (N, 1, side, side) to mean 0 and standard deviation 1."""
    return (noise - noise.mean((2, 3), keepdim=True)) / noise.std((2, 3), correction=0, keepdim=True)
