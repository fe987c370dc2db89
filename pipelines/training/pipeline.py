"""Pipeline that trains a recipe."""

from kedro.pipeline import Node, Pipeline

from pipelines.training.nodes import fit


def create_pipeline() -> Pipeline:
    """Prepared images + model description -> checkpoint, history, curves."""
    inputs = ["model", "budget", "augmentation", "compute", "monitoring", "seed"]
    return Pipeline(
        [
            Node(
                fit,
                {name: f"params:{name}" for name in inputs} | {"images": "images", "journal": "journal", "resumption": "resumption"},
                ["checkpoint", "history", "curves", "finished"],
                name="fit",
                tags="train",
            ),
        ]
    )
