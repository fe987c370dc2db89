"""A manifest held against the expectations of its set."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from genlab.images.sources import Layout
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.report import render
from pipelines.data_preparation.suite import evaluate, fill


def validation_of(
    manifest: pd.DataFrame,
    image_set: ImageSet,
    expectations: Sequence[Mapping[str, Any]],  # of the set's kind, from conf/base/expectations/
    layout: Layout,
) -> tuple[dict[str, Any], str]:
    """Hold the manifest against its expectations -> (outcome, plain enough for JSON; report, an HTML page).

    Raises:
        InputError: an expectation can't be built or evaluated. One that isn't met is an outcome, not an error.
    """
    height, width = image_set.shape
    classes = image_set.classes if image_set.classes is not None else sorted(set(manifest["label"]) - {""})
    values = {"$height": height, "$width": width, "$size": min(height, width), "$classes": list(classes)}
    suite = fill(expectations, values)
    findings = evaluate(manifest, suite, layout.domains())
    failed = sum(not finding.success and finding.severity == "critical" for finding in findings)
    validation = {
        "set": image_set.name,
        "kind": image_set.kind,
        "success": failed == 0,
        "rows": len(manifest),
        "evaluated": len(findings),
        "failed": failed,
        "domains": layout.domains(),
        "suite": suite,
        "expectations": [finding._asdict() | {"failures": [failure._asdict() for failure in finding.failures]} for finding in findings],
    }
    return validation, render(manifest, image_set, validation, layout.items())
