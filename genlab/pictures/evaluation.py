"""Views of a trained recipe that depend on its capabilities."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor

from genlab.adversarial.fixed_samples import alternating_labels
from genlab.engine.capabilities import Chooses, Encodes, HasComponentImages, Reconstructs, components_of, is_conditional, style_generator_of
from genlab.engine.recipe import Recipe
from genlab.engine.stream import Batch
from genlab.images.feeding.order import evenly_spaced
from genlab.pictures.views import Curve, Sheet, View, plane

RECONSTRUCTED = 16  # held-out images to reconstruct
PROJECTED, SEARCHED = 8, 300  # held-out images to project into W, and optimisation steps
ROWS, COLUMNS = 20, 12  # of the sheet of components


@torch.no_grad()
def views(
    recipe: Recipe,
    batch: Batch,  # held-out images, on the device of the recipe
    names: Sequence[str] = (),  # of the labels, if the images have any
) -> dict[str, View]:
    """Compute the views that the recipe's capabilities allow, by name; {} for a recipe without any of these capabilities.

    - style-based generator: `style_mixing`, `noise`, `ways`, `projection`, and no others;
    - reconstruction: `reconstructions`;
    - encoder and decoder: `traversals`, `latents`, and with a latent of size two `latent_map`;
    - images of components: `components`, `latents`;
    - a choice between several models: `choice`.
    """
    if (generator := style_generator_of(recipe)) is not None:
        return style_views(recipe, generator, batch)
    codes = recipe.encode(batch) if isinstance(recipe, Encodes) else None  # before reconstruction: both may use random draws
    found: dict[str, View] = {}
    if isinstance(recipe, Reconstructs):
        few = {name: values[:RECONSTRUCTED] for name, values in batch.items()}
        found["reconstructions"] = Sheet({"held out": few["image"], "reconstructed": recipe.reconstruct(few)}, RECONSTRUCTED)
    if codes is not None:
        found |= latent_views(cast(Encodes, recipe), batch, codes, names)
    if isinstance(recipe, HasComponentImages):
        found["components"] = components(recipe)
        found["latents"] = plane(batch["image"].flatten(1), batch.get("label"), recipe.component_means().flatten(1), names)
    if isinstance(recipe, Chooses) and len(choices := recipe.choices()) > 1:
        lines = {name: tuple(each[name] for each in choices.values()) for name in next(iter(choices.values()))}
        found["choice"] = Curve(tuple(map(float, choices)), lines, ("components", "criterion, lower is better"), float(recipe.components))
    return found


def style_views(recipe: Recipe, generator: torch.nn.Module, batch: Batch) -> dict[str, View]:
    """Compute the views of a style-based generator: style mixing, effect of noise, interpolation in Z and W, and projection into W."""
    from genlab.networks.style import Generator  # imported for recipes with styles only
    from genlab.pictures.styles import mixing_matrix, noise_effect, projection_sheet, ways

    styled = cast(Generator, generator)
    conditional, device = is_conditional(recipe), batch["image"].device
    labels = alternating_labels(recipe.classes, device) if conditional else None
    some = evenly_spaced(np.arange(len(batch["image"])), PROJECTED)  # so that they are of several classes in a sorted set
    with torch.enable_grad():  # projection is optimised by gradient descent
        return {
            "style_mixing": mixing_matrix(styled, labels),
            "noise": noise_effect(styled, labels),
            "ways": ways(styled, labels),
            "projection": projection_sheet(styled, batch["image"][some], batch["label"][some] if conditional else None, steps=SEARCHED),
        }


def latent_views(recipe: Encodes, batch: Batch, codes: tuple[Tensor, Tensor], names: Sequence[str]) -> dict[str, View]:
    """Compute latent traversals, the codes of held-out images in a plane, and, for a latent of size two, a map of decoded latents."""
    from genlab.pictures.latents import latent_map, traversals  # imported for recipes with an encoder only

    label = batch["label"][:1] if is_conditional(recipe) else None

    def decode(z: Tensor) -> Tensor:
        return recipe.decode(z, None if label is None else label.repeat(len(z)))

    centres = recipe.prior.means if components_of(recipe) is not None else None
    found: dict[str, View] = {
        "traversals": traversals(decode, recipe.prior, *codes),
        "latents": plane(codes[0], batch.get("label"), centres, names),
    }
    if recipe.prior.latent_size == 2:
        found["latent_map"] = latent_map(decode, recipe.prior)
    return found


def components(recipe: HasComponentImages) -> Sheet:
    """Draw one row per component, the heaviest first: its mean, followed by samples from it. At most ROWS components are shown."""
    weights = recipe.component_log_weights()
    heaviest = weights.argsort(descending=True)[:ROWS].tolist()
    rows = zip(heaviest, recipe.component_images(heaviest, COLUMNS), strict=True)
    return Sheet({f"component {k}, weight {float(weights[k].exp()):.3f}: mean, samples": images for k, images in rows}, COLUMNS)
