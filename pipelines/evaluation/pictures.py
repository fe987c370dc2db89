"""Pictures of a recipe that samples."""

from collections.abc import Callable, Mapping
from typing import Any

from pipelines.evaluation.likelihood import VIEWED, first


def sample_pictures(
    recipe: Any,  # a genlab.engine.Recipe
    sample: Callable[..., Any],  # its, with one noise for all: latents, labels or None [, psi] -> images (N, C, H, W) in [-1, 1]
    latents: Any,  # (N, latent_size), of the samples
    samples: Any,  # (N, C, H, W)
    resembling: Any,  # (M, K): the samples' nearest images of the set
    truth: Mapping[str, Any],  # the held-out images as a batch
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    truncations: Mapping[str, Mapping[str, float]] | None,  # of a recipe that is told labels, or truncates styles: scores by value
) -> tuple[Any, dict[str, Any]]:
    """The samples, where labels are told a row a class; and by name: interpolation, neighbours, truncation, with labels told also
    class_interpolation, with scores by truncation also truncation_curve; and the recipe's own views."""
    import torch

    from genlab.drawing import draw
    from genlab.sampling_pictures import (
        LATENTS,
        TRUNCATIONS,
        class_grid,
        class_interpolation,
        grid,
        interpolation,
        neighbours,
        truncation,
        truncation_curve,
    )

    names, by = images.classes if recipe.classes else (), TRUNCATIONS[recipe.truncates]
    turns = torch.arange(LATENTS) % len(names) if names else None  # of a sorted set the first held-out images may all be of one class
    pictures = {
        "interpolation": interpolation(sample, latents, turns),
        "neighbours": neighbours(samples, resembling, images),
        "truncation": truncation(sample, latents, turns, by),
    }
    if len(names) > 1:
        pictures["class_interpolation"] = class_interpolation(sample, latents, names, recipe.classes)
    if truncations is not None:
        pictures["truncation_curve"] = draw(truncation_curve(truncations, by))
    pictures |= {name: draw(view) for name, view in recipe.views(first(truth, VIEWED), images.classes).items()}
    return class_grid(sample, latents, names) if names else grid(samples), pictures
