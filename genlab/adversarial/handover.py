"""Fakes that the generator's update makes and the critic's update of the same turn uses, so that they are computed once."""

from collections.abc import Mapping

from torch import Tensor


class Handover:
    """Holds tensors from one update to a later one of the same turn. They can be taken once: stale fakes are an error, never a batch."""

    def __init__(self) -> None:
        self._given: Mapping[str, Tensor] = {}

    def put(self, tensors: Mapping[str, Tensor]) -> None:
        """Replace what is held."""
        self._given = tensors

    def pop(self) -> Mapping[str, Tensor]:
        """Return what is held, and hold nothing.

        Raises:
            RuntimeError: nothing was given since it was last taken.
        """
        if not self._given:
            raise RuntimeError(
                "The critic's update found no fakes of this turn; expected those of the generator's update. Put 'generator' before "
                "'critic' in `updates`, and apply both once per turn."
            )
        given, self._given = self._given, {}
        return given
