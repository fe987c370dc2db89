"""Prepared images and a model's description -> trained weights and their history."""

from pipelines.training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
