"""Results of studies that a model took part in, for its card and for pages that compare models."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from genlab.errors import InputError
from genlab.study.settings import PREFERENCE, REAL_OR_GENERATED

RESULTS = "results.json"


class Outcome(NamedTuple):
    """What people said about a model in one study."""

    study: str
    kind: str
    score: str  # `fooled`, `hype` or `strength`
    value: float
    low: float | None
    high: float | None
    rank: int
    models: int
    participants: int
    answers: int
    exposure_milliseconds: int | None
    hash: str  # of the study: the protocol of the score


def outcomes(
    folder: str | Path,  # of all studies, data/08_reporting/user_study
    checkpoint: str,  # hash of the model's weights, as in its release: a study of other weights says nothing about these
) -> list[Outcome]:
    """Read the results of all studies of a model, sorted by study.

    Raises:
        InputError: a file of results is damaged.
    """
    found = []
    for file in sorted(Path(folder).glob(f"*/{RESULTS}")):
        try:
            found += outcomes_of(json.loads(file.read_text(encoding="utf-8")), checkpoint)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{file} is damaged ({error}). Analyse the study again: `kedro run --pipeline=user_study --tags=analyse`."
            ) from error
    return found


def outcomes_of(results: Mapping[str, Any], checkpoint: str) -> list[Outcome]:
    """Outcomes of a model in the results of one study: none, one, or the share fooled and the HYPE score."""
    scores = {PREFERENCE: ["strength"], REAL_OR_GENERATED: ["fooled", "hype"]}.get(results["kind"], ["fooled"])
    names = [name for name, model in results["models"].items() if model["checkpoint"] == checkpoint]
    return [
        Outcome(
            results["name"],
            results["kind"],
            score,
            results["models"][name][score]["share" if score == "fooled" else "value"],
            results["models"][name][score]["low"],
            results["models"][name][score]["high"],
            results["ranking"].index(name) + 1,
            len(results["models"]),
            results["participants"],
            results["answers"],
            results["exposure_milliseconds"],
            results["hash"],
        )
        for name in names
        for score in scores
        if results["models"][name].get(score)
    ]


def sentence(outcome: Outcome) -> str:
    """An outcome in words: `studies of people: 12 participants took 31.2 % of its images for real [24.1, 39.0] ...`."""
    limit = f"shown for {outcome.exposure_milliseconds} ms" if outcome.exposure_milliseconds else "without a time limit"
    scale, unit = (100, " %") if outcome.score == "fooled" else (1, "")
    words = {
        "fooled": "share of its images taken for real",
        "hype": "HYPE score (wrong answers, %; 50 is chance)",
        "strength": "strength of Bradley and Terry (0 is the mean of the models)",
    }[outcome.score]
    interval = "" if outcome.low is None or outcome.high is None else f" [{scale * outcome.low:.1f}, {scale * outcome.high:.1f}]"
    value = f"{scale * outcome.value:.1f}{unit}{interval}"
    if outcome.score == "strength":
        interval = "" if outcome.low is None or outcome.high is None else f" [{outcome.low:.2f}, {outcome.high:.2f}]"
        value = f"{outcome.value:.2f}{interval}"
    return (
        f"{words}: {value}; rank {outcome.rank} of {outcome.models}; {outcome.participants} participants, {outcome.answers:,} answers, "
        f"images {limit}; study {outcome.study} ({outcome.hash[:8]})"
    )
