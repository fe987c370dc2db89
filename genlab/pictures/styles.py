"""Sheets that show the effect of styles and noise on the images of a style-based generator. Karras et al. 2018 (arXiv:1812.04948).

In these functions, `labels` (LATENTS,) are the labels of the latents for a conditional generator, and None otherwise.
"""

import math

import torch
from torch import Tensor

from genlab.networks.evaluation_mode import evaluation_mode
from genlab.networks.latents import normal, spherical_interpolation
from genlab.networks.style import Generator
from genlab.pictures.views import Sheet
from genlab.styles.projection import STEPS as PROJECTION_STEPS
from genlab.styles.projection import project

SOURCES, DESTINATIONS = 3, 8  # images whose styles are mixed
SHOWN, DRAWS = 8, 64  # images whose noise varies, and draws of the noise
WAYS, STEPS = 5, 10  # pairs of latents, and images per interpolation, both ends included
LATENTS = 12  # maximum number of latents that a sheet needs
LATENT_SEED, NOISE_SEED = 0, 1


def style_groups(sides: tuple[int, ...]) -> dict[str, list[bool]]:
    """Group the layers of a generator by the side of their images in pixels: for each group, whether a layer belongs to it.

    Coarse layers have sides up to 8 px or a quarter of the image's side, middle layers up to 32 px or half of it, whichever is less. For
    images of at least 64 px these are the groups of the paper; for images of 16 px, the groups are 4, 8 and 16 px.
    """
    coarse, middle = min(8, sides[-1] // 4), min(32, sides[-1] // 2)
    return {
        "coarse": [side <= coarse for side in sides],
        "middle": [coarse < side <= middle for side in sides],
        "fine": [middle < side for side in sides],
    }


@torch.no_grad()
def mixing_matrix(generator: Generator, labels: Tensor | None) -> Sheet:
    """Draw style mixing, figure 3 of the paper: in each row a source, and the destinations with one group of styles of that source.

    The first row shows the destinations as they are. All images have the same noise.
    """
    count = SOURCES + DESTINATIONS
    with evaluation_mode(generator):
        styles = generator.map(latents(generator, count), labels_of(generator, labels, count))[:, None].expand(-1, len(generator.sides), -1)
        noise = drawn_noise(generator, 1).expand(count, -1)
        images = generator.synthesise(styles, noise)
        sources, destinations = images[:SOURCES], images[SOURCES:]
        rows = {"destinations": torch.cat([torch.ones_like(images[:1]), destinations])}
        for group, is_copied in style_groups(generator.sides).items():
            if not any(is_copied):  # a group may be empty in images of 8 px
                continue
            copied = torch.tensor(is_copied, device=styles.device)[:, None]
            sides = [side for side, is_in in zip(generator.sides, is_copied, strict=True) if is_in]
            for number, source in enumerate(styles[:SOURCES]):
                mixed = generator.synthesise(torch.where(copied, source, styles[SOURCES:]), noise[SOURCES:])
                rows[f"{group} styles ({pixels(sides)}) of source {number + 1}, at the left"] = torch.cat([sources[number, None], mixed])
    return Sheet(rows, 1 + DESTINATIONS)


@torch.no_grad()
def noise_effect(generator: Generator, labels: Tensor | None) -> Sheet:
    """Draw the effect of noise, figures 4 and 5 of the paper: two draws, mean and standard deviation over DRAWS draws, and no noise."""
    with evaluation_mode(generator):
        w = generator.map(latents(generator, SHOWN), labels_of(generator, labels, SHOWN))
        draws = []
        # Running mean and sum of squared deviations (Welford), so that the draws need not be kept.
        mean = squares = torch.zeros((), device=w.device)
        for number in range(DRAWS):
            images = generator.synthesise(w, drawn_noise(generator, SHOWN, number))
            before = images - mean
            mean = mean + before / (number + 1)
            squares = squares + before * (images - mean)
            if number < 2:
                draws.append(images)
        deviation = (squares / (DRAWS - 1)).sqrt().mean(1, keepdim=True)  # over the channels
        without = generator.synthesise(w, torch.zeros(SHOWN, generator.noise_size, device=w.device))
    factor = visible_factor(deviation)
    rows = {
        "one draw of the noise": draws[0],
        "another draw": draws[1],
        f"mean over {DRAWS} draws": mean,
        "no noise": without,
        f"standard deviation over {DRAWS} draws, times {factor:g}": (factor * deviation - 1).clamp(max=1).expand_as(mean),  # black for 0
    }
    return Sheet(rows, SHOWN)


@torch.no_grad()
def ways(generator: Generator, labels: Tensor | None) -> Sheet:
    """Draw interpolations between pairs of latents, on a great circle in Z and on a straight line in W.

    All images have the same noise, and those of a pair have the label of its first latent.
    """
    with evaluation_mode(generator):
        start, end = latents(generator, 2 * WAYS).chunk(2)
        classes = labels_of(generator, labels, WAYS)
        in_z = spherical_interpolation(start, end, STEPS)
        share = torch.linspace(0, 1, STEPS, device=start.device)[:, None]
        noise = drawn_noise(generator, 1).expand(STEPS, -1)
        rows = {}
        for number in range(WAYS):
            label = None if classes is None else classes[number, None].expand(STEPS, *classes.shape[1:])
            on_circle = generator.map(in_z[number], label)
            straight = torch.lerp(on_circle[:1], on_circle[-1:], share)
            rows[f"pair {number + 1}, in Z"] = generator.synthesise(on_circle, noise)
            rows[f"pair {number + 1}, in W"] = generator.synthesise(straight, noise)
    return Sheet(rows, STEPS)


def projection_sheet(
    generator: Generator,
    images: Tensor,  # a few, (N, C, H, W) in [-1, 1]
    labels: Tensor | None = None,  # (N,), of the images
    steps: int = PROJECTION_STEPS,
) -> Sheet:
    """Draw held-out images and their projections into W, with one style for all layers and with one style per layer."""
    rows = {"held-out image": images}
    for space, per_layer in (("W", False), ("W, per layer", True)):
        found = project(generator, images, steps, per_layer, labels, progress=f"projection into {space}")
        rows[f"projected into {space}: mean squared error {found.losses[-1].mean().item():.2g} over resolutions"] = found.images
    return Sheet(rows, len(images))


def latents(generator: Generator, count: int) -> Tensor:
    """Return the first `count` of the fixed latents that all sheets share, (count, latent_size)."""
    return normal(LATENTS, generator.latent_size, LATENT_SEED, generator.mean.device)[:count]


def labels_of(generator: Generator, labels: Tensor | None, count: int) -> Tensor | None:
    """Return the labels of the first `count` latents on the generator's device, or None for an unconditional generator."""
    return None if labels is None else labels[:count].to(generator.mean.device)


def drawn_noise(generator: Generator, count: int, draw: int = 0) -> Tensor:
    """Return the fixed noise of this draw for `count` images, (count, noise_size)."""
    return normal(count, generator.noise_size, NOISE_SEED + draw, generator.mean.device)


def visible_factor(deviation: Tensor) -> float:
    """Return the largest power of 2 that scales 99 % of the pixels' deviations to at most 2, the range of an image; 1 if they are 0."""
    great = deviation.flatten().sort().values[int(0.99 * (deviation.numel() - 1))].item()
    return 2.0 ** math.floor(math.log2(2 / great)) if great > 0 else 1.0


def pixels(sides: list[int]) -> str:
    """Describe sides in increasing order, such as "4-8 px"."""
    return f"{sides[0]} px" if sides[0] == sides[-1] else f"{sides[0]}-{sides[-1]} px"
