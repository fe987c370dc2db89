"""Evaluation of a recipe, by what it does: translate images, or sample them."""

from kedro.pipeline import Node, Pipeline

from pipelines.evaluation.nodes import score_samples, score_translation


def create_pipeline(
    translates: bool,  # else it makes images of latents
) -> Pipeline:
    """Checkpoint + held-out images -> metrics, samples; of a recipe that samples also other pictures, by name."""
    inputs = ["checkpoint", "params:model", "images", "params:compute", "params:seed", "extractor"]
    outputs = ["metrics", "samples"]
    if translates:
        return Pipeline([Node(score_translation, inputs, outputs, name="evaluate", tags="evaluate")])
    inputs, outputs = [*inputs, "classifiers", "params:budget"], [*outputs, "pictures"]
    return Pipeline([Node(score_samples, inputs, outputs, name="evaluate", tags="evaluate")])
