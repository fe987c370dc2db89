"""Raw images -> a validated manifest, a report, and a prepared set."""

from pipelines.data_preparation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
