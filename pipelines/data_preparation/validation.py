"""Validation of a manifest against the expectations of its image set."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from genlab.images.checking.conversions import conversions
from genlab.images.read import kept_survey, survey_of
from genlab.images.sources import Layout, Survey
from genlab.images.store import Store, digest_of, version_of
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.report import render

OUTCOME = "validation"  # name of a note
LEVELS = {"warning": logging.WARNING, "info": logging.INFO}  # severity -> level; the error that stops the run lists critical findings

log = logging.getLogger(__name__)


def validation_of(
    manifest: pd.DataFrame,
    image_set: ImageSet,
    expectations: Sequence[Mapping[str, Any]],  # for the set's kind, from conf/base/expectations/
    layout: Layout,
    store: Store | None = None,  # has the outcome of an earlier run, which is used again for the same manifest, suite and code
) -> tuple[dict[str, Any], str]:
    """Check the manifest against the expectations -> (outcome as JSON-compatible values, report as an HTML page).

    Raises:
        InputError: an expectation can't be built or evaluated. An expectation that isn't met is part of the outcome, not an error.
    """
    survey = kept_survey(store) or survey_of(layout)
    about = facts(manifest, image_set, expectations, layout, survey)

    def outcome() -> tuple[dict[str, Any], str]:
        return check(manifest, image_set, expectations, layout, survey)

    validation, report = outcome() if store is None else store.once(OUTCOME, about, outcome)
    for what, count in conversions(manifest).items():
        log.info("image set '%s': %s images converted: %s", image_set.name, f"{count:,}", what)
    for finding in validation["expectations"]:
        if not finding["success"] and finding["severity"] in LEVELS:
            log.log(LEVELS[finding["severity"]], "image set '%s': %s: %s", image_set.name, finding["name"], finding["summary"])
    return validation, report


def check(
    manifest: pd.DataFrame, image_set: ImageSet, expectations: Sequence[Mapping[str, Any]], layout: Layout, survey: Survey
) -> tuple[dict[str, Any], str]:
    """Evaluate the expectations, and render the report."""
    from pipelines.data_preparation.suite import evaluate, fill  # Great Expectations takes seconds to import

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
        "passed_over": dict(survey.passed_over),
        "remarks": list(survey.remarks),
        "suite": suite,
        "expectations": [finding._asdict() | {"failures": [failure._asdict() for failure in finding.failures]} for finding in findings],
    }
    return validation, render(manifest, image_set, validation, layout.items())


def facts(
    manifest: pd.DataFrame, image_set: ImageSet, expectations: Sequence[Mapping[str, Any]], layout: Layout, survey: Survey
) -> list[Any]:
    """Everything that the outcome depends on, also the code, as JSON-compatible values."""
    declared = image_set.model_dump(mode="json", exclude={"workers", "verify"})
    found = [dict(survey.passed_over), list(survey.remarks), layout.domains()]
    code = [file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.py"))]
    return [digest_of(manifest), declared, list(expectations), found, code, version_of("great-expectations")]
