"""Select the rows of a manifest that pass validation, and set the others aside."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from genlab.errors import DataValidationError
from pipelines.data_preparation.declaration import ImageSet

DataFrame = Any  # pandas.DataFrame; pandas takes 0.6 s to import

LOOKALIKES = "expect_held_out_images_to_look_new"
ROUNDS = 5  # rounds of setting rows aside, which may make others fail (too few of a label are left); one or two usually suffice

log = logging.getLogger(__name__)


def let_through(manifest: DataFrame, validation: dict[str, Any], image_set: ImageSet) -> tuple[DataFrame, DataFrame]:
    """Split a manifest by its validation -> (validated manifest, quarantined rows with a `reason`).

    Raises:
        DataValidationError: a critical expectation failed, and the set's `on_failure` is `stop` or the rows that remain after setting
            the failing rows aside don't meet the expectations either.
    """
    reasons: dict[str, str] = {}  # path -> reason for setting it aside
    failed = critical(validation["expectations"])
    if failed and image_set.on_failure == "stop":
        raise DataValidationError(message(image_set, failed, validation["evaluated"]))
    for _ in range(ROUNDS):
        if not failed:
            break
        if any(not finding["failures"] for finding in failed):
            raise DataValidationError(message(image_set, failed, validation["evaluated"], len(reasons)))
        reasons |= set_aside(manifest, failed)
        failed = reevaluate(manifest[~manifest["path"].isin(reasons.keys())], validation)
    if failed:
        raise DataValidationError(message(image_set, failed, validation["evaluated"], len(reasons)))
    aside = manifest["path"].isin(reasons.keys())
    if reasons:
        log.warning("image set '%s': %s of %s rows set aside.", image_set.name, f"{len(reasons):,}", f"{len(manifest):,}")
    quarantine = manifest[aside].assign(reason=manifest.loc[aside, "path"].map(reasons).astype("str"))
    return manifest[~aside].reset_index(drop=True), quarantine.reset_index(drop=True)


def critical(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The failed findings of severity `critical`."""
    return [finding for finding in findings if not finding["success"] and finding["severity"] == "critical"]


def set_aside(manifest: DataFrame, failed: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Map the path of each failing row, and of each other row of its pair, to the reason for setting it aside."""
    reasons = {each["path"]: f"{finding['name']}: {each['reason']}" for finding in failed for each in finding["failures"]}
    broken = manifest.loc[manifest["path"].isin(reasons.keys()) & (manifest["pair"] != "")].set_index("pair")["path"]
    for path, pair in manifest.loc[manifest["pair"].isin(broken.index), ["path", "pair"]].itertuples(index=False):
        partner = broken.loc[[pair]].iloc[0]
        reasons.setdefault(path, f"its partner {partner} was set aside")
    return reasons


def reevaluate(manifest: DataFrame, validation: dict[str, Any]) -> list[Mapping[str, Any]]:
    """Evaluate the whole suite on the remaining rows -> the failed critical findings."""
    from pipelines.data_preparation.suite import evaluate

    findings = evaluate(manifest.reset_index(drop=True), validation["suite"], validation["domains"])
    return critical([finding._asdict() | {"failures": [failure._asdict() for failure in finding.failures]} for finding in findings])


def message(image_set: ImageSet, failed: Sequence[Mapping[str, Any]], evaluated: int, aside: int = 0) -> str:
    """Error message: each failed expectation with an example, and what to do."""
    width = max(len(finding["name"]) for finding in failed)
    lines = [f"  {finding['name']:<{width}} {finding['summary']}" for finding in failed]
    left = f" with {aside:,} rows set aside" if aside else ""
    about_rows, about_set = (any(bool(finding["failures"]) is rows for finding in failed) for rows in (True, False))
    curable = about_rows and not about_set and image_set.on_failure == "stop"  # a quarantine would help
    advice = []
    if about_rows:
        quarantine = ", or set `on_failure: quarantine` in conf/base/parameters/images.yml" if curable else ""
        advice.append(f"Mend or remove these files{quarantine}.")
    if any(finding["type"] == LOOKALIKES for finding in failed):
        advice.append(f"If images that look alike are different, set `severity: warning` in conf/base/expectations/{image_set.kind}.yml.")
    if about_set:
        advice.append(f"Add what is missing, or change what is expected in conf/base/expectations/{image_set.kind}.yml.")
    advice.append(f"Report: data/08_reporting/{image_set.name}/validation.html")
    count = f"{len(failed)} of {evaluated} expectations failed{left}."
    return "\n".join([f"image set '{image_set.name}': {count}", *lines, " ".join(advice)])
