"""Pictures of a recipe that samples."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from genlab.engine.capabilities import is_conditional, truncated_by
from genlab.engine.recipe import Recipe
from genlab.engine.stream import Batch
from genlab.evaluation.likelihood import first
from genlab.evaluation.scores import Group
from genlab.evaluation.settings import VIEWED
from genlab.images.prepared_set import PreparedSet
from genlab.pictures.draw import draw
from genlab.pictures.evaluation import views
from genlab.pictures.samples import (
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
    sample: Sample,  # the recipe's, with the same noise for all images
    latents: Tensor,  # (N, latent_size), of the samples
    samples: Tensor,  # (N, C, H, W)
    resembling: np.ndarray,  # (M, K): the samples' nearest images of the set
    held_out: Batch,
    images: PreparedSet,
    truncations: Group | None,  # scores by truncation, if the recipe has them
) -> tuple[Image.Image, dict[str, Image.Image]]:
    """A sheet of samples, one row per class if they are made given labels; and pictures by name.

    These are: interpolation, neighbours, truncation; given labels also class_interpolation; with scores by truncation also
    truncation_curve; and the views of genlab.pictures.evaluation.
    """
    names, by = images.classes if is_conditional(recipe) else (), TRUNCATIONS[truncated_by(recipe)]
    turns = torch.arange(LATENTS) % len(names) if names else None  # of a sorted set the first held-out images may all be of one class
    pictures = {
        "interpolation": interpolation(sample, latents, turns),
        "neighbours": neighbours(samples, resembling, images),
        "truncation": truncation(sample, latents, turns, by),
    }
    if len(names) > 1:
        pictures["class_interpolation"] = class_interpolation(sample, latents, names, recipe.classes)
    if truncations is not None:
        pictures["truncation_curve"] = draw(truncation_curve(truncations.to_json(), by))
    pictures |= {name: draw(view) for name, view in views(recipe, first(held_out, VIEWED), images.classes).items()}
    return class_grid(sample, latents, names) if names else grid(samples), pictures
