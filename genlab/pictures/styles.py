"""What styles and noise do to the images of a style-based generator, as sheets. Karras et al. 2018 (arXiv:1812.04948).

Labels (LATENTS,) are those of the latents, for a conditional generator; None otherwise.
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

SOURCES, DESTINATIONS = 3, 8  # of mixed styles
SHOWN, DRAWS = 8, 64  # images whose noise is drawn, and how often
WAYS, STEPS = 5, 10  # between latents, both ends included
LATENTS = 12  # that these sheets are made of, at most
LATENT_SEED, NOISE_SEED = 0, 1


def style_groups(sides: tuple[int, ...]) -> dict[str, list[bool]]:
    """Sides of the styles' layers -> which are coarse, middle and fine.

    Coarse up to 8 px or a quarter of the image's side, middle up to 32 px or half of it, whichever is less. From 64 px on these are the
    paper's groups; 4, 8 and 16 px are a group each in images of 16 px.
    """
    coarse, middle = min(8, sides[-1] // 4), min(32, sides[-1] // 2)
    return {
        "coarse": [side <= coarse for side in sides],
        "middle": [coarse < side <= middle for side in sides],
        "fine": [middle < side for side in sides],
    }


@torch.no_grad()
def mixing_matrix(generator: Generator, labels: Tensor | None) -> Sheet:
    """Above the destinations; then in each line a source and the destinations, with a group of its styles. Figure 3; the same noise."""
    count = SOURCES + DESTINATIONS
    with evaluation_mode(generator):
        styles = generator.map(latents(generator, count), told(generator, labels, count))[:, None].expand(-1, len(generator.sides), -1)
        noise = drawn_noise(generator, 1).expand(count, -1)
        images = generator.synthesise(styles, noise)
        sources, destinations = images[:SOURCES], images[SOURCES:]
        rows = {"destinations": torch.cat([torch.ones_like(images[:1]), destinations])}
        for group, is_copied in style_groups(generator.sides).items():
            if not any(is_copied):  # of images of 8 px
                continue
            copied = torch.tensor(is_copied, device=styles.device)[:, None]
            sides = [side for side, is_in in zip(generator.sides, is_copied, strict=True) if is_in]
            for number, source in enumerate(styles[:SOURCES]):
                mixed = generator.synthesise(torch.where(copied, source, styles[SOURCES:]), noise[SOURCES:])
                rows[f"{group} styles ({pixels(sides)}) of source {number + 1}, at the left"] = torch.cat([sources[number, None], mixed])
    return Sheet(rows, 1 + DESTINATIONS)


@torch.no_grad()
def noise_effect(generator: Generator, labels: Tensor | None) -> Sheet:
    """What noise changes of an image: two draws, mean and deviation over many, and no noise. Figures 4 and 5."""
    with evaluation_mode(generator):
        w = generator.map(latents(generator, SHOWN), told(generator, labels, SHOWN))
        draws = []
        mean, squares = 0.0, 0.0  # of the draws so far, and the sum of squared differences from it: no draw is kept (Welford)
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
    """From one latent to another, on a great circle in Z and straight in W; the same noise, under the label of the one."""
    with evaluation_mode(generator):
        start, end = latents(generator, 2 * WAYS).chunk(2)
        classes = told(generator, labels, WAYS)
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
    images: Tensor,  # (N, C, H, W) in [-1, 1], a few
    labels: Tensor | None = None,  # of the images
    steps: int = PROJECTION_STEPS,
) -> Sheet:
    """Held-out images, and the nearest that the generator makes of one style, and of a style a layer."""
    rows = {"held-out image": images}
    for space, per_layer in (("W", False), ("W, per layer", True)):
        found = project(generator, images, steps, per_layer, labels, progress=f"projection into {space}")
        rows[f"projected into {space}: mean squared error {found.losses[-1].mean().item():.2g} over resolutions"] = found.images
    return Sheet(rows, len(images))


def latents(generator: Generator, count: int) -> Tensor:
    """The first of those that all sheets show."""
    return normal(LATENTS, generator.latent_size, LATENT_SEED, generator.mean.device)[:count]


def told(generator: Generator, labels: Tensor | None, count: int) -> Tensor | None:
    """Their labels."""
    return None if labels is None else labels[:count].to(generator.mean.device)


def drawn_noise(generator: Generator, count: int, draw: int = 0) -> Tensor:
    """(count, noise_size)."""
    return normal(count, generator.noise_size, NOISE_SEED + draw, generator.mean.device)


def visible_factor(deviation: Tensor) -> float:
    """The greatest power of 2 by which 99 % of the pixels' deviations stay within the range of an image, 2; 1 if they are 0."""
    great = deviation.flatten().sort().values[int(0.99 * (deviation.numel() - 1))].item()
    return 2.0 ** math.floor(math.log2(2 / great)) if great > 0 else 1.0


def pixels(sides: list[int]) -> str:
    return f"{sides[0]} px" if sides[0] == sides[-1] else f"{sides[0]}-{sides[-1]} px"
