"""Nodes of the release pipeline: export a trained recipe, and collect what the registry needs."""

from collections.abc import Mapping
from typing import Any

from genlab.evaluation.scores import Evaluation
from pipelines.release.parameters import Release
from pipelines.release.registry import Registration
from pipelines.release.serving import facts_of, serving_of


def export(
    checkpoint: dict[str, Any],  # the trained recipe's state_dict
    model: Mapping[str, Any],  # the recipe's description, from its YAML
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    release: Release,
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Export a checkpoint -> ({file name: content}, differences between ONNX and torch). See genlab.export.release."""
    from genlab.export.release import release_files, restored

    return release_files(restored(checkpoint, model), model, images, release.tolerance)


def register(
    artefacts: dict[str, bytes],
    card: str,
    metrics: Mapping[str, Any],
    images: Any,  # a genlab.images.prepared_set.PreparedSet
) -> Registration:
    """Collect the contents of a model version in one object, which the registry saves."""
    serving = serving_of(facts_of(artefacts))
    evaluation = Evaluation.from_json(metrics)
    return Registration(
        image_set=images.name,
        artefacts=artefacts,
        serving=serving,
        example=serving.example(images),
        card=card,
        headline=evaluation.headline,
        protocol=dict(metrics["protocol"]),
        data_hash=images.content_hash,
        scores=evaluation.own_scores(),  # with the names that the tracking hook uses
    )
