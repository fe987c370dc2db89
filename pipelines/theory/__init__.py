"""Measures claims of the theory on known densities, and writes a page about them."""

from pipelines.theory.pipeline import create_pipeline

__all__ = ["create_pipeline"]
