"""Base class of the datasets that need the current session."""

from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

if TYPE_CHECKING:
    from pipelines.session import Session


class BoundDataset(AbstractDataset[Any, Any]):
    """Base class of datasets that need the current session. A hook binds it when the catalog is created (pipelines/hooks.py)."""

    _session: "Session | None" = None

    def __init__(self, metadata: dict[str, Any] | None = None):
        self.metadata = metadata

    def bind(self, session: "Session") -> None:
        """Set the session that the dataset uses."""
        self._session = session

    @property
    def session(self) -> "Session":
        """The session of the catalog that holds the dataset.

        Raises:
            RuntimeError: no session is bound, because the dataset was created outside a session's catalog.
        """
        if self._session is None:
            raise RuntimeError(f"{type(self).__name__} has no session. Take it from a session's catalog, or call `bind` first.")
        return self._session
