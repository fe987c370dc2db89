"""Evaluation: checkpoint and held-out images -> scores, scores of baselines, and pictures."""

from pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
