"""MLflow's experiments of a project: one with its runs, and one with the leaderboards of its models."""

from typing import TYPE_CHECKING

from pipelines.tracking.address import sqlite_file
from pipelines.tracking.relocation import relocate

if TYPE_CHECKING:  # mlflow takes two seconds to import
    from mlflow import MlflowClient

EXPERIMENT, LEADERBOARDS = "genlab", "genlab-leaderboards"
# MLflow 3 opens in its mode for language models, which hides the registry, unless the address has this.
MODE = "workflowType=machine_learning"


def experiment_id(
    client: "MlflowClient",
    uri: str,  # the client's address
    name: str,
) -> str:
    """Return the id of an experiment, which is created if it does not exist, and restored if it was deleted in the UI."""
    file = sqlite_file(uri)
    # A tracking server has its own location for artifacts; that of a database is next to it.
    location = None if file is None else (file.parent / "mlartifacts").as_uri()
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        # Without this tag, the UI opens in its mode for language models, which hides the registry.
        return client.create_experiment(name, location, tags={"mlflow.experimentKind": "custom_model_development"})
    if experiment.lifecycle_stage == "deleted":
        client.restore_experiment(experiment.experiment_id)
    if file is not None and location is not None and experiment.artifact_location != location:
        relocate(file, experiment.artifact_location, location)
    return experiment.experiment_id
