"""Pipeline that fetches a data set by name."""

from kedro.pipeline import Node, Pipeline

from pipelines.fetching.nodes import fetch
from pipelines.fetching.parameters import FETCH


def create_pipeline() -> Pipeline:
    """Declaration of the chosen set -> its folder in data/01_raw."""
    return Pipeline([Node(fetch, [f"params:{FETCH}", "project"], None, name=FETCH, tags=FETCH, namespace=FETCH)])
