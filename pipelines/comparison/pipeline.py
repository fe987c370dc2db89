"""Pipeline that compares scored recipes of one image set."""

from kedro.pipeline import Node, Pipeline

from pipelines.comparison.nodes import compare
from pipelines.comparison.parameters import COMPARE


def create_pipeline(images: str) -> Pipeline:
    """Scores of earlier runs -> a page, Markdown and plots in data/08_reporting/compare/<image set>."""
    inputs = ["project", "compare.runs", f"params:{COMPARE}"]
    return Pipeline([Node(compare, inputs, f"{COMPARE}.{images}", name=COMPARE, tags="page", namespace=COMPARE)])
