"""Pipeline that evaluates a trained recipe."""

from kedro.pipeline import Node, Pipeline

from pipelines.evaluation.nodes import score


def create_pipeline() -> Pipeline:
    """Checkpoint + held-out images -> metrics, a sheet of samples, and other pictures by name (none for a recipe that translates)."""
    inputs = [f"params:{name}" for name in ("model", "compute", "seed", "evaluation", "budget")]
    named = {name.removeprefix("params:"): name for name in (*inputs, "checkpoint", "images", "caches", "selection")}
    return Pipeline([Node(score, named, ["metrics", "samples", "pictures"], name="evaluate", tags="evaluate")])
