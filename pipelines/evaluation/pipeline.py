"""Evaluation of a recipe that translates images."""

from kedro.pipeline import Node, Pipeline

from pipelines.evaluation.nodes import score_translation


def create_pipeline() -> Pipeline:
    """Checkpoint + held-out images -> metrics, samples."""
    inputs = ["checkpoint", "params:model", "images", "params:compute", "params:seed", "extractor"]
    return Pipeline([Node(score_translation, inputs, ["metrics", "samples"], name="evaluate", tags="evaluate")])
