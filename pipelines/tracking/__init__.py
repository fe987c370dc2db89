"""Tracking with MLflow: one run per model for training, evaluation and release, even if these are separate commands."""

from pipelines.tracking.journal import Journal
from pipelines.tracking.names import flatten, metric_names
from pipelines.tracking.run import Run

__all__ = ["Journal", "Run", "flatten", "metric_names"]
