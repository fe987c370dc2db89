"""Which of two model versions is the champion."""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Self


class Headline(NamedTuple):
    """The one score that versions are compared by."""

    name: str
    value: float
    lower_is_better: bool


class Standing(NamedTuple):
    """What a version's claim to be champion rests on."""

    headline: Headline
    protocol: str  # hash
    data_hash: str

    def tags(self) -> dict[str, str]:
        """As tags of a version."""
        return {"headline": json.dumps(self.headline._asdict()), "protocol": self.protocol, "data_hash": self.data_hash}

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> Self:
        """The inverse of tags; a version without them has a headline called `none`."""
        headline = json.loads(tags.get("headline", '{"name": "none", "value": NaN, "lower_is_better": true}'))
        return cls(Headline(**headline), tags.get("protocol", "none"), tags.get("data_hash", "none"))


def beats(candidate: Standing, champion: Standing | None) -> tuple[bool, str]:
    """Whether the candidate becomes champion, and why (not). Only scores under one protocol and data hash compare."""
    new = candidate.headline
    if not math.isfinite(new.value):
        return False, f"its {new.name} is {new.value}"
    if champion is None:
        return True, "there was no champion"
    old = champion.headline
    if (new.name, new.lower_is_better) != (old.name, old.lower_is_better):
        return False, f"its headline is {new.name}, the champion's {old.name}"
    if candidate.protocol != champion.protocol:
        return False, f"scored under another protocol ({candidate.protocol}) than the champion ({champion.protocol})"
    if candidate.data_hash != champion.data_hash:
        return False, f"scored on other data ({candidate.data_hash[:16]}) than the champion ({champion.data_hash[:16]})"
    better = new.value < old.value if new.lower_is_better else new.value > old.value
    order = "lower" if new.lower_is_better else "higher"
    verb = "beats" if better else "doesn't beat"
    return better, f"its {new.name} {new.value:.6g} {verb} the champion's {old.value:.6g} ({order} is better)"


def digest(protocol: dict[str, Any]) -> str:
    """16 hexadecimal digits that equal protocols share, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(protocol, sort_keys=True).encode()).hexdigest()[:16]
