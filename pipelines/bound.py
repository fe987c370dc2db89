"""Datasets that need the session in which they are used."""

from typing import TYPE_CHECKING

from kedro.io import AbstractDataset

if TYPE_CHECKING:
    from pipelines.session import Session


class BoundDataset(AbstractDataset):
    """A dataset that is given its session by the hook, when the catalog is created (pipelines/hooks.py)."""

    _session: "Session | None" = None

    def bind(self, session: "Session") -> None:
        self._session = session

    @property
    def session(self) -> "Session":
        """The session of the catalog that holds the dataset.

        Raises:
            RuntimeError: the dataset was made by itself.
        """
        if self._session is None:
            raise RuntimeError(f"{type(self).__name__} has no session. Take it from a session's catalog, or call `bind` first.")
        return self._session
