"""Checkpoint and scores -> files, a card, and a version in the registry."""

from pipelines.release.pipeline import create_pipeline

__all__ = ["create_pipeline"]
