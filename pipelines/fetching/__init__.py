"""Fetching data sets by name."""

from pipelines.fetching.pipeline import create_pipeline

__all__ = ["create_pipeline"]
