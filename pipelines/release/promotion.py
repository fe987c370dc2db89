"""Decide whether a new model version replaces the champion."""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from genlab.engine.json_text import json_text, nulled
from genlab.evaluation.comparable import differences, named
from genlab.evaluation.scores import Headline

CANDIDATE, CHAMPION = "candidate", "champion"  # aliases of model versions
COLLAPSED = "diversity_collapsed"  # a failure of genlab.training.health
UNREADABLE = Headline("none", math.nan, True)
FIELDS = "protocol_fields"  # tag with a protocol as JSON
LONGEST_TAG = 5000  # characters, MLflow's limit for a tag of a model version


class Standing(NamedTuple):
    """What decides whether a model version becomes champion: its headline, and the protocol and data of that score."""

    headline: Headline
    protocol: str  # hash, see `digest`
    data_hash: str
    fields: Mapping[str, Any] = {}  # the protocol itself, to name what differs; empty for versions that lack it

    def tags(self) -> dict[str, str]:
        """Convert to the tags of a model version. A protocol that is too long for a tag is left out."""
        fields = json_text(self.fields)
        known = {FIELDS: fields} if self.fields and len(fields) <= LONGEST_TAG else {}
        return {"headline": json_text(nulled(self.headline._asdict())), "protocol": self.protocol, "data_hash": self.data_hash} | known

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> Self:
        """Inverse of `tags`. A missing or corrupt headline becomes UNREADABLE; a headline without a spread has None."""
        try:
            headline = Headline(**json.loads(tags["headline"]))
            spread = None if headline.spread is None else float(headline.spread)
            headline = headline._replace(value=float(headline.value), spread=spread)
        except (KeyError, TypeError, ValueError, OverflowError):
            headline = UNREADABLE
        return cls(headline, tags.get("protocol", "none"), tags.get("data_hash", "none"), fields_of(tags.get(FIELDS, "{}")))


def unfit(
    candidate: Headline,
    untrained: float | None,  # the same score of the untrained recipe; None if there is none
    health: str,  # names of the failures at the end of training, or SOUND
) -> str:
    """Return why a version must not become champion, even if there is none; "" if nothing speaks against it.

    - Its samples had collapsed at the end of training.
    - Its headline is worse than that of its own untrained networks, by more than its spread.
    """
    if COLLAPSED in health.split():
        return "its samples had collapsed at the end of training, see health.diversity_collapsed of its run"
    if untrained is None or not math.isfinite(untrained) or not math.isfinite(candidate.value):
        return ""
    loss = candidate.value - untrained if candidate.lower_is_better else untrained - candidate.value
    spread = candidate.spread if candidate.spread is not None and math.isfinite(candidate.spread) else 0.0
    if loss <= spread:
        return ""
    return f"its {candidate.name} {candidate.value:.6g} is worse than the {untrained:.6g} of its own untrained networks"


def beats(
    candidate: Standing,
    champion: Standing | None,
    version: str | int | None = None,  # the champion's version number, used in the reason
) -> tuple[bool, str]:
    """Decide whether the candidate becomes champion -> (decision, reason). The first rule that applies decides:

    - A candidate with a non-finite headline does not become champion.
    - If there is no champion, the candidate becomes champion.
    - If the champion's headline (name or direction), protocol or data differ from the candidate's, or if its tags hold no finite headline,
      no new version can be compared with it. It is retired, and the candidate replaces it.
    - Otherwise, the candidate's headline must be better by more than sqrt(s_candidate^2 + s_champion^2), the standard deviation of the
      difference of two independent scores with spreads s. A headline without a spread counts as s = 0. On a tie, or within the
      spread, the champion stays.
    """
    new = candidate.headline
    if not math.isfinite(new.value):
        return False, f"its {new.name} is {new.value}"
    if champion is None:
        return True, "there was no champion"
    if why := retired(candidate, champion):
        return True, f"the champion, version {version}, has retired: {why}"
    old = champion.headline
    gain = old.value - new.value if new.lower_is_better else new.value - old.value
    spread = math.hypot(*(each.spread for each in (new, old) if each.spread is not None and math.isfinite(each.spread)))
    verb, order = "beats" if gain > spread else "doesn't beat", "lower" if new.lower_is_better else "higher"
    reason = f"its {new.name} {new.value:.6g} {verb} the champion's {old.value:.6g} ({order} is better)"
    if gain > 0 and spread > 0:
        limit = "more than" if gain > spread else "within"
        reason += f": it is better by {gain:.6g}, {limit} the spread of their difference, {spread:.6g}"
    return gain > spread, reason if gain > spread else f"{reason}; version {version} stays champion"


def retired(candidate: Standing, champion: Standing) -> str:
    """The reason why the champion's score cannot be compared with the candidate's; empty if it can."""
    new, old = candidate.headline, champion.headline
    if not math.isfinite(old.value):
        return "its tags hold no finite headline"
    if new.name != old.name:
        return f"its headline is {old.name}, this version's is {new.name}"
    if new.lower_is_better != old.lower_is_better:
        return f"for its {old.name} {'lower' if old.lower_is_better else 'higher'} is better, for this version's the opposite"
    if candidate.protocol != champion.protocol:
        return f"it was scored under another protocol than this version: {unlike(champion, candidate)}"
    if candidate.data_hash != champion.data_hash:
        return f"it was scored on other data ({champion.data_hash[:16]}) than this version ({candidate.data_hash[:16]})"
    return ""


def unlike(then: Standing, now: Standing) -> str:
    """The fields in which two protocols differ, with both values; their hashes if the fields of one are unknown."""
    found = differences(then.fields, now.fields) if then.fields and now.fields else {}
    return named(found) if found else f"protocol was {then.protocol} and is {now.protocol}"


def fields_of(text: str) -> dict[str, Any]:
    """Protocol of a tag; empty if the tag is corrupt."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def digest(protocol: dict[str, Any]) -> str:
    """Hash of a protocol, 16 hexadecimal digits. It does not depend on the order of keys."""
    return hashlib.sha256(json_text(protocol, sort_keys=True).encode()).hexdigest()[:16]
