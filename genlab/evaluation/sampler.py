"""A recipe's samples in batches, with reproducible noise."""

import torch
from torch import Tensor

from genlab.engine.capabilities import Truncated, truncated_by
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import mix
from genlab.evaluation.settings import BATCH_SIZE, SAMPLING_SEED
from genlab.networks.latents import normal
from genlab.pictures.samples import Sample


def sampler(
    recipe: Recipe,
    device: torch.device,  # the recipe's
    own_noise: bool = True,  # each image has its own noise, for a recipe that takes noise; False: the recipe's fixed noise for all
) -> Sample:
    """Latents (N, latent_size) [, labels (N,) [, psi]] -> the recipe's images (N, C, H, W) in [-1, 1], in batches; all on the CPU.

    Only a recipe that truncates styles takes psi. An image's own noise is a function of its index in the call only.
    """

    def styled(number: int, count: int, psi: float) -> dict[str, Tensor | float | None]:
        """The arguments of a batch that only a recipe which truncates styles takes."""
        if truncated_by(recipe) != Truncated.STYLES:
            return {}
        noise = normal(BATCH_SIZE, recipe.noise_size, mix(SAMPLING_SEED, number), device)[:count] if own_noise else None
        return {"noise": noise, "truncation": psi}

    def sample(latents: Tensor, labels: Tensor | None = None, psi: float = 1.0) -> Tensor:
        given = [latents] if labels is None else [latents, labels]
        images = []
        for number, batch in enumerate(zip(*(each.split(BATCH_SIZE) for each in given), strict=True)):
            made = recipe.sample(*(each.to(device) for each in batch), **styled(number, len(batch[0]), psi))
            images.append(made.float().cpu())
        return torch.cat(images)

    return sample
