"""Exclusion of participants by the rules that the study file has, which were fixed before the first answer."""

from collections.abc import Mapping
from typing import Any

from genlab.study.answers import Participant
from genlab.study.settings import CHECK, Exclusion


def reasons(
    participant: Participant,
    study: Mapping[str, Any],
    key: Mapping[str, Any],
) -> list[str]:
    """Why the answers of a participant are left out; empty if they count."""
    rules = Exclusion(**study["exclusion"])
    failed, checks = failed_checks(participant, study, key)
    answers = participant.answers
    fast = sum(answer.milliseconds < rules.fastest_milliseconds for answer in answers) / len(answers)
    scored = [answer.answer for answer in answers if key["items"][answer.item]["group"] != CHECK]
    same = max(scored.count(0), scored.count(1)) / len(scored)
    found = []
    if failed > rules.failed_checks:
        found.append(f"failed {failed} of {checks} attention checks, more than {rules.failed_checks}")
    if fast > rules.fast_share:
        found.append(f"{fast:.0%} of the answers took less than {rules.fastest_milliseconds} ms, more than {rules.fast_share:.0%}")
    if same > rules.same_answer_share:
        found.append(f"{same:.0%} of the answers are the same key, more than {rules.same_answer_share:.0%}")
    return found


def failed_checks(participant: Participant, study: Mapping[str, Any], key: Mapping[str, Any]) -> tuple[int, int]:
    """Attention checks of a participant -> (failed, all)."""
    failed = checks = 0
    for trial, answer in zip(study["forms"][participant.form], participant.answers, strict=True):
        entry = key["items"][answer.item]
        if entry["group"] == CHECK:
            checks += 1
            failed += answered(trial, entry, answer.answer) != entry["right"]
    return failed, checks


def answered(trial: Mapping[str, Any], entry: Mapping[str, Any], answer: int) -> int:
    """The answer of a trial in the order of the key: the index of the chosen picture, or 0 real and 1 generated."""
    shown = list(trial["shown"])
    return answer if len(shown) == 1 else int(entry["pictures"].index(shown[answer]))
