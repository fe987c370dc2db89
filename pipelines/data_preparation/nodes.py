"""From raw images to a prepared set. The frameworks' heavy imports are inside the nodes: listing pipelines must stay fast."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genlab.errors import DataValidationError, InputError
from pipelines.data_preparation.declaration import ImageSet

# Kedro resolves a node's annotations when it checks the parameters, so that these would have to be imported: pandas takes 0.6 s.
DataFrame = Any  # of pandas
PreparedSet = Any  # genlab.images.prepared_set.PreparedSet
Layout = Any  # one of genlab.images.layouts

HERE = Path()  # the working directory
ROUNDS = 5  # setting a row aside may make another fail (a label grows too small); a sound set is stable after one or two

log = logging.getLogger(__name__)


def layout_of(image_set: ImageSet, project: Path) -> Layout:
    """The set's layout; a relative root is relative to the project's folder, wherever the command is typed."""
    from genlab.build import build

    source = dict(image_set.source)
    if isinstance(source.get("root"), str):
        source["root"] = str(project / source["root"])
    return build(source, "source")


def read(
    image_set: ImageSet,
    project: Path = HERE,  # a relative root is relative to it
) -> DataFrame:
    """Declaration -> manifest, a row an image (genlab.images.manifest.COLUMNS), with its split and pair.

    Raises:
        InputError: a folder is missing or unreadable, holds no image at all, or the layout doesn't fit the set's kind.
    """
    from genlab.images.layouts.files import EXTENSIONS
    from genlab.images.manifest import make_manifest
    from genlab.images.splits import assign_splits

    try:
        layout = layout_of(image_set, project)
        if image_set.kind in ("paired", "unpaired") and not layout.domains():
            names = "TwoFolders, TrainTestDomains, SideBySide, Tiles or, from one folder of photos, genlab.images.edges.Canny"
            raise InputError(f"The kind {image_set.kind} needs two domains, which {type(layout).__name__} hasn't. Use {names}.")
        items = list(layout.items())
        if not items:
            wanted = " ".join(sorted(EXTENSIONS))
            place = image_set.source.get("root", type(layout).__name__)
            raise InputError(f"No images in {place}; looked for {wanted}. Put some there, or change `source`.")
    except InputError as error:
        raise type(error)(f"image set '{image_set.name}': {error}") from error
    manifest = make_manifest(items, image_set.workers, image_set.background)
    return assign_splits(manifest, image_set.kind, image_set.test, image_set.seed, image_set.truth)


def validate(
    manifest: DataFrame,
    image_set: ImageSet,
    expectations: Sequence[Mapping[str, Any]],  # of the set's kind, from conf/base/expectations/
    project: Path = HERE,
) -> tuple[dict[str, Any], str]:
    """Hold the manifest against its expectations -> (outcome, plain enough for JSON; report, an HTML page).

    Raises:
        InputError: an expectation can't be built or evaluated. One that isn't met is an outcome, not an error.
    """
    from pipelines.data_preparation.report import render
    from pipelines.data_preparation.suite import evaluate, fill

    height, width = image_set.shape
    classes = image_set.classes if image_set.classes is not None else sorted(set(manifest["label"]) - {""})
    values = {"$height": height, "$width": width, "$size": min(height, width), "$classes": list(classes)}
    layout = layout_of(image_set, project)
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


def gate(manifest: DataFrame, validation: dict[str, Any], image_set: ImageSet) -> tuple[DataFrame, DataFrame]:
    """Let the valid rows of the manifest through -> (validated manifest, quarantine: the rows set aside, with a `reason`).

    Raises:
        DataValidationError: an expectation failed and the set's policy is `stop`, or what is left without the failing rows
            doesn't meet the expectations either.
    """
    reasons: dict[str, str] = {}  # path -> why it is set aside
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


def prepare(validated: DataFrame, image_set: ImageSet, project: Path = HERE) -> PreparedSet:
    """The used images of the validated manifest, converted and resized as the set declares.

    Raises:
        InputError: no image is left, or a file has changed since it was validated.
    """
    from genlab.images.prepare import prepare_images

    return prepare_images(
        layout_of(image_set, project).items(),
        validated,
        image_set.name,
        image_set.kind,
        image_set.shape,
        image_set.channels,
        image_set.background,
        image_set.fit,
        image_set.workers,
    )


def critical(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The findings that stop a set."""
    return [finding for finding in findings if not finding["success"] and finding["severity"] == "critical"]


def set_aside(manifest: DataFrame, failed: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Path -> reason of every failing row, and of the rest of its pair."""
    reasons = {each["path"]: f"{finding['name']}: {each['reason']}" for finding in failed for each in finding["failures"]}
    broken = manifest.loc[manifest["path"].isin(reasons.keys()) & (manifest["pair"] != "")].set_index("pair")["path"]
    for path, pair in manifest.loc[manifest["pair"].isin(broken.index), ["path", "pair"]].itertuples(index=False):
        partner = broken.loc[[pair]].iloc[0]
        reasons.setdefault(path, f"its partner {partner} was set aside")
    return reasons


def reevaluate(manifest: DataFrame, validation: dict[str, Any]) -> list[Mapping[str, Any]]:
    """What is left after setting rows aside has to meet the whole suite."""
    from pipelines.data_preparation.suite import evaluate

    findings = evaluate(manifest.reset_index(drop=True), validation["suite"], validation["domains"])
    return critical([finding._asdict() | {"failures": [failure._asdict() for failure in finding.failures]} for finding in findings])


def message(image_set: ImageSet, failed: Sequence[Mapping[str, Any]], evaluated: int, aside: int = 0) -> str:
    """What failed, with an example each, and what to do."""
    width = max(len(finding["name"]) for finding in failed)
    lines = [f"  {finding['name']:<{width}} {finding['summary']}" for finding in failed]
    left = f" with {aside:,} rows set aside" if aside else ""
    about_rows, about_set = (any(bool(finding["failures"]) is rows for finding in failed) for rows in (True, False))
    curable = about_rows and not about_set and image_set.on_failure == "stop"  # by a quarantine
    advice = []
    if about_rows:
        quarantine = ", or set `on_failure: quarantine` in conf/base/parameters/images.yml" if curable else ""
        advice.append(f"Mend or remove these files{quarantine}.")
    if about_set:
        advice.append(f"Add what is missing, or change what is expected in conf/base/expectations/{image_set.kind}.yml.")
    advice.append(f"Report: data/08_reporting/{image_set.name}/validation.html")
    count = f"{len(failed)} of {evaluated} expectations failed{left}."
    return "\n".join([f"image set '{image_set.name}': {count}", *lines, " ".join(advice)])
