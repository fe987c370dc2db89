"""The sheet that is drawn during training: outputs of a recipe for fixed inputs."""

from collections.abc import Callable
from typing import cast

import torch
from PIL import Image
from torch import Tensor

from genlab.adversarial.fixed_samples import ROW, SHOWN, alternating_labels, class_rows
from genlab.engine.capabilities import HasComponentImages, Reconstructs, Samples, Translates, Truncated, is_conditional, truncated_by
from genlab.engine.recipe import Recipe
from genlab.engine.stream import Batch
from genlab.images.domain_names import domain_name
from genlab.images.feeding.order import evenly_spaced
from genlab.images.feeding.source import batch_of, roles
from genlab.images.pixels import to_channels_first, to_unit
from genlab.images.prepared_set import PreparedSet
from genlab.pictures.sheets import sheet

TYPICAL = 0.7  # psi of the truncated samples


def fixed_inputs(images: PreparedSet, count: int, device: torch.device) -> dict[str, Tensor]:
    """Return held-out images by role, (count, C, H, W) in [-1, 1], with their labels if they have any, the same on every call.

    If no images are held out, training images are returned.
    """
    held_out = roles(images, "test" if len(images.indices("test")) else "train")
    if "image" in held_out:
        return dict(batch_of(images, evenly_spaced(held_out["image"], count), device))
    return {role: to_unit(to_channels_first(images.images[evenly_spaced(indices, count)])).to(device) for role, indices in held_out.items()}


@torch.no_grad()
def rows(recipe: Recipe, inputs: Batch) -> dict[str, Tensor]:
    """Compute rows of images (N, C, H, W) in [-1, 1] that show what the recipe has learnt, by name.

    For a recipe that translates, see `translations`. For all others, the first row shows real images, followed by:

    - recipes with component images: samples and the means of the components, once training has begun;
    - recipes that reconstruct: reconstructions, and samples with alternating labels;
    - other conditional recipes: samples, one row per class;
    - other unconditional recipes: samples, and truncated samples if the recipe truncates styles.

    The latents of the samples are fixed.
    """
    if isinstance(recipe, Translates):
        return translations(recipe, inputs)
    sampler = cast(Samples, recipe)
    real, latents = {"real": inputs["image"]}, cast(Tensor, recipe.shown)[:, : sampler.latent_size]
    if isinstance(recipe, HasComponentImages):
        heaviest = recipe.component_log_weights().argsort(descending=True)[:SHOWN]
        means = recipe.component_means(heaviest)
        return real | {"samples": sampler.sample(latents), "means, the heaviest first": means} if len(means) else real
    if isinstance(recipe, Reconstructs):
        labels = alternating_labels(recipe.classes, latents.device) if is_conditional(recipe) else None
        return real | {"reconstructions": recipe.reconstruct(inputs), "samples": sampler.sample(latents, labels)}
    if is_conditional(recipe):
        return real | class_rows(sampler.sample, latents, recipe.classes)
    shown = real | {"samples": sampler.sample(latents)}
    if truncated_by(recipe) == Truncated.STYLES:
        shown[f"truncated, psi = {TYPICAL}"] = cast(Callable[..., Tensor], recipe.sample)(latents[:ROW], truncation=TYPICAL)
    return shown


def translations(recipe: Translates, inputs: Batch) -> dict[str, Tensor]:
    """Compute for each direction: source images, their translations, and these translated back.

    A recipe that does not translate back has the true images instead of the last row.
    """
    shown: dict[str, Tensor] = {}
    for direction in recipe.directions:
        source, target = direction.split("_to_")
        translated, back = recipe.sample(inputs[source], direction), f"{target}_to_{source}"
        shown |= {source: inputs[source], direction: translated}
        if back in recipe.directions:
            shown[f"{direction}_to_{source}"] = recipe.sample(translated, back)
        else:
            shown[target] = inputs[target]
    return shown


def sample_sheet(recipe: Recipe, images: PreparedSet, device: torch.device, count: int = 8) -> Image.Image:
    """Draw the rows of `rows` for fixed inputs, with the domains' names in the titles."""
    names = {domain: domain_name(images, domain) for domain in ("a", "b")}
    shown = rows(recipe, fixed_inputs(images, count, device))
    return sheet({" to ".join(names.get(part, part) for part in name.split("_to_")): row for name, row in shown.items()})
