"""Describe the results of expectations in messages that a user can act on."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from genlab.images.checking.duplicates import earlier_copies, training_copies
from genlab.images.checking.pairs import incomplete_pairs, unequal_pairs
from genlab.images.checking.ranges import unused_range
from genlab.images.sources.names import shortened


class Failure(NamedTuple):
    """One row that doesn't meet an expectation."""

    path: str
    subject: str  # name used in messages: the path, or the pair
    reason: str


class Finding(NamedTuple):
    """Outcome of one expectation."""

    name: str
    type: str
    severity: str  # "critical" stops the run or sets rows aside; "warning" and "info" are only reported
    success: bool
    unit: str  # what is counted: "rows" or "pairs"; "" for an expectation about the whole set
    failed: int
    total: int
    summary: str  # one line: number of failures, and an example with its reason
    expected: str  # arguments of the expectation, as text
    failures: list[Failure]


def describe(
    entry: Mapping[str, Any], success: bool, result: Mapping[str, Any], manifest: pd.DataFrame, domains: Mapping[str, str]
) -> Finding:
    """Convert a result of Great Expectations to a finding."""
    arguments = {key: value for key, value in entry.items() if key not in ("type", "name", "severity")}
    expected = ", ".join(f"{key} {spell(value)}" for key, value in arguments.items())
    head = (entry["name"], entry["type"], str(entry.get("severity", "critical")), bool(success))
    if "unexpected_index_list" not in result and "element_count" not in result:
        return Finding(*head, "", 0, 0, about_the_set(entry, result, domains), expected, [])
    paths = {row["path"] for row in result.get("unexpected_index_list") or []}
    rows = manifest[manifest["path"].isin(paths)]
    failures = [Failure(*each) for each in zip(rows["path"], rows["path"], reasons(entry, rows, manifest, domains), strict=True)]
    unit, failed, total = "rows", len(rows), int(result["element_count"])
    if entry["type"].startswith("expect_pairs"):
        failures = [failure._replace(subject=pair) for failure, pair in zip(failures, rows["pair"], strict=True)]
        unit, failed, total = "pairs", rows["pair"].nunique(), manifest.loc[manifest["pair"] != "", "pair"].nunique()
    summary = f"{failed:,} of {total:,} {unit}"
    return Finding(
        *head,
        unit,
        failed,
        total,
        f"{summary}, e.g. {shortened(failures[0].subject)}: {failures[0].reason}" if failures else summary,
        expected,
        failures,
    )


def reasons(entry: Mapping[str, Any], rows: pd.DataFrame, manifest: pd.DataFrame, domains: Mapping[str, str]) -> list[str]:
    """The reason for each failing row."""
    if rows.empty:
        return []
    match entry["type"]:
        case "expect_content_to_be_unique":
            return [f"the same file as {path}" for path in repeated(rows, manifest, earlier_copies(manifest))]
        case "expect_held_out_content_to_be_new":
            return [f"held out, but the same file as {path} in training" for path in repeated(rows, manifest, training_copies(manifest))]
        case "expect_held_out_images_to_look_new":
            return [f"held out, but looks like {path} in training" for path in rows["lookalike"]]
        case "expect_pairs_to_be_complete":
            return incomplete_pairs(manifest, domains)[rows.index].tolist()
        case "expect_pairs_to_be_equal_in_size":
            return unequal_pairs(manifest)[rows.index].tolist()
        case "expect_images_not_to_be_blank":
            return [blank(std, alpha, entry) for std, alpha in zip(rows["std"], rows["alpha_std"], strict=True)]
        case "expect_range_to_be_used":
            return [str(words) for words in unused_range(manifest)[rows.index]]
        case "expect_labels_to_have_enough_images":
            counts = manifest["label"].value_counts()
            wanted = f"expected at least {entry.get('min_images', 2)} images"
            return [f"label '{label}' has {counts[label]}; {wanted}" for label in rows["label"]]
        case "expect_aspect_ratio_to_be_at_most":
            wanted = f"expected sides in a ratio of at most {entry.get('max_ratio', 2.0):g}"
            return [f"{width} x {height} pixels; {wanted}" for width, height in zip(rows["width"], rows["height"], strict=True)]
    column = entry.get("column")
    if column in ("decode_error", "ignored"):
        return [str(words) for words in rows[column]]
    if column == "frames":
        return [f"the first of {frames:,} frames or pages is used" for frames in rows["frames"]]
    if column is None:
        return [f"doesn't meet {entry['type']}"] * len(rows)
    remedy = ", or a smaller `size` of the set" if column in ("width", "height") and "min_value" in entry else ""
    return [f"{column} {spell(value)}; expected {bounds(entry)}{remedy}" for value in rows[column]]


def blank(std: float, alpha_std: float, entry: Mapping[str, Any]) -> str:
    """Reason for a blank image. A drawing in the colour of the background is blank, but its transparency shows it."""
    wanted = entry.get("min_std", 2.0)
    if alpha_std >= wanted:
        return "it has the colour of the background, and only its transparency shows something; set another `background`"
    return f"std {spell(std)}; expected at least {spell(wanted)}"


def repeated(rows: pd.DataFrame, manifest: pd.DataFrame, positions: Any) -> list[str]:
    """Path of the image that each of the rows repeats. `positions` has its row number for every row of the manifest."""
    twins = dict(zip(manifest["path"], positions, strict=True))
    return [manifest["path"].iloc[twins[path]] for path in rows["path"]]


def about_the_set(entry: Mapping[str, Any], result: Mapping[str, Any], domains: Mapping[str, str]) -> str:
    """Summary of an expectation about the whole set, such as its number of rows."""
    where = " and ".join(f"{column} is {known(column, value, domains)}" for column, value in entry.get("where", {}).items())
    where = f" where {where}" if where else ""
    observed = result.get("observed_value")
    if result.get("partial_missing_list"):
        missing = ", ".join(known(entry["column"], value, domains) for value in result["partial_missing_list"])
        return f"no rows with {entry['column']} {missing}{where}"
    if observed is None and "value_set" in entry:
        return f"{spell(entry['value_set'])}: all present{where}"
    if entry["type"] == "expect_column_value_fraction_to_be_between":
        return f"{observed:.1%} of the used rows have {entry['column']} {entry['value']}{where}; expected {bounds(entry)}"
    if entry["type"].startswith("expect_table_row_count"):
        return f"{observed:,} rows{where}; expected {bounds(entry)}"
    return f"observed {spell(observed)}{where}; expected {bounds(entry)}"


def known(column: str, value: Any, domains: Mapping[str, str]) -> str:
    """Format a value of a column; a domain is followed by the user's name for it: `b ('3d')`."""
    return f"{value} ('{domains[value]}')" if column == "domain" and value in domains else str(value)


def bounds(entry: Mapping[str, Any]) -> str:
    """The expected range or set of values, as text."""
    low, high = entry.get("min_value"), entry.get("max_value")
    if low is not None and high is not None:
        return f"{spell(low)} to {spell(high)}"
    if low is not None or high is not None:
        return f"at least {spell(low)}" if high is None else f"at most {spell(high)}"
    if "value_set" in entry:
        return f"one of {spell(entry['value_set'])}"
    return "no repetition" if entry["type"].endswith("unique") else entry["type"]


def spell(value: Any) -> str:
    """Format a value for a message: items are joined by commas, numbers have thousands separators."""
    if isinstance(value, str):
        return value or "''"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {spell(each)}" for key, each in value.items())
    if isinstance(value, list | tuple | set):
        return ", ".join(spell(each) for each in value) or "nothing"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
