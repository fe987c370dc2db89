"""Release of a recipe that translates images, or samples them."""

from kedro.pipeline import Node, Pipeline

from pipelines.release.card import describe
from pipelines.release.nodes import export_sampler, export_translators, register


def create_pipeline(
    translates: bool,  # else it makes images of latents
) -> Pipeline:
    """Checkpoint + metrics -> artefacts, parity, card, model version."""
    return Pipeline(
        [
            Node(
                export_translators if translates else export_sampler,
                ["checkpoint", "params:model", "images", "params:release"],
                ["artefacts", "parity"],
                name="export",
                tags="release",
            ),
            Node(
                describe,
                ["artefacts", "parity", "metrics", "params:release"],
                "card",
                name="describe",
                tags="release",
            ),
            Node(register, ["artefacts", "card", "metrics", "images"], "model_version", name="register", tags="release"),
        ]
    )
