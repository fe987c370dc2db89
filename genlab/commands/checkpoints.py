"""Checkpoints on the command line: a recipe's weights and its description, computed by torch."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import yaml
from torch import Tensor, nn

from genlab.api import recipe as recipe_of_library
from genlab.engine.capabilities import Infers, Samples, Translates
from genlab.engine.recipe import Recipe
from genlab.engine.weights import digest
from genlab.errors import InputError
from genlab.export.release import inference_facts, restored, sampler_facts, translator_facts
from genlab.serving.images import WHITE
from genlab.serving.release import Network, Release, read_facts

ORDER = ("z", "image", "latent", "noise", "truncation", "label")  # of a network's inputs, see genlab.export.interfaces
PARAMETERS, RELEASE = "parameters.yml", "release"  # files near a checkpoint that describe it


def open_checkpoint(
    file: Path,
    recipe: str | None,  # name of a recipe, or a YAML file; None: described by a file near the checkpoint
    device: str,  # cpu or cuda
) -> Release:
    """Restore a recipe from a checkpoint.

    Without a release, the classes are called by their numbers and the domains by their letters: a checkpoint has no names.

    Raises:
        InputError: the checkpoint has no description, does not fit it, or torch cannot use the device.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("--device: got 'cuda', but torch finds no GPU. Use --device cpu.")
    weights = read_weights(file)
    restored_recipe = restored(weights, described(file, recipe)).to(device)
    facts = near(file, weights) or facts_of(restored_recipe)
    return Release(facts, lambda name: opened(restored_recipe, name, device))


def read_weights(file: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        InputError: it is none, or it is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights: dict[str, Tensor] = load_file(file)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{file} is not a checkpoint that can be read ({error}). Train again, or copy the file again.") from None
    return weights


def described(file: Path, recipe: str | None) -> Mapping[str, Any]:
    """Description of a checkpoint's model, {class: ..., its arguments}.

    It is that of `recipe` if that is given, else the `model` of parameters.yml in the checkpoint's folder or in the one above, as among the
    artifacts of an MLflow run, else that of release/release.json next to the checkpoint.

    Raises:
        InputError: there is none.
    """
    if recipe is not None:
        return recipe_of_library(recipe)
    for place in (file.parent / PARAMETERS, file.parent.parent / PARAMETERS):
        if place.is_file():
            return model_in(place)
    if (file.parent / RELEASE / "release.json").is_file():
        model: Mapping[str, Any] = read_facts(file.parent / RELEASE)["model"]
        return model
    raise InputError(
        f"{file}: there is no description of this checkpoint: no {PARAMETERS} in its folder or the one above, no release next to it. "
        "Name the recipe that it was trained from, with the same settings: --recipe gan, or --recipe my.yml."
    )


def model_in(file: Path) -> Mapping[str, Any]:
    """Description of the model in the parameters.yml of a run.

    Raises:
        InputError: the file has no `model`.
    """
    try:
        entries = yaml.safe_load(file.read_text(encoding="utf-8"))
        model: Mapping[str, Any] = entries["model"]
    except (OSError, ValueError, yaml.YAMLError, TypeError, KeyError) as error:
        raise InputError(f"{file} describes no recipe ({type(error).__name__}: {error}); expected a `model`. Use --recipe.") from None
    return model


def near(file: Path, weights: Mapping[str, Tensor]) -> dict[str, Any] | None:
    """Facts of the release next to a checkpoint if it was made from these weights, with their names of classes and domains."""
    folder = file.parent / RELEASE
    if not (folder / "release.json").is_file():
        return None
    facts = read_facts(folder)
    return facts if facts.get("checkpoint") == digest(weights) else None


def facts_of(recipe: Recipe) -> dict[str, Any]:
    """Facts of a recipe, as in release.json, as far as they follow from its networks.

    Raises:
        InputError: the recipe neither samples nor translates.
    """
    if isinstance(recipe, Translates):
        networks = recipe.generators().values()
        channels = min(first_channels(network) for network in networks)
        return {**translator_facts(recipe, channels, WHITE, {}), "channels": channels}
    if isinstance(recipe, Samples):
        names = [str(number) for number in range(recipe.classes)]
        labels = torch.zeros(1, dtype=torch.long) if recipe.classes else None
        device = next(iter(recipe.state_dict().values())).device
        latent = torch.zeros(1, recipe.latent_size, device=device)
        _, channels, height, width = recipe.sample(latent, None if labels is None else labels.to(device)).shape
        facts = {**sampler_facts(cast(Recipe, recipe), names), "channels": channels, "training_size": [height, width]}
        return facts | ({"inference": inference_facts(recipe)} if isinstance(recipe, Infers) else {})
    raise InputError(f"{type(recipe).__name__} can neither sample nor translate, expected a recipe that can.")


def first_channels(network: nn.Module) -> int:
    """Channels of the images that a translating network takes: those of its first convolution."""
    return next(layer.in_channels for layer in network.modules() if isinstance(layer, nn.Conv2d))


def opened(recipe: Recipe, name: str, device: str) -> Network:
    """Network of a recipe, by name, with the method `run` of an onnxruntime session."""
    networks = cast(Samples, recipe).generators() | (recipe.inference() if isinstance(recipe, Infers) else {})
    return cast(Network, Computed(networks[name].eval(), device))


class Computed:
    """A torch network with the method `run` of an onnxruntime session."""

    def __init__(self, network: nn.Module, device: str):
        self.call = partial(network.to(device))
        self.device = device

    def run(self, outputs: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Inputs by name -> outputs."""
        with torch.no_grad():
            made = self.call(*(torch.from_numpy(inputs[name]).to(self.device) for name in ORDER if name in inputs))
        return [each.float().cpu().numpy() for each in (made if isinstance(made, tuple) else (made,))]
