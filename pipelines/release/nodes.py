"""Nodes of the release: a trained recipe to files, and all that the registry needs to one object."""

import math
from collections.abc import Mapping
from typing import Any

from pipelines.release.card import SPREAD, groups_of
from pipelines.release.parameters import Release
from pipelines.release.promotion import Headline
from pipelines.release.registry import Registration
from pipelines.release.serving import facts_of, serving_of


def export(
    checkpoint: dict[str, Any],  # the trained recipe's state_dict
    model: Mapping[str, Any],  # the recipe's description in YAML
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    release: Release,
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Checkpoint -> the files of its release and the parity of ONNX with torch; see genlab.export.release."""
    from genlab.export.release import release_files, restored

    return release_files(restored(checkpoint, model), model, images, release.tolerance)


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
