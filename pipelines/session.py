"""One Kedro session: the project's folder, its parameters, and the MLflow runs under way."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from kedro.framework.context import KedroContext

from pipelines.tracking.store import Runs

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # Without "soft", a file of another environment would replace a recipe's whole dictionary.
    "merge_strategy": {"parameters": "soft"},
}
ROOT = Path(__file__).resolve().parent.parent

# The only process-wide state. Kedro calls register_pipelines() without arguments, inside a session and outside (`kedro registry list`),
# so that the session's parameters cannot be passed to it. The hook sets this when a session's context is created; the next session's
# replaces it as a whole. Hooks and datasets do not read it: they are given their session.
_current: ContextVar["Session | None"] = ContextVar("session", default=None)


class Session:
    """What hooks, datasets and the pipelines' registration share. Two sessions in one process share nothing."""

    def __init__(self, project: Path, parameters: dict[str, Any]):
        self.project, self.parameters = project, named(parameters)
        self.runs = Runs(project)

    @classmethod
    def of(cls, context: KedroContext) -> "Session":
        """The session of a Kedro context, with its environment and `--params`."""
        session = cls(context.project_path, context.config_loader["parameters"])
        context.config_loader["parameters"] = session.parameters  # read once, and the image sets' names are in them
        return session

    @classmethod
    def on_disk(cls, project: Path = ROOT) -> "Session":
        """What a session without `--env` and `--params` would have, read from conf/: 0.25 s."""
        conf = project / "conf"
        # Kedro spends a third of the reading on merging an environment, also one without a file.
        settled = not any(file.suffix in (".yml", ".yaml", ".json") for file in (conf / CONFIG_LOADER_ARGS["default_run_env"]).rglob("*"))
        arguments = CONFIG_LOADER_ARGS | ({"default_run_env": CONFIG_LOADER_ARGS["base_env"]} if settled else {})
        return cls(project, OmegaConfigLoader(str(conf), **arguments)["parameters"])


def named(parameters: dict[str, Any]) -> dict[str, Any]:
    """Add to each image set's declaration its name, for messages."""
    for name, declaration in parameters.get("images", {}).items():
        if isinstance(declaration, dict):
            declaration.setdefault("name", name)
    return parameters


def current() -> Session:
    """The latest session of this process; if there is none, one that is read from conf/."""
    return _current.get() or Session.on_disk()


def set_current(session: Session) -> None:
    """Make it the current one."""
    _current.set(session)


@contextmanager
def using(session: Session | None) -> Iterator[None]:
    """Make it the current one in a `with` block; None for no session."""
    token = _current.set(session)
    try:
        yield
    finally:
        _current.reset(token)
