"""`kedro run` with errors for people: what they can mend is one message, without a traceback."""

import copy
import functools
import re
from collections.abc import Callable
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.io import DatasetError
from kedro.validation.exceptions import ParameterValidationError

from genlab.errors import InputError
from pipelines.training.interruption import Interrupted


def plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with InputError and Interrupted shown as messages."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except (InputError, DatasetError) as error:
            cause = error if isinstance(error, InputError) else error.__cause__
            if not isinstance(cause, InputError):
                raise
            shown = click.ClickException(f"{type(cause).__name__}: {cause}")
        except ParameterValidationError as error:
            shown = click.ClickException(f"ConfigurationError: {without_jargon(str(error))}")
        except ValueError as error:
            if not str(error).startswith("Failed to find the pipeline named"):
                raise
            shown = click.ClickException(str(error))
        except Interrupted as stop:
            shown = click.ClickException(str(stop))
            shown.exit_code = stop.exit_code
        raise shown from None

    return wrapped


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
