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
    """An outcome in words, with its protocol: `HYPE score in % (50 is chance): 31.2 [24.1, 39.0]; rank 1 of 2; 12 participants, ...`."""
    title, scale, places = {
        "fooled": ("share of its images taken for real, % (50 is chance)", 100, 1),
        "hype": ("HYPE score, % of wrong answers (50 is chance)", 1, 1),
        "strength": ("strength of Bradley and Terry, log-odds (0 is the mean of the models)", 1, 2),
    }[outcome.score]
    value = f"{scale * outcome.value:.{places}f}"
    if outcome.low is not None and outcome.high is not None:
        value += f" [{scale * outcome.low:.{places}f}, {scale * outcome.high:.{places}f}]"
    limit = f"for {outcome.exposure_milliseconds} ms" if outcome.exposure_milliseconds else "without a time limit"
    return (
        f"{title}: {value}; rank {outcome.rank} of {outcome.models}; {outcome.participants} participants, {outcome.answers:,} answers, "
        f"images {limit}; study {outcome.study} ({outcome.hash[:8]})"
    )
