"""Sampling in batches with reproducible noise."""

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor

from genlab.engine.capabilities import Samples, Truncated, truncated_by
from genlab.engine.in_order import Batches
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import mix
from genlab.networks.latents import normal, of_seeds

BATCH_SIZE = 32  # images per call of a recipe
SAMPLING_SEED = 0  # of the latents; independent of the seed of the training, so that all models sample the same latents
Sample = Callable[..., Tensor]  # latents (N, latent_size) [, labels (N,) [, psi]] -> images (N, C, H, W) in [-1, 1]


def sampler(
    recipe: Recipe,
    device: torch.device,  # device of the recipe
    own_noise: bool = True,  # for recipes that truncate styles. True: new noise for each image; False: the recipe's fixed noise
) -> Sample:
    """Make a function: latents (N, latent_size) [, labels (N,) [, psi]] -> images (N, C, H, W) in [-1, 1], computed in batches.

    Inputs and outputs of the function are on the CPU. Only a recipe that truncates styles uses psi. The noise of an image depends only on
    the index of the image in the call.
    """
    batches = batch_sampler(recipe, device, own_noise)

    def sample(latents: Tensor, labels: Tensor | None = None, psi: float = 1.0) -> Tensor:
        return torch.cat(list(batches(latents, labels, psi)))

    return sample


def batch_sampler(recipe: Recipe, device: torch.device, own_noise: bool = True) -> Callable[..., Batches[Tensor]]:
    """Make a function like that of `sampler` whose images are computed batch by batch, so that they need no memory together."""

    def styled(number: int, count: int, psi: float) -> dict[str, Tensor | float | None]:
        """Return the further arguments of one batch for a recipe that truncates styles; {} for all other recipes."""
        if truncated_by(recipe) != Truncated.STYLES:
            return {}
        noise = normal(BATCH_SIZE, recipe.noise_size, mix(SAMPLING_SEED, number), device)[:count] if own_noise else None
        return {"noise": noise, "truncation": psi}

    def batches(latents: Tensor, labels: Tensor | None = None, psi: float = 1.0) -> Batches[Tensor]:
        given = [latents] if labels is None else [latents, labels]
        draw: Sample = cast(Samples, recipe).sample

        def batch(start: int, stop: int) -> Tensor:
            return draw(*(each[start:stop].to(device) for each in given), **styled(start // BATCH_SIZE, stop - start, psi)).float().cpu()

        return Batches(len(latents), BATCH_SIZE, batch)

    return batches


def seeded(
    recipe: Recipe,
    device: torch.device,  # device of the recipe
    seeds: Sequence[int],
) -> tuple[Tensor, Sample]:
    """Latents of seeds, (N, latent_size), and a function that samples as a released model does: with the noise of each seed.

    The function takes latents (M, latent_size) [, labels (M,)] with M a multiple of N.
    """
    latents, _, noise = of_seeds(seeds, cast(Samples, recipe).latent_size, recipe.classes, recipe.noise_size)

    def sample(latents: Tensor, labels: Tensor | None = None) -> Tensor:
        given = [latents] if labels is None else [latents, labels]
        draw: Sample = cast(Samples, recipe).sample
        images = []
        for batch in zip(*(each.split(len(seeds)) for each in given), strict=True):
            more = {"noise": noise.to(device)} if truncated_by(recipe) == Truncated.STYLES else {}
            images.append(draw(*(each.to(device) for each in batch), **more).float().cpu())
        return torch.cat(images)

    return latents, sample
