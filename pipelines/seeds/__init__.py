"""Trains and evaluates a recipe under several seeds, and writes the spread of its scores."""

from pipelines.seeds.pipeline import create_pipeline

__all__ = ["create_pipeline"]
