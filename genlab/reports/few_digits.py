"""Scores as tables and headlines show them: few digits, and KID x 1000, which the title of the column states. Files keep the raw values."""

import math
import re
from collections.abc import Mapping
from typing import Any

from genlab.evaluation.scores import SCORES_ARE_CLASSES, Headline

KID = re.compile(r"kid(_|$)")  # kid, kid_efflite0, kid_efflite0_mean, kid_in_domain


def title(
    name: str,  # of a score or of a group of scores
) -> str:
    """Title of a column or a group of scores, with the factor of its values: `kid_efflite0` -> `kid_efflite0 x 1000`."""
    return f"{name} x 1000" if KID.match(name) else name


def shown(
    name: str,
    value: float | None,
    spread: float | None = None,
    group: str = "",  # name of the score's group: the scores of some groups are the KID of one class each, named after it
) -> str:
    """Format the value of a score for a column with its `title`; None as "-".

    A value has three significant digits, or all those before its decimal point. With a spread, which has two, it has as many decimals as
    that: 0.04034 of `kid` with the spread 0.0021 is `40.3 ± 2.1`.
    """
    if value is None:
        return "-"
    factor = 1000 if KID.match(name) or group in SCORES_ARE_CLASSES else 1
    if spread is None:
        return few(factor * value)
    if not (spread > 0 and math.isfinite(spread) and math.isfinite(value)):
        return f"{few(factor * value)} ± {few(factor * spread)}"
    places = decimals(factor * spread, 2)
    return f"{factor * value:z,.{places}f} ± {factor * spread:,.{places}f}"


def stated(headline: Headline) -> str:
    """A headline as `name = value`: `kid_efflite0 x 1000 = 40.3 ± 2.1 (lower is better)`."""
    better = "lower" if headline.lower_is_better else "higher"
    return f"{title(headline.name)} = {shown(headline.name, headline.value, headline.spread)} ({better} is better)"


def chosen(
    selection: Mapping[str, Any],  # genlab.training.selection.Selected as JSON
) -> str:
    """Describe how a checkpoint was selected.

    Example: `best weights kept: kid_efflite0 x 1000 during training = 40.3 at best, after 9,600 images; 45.1 at the end, after 48,000`
    """
    name, best, last = selection["score"], selection["best"], selection["last"]
    first, final = (shown(name, scored["value"]) for scored in (best, last))
    kept = f"{selection['kept']} weights kept: {title(name)} during training = {first} at best"
    return f"{kept}, after {best['images']:,} images; {final} at the end, after {last['images']:,}"


def few(value: float) -> str:
    """Format a number with three significant digits, or all those before its decimal point; zeros at the end of decimals are left out."""
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    if abs(value) < 1e-3:
        return f"{value:.3g}"
    text = f"{value:z,.{decimals(value, 3)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals(
    value: float,  # finite, not 0
    digits: int,
) -> int:
    """Number of decimals with which a number has this many significant digits; at least 0."""
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])  # of the rounded number: 9.99 with two digits is 10
    return max(digits - 1 - exponent, 0)
