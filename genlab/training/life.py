"""What happened to a training besides turns: other budgets, and warm restarts."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Extension(NamedTuple):
    """A training that went on under another budget."""

    images: int  # number of images seen at this point
    former: int  # budget before, images
    budget: int  # budget after, images


class Restart(NamedTuple):
    """A return to the last good state after a number that is not finite."""

    images: int  # number of images seen when that happened
    back_to: int  # number of images seen in the last good state
    rate: float  # factor of the learning rates from here on, relative to their initial values
    reason: str


class Life(NamedTuple):
    """All extensions and restarts of a training, in order."""

    extensions: tuple[Extension, ...] = ()
    restarts: tuple[Restart, ...] = ()

    @classmethod
    def from_json(cls, stored: Mapping[str, Sequence[Mapping[str, Any]]]) -> "Life":
        """The inverse of `to_json`; {} has no events."""
        extensions = tuple(Extension(**each) for each in stored.get("extensions", ()))
        return cls(extensions, tuple(Restart(**each) for each in stored.get("restarts", ())))

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        """Return the events by kind, without kinds that have none, as JSON values."""
        return {kind: [each._asdict() for each in events] for kind, events in self._asdict().items() if events}

    def sentences(self) -> list[str]:
        """Describe each event in a sentence."""
        extended = [
            f"The budget was changed from {each.former:,} to {each.budget:,} images after {each.images:,}." for each in self.extensions
        ]
        return extended + [
            f"Warm restart after {each.images:,} images, from the state after {each.back_to:,}, with {each.rate:g} times the learning "
            f"rates: {each.reason}."
            for each in self.restarts
        ]


def brief(
    message: str,  # of a NonFiniteLossError
) -> str:
    """Shorten a message to its first term: `critic/loss = nan and 2 more after 24 images`."""
    terms, _, place = message.partition(";")[0].rpartition(" after ")
    first, *others = terms.split(", ")
    return f"{first}{f' and {len(others)} more' if others else ''} after {place}"
