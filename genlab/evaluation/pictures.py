"""Pictures for the evaluation of a recipe that samples."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from genlab.engine.capabilities import is_conditional, truncated_by
from genlab.engine.recipe import Recipe
from genlab.evaluation.reference import Reference
from genlab.evaluation.sampler import seeded
from genlab.evaluation.scores import Group
from genlab.evaluation.settings import Settings
from genlab.images.feeding.source import batch_of
from genlab.pictures.draw import draw
from genlab.pictures.evaluation import views
from genlab.pictures.samples import (
    COLUMNS,
    LATENTS,
    TRUNCATIONS,
    Sample,
    class_grid,
    class_interpolation,
    grid,
    interpolation,
    neighbours,
    truncation,
    truncation_curve,
)


def sample_pictures(
    recipe: Recipe,
    device: torch.device,  # device of the recipe
    sample: Sample,  # sampling function of the recipe, with the same noise for all images
    latents: Tensor,  # (N, latent_size), of the samples
    samples: Tensor,  # (N, C, H, W), the first of the scored samples
    resembling: np.ndarray,  # (M, K): indices of the training images nearest to each sample
    reference: Reference,
    settings: Settings,
    truncations: Group | None,  # scores by truncation, if the recipe has them
) -> tuple[Image.Image, dict[str, Image.Image]]:
    """Draw a sheet of samples, with one row per class for a conditional recipe, and further pictures by name.

    The sheet shows the seeds 0, 1, 2, ... as a released model generates them; the other pictures show the scored samples.

    The pictures are `interpolation`, `neighbours`, `truncation`; for a conditional recipe with several classes `class_interpolation`; with
    scores by truncation `truncation_curve`; and the views of `genlab.pictures.evaluation`.
    """
    images = reference.images
    names, by = images.classes if is_conditional(recipe) else (), TRUNCATIONS[truncated_by(recipe)]
    turns = torch.arange(LATENTS) % len(names) if names else None  # not the held-out labels: in a sorted set the first may all be equal
    pictures = {
        "interpolation": interpolation(sample, latents, turns),
        "neighbours": neighbours(samples, resembling, images),
        "truncation": truncation(sample, latents, turns, by),
    }
    if len(names) > 1:
        pictures["class_interpolation"] = class_interpolation(sample, latents, names, recipe.classes)
    if truncations is not None:
        pictures["truncation_curve"] = draw(truncation_curve(truncations.to_json(), by))
    held_out = batch_of(images, reference.test[: settings.viewed], device)
    pictures |= {name: draw(view) for name, view in views(recipe, held_out, images.classes).items()}
    latents, sample = seeded(recipe, device, range(COLUMNS if names else LATENTS))
    return class_grid(sample, latents, names) if names else grid(sample(latents)), pictures
