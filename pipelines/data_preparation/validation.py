"""Validation of a manifest against the expectations of its image set."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from genlab.images.checking.conversions import conversions
from genlab.images.read import survey_of
from genlab.images.sources import Layout
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.report import render
from pipelines.data_preparation.suite import evaluate, fill

LEVELS = {"warning": logging.WARNING, "info": logging.INFO}  # severity -> level; the error that stops the run lists critical findings

log = logging.getLogger(__name__)


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
    for what, count in conversions(manifest).items():
        log.info("image set '%s': %s images converted: %s", image_set.name, f"{count:,}", what)
    for finding in findings:
        if not finding.success and finding.severity in LEVELS:
            log.log(LEVELS[finding.severity], "image set '%s': %s: %s", image_set.name, finding.name, finding.summary)
    return validation, render(manifest, image_set, validation, layout.items())
