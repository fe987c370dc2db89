"""Names of metrics in MLflow, in sections that its UI sorts and folds.

The sections are baseline/, health/, loss/, parity/, score/, selection/, speed/, spread/, system/.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from genlab.evaluation.scores import Evaluation, Group, GroupName
from genlab.evaluation.spread import SeedSpread

SPEEDS = ("images_per_second", "training_seconds", "turn_seconds", "scoring_seconds")
PLAIN = (GroupName.SAMPLES, GroupName.LIKELIHOOD)  # groups whose names the names of their scores leave out


def of_training(row: Mapping[str, float]) -> dict[str, float]:
    """Name the terms of a training: `critic/loss` -> `loss/critic`, `critic/gradient_norm` -> `loss/critic.gradient_norm`."""
    named = {}
    for name, value in row.items():
        update, _, term = name.partition("/")
        if name in SPEEDS:
            named[f"speed/{name}"] = value
        elif update in ("health", "selection"):
            named[name] = value
        else:
            named[f"loss/{update}" if term in ("", "loss") else f"loss/{update}.{term}"] = value
    return named


def of_scores(evaluation: Evaluation) -> dict[str, float]:
    """Name the scores of a recipe `score/<score>` and those of its baselines `baseline/<row>.<score>`.

    Scores in the features of an extractor carry its name, `score/kid_efflite0`: only those of the FID Inception network are `score/kid`.
    Scores that are not finite are left out.
    """
    named = {}
    for group in evaluation.groups:
        for row in group.rows:
            for score, value in row.to_json().items():
                named[place(group, row.name, short(score, group.name))] = value
    headline = f"score/{evaluation.headline.name}"
    return {name: value for name, value in ({headline: evaluation.headline.value} | named).items() if math.isfinite(value)}


def own_scores(evaluation: Evaluation) -> dict[str, float]:
    """The part of `of_scores` that is about the recipe itself."""
    return {name: value for name, value in of_scores(evaluation).items() if name.startswith("score/")}


def place(group: Group, row: str, score: str) -> str:
    """Name of a score of a row of a group."""
    inner = score if group.name in PLAIN else f"{group.name}.{score}"
    if row == group.own.name:
        return f"score/{inner}"
    return f"score/{inner}.{row}" if group.name in (GroupName.TRUNCATION, GroupName.PATH_LENGTH) else f"baseline/{row}.{inner}"


def short(score: str, group: str) -> str:
    """Leave the group out of the name of a score: `kid_in_domain` -> `kid`, in the group `in_domain`."""
    return score.replace(f"_{group}", "")


def of_parity(parity: Mapping[str, Any]) -> dict[str, float]:
    """Name the differences between ONNX and torch. The tolerance is a constant, and so is no metric."""
    return {f"parity/{name}": value for name, value in parity["onnx_difference"].items()}


def of_claim(name: str, claim: Any) -> dict[str, float]:
    """Name the measured values of a claim of the theory, a genlab.theory.claim.Claim: `<claim>/<quantity>`. LaTeX is left out."""
    return {f"{name}/{each.name.replace('$', '').replace(chr(92), '')}": each.measured for each in claim.measurements}


def of_study(results: Mapping[str, Any]) -> dict[str, float]:
    """Name the results of a study of people: `gan/fooled`, `gan/fooled_low`, `participants`."""
    from genlab.study.analysis import metrics_of

    return metrics_of(results)


def of_spread(spread: SeedSpread) -> dict[str, float]:
    """Name the scores of a recipe under several seeds: `score/<score>` is the mean, `spread/<score>` the standard deviation over seeds."""
    named = {spread.headline: spread.headlines}
    for group, scores in spread.scores.items():
        for score, found in scores.items():
            name = short(score, group)
            named[name if group in PLAIN else f"{group}.{name}"] = found
    means = {f"score/{name}": found.mean for name, found in named.items() if found.finite}
    return means | {f"spread/{name}": found.standard_deviation for name, found in named.items() if found.finite}


NAMED: Mapping[str, Callable[[Any], dict[str, float]]] = {
    "metrics": lambda content: of_scores(Evaluation.from_json(content)),
    "parity": of_parity,
    "results": of_study,
    "spread": lambda content: of_spread(SeedSpread.from_json(content)),
}  # dataset -> metrics of its content
