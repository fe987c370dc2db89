"""Release: checkpoint and scores -> exported files, model card, and a version in the model registry."""

from pipelines.release.pipeline import create_pipeline

__all__ = ["create_pipeline"]
