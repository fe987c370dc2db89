"""Nodes of the release: a trained recipe to files, and all that the registry needs to one object."""

import functools
import hashlib
import json
import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipelines.release.card import SPREAD, groups_of
from pipelines.release.parameters import Release
from pipelines.release.promotion import Headline
from pipelines.release.registry import Registration
from pipelines.release.serving import FACTS, facts_of, serving_of

PARITY_IMAGES = 3


def export_translators(
    checkpoint: dict[str, Any],  # the trained recipe's state_dict()
    model: Mapping[str, Any],  # the recipe's description in YAML
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    release: Release,
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """-> the artefacts, file name: content, and how far ONNX is from torch.

    A safetensors and an ONNX file for each direction, and release.json, which says what they are. All are functions of the
    arguments: equal twice, in any folder.

    Raises:
        InputError: the checkpoint is not this model's.
        ParityError: an ONNX file says something else than its network.
    """
    from genlab.images.stream import to_channels_first, to_unit
    from genlab.interfaces import translation
    from genlab.padding import smallest_side

    recipe = trained(checkpoint, model)
    networks = recipe.generators()
    example = to_unit(to_channels_first(images.images[:PARITY_IMAGES].copy()))
    stride = max(network.stride for network in networks.values())
    (noise,) = {network.noise for network in networks.values()}  # one for all directions, whose networks have one description
    facts = {
        "served_as": "translator",
        "directions": list(networks),
        "stride": stride,
        "smallest_side": max(smallest_side(network, example.shape[1], stride) for network in networks.values()),
        "noise": noise and noise._asdict(),
        "background": list(images.background),
        **recipe.facts(),
    }
    return files(networks, functools.partial(translation, example=example, stride=stride), facts, model, images, release)


def export_sampler(
    checkpoint: dict[str, Any],  # the trained recipe's state_dict()
    model: Mapping[str, Any],  # the recipe's description in YAML
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    release: Release,
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The same of a recipe that makes images of latents: generator.safetensors, generator.onnx and release.json.

    Raises:
        InputError: the checkpoint is not this model's.
        ParityError: the ONNX file says something else than the network.
    """
    from genlab.interfaces import sampling

    recipe = trained(checkpoint, model)
    networks = recipe.generators()
    facts = {
        **recipe.facts(),
        "served_as": "sampler",
        "latent_size": networks["generator"].latent_size,
        "classes": list(images.classes[: recipe.classes]),  # that it is told; none of most
    }
    if recipe.noise_size:  # all others' releases stay as they are
        facts |= {"noise_size": recipe.noise_size, "truncates": recipe.truncates}
    interface_of = functools.partial(sampling, classes=recipe.classes, noise_size=recipe.noise_size)
    return files(networks, interface_of, facts, model, images, release)


def trained(checkpoint: dict[str, Any], model: Mapping[str, Any]) -> Any:
    """The recipe, a genlab.engine.Recipe, in evaluation mode.

    Raises:
        InputError: the checkpoint is not this model's.
    """
    from genlab.build import build
    from genlab.errors import InputError

    recipe = build(model, "model")
    try:
        recipe.load_state_dict(checkpoint)
    except RuntimeError as error:  # torch's list of missing, unexpected and misshapen tensors, a line each
        differences = " ".join(str(error).split("\n\t")[1:4])
        raise InputError(f"The checkpoint was trained with another model than the one described: {differences} Train again.") from None
    return recipe.eval()


def files(
    networks: Mapping[str, Any],
    interface_of: Callable[[Any], Any],  # network -> its genlab.export.Interface
    facts: Mapping[str, Any],  # what release.json says beside that which it always says
    model: Mapping[str, Any],
    images: Any,
    release: Release,
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """-> the artefacts, and how far ONNX is from torch."""
    from genlab.export import export

    height, width, channels = images.images.shape[1:]
    with tempfile.TemporaryDirectory() as folder:
        description = {"model": model, "data_hash": images.content_hash}
        differences = export(networks, interface_of, folder, release.tolerance, description)
        artefacts = {file.name: file.read_bytes() for file in sorted(Path(folder).iterdir())}
    everything = {
        **facts,
        "channels": channels,
        "training_size": [height, width],
        "image_set": images.name,
        "data_hash": images.content_hash,
        "model": model,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in artefacts.items()},
    }
    artefacts[FACTS] = (json.dumps(everything, indent=2) + "\n").encode()
    return artefacts, {"onnx_difference": differences, "onnx_tolerance": release.tolerance}


def register(
    artefacts: dict[str, bytes],
    card: str,
    metrics: Mapping[str, Any],
    images: Any,  # a genlab.images.prepared_set.PreparedSet
) -> Registration:
    """All that makes a model version -> one object, for the registry to save."""
    serving = serving_of(facts_of(artefacts))
    scores = {}
    for group, rows in groups_of(metrics).items():
        own = next(iter(rows))  # the baselines stand below it
        scores |= {f"{group}.{own}.{score}": value for score, value in rows[own].items()}  # as the tracking hook names it
    return Registration(
        image_set=images.name,
        artefacts=artefacts,
        serving=serving,
        example=serving.example(images),
        card=card,
        headline=headline_of(metrics),
        protocol=dict(metrics["protocol"]),
        data_hash=images.content_hash,
        scores=scores,
    )


def headline_of(metrics: Mapping[str, Any]) -> Headline:
    """The headline with its spread, taken from the recipe's own row of each group.

    A score `X` has the spread `X_spread` of the first group that scores X. `X_mean` is the mean of X over the directions that the recipe
    translates in, scored independently: its spread is sqrt(sum of X_spread^2) / number of directions. None where a spread is missing.
    """
    headline = Headline(**metrics["headline"])
    own = [next(iter(rows.values())) for rows in groups_of(metrics).values()]  # the baselines stand below it
    score = headline.name
    found = [row for row in own if score in row][:1]
    if not found:
        score = score.removesuffix("_mean")
        found = [row for row in own if score in row]
    spreads = [row.get(score + SPREAD) for row in found]
    if not spreads or None in spreads:
        return headline
    return headline._replace(spread=math.hypot(*spreads) / len(spreads))
