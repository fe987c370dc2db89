"""Data preparation: raw images -> validated manifest, validation report and prepared set."""

from pipelines.data_preparation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
