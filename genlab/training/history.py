"""Training history: the mean of every term over intervals of images."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from genlab.engine.loop import Turn

if TYPE_CHECKING:
    import pandas


class History:
    """Collects rows {"images", term: mean since the previous row}.

    Its state consists of primitives, so that the history of a resumed training equals that of an uninterrupted one.
    """

    def __init__(self, every: int):  # images between two rows
        self.every = every
        self.rows: list[dict[str, float]] = []
        self.sums: dict[str, float] = {}
        self.counts: dict[str, int] = {}  # per term, since a lazy update has terms in some turns only

    def add(self, turn: Turn) -> dict[str, float] | None:
        """Add the terms of a turn; return their means if this completes a row, else None."""
        for name, value in turn.terms.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
            self.counts[name] = self.counts.get(name, 0) + 1
        last = self.rows[-1]["images"] if self.rows else 0
        if turn.images // self.every <= last // self.every:
            return None
        means = {name: total / self.counts[name] for name, total in self.sums.items()}
        self.rows.append({"images": turn.images, **means})
        self.sums, self.counts = {}, {}
        return means

    def record(self, images: int, values: Mapping[str, float]) -> None:
        """Add values to the row that ends at this number of images, or add a row if there is none."""
        if not self.rows or self.rows[-1]["images"] != images:
            self.rows.append({"images": images})
        self.rows[-1] |= values

    def frame(self) -> "pandas.DataFrame":
        """Return the rows as a data frame, one column per term."""
        import pandas

        return pandas.DataFrame(self.rows)

    def state_dict(self) -> dict[str, Any]:
        """Return the rows and the sums of the incomplete row."""
        return {"rows": self.rows, "sums": self.sums, "counts": self.counts}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state returned by `state_dict`."""
        self.rows, self.sums, self.counts = state["rows"], state["sums"], state["counts"]
