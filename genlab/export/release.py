"""The files of a release: networks as safetensors and ONNX, and release.json, which describes them."""

import functools
import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from torch import Tensor, nn

from genlab.build import build
from genlab.engine.capabilities import Infers, Samples, Translates, truncated_by
from genlab.engine.json_text import json_text
from genlab.engine.recipe import Recipe
from genlab.engine.weights import digest
from genlab.errors import InputError
from genlab.export import limits
from genlab.export.interfaces import inferring, sampling, translation
from genlab.export.networks import Interface, export
from genlab.images.domain_names import domain_names
from genlab.images.pixels import to_channels_first, to_unit
from genlab.images.prepared_set import PreparedSet
from genlab.networks import style
from genlab.networks.contracts import Sampler, Translator
from genlab.serving.depth import SIXTEEN
from genlab.translation.padding import smallest_side

FACTS = "release.json"
PARITY_IMAGES = 3
Description = Mapping[str, Any]  # {class: ..., its arguments}, see genlab.build
Facts = dict[str, Any]  # JSON-able


def restored(
    checkpoint: Mapping[str, Tensor],  # the trained recipe's state_dict
    model: Description,
) -> Recipe:
    """Build the recipe that a checkpoint was saved from, in evaluation mode.

    Raises:
        InputError: the checkpoint belongs to another model.
    """
    recipe: Recipe = build(model, "model")
    try:
        recipe.load_state_dict(checkpoint)
    except RuntimeError as error:  # torch lists missing, unexpected and misshapen tensors, one per line
        differences = " ".join(str(error).split("\n\t")[1:4])
        raise InputError(f"The checkpoint was trained with another model than the one described: {differences} Train again.") from None
    return recipe.eval()


def release_files(
    recipe: Recipe,
    model: Description,  # of the recipe, stored in every file
    images: PreparedSet,
    tolerance: float = 1e-4,  # largest absolute difference of ONNX from torch, for images in [-1, 1]
    requests: limits.Requests = limits.BY_MEASUREMENT,  # limits of requests to the served model
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Files of a release by name, and the parity {"onnx_difference": {network: value}, "onnx_tolerance": value}.

    A release has one safetensors and one ONNX file per network, and release.json. The contents depend on the arguments only.

    Raises:
        InputError: the recipe neither samples nor translates.
        ParityError: an ONNX file differs from its network by more than the tolerance.
    """
    if isinstance(recipe, Translates):
        facts, interface_of = of_translator(recipe, images, requests)
    elif isinstance(recipe, Samples):
        facts, interface_of = of_sampler(recipe, images, requests)
    else:
        raise InputError(
            f"{type(recipe).__name__} can't be released: expected `directions` or `latent_size`, see genlab.engine.capabilities."
        )
    height, width, channels = images.images.shape[1:]
    with tempfile.TemporaryDirectory() as folder:
        description = {"model": model, "data_hash": images.content_hash}
        differences = export(recipe.generators(), interface_of, folder, tolerance, description)
        if isinstance(recipe, Infers):
            facts |= {"inference": inference_facts(recipe), "background": list(images.background)}
            interface_of = functools.partial(inferring, images=example_of(images))
            differences |= export(recipe.inference(), interface_of, folder, tolerance, description)
        artefacts = {file.name: file.read_bytes() for file in sorted(Path(folder).iterdir())}
    everything = {
        **facts,
        "channels": channels,
        "training_size": [height, width],
        **({} if images.bits == SIXTEEN else {"bits": images.bits}),
        "image_set": images.name,
        "data_hash": images.content_hash,
        "model": model,
        "checkpoint": digest(recipe.state_dict()),
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in artefacts.items()},
    }
    artefacts[FACTS] = (json_text(everything, indent=2) + "\n").encode()
    return artefacts, {"onnx_difference": differences, "onnx_tolerance": tolerance}


def of_translator(recipe: Recipe, images: PreparedSet, requests: limits.Requests) -> tuple[Facts, Callable[[nn.Module], Interface]]:
    """Facts about a translating recipe for release.json, and the interface of its networks."""
    example = example_of(images)
    facts = translator_facts(recipe, example.shape[1], images.background, domain_names(images))
    networks = cast(Translates, recipe).generators().values()
    facts["limits"] = limits.of_translator(requests, networks, example.shape[1], facts["stride"], facts["smallest_side"])
    return facts, functools.partial(translation, example=example, stride=facts["stride"])


def example_of(images: PreparedSet) -> Tensor:
    """First images of a set (PARITY_IMAGES, C, H, W) in [-1, 1], on which parity is measured."""
    return to_unit(to_channels_first(images.images[:PARITY_IMAGES].copy()))


def inference_facts(recipe: Infers) -> Facts:
    """Facts about the networks that infer from images: what is done to images first, and the outputs of each network."""
    outputs = {name: list(cast(tuple[str, ...], network.outputs)) for name, network in recipe.inference().items()}
    return {"preparation": recipe.preparation._asdict(), "networks": outputs}


def translator_facts(
    recipe: Recipe,
    channels: int,  # of the images
    background: Sequence[int],  # RGB colour behind transparent pixels
    domains: Mapping[str, str],  # name of each domain
) -> Facts:
    """Facts about a translating recipe: how its networks are to be used."""
    networks = cast(Translates, recipe).generators()
    stated = [cast(Translator, network) for network in networks.values()]
    stride = max(network.stride for network in stated)
    (noise,) = {network.noise for network in stated}  # equal for both directions, whose networks have one description
    return {
        "served_as": "translator",
        "directions": list(networks),
        "domains": dict(domains),
        "stride": stride,
        "smallest_side": max(smallest_side(network, channels, stride) for network in networks.values()),
        "noise": noise and noise._asdict(),
        "background": list(background),
        **recipe.facts(),
    }


def of_sampler(recipe: Recipe, images: PreparedSet, requests: limits.Requests) -> tuple[Facts, Callable[[nn.Module], Interface]]:
    """Facts about a sampling recipe for release.json, and the interface of its network."""
    facts = sampler_facts(recipe, images.classes) | {"limits": limits.of_sampler(requests, *images.images.shape[1:])}
    layers = facts.get("layers", 0)
    return facts, functools.partial(sampling, classes=recipe.classes, noise_size=recipe.noise_size, layers=layers)


def sampler_facts(
    recipe: Recipe,
    classes: Sequence[str],  # names of the image set's classes
) -> Facts:
    """Facts about a sampling recipe: how its network is to be used."""
    generator = cast(Sampler, cast(Samples, recipe).generators()["generator"])
    facts = {
        **recipe.facts(),
        "served_as": "sampler",
        "latent_size": generator.latent_size,
        "classes": list(classes[: recipe.classes]),  # classes that the model is conditional on
    }
    if recipe.noise_size:  # only style-based recipes have these facts
        layers = len(cast(style.Generator, generator).sides)
        facts |= {"noise_size": recipe.noise_size, "truncates": truncated_by(recipe).value, "layers": layers}
    return facts
