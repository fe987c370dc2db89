"""Analysis of a study: answers -> results, a mapping that is written as results.json."""

import itertools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from genlab.engine.json_text import nulled
from genlab.study.agreement import krippendorffs_alpha
from genlab.study.answers import Participant, collected
from genlab.study.bradley_terry import Choice, normal_quantile, ranked
from genlab.study.exclusion import answered, reasons
from genlab.study.hype import hype
from genlab.study.settings import CHECK, PREFERENCE, REAL, REAL_OR_GENERATED
from genlab.study.shares import CONFIDENCE, share

Judgement = tuple[int, str, int]  # number of the participant, group of the item, answer in the order of the key


class Counted(NamedTuple):
    """Answers that count."""

    judgements: list[Judgement]
    by_item: dict[str, list[int]]  # item -> answers
    repeated: int  # answers that do not count because their images were shown again after a reload, in spite of a time limit


def analysed(
    study: Mapping[str, Any],  # the content of study.json
    key: Mapping[str, Any],  # the content of study_key.json
    files: Mapping[str, bytes],  # of answers, by name
) -> dict[str, Any]:
    """Analyse the answers of all participants. Shares and intervals are None if there are no answers."""
    found = collected(files, study)
    excluded = {each.code: why for each in found.participants if (why := reasons(each, study, key))}
    counting = [each for each in found.participants if each.code not in excluded]
    counted = count(counting, study, key)
    results: dict[str, Any] = {
        "name": study["name"],
        "kind": study["kind"],
        "hash": key["hash"],
        "images": key["settings"]["images"],
        "data_hash": key["data_hash"],
        "exposure_milliseconds": study["exposure_milliseconds"],
        "confidence": CONFIDENCE,
        "files": len(files),
        "skipped": found.skipped,
        "excluded": excluded,
        "participants": len(counting),
        "answers": len(counted.judgements),
        "repeated": counted.repeated,
        "models": {name: dict(facts) for name, facts in key["models"].items()},
    }
    if not counted.judgements:
        return results
    results["agreement"] = {
        "krippendorffs_alpha": krippendorffs_alpha(counted.by_item.values()),
        "items": sum(len(answers) > 1 for answers in counted.by_item.values()),
    }
    if study["kind"] == PREFERENCE:
        add_preferences(results, counted.judgements)
    else:
        add_fooled(results, counted.judgements)
    return dict(nulled(results))


def count(participants: Sequence[Participant], study: Mapping[str, Any], key: Mapping[str, Any]) -> Counted:
    """Answers to the trials that count: no attention checks, and nothing that was seen twice in spite of a time limit."""
    judgements: list[Judgement] = []
    by_item: dict[str, list[int]] = defaultdict(list)
    repeated = 0
    for number, participant in enumerate(participants):
        for trial, answer in zip(study["forms"][participant.form], participant.answers, strict=True):
            entry = key["items"][answer.item]
            if entry["group"] == CHECK:
                continue
            if answer.views > 1 and study["exposure_milliseconds"] is not None:
                repeated += 1
                continue
            chosen = answered(trial, entry, answer.answer)
            judgements.append((number, entry["group"], chosen))
            by_item[answer.item].append(chosen)
    return Counted(judgements, dict(by_item), repeated)


def add_fooled(results: dict[str, Any], judgements: Sequence[Judgement]) -> None:
    """Add the share of answers that take a generated image for a real one, by model; with single images, also the HYPE score."""
    alone = results["kind"] == REAL_OR_GENERATED
    fooled = 0 if alone else 1  # the answer `real` to a generated image, or the index of the generated one of two images
    for name, model in results["models"].items():
        answers = [answer for _, group, answer in judgements if group == name]
        model["fooled"] = share(answers.count(fooled), len(answers)).to_json() if answers else None
        if alone:
            model["hype"] = hype(
                [(who, answer != (0 if group == REAL else 1), group == REAL) for who, group, answer in judgements if group in (name, REAL)]
            )
    if alone:
        real = [answer for _, group, answer in judgements if group == REAL]
        results["real_judged_generated"] = share(real.count(1), len(real)).to_json() if real else None
    shares = {name: model["fooled"]["share"] for name, model in results["models"].items() if model["fooled"]}
    results["ranking"] = sorted(shares, key=lambda name: (-shares[name], name))


def add_preferences(results: dict[str, Any], judgements: Sequence[Judgement]) -> None:
    """Add the shares by pair of models, and the ranking of Bradley and Terry."""
    names = list(results["models"])
    results["pairs"] = []
    choices = []
    for first, second in itertools.combinations(names, 2):
        answers = [(who, answer) for who, group, answer in judgements if group == f"{first}|{second}"]
        ends = (names.index(first), names.index(second))
        choices += [Choice(ends[answer], ends[1 - answer], who) for who, answer in answers]
        if answers:
            preferred = share(sum(answer == 0 for _, answer in answers), len(answers))
            results["pairs"].append({"first": first, "second": second, **preferred.to_json()})
    try:
        ranking = ranked(choices, len(names))
    except ValueError:  # only if nearly all answers were left out
        results["ranking"] = []
        return
    order = [int(index) for index in (-ranking.strength).argsort(kind="stable")]
    for index, name in enumerate(names):
        strength = {"value": float(ranking.strength[index]), "low": float(ranking.low[index]), "high": float(ranking.high[index])}
        results["models"][name]["strength"] = strength
        results["models"][name]["rank"] = order.index(index) + 1
    results["finite"] = ranking.finite
    results["ranking"] = [names[index] for index in order]
    results["neighbours"] = [
        dict(
            zip(
                ("better", "worse", "difference", "low", "high"),
                (names[i], names[j], *ranking.difference(i, j, normal_quantile(CONFIDENCE))),
                strict=True,
            )
        )
        for i, j in itertools.pairwise(order)
    ]


def metrics_of(results: Mapping[str, Any]) -> dict[str, float]:
    """Numbers of the results by name, for a record of runs: `gan/fooled`, `gan/hype`, `gan/strength`, `participants`."""
    named: dict[str, float] = {name: float(results[name]) for name in ("participants", "answers")}
    named |= {"excluded": float(len(results["excluded"])), "skipped": float(len(results["skipped"]))}
    if "agreement" in results and results["agreement"]["krippendorffs_alpha"] is not None:
        named["agreement"] = results["agreement"]["krippendorffs_alpha"]
    for name, model in results["models"].items():
        for score, field in (("fooled", "share"), ("hype", "value"), ("strength", "value")):
            if model.get(score):
                for part in (field, "low", "high"):
                    if model[score].get(part) is not None and math.isfinite(model[score][part]):
                        named[f"{name}/{score}" if part == field else f"{name}/{score}_{part}"] = model[score][part]
    return named
