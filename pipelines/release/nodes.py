"""Nodes of the release pipeline: export a trained recipe, and collect what the registry needs."""

from collections.abc import Mapping
from typing import Any

from pipelines.release.parameters import Release
from pipelines.release.registry import Registration


def export(
    checkpoint: dict[str, Any],  # the trained recipe's state_dict
    model: Mapping[str, Any],  # the recipe's description, from its YAML
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    release: Release,
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Export a checkpoint -> ({file name: content}, differences between ONNX and torch). See genlab.export.release."""
    from genlab.export.limits import Requests
    from genlab.export.release import release_files, restored

    requests = Requests(**release.requests.model_dump())
    return release_files(restored(checkpoint, model), model, images, release.tolerance, requests)


def register(
    artefacts: dict[str, bytes],
    card: str,
    metrics: Mapping[str, Any],
    images: Any,  # a genlab.images.prepared_set.PreparedSet
) -> Registration:
    """Collect the contents of a model version in one object, which the registry saves."""
    return Registration.of(artefacts, card, metrics, images)
