"""Pipeline that measures the claims of the theory."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline

from pipelines.theory.nodes import measure, page
from pipelines.theory.parameters import THEORY


def create_pipeline(claims: Iterable[str]) -> Pipeline:
    """Description of each claim -> its measurement; all measurements that exist -> the page.

    The page shows the claims that were measured by earlier runs as well.
    """
    names = list(claims)
    shared = ["params:theory.densities", "params:theory.seed"]
    nodes = [
        Node(measure, [f"params:theory.claims.{name}", *shared], f"theory.{name}", name=name, tags="measure", namespace=THEORY)
        for name in names
    ]
    inputs = ["theory.measured", *(f"theory.{name}" for name in names)]
    return Pipeline([*nodes, Node(page, inputs, "theory.page", name="page", tags="page", namespace=THEORY)])
