"""Makes a study in which people judge images of released models, and analyses their answers."""

from pipelines.user_study.pipeline import create_pipeline

__all__ = ["create_pipeline"]
