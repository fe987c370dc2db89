"""The sheet that is drawn while a recipe trains: what it makes of fixed inputs."""

import torch
from PIL import Image
from torch import Tensor

from genlab.adversarial.fixed_samples import ROW, SHOWN, alternating_labels, class_rows
from genlab.engine.capabilities import HasComponentImages, Reconstructs, Translates, Truncated, is_conditional, truncated_by
from genlab.engine.recipe import Recipe
from genlab.engine.stream import Batch
from genlab.images.feeding.order import evenly_spaced
from genlab.images.feeding.source import batch_of, roles
from genlab.images.pixels import to_channels_first, to_unit
from genlab.images.prepared_set import PreparedSet
from genlab.pictures.sheets import sheet

TYPICAL = 0.7  # psi of the truncated samples


def fixed_inputs(images: PreparedSet, count: int, device: torch.device) -> dict[str, Tensor]:
    """Held-out images by role, (count, C, H, W) in [-1, 1], and their labels if they have any, the same on every call; training images if
    none are held out."""
    held_out = roles(images, "test" if len(images.indices("test")) else "train")
    if "image" in held_out:
        return batch_of(images, evenly_spaced(held_out["image"], count), device)
    return {role: to_unit(to_channels_first(images.images[evenly_spaced(indices, count)])).to(device) for role, indices in held_out.items()}


@torch.no_grad()
def rows(recipe: Recipe, inputs: Batch) -> dict[str, Tensor]:
    """Rows of images (N, C, H, W) in [-1, 1] that show what the recipe has learnt, by name.

    A recipe that translates: see `translations`. Of all others the real images come first. A recipe with component images adds samples and
    the components' means, once training has begun; one that reconstructs, reconstructions and samples whose labels take turns; any other,
    samples, in one row per class if it is conditional, and truncated ones if it truncates styles. Latents of samples are fixed.
    """
    if isinstance(recipe, Translates):
        return translations(recipe, inputs)
    real, latents = {"real": inputs["image"]}, recipe.shown[:, : recipe.latent_size]
    if isinstance(recipe, HasComponentImages):
        heaviest = recipe.component_log_weights().argsort(descending=True)[:SHOWN]
        means = recipe.component_means(heaviest)
        return real | {"samples": recipe.sample(latents), "means, the heaviest first": means} if len(means) else real
    if isinstance(recipe, Reconstructs):
        labels = alternating_labels(recipe.classes, latents.device) if is_conditional(recipe) else None
        return real | {"reconstructions": recipe.reconstruct(inputs), "samples": recipe.sample(latents, labels)}
    if is_conditional(recipe):
        return real | class_rows(recipe.sample, latents, recipe.classes)
    shown = real | {"samples": recipe.sample(latents)}
    if truncated_by(recipe) == Truncated.STYLES:
        shown[f"truncated, psi = {TYPICAL}"] = recipe.sample(latents[:ROW], truncation=TYPICAL)
    return shown


def translations(recipe: Translates, inputs: Batch) -> dict[str, Tensor]:
    """Each direction: images, their translations, and these translated back, or the truth if the recipe has no way back."""
    shown = {}
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
    """What the recipe makes of fixed inputs, its rows named after the domains."""
    names = {domain: domain_name(images, domain) for domain in ("a", "b")}
    shown = rows(recipe, fixed_inputs(images, count, device))
    return sheet({" to ".join(names.get(part, part) for part in name.split("_to_")): row for name, row in shown.items()})


def domain_name(images: PreparedSet, domain: str) -> str:
    """What a domain's images all are of their files (`x.jpg#edges`), else the folder that they all lie in, else the domain's letter."""
    paths = images.manifest.loc[images.manifest["domain"] == domain, "path"]
    parts, folders = ({path.rpartition(mark)[end] if mark in path else "" for path in paths} for mark, end in (("#", 2), ("/", 0)))
    return next((names.pop() for names in (parts, folders) if len(names) == 1 and "" not in names), domain)
