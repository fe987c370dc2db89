"""Training: prepared images and the description of a model -> trained weights and their history."""

from pipelines.training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
