"""Pipeline that releases a trained recipe."""

from kedro.pipeline import Node, Pipeline

from pipelines.release.card import describe
from pipelines.release.nodes import export, register


def create_pipeline() -> Pipeline:
    """Checkpoint + metrics -> artefacts, parity, card, model version."""
    return Pipeline(
        [
            Node(
                export,
                ["checkpoint", "params:model", "images", "params:release"],
                ["artefacts", "parity"],
                name="export",
                tags="release",
            ),
            Node(
                describe,
                ["artefacts", "parity", "metrics", "params:release", "params:image_set", "studies"],
                "card",
                name="describe",
                tags="release",
            ),
            Node(register, ["artefacts", "card", "metrics", "images"], "model_version", name="register", tags="release"),
        ]
    )
