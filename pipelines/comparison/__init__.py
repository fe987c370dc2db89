"""Compares scored recipes of one image set, and writes a page about them."""

from pipelines.comparison.pipeline import create_pipeline

__all__ = ["create_pipeline"]
