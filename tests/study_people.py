"""Simulated participants of known skill, and the study that they take part in."""

import io
import json
from collections.abc import Callable

import numpy as np
from PIL import Image

from genlab.study.design import Made, designed
from genlab.study.items import Material, Picture, Stimulus
from genlab.study.settings import CHECK, PREFERENCE, REAL, REAL_OR_GENERATED, Settings, settings_of

ENTRY = {
    "name": "mine",
    "kind": REAL_OR_GENERATED,
    "images": "fashion",
    "models": ["gan", "lsgan"],
    "trials": 16,
    "items": 8,
    "forms": 6,
    "practice": 2,
    "checks": 2,
    "exposure_milliseconds": None,
    "direction": "a_to_b",
    "consent": None,
    "seed": 0,
    "exclusion": {"failed_checks": 1, "fastest_milliseconds": 200, "fast_share": 0.2, "same_answer_share": 0.95},
}


def picture(owner: str, rng: np.random.Generator) -> Picture:
    """A random image."""
    content = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).save(content, "PNG")
    return Picture(owner, "random", content.getvalue())


def material(settings: Settings) -> Material:
    """Items of random images, as genlab.study.material makes them of a set and releases."""
    rng = np.random.default_rng(1)

    def item(group: str) -> Stimulus:
        generated = tuple(picture(name, rng) for name in group.split("|"))
        if settings.kind == PREFERENCE:
            return Stimulus(generated)
        return (
            Stimulus(generated, right=int(group != REAL))
            if settings.kind == REAL_OR_GENERATED
            else Stimulus((picture(REAL, rng), *generated), right=0)
        )

    groups = {group: [item(group) for _ in range(settings.items)] for group in settings.groups}
    if settings.kind == REAL_OR_GENERATED:
        groups[REAL] = [item(REAL) for _ in range(settings.items * len(settings.models))]
    single = settings.pictures == 1
    checks = [
        Stimulus((picture(CHECK, rng),), right=1) if single else Stimulus((picture(REAL, rng), picture(CHECK, rng)), right=0)
    ] * settings.checks
    models = {name: {"checkpoint": f"weights of {name}", "data_hash": "data"} for name in settings.models}
    return Material(groups, [item(settings.groups[0]) for _ in range(settings.practice)], checks, models, "data")


def study_of(**changes: object) -> Made:
    """A study of random images, by what differs from ENTRY."""
    settings = settings_of(ENTRY | changes)
    return designed(settings, material(settings))


def fooled(chances: dict[str, float]) -> Callable[[str, np.random.Generator], int]:
    """Judge of single images: `real` with this probability, by owner -> answers in the order of the key."""
    return lambda group, rng: int(rng.random() >= chances[group])


def preferring(strengths: dict[str, float]) -> Callable[[str, np.random.Generator], int]:
    """Judge of pairs of models by Bradley and Terry -> index of the preferred model."""

    def judge(group: str, rng: np.random.Generator) -> int:
        first, second = group.split("|")
        return int(rng.random() >= 1 / (1 + np.exp(strengths[second] - strengths[first])))

    return judge


def answers(
    made: Made,
    number: int,  # of the participant, who has the form of this number, modulo their count
    judge: Callable[[str, np.random.Generator], int],  # (group of the item, rng) -> answer in the order of the key
    attentive: bool = True,
    milliseconds: float = 800.0,
    seed: int = 0,
) -> dict:
    """The answers of a simulated participant, as the page writes them."""
    rng = np.random.default_rng([seed, number])
    form = number % len(made.study["forms"])
    given = []
    for trial in made.study["forms"][form]:
        entry = made.key["items"][trial["item"]]
        answer = judge(entry["group"], rng) if entry["group"] != CHECK else entry["right"] if attentive else 1 - entry["right"]
        if len(trial["shown"]) == 2:
            answer = trial["shown"].index(entry["pictures"][answer])
        given.append({"item": trial["item"], "answer": answer, "milliseconds": milliseconds, "views": 1})
    code = f"{number:08x}{seed:08x}"
    return {"study": made.study["name"], "hash": made.key["hash"], "participant": code, "form": form, "consent": True, "answers": given}


def file_of(given: dict) -> bytes:
    """The content of a participant's file."""
    return json.dumps(given).encode()


def files_of(made: Made, count: int, judge: Callable[[str, np.random.Generator], int], seed: int = 0) -> dict[str, bytes]:
    """Files of several participants by name."""
    return {f"{number}.json": file_of(answers(made, number, judge, seed=seed)) for number in range(count)}
