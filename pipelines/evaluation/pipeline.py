"""Pipeline that evaluates a trained recipe."""

from kedro.pipeline import Node, Pipeline

from pipelines.evaluation.nodes import score


def create_pipeline() -> Pipeline:
    """Checkpoint + held-out images -> metrics, a sheet of samples, and other pictures by name (none for a recipe that translates)."""
    inputs = ["checkpoint", "params:model", "images", "params:compute", "params:seed", "params:evaluation", "caches", "params:budget"]
    return Pipeline([Node(score, inputs, ["metrics", "samples", "pictures"], name="evaluate", tags="evaluate")])
