"""Passes fakes from one update to a later one of the same turn, so that they are computed once."""

from collections.abc import Mapping

from torch import Tensor

from genlab.engine import parts


class Handover:
    """Holds tensors that one update passes to a later update of the same turn. They can be taken once, so that stale fakes are an error.

    Each part of an accumulated batch has its own.
    """

    def __init__(self) -> None:
        self._given: dict[int, Mapping[str, Tensor]] = {}

    def put(self, tensors: Mapping[str, Tensor]) -> None:
        """Store tensors for a later update of the same turn, replacing any that are stored."""
        self._given[parts.accumulated()] = tensors

    def pop(self) -> Mapping[str, Tensor]:
        """Return the stored tensors and clear them.

        Raises:
            RuntimeError: nothing was stored since the last call.
        """
        if parts.accumulated() not in self._given:
            raise RuntimeError(
                "An update found no fakes of this turn; expected those of an earlier update. Keep the order of `updates`, and apply all of "
                "them once per turn."
            )
        return self._given.pop(parts.accumulated())
