"""Validation of a manifest against the expectations of its image set."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from genlab.images.read import survey_of
from genlab.images.sources import Layout
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.report import render
from pipelines.data_preparation.suite import evaluate, fill


def validation_of(
    manifest: pd.DataFrame,
    image_set: ImageSet,
    expectations: Sequence[Mapping[str, Any]],  # for the set's kind, from conf/base/expectations/
    layout: Layout,
) -> tuple[dict[str, Any], str]:
    """Check the manifest against the expectations -> (outcome as JSON-compatible values, report as an HTML page).

    Raises:
        InputError: an expectation can't be built or evaluated. An expectation that isn't met is part of the outcome, not an error.
    """
    height, width = image_set.shape
    classes = image_set.classes if image_set.classes is not None else sorted(set(manifest["label"]) - {""})
    values = {"$height": height, "$width": width, "$size": min(height, width), "$classes": list(classes)}
    suite = fill(expectations, values)
    findings = evaluate(manifest, suite, layout.domains())
    survey = survey_of(layout)
    failed = sum(not finding.success and finding.severity == "critical" for finding in findings)
    validation = {
        "set": image_set.name,
        "kind": image_set.kind,
        "success": failed == 0,
        "rows": len(manifest),
        "evaluated": len(findings),
        "failed": failed,
        "domains": layout.domains(),
        "passed_over": dict(survey.passed_over),
        "remarks": list(survey.remarks),
        "suite": suite,
        "expectations": [finding._asdict() | {"failures": [failure._asdict() for failure in finding.failures]} for finding in findings],
    }
    return validation, render(manifest, image_set, validation, layout.items())
