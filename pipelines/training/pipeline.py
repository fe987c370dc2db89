"""Pipeline that trains a recipe."""

from kedro.pipeline import Node, Pipeline

from pipelines.training.nodes import fit


def create_pipeline() -> Pipeline:
    """Prepared images + model description -> checkpoint, history, curves, selection."""
    inputs = ["model", "budget", "augmentation", "compute", "monitoring", "seed"]
    return Pipeline(
        [
            Node(
                fit,
                {name: f"params:{name}" for name in inputs}
                | {"images": "images", "journal": "journal", "resumption": "resumption", "caches": "caches"},
                ["checkpoint", "history", "curves", "selection", "finished"],
                name="fit",
                tags="train",
            ),
        ]
    )
