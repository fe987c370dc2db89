"""Pipeline that trains a recipe."""

from kedro.pipeline import Node, Pipeline

from pipelines.training.nodes import fit


def create_pipeline(
    initial: bool = False,  # whether the recipe has a key `initial`
    source: bool = False,  # whether that names a recipe, whose checkpoint is then an input
) -> Pipeline:
    """Prepared images + model description [+ checkpoint of another recipe] -> checkpoint, history, curves, selection."""
    inputs = ["model", "budget", "augmentation", "compute", "monitoring", "seed", *(["initial"] if initial else [])]
    inputs += ["source_model"] if source else []
    return Pipeline(
        [
            Node(
                fit,
                {name: f"params:{name}" for name in inputs}
                | {"images": "images", "journal": "journal", "resumption": "resumption", "caches": "caches", "kept": "kept"}
                | ({"source": "source"} if source else {}),
                ["checkpoint", "history", "curves", "selection", "finished"],
                name="fit",
                tags="train",
            ),
        ]
    )
