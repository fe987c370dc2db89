"""Nodes of the theory pipeline, adapters of genlab.theory and genlab.reports."""

from collections.abc import Callable, Mapping
from typing import Any

Claim = Any  # genlab.theory.claim.Claim


def measure(claim: dict[str, Any], densities: Mapping[str, Any], seed: int) -> Claim:
    """Build the experiment of a claim from its description, and measure it."""
    from genlab.build import build
    from pipelines.theory.densities import with_densities

    return build(with_densities(claim, densities, "theory.claims"), "theory.claims").measure(seed)


def page(
    measured: Callable[[], tuple[Mapping[str, Any], Mapping[str, Mapping[str, bytes]]]],  # -> claims, pictures; reads when it is called
    *claims: Claim,  # of this run, so that the page is written after them
) -> str:
    """Render the page of all claims that have been measured as self-contained HTML."""
    from genlab.reports.theory_page import page as rendered

    return rendered(*measured())
