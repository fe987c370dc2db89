"""Pipeline that prepares one image set. pipelines.pipeline_registry puts it in the set's namespace."""

from kedro.pipeline import Node, Pipeline

from pipelines.data_preparation.nodes import gate, prepare, read, validate


def create_pipeline() -> Pipeline:
    """Raw images + declaration + expectations -> manifest, validation, report, validated manifest, quarantine, prepared set.

    `validate` and `gate` are separate nodes, so that the report is saved before a failure stops the run.
    """
    return Pipeline(
        [
            Node(read, ["params:image_set", "project", "store"], "manifest", name="read", tags="prepare"),
            Node(
                validate,
                ["manifest", "params:image_set", "expectations", "project", "store"],
                ["validation", "validation_report"],
                name="validate",
                tags="prepare",
            ),
            Node(gate, ["manifest", "validation", "params:image_set"], ["validated", "quarantine"], name="gate", tags="prepare"),
            Node(prepare, ["validated", "params:image_set", "project", "store"], "images", name="prepare", tags="prepare"),
        ]
    )
