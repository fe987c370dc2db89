"""`kedro run` with readable errors: an error that the user can fix is one message, without a traceback."""

import copy
import functools
import re
from collections.abc import Callable
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.validation.exceptions import ParameterValidationError
from omegaconf import OmegaConf

from genlab.errors import InputError, root_cause
from genlab.training.interruption import Interrupted


def plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a command: errors that the user can fix, and interruptions, are shown as messages without a traceback."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except Exception as error:
            shown = message(error) or message(root_cause(error))
            if shown is None:
                raise
        raise shown from None

    return wrapped


def message(error: BaseException) -> click.ClickException | None:
    """Convert an error that the user can fix, or an interruption, to click's exception; None for any other error (a bug)."""
    if isinstance(error, Interrupted):
        shown = click.ClickException(str(error))
        shown.exit_code = error.exit_code  # type: ignore[misc]  # click annotates it as a ClassVar, but reads it from the instance
        return shown
    if isinstance(error, InputError):
        return click.ClickException(f"{type(error).__name__}: {error}")
    if isinstance(error, ParameterValidationError):
        return click.ClickException(f"ConfigurationError: {without_jargon(str(error))}")
    if str(error).startswith("Failed to find the pipeline named"):
        return click.ClickException(str(error))
    return None


def without_jargon(message: str) -> str:
    """Strip types and links from pydantic's message: `cyclegan.budget: there is no key 'imags'. Did you mean 'images'? ...`."""
    message = re.sub(r"Failed to instantiate \w+ for parameter '[^']*': \d+ validation errors? for \w+\n", "", message)
    message = re.sub(r" *\[type=.*\]|\n *For further information visit \S*", "", message)
    return message.replace("Value error, ", "").removeprefix("Parameter validation failed:\n")


@click.group()
def cli() -> None:
    """genlab's commands, in addition to Kedro's own."""


def split_params(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Parse `--params=a.b=1,a.c=[2,3]`. Kedro splits at every comma; here commas within brackets belong to their list.

    Raises:
        click.UsageError: an item has no key or no equals sign.
    """
    if isinstance(value, dict):
        return value
    items: list[str] = []
    for piece in filter(None, map(str.strip, (value or "").split(","))):
        items = [*items[:-1], f"{items[-1]},{piece}"] if items and is_open(items[-1]) else [*items, piece]
    for item in items:
        if not re.match(r"[^=\s]+\s*=", item) or is_open(item):
            raise click.UsageError(f"--params: got '{item}', expected <recipe>.<key>=<value>, e.g. gan.seed=1, gan.model.clip=0.01.")
    return OmegaConf.to_container(OmegaConf.from_dotlist(items))


def is_open(text: str) -> bool:
    """Whether a list or a mapping of the text is not closed yet."""
    return any(text.count(begin) > text.count(end) for begin, end in ("[]", "{}"))


run = copy.copy(kedro_run)
run.params = [copy.copy(option) for option in kedro_run.params]
for option in run.params:
    if option.name == "params":
        option.callback = split_params
assert kedro_run.callback is not None  # made by click.command from a function
run.callback = plainly(kedro_run.callback)
cli.add_command(run)
