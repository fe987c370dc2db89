"""`kedro run` with errors for people: what they can mend is one message, without a traceback."""

import copy
import functools
import re
from collections.abc import Callable
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.validation.exceptions import ParameterValidationError

from genlab.errors import InputError, root_cause
from genlab.training.interruption import Interrupted


def plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with InputError and Interrupted shown as messages."""

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
    """What a person should read instead of a traceback; None if the error is a bug of ours."""
    if isinstance(error, Interrupted):
        shown = click.ClickException(str(error))
        shown.exit_code = error.exit_code
        return shown
    if isinstance(error, InputError):
        return click.ClickException(f"{type(error).__name__}: {error}")
    if isinstance(error, ParameterValidationError):
        return click.ClickException(f"ConfigurationError: {without_jargon(str(error))}")
    if str(error).startswith("Failed to find the pipeline named"):
        return click.ClickException(str(error))
    return None


def without_jargon(message: str) -> str:
    """Pydantic's message without types and links: `cyclegan.budget: there is no key 'imags'. Did you mean 'images'? ...`."""
    message = re.sub(r"Failed to instantiate \w+ for parameter '[^']*': \d+ validation errors? for \w+\n", "", message)
    message = re.sub(r" *\[type=.*\]|\n *For further information visit \S*", "", message)
    return message.replace("Value error, ", "").removeprefix("Parameter validation failed:\n")


@click.group()
def cli() -> None:
    """genlab's commands beside Kedro's own."""


run = copy.copy(kedro_run)
run.callback = plainly(kedro_run.callback)
cli.add_command(run)
