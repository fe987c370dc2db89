"""Settings of a study, checked when it is declared: everything that decides what participants see, and whose answers count."""

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from genlab.build import ConfigurationError, suggestion

# Kinds of studies. In the first one image is shown per trial, in the others two.
REAL_OR_GENERATED, REAL_AGAINST_GENERATED, PREFERENCE = "real_or_generated", "real_against_generated", "preference"
KINDS = (REAL_OR_GENERATED, REAL_AGAINST_GENERATED, PREFERENCE)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")  # becomes that of a folder, and of the files that participants send back
REAL, CHECK, PRACTICE = "real", "check", "practice"  # owners and groups of images that belong to no model
DIRECTIONS = ("a_to_b", "b_to_a")


@dataclass(frozen=True)
class Exclusion:
    """Rules, fixed before the study, by which all answers of a participant are left out."""

    failed_checks: int = 1  # most attention checks that may be failed
    fastest_milliseconds: int = 200  # a faster answer is a fast one; a choice between two keys takes people longer
    fast_share: float = 0.2  # largest share of fast answers
    same_answer_share: float = 0.95  # largest share of answers with the same key


@dataclass(frozen=True)
class Settings:
    """A study. `groups` and `per_group` follow from it: the models or pairs of models, and the trials of each per participant."""

    name: str
    kind: str  # one of KINDS
    images: str  # name of the image set whose held-out images are the real ones
    models: tuple[str, ...]  # names of recipes
    trials: int  # per participant, without practice trials and attention checks
    items: int  # images of each model, or of each pair of models, from which those of a participant are chosen
    forms: int  # different sequences of trials; a participant gets one of them
    practice: int  # trials before those that count
    checks: int  # attention checks, which have a known answer
    exposure_milliseconds: int | None  # how long images are visible; None: until the answer
    direction: str  # of translators; of no effect on a study of samplers
    consent: str | None  # text that participants agree to; None: that of genlab.study.page
    seed: int
    exclusion: Exclusion

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of trials: one per model, or one per pair of models, `gan|lsgan`."""
        return tuple("|".join(pair) for pair in itertools.combinations(self.models, 2)) if self.kind == PREFERENCE else self.models

    @property
    def per_group(self) -> int:
        """Trials per participant with images of each group. In studies with one image, as many show real images."""
        return self.trials // (len(self.groups) * (2 if self.kind == REAL_OR_GENERATED else 1))

    @property
    def pictures(self) -> int:
        """Images to choose from per trial: 1 or 2."""
        return 1 if self.kind == REAL_OR_GENERATED else 2


def settings_of(entry: Any, where: str = "user_study") -> Settings:
    """Check the description of a study, as in YAML.

    Raises:
        ConfigurationError: a key is unknown or missing, or a value is not possible.
    """
    given = complete(entry, tuple(each.name for each in fields(Settings)), where)
    rules = complete(given["exclusion"], tuple(each.name for each in fields(Exclusion)), f"{where}.exclusion")
    for key, least, most in (
        ("trials", 2, 1000),
        ("items", 1, 1000),
        ("forms", 1, 200),
        ("practice", 0, 50),
        ("checks", 0, 50),
        ("seed", 0, 2**32),
    ):
        whole(given[key], least, most, f"{where}.{key}")
    if given["exposure_milliseconds"] is not None:
        whole(given["exposure_milliseconds"], 50, 60_000, f"{where}.exposure_milliseconds", "null for no limit, or ")
    one_of(given["kind"], KINDS, f"{where}.kind")
    one_of(given["direction"], DIRECTIONS, f"{where}.direction")
    if not isinstance(given["name"], str) or not NAME.fullmatch(given["name"]):
        raise ConfigurationError(f"{where}.name: got {given['name']!r}, expected letters, digits, _ and -, the first a letter or digit.")
    if given["consent"] is not None and not (isinstance(given["consent"], str) and given["consent"].strip()):
        raise ConfigurationError(f"{where}.consent: got {given['consent']!r}, expected a text, or null for the default one.")
    if not isinstance(given["images"], str):
        raise ConfigurationError(f"{where}.images: got {given['images']!r}, expected the name of an image set.")
    models = models_of(given["models"], 2 if given["kind"] == PREFERENCE else 1, f"{where}.models")
    settings = Settings(**{**given, "models": models, "exclusion": exclusion_of(rules, f"{where}.exclusion")})
    check_balance(settings, where)
    return settings


def complete(entry: Any, keys: Sequence[str], where: str) -> dict[str, Any]:
    """A mapping that has exactly these keys.

    Raises:
        ConfigurationError: it is no mapping, or a key is unknown or missing.
    """
    if not isinstance(entry, Mapping):
        raise ConfigurationError(f"{where}: got {entry!r}, expected a mapping with {', '.join(keys)}.")
    for key in entry:
        if key not in keys:
            raise ConfigurationError(f"{where}.{key}: there is no key '{key}'.{suggestion(str(key), keys)} There are: {', '.join(keys)}.")
    for key in keys:
        if key not in entry:
            raise ConfigurationError(f"{where}: there is no '{key}'. It has: {', '.join(keys)}.")
    return dict(entry)


def whole(value: Any, least: int, most: int, where: str, others: str = "") -> None:
    """Check a whole number.

    Raises:
        ConfigurationError: it is none, or out of range.
    """
    if type(value) is not int or not least <= value <= most:
        raise ConfigurationError(f"{where}: got {value!r}, expected {others}a whole number from {least} to {most:,}.")


def one_of(value: Any, values: Sequence[str], where: str) -> None:
    """Check a choice.

    Raises:
        ConfigurationError: there is no such value.
    """
    if value not in values:
        raise ConfigurationError(f"{where}: got {value!r}, expected one of {', '.join(values)}.{suggestion(str(value), values)}")


def models_of(models: Any, least: int, where: str) -> tuple[str, ...]:
    """Check the names of models.

    Raises:
        ConfigurationError: they are no list of different names, or too few.
    """
    if not isinstance(models, list | tuple) or not all(isinstance(each, str) and each for each in models):
        raise ConfigurationError(f"{where}: got {models!r}, expected a list of recipes, e.g. [gan, lsgan].")
    if len(set(models)) < len(models) or len(models) < least:
        raise ConfigurationError(
            f"{where}: got {list(models)}, expected at least {least} different {'recipe' if least == 1 else 'recipes'}."
        )
    return tuple(models)


def exclusion_of(rules: Mapping[str, Any], where: str) -> Exclusion:
    """Check the rules of exclusion.

    Raises:
        ConfigurationError: a value is out of range.
    """
    whole(rules["failed_checks"], 0, 50, f"{where}.failed_checks")
    whole(rules["fastest_milliseconds"], 0, 10_000, f"{where}.fastest_milliseconds")
    for key in ("fast_share", "same_answer_share"):
        value = rules[key]
        if type(value) not in (int, float) or not (math.isfinite(value) and 0 <= value <= 1):
            raise ConfigurationError(f"{where}.{key}: got {value!r}, expected a share from 0 to 1.")
    return Exclusion(**rules)


def check_balance(settings: Settings, where: str) -> None:
    """Check that the trials can show each group equally often, and each of its models equally often left and right.

    Raises:
        ConfigurationError: the number of trials cannot be divided, or there are too few images for them.
    """
    step = 2 * len(settings.groups)
    if settings.trials % step:
        nearest = max(step, round(settings.trials / step) * step)
        balanced = "real and generated images" if settings.pictures == 1 else "both sides"
        raise ConfigurationError(
            f"{where}.trials: got {settings.trials}, expected a multiple of {step}, so that each of {', '.join(settings.groups)} is shown "
            f"equally often, with {balanced} in equal numbers, e.g. {nearest}."
        )
    if settings.items < settings.per_group:
        raise ConfigurationError(
            f"{where}.items: got {settings.items}, expected at least {settings.per_group}: a participant sees that many of each of "
            f"{', '.join(settings.groups)}, and none twice. Raise it, or lower `trials`."
        )
    if settings.exclusion.failed_checks > settings.checks:
        raise ConfigurationError(
            f"{where}.exclusion.failed_checks: got {settings.exclusion.failed_checks}, but there are {settings.checks} checks: nobody can "
            f"be excluded. Write at most {settings.checks}."
        )


def described(settings: Settings) -> dict[str, Any]:
    """Settings as in YAML."""
    return asdict(settings) | {"models": list(settings.models)}
