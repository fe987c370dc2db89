"""MLflow: one run per model, from its training to its release, also when these are separate commands."""

from pipelines.tracking.journal import Journal
from pipelines.tracking.names import flatten, metric_names
from pipelines.tracking.run import Run

__all__ = ["Journal", "Run", "flatten", "metric_names"]
