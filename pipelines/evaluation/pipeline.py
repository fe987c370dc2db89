"""Evaluation of a recipe, by what it does: translate images, or sample them."""

from kedro.pipeline import Node, Pipeline

from pipelines.evaluation.nodes import score_translation
from pipelines.evaluation.sampling import score_samples


def create_pipeline(
    translates: bool,  # else it makes images of latents
) -> Pipeline:
    """Checkpoint + held-out images -> metrics, samples; of a recipe that samples also other pictures, by name."""
    inputs = ["checkpoint", "params:model", "images", "params:compute", "params:seed", "extractor"]
    score, pictures = (score_translation, ["samples"]) if translates else (score_samples, ["samples", "pictures"])
    return Pipeline([Node(score, inputs, ["metrics", *pictures], name="evaluate", tags="evaluate")])
