"""State of one Kedro session: the project folder, the parameters and the active MLflow runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypedDict

from kedro.framework.context import KedroContext
from kedro.io import AbstractDataset, CatalogProtocol

from genlab.errors import InputError
from pipelines.loader import Loader
from pipelines.tracking.store import Runs

Catalog = CatalogProtocol[Any, AbstractDataset[Any, Any]]


class LoaderArguments(TypedDict):
    """Arguments of Kedro's OmegaConfigLoader."""

    base_env: str
    default_run_env: str
    merge_strategy: dict[str, str]


CONFIG_LOADER_ARGS: LoaderArguments = {
    "base_env": "base",
    "default_run_env": "local",
    # Without "soft", a file of another environment would replace a recipe's whole dictionary.
    "merge_strategy": {"parameters": "soft"},
}
ROOT = Path(__file__).resolve().parent.parent

# The only process-wide state. Kedro calls register_pipelines() without arguments, inside a session and outside (`kedro registry list`),
# so the session's parameters cannot be passed to it. The hook sets this when a session's context is created; the next session replaces
# it. Hooks and datasets do not read it: they hold their session.
_current: ContextVar["Session | None"] = ContextVar("session", default=None)


class Session:
    """State shared by hooks, datasets and pipeline registration. Two sessions in one process share nothing."""

    def __init__(
        self,
        project: Path,
        parameters: dict[str, Any],
        given: dict[str, Any] | None = None,  # parameters of the command line
        loader: Loader | None = None,  # that has read the parameters
    ):
        self.project, self.parameters, self.loader = project, named(parameters), loader
        self.given = given or {}
        self.runs = Runs(project)

    @classmethod
    def of(cls, context: KedroContext) -> "Session":
        """Create the session of a Kedro context, with its environment and `--params`."""
        loader = context.config_loader
        session = cls(context.project_path, loader["parameters"], loader.runtime_params, loader if isinstance(loader, Loader) else None)
        context.config_loader["parameters"] = session.parameters  # avoids a second read; includes the image sets' names
        return session

    @classmethod
    def on_disk(cls, project: Path = ROOT) -> "Session":
        """Create a session from conf/, without `--env` and `--params`."""
        loader = Loader(str(project / "conf"), **CONFIG_LOADER_ARGS)
        return cls(project, loader["parameters"], loader=loader)

    def committed(self) -> dict[str, Any]:
        """The parameters that git tracks: of conf/base and of the session's environment, without conf/local and `--params`."""
        loader = self.loader or Loader(str(self.project / "conf"), **CONFIG_LOADER_ARGS)
        return loader.committed()


def named(parameters: dict[str, Any]) -> dict[str, Any]:
    """Add each image set's name to its declaration, for messages."""
    declared = parameters.get("images") or {}
    if not isinstance(declared, dict):
        raise InputError(f"images: got {declared!r}, expected a mapping of image sets, e.g. images: {{mine: {{kind: ...}}}}.")
    for name, declaration in declared.items():
        if isinstance(declaration, dict):
            declaration.setdefault("name", name)
    return parameters


def current() -> Session:
    """The current session of this process, or a new session read from conf/ if there is none."""
    return _current.get() or Session.on_disk()


def set_current(session: Session) -> None:
    """Make a session the current one."""
    _current.set(session)


@contextmanager
def using(session: Session | None) -> Iterator[None]:
    """Context manager that makes a session the current one; None for no session."""
    token = _current.set(session)
    try:
        yield
    finally:
        _current.reset(token)
