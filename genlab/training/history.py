"""The mean of every term over intervals of images."""

from typing import Any

from genlab.engine.loop import Turn


class History:
    """Rows {"images", term: mean since the row before}. Its state is primitives, so that a resumed history equals a straight one."""

    def __init__(self, every: int):  # images between two rows
        self.every = every
        self.rows: list[dict[str, float]] = []
        self.sums: dict[str, float] = {}
        self.counts: dict[str, int] = {}  # a term's own: a lazy update has terms on some turns only

    def add(self, turn: Turn) -> dict[str, float] | None:
        """Take a turn in; the new row if it completes one."""
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

    def frame(self) -> "pandas.DataFrame":  # noqa: F821
        import pandas

        return pandas.DataFrame(self.rows)

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows, "sums": self.sums, "counts": self.counts}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.rows, self.sums, self.counts = state["rows"], state["sums"], state["counts"]
