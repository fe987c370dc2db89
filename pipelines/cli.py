"""`kedro run` with readable errors: an error that the user can fix is one message, without a traceback."""

import copy
import functools
import logging
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
from kedro.config import MissingConfigException
from kedro.framework.cli.project import run as kedro_run
from kedro.io import DatasetError
from kedro.validation.exceptions import ParameterValidationError
from omegaconf import OmegaConf

from genlab.build import suggestion
from genlab.engine.ending import end_at_once
from genlab.engine.files import FULL
from genlab.engine.portable import SWITCH, NotPinnedError
from genlab.errors import InputError, root_cause
from genlab.training.interruption import Interrupted
from pipelines.checks import RUNNER, check_runner
from pipelines.pipeline_registry import STAGES


def plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a command: errors that the user can fix, and interruptions, are shown as messages without a traceback."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        end_at_once()
        logging.getLogger("kedro.validation").setLevel(logging.CRITICAL)  # its messages are shown in a plainer form below
        try:
            return command(*arguments, **options)
        except NotPinnedError:
            again(SWITCH)
        except Exception as error:
            shown = message(error) or message(root_cause(error))
            if shown is None:
                raise
        raise shown from None

    return wrapped


def again(variable: str) -> NoReturn:
    """Replace this process by the same command with an environment variable that must be set before numpy and torch are loaded."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | {variable: "1"})


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
    if isinstance(error, MissingConfigException) and "configuration path" in str(error):
        path = Path(str(error).rpartition(": ")[2])
        known = ", ".join(sorted(folder.name for folder in path.parent.iterdir() if folder.is_dir()))
        return click.ClickException(f"--env: there is no '{path.name}' in {path.parent}, which has: {known}.")
    if isinstance(error, ValueError) and str(error).startswith(FILTERS):
        return click.ClickException(f"{error} `kedro registry describe <pipeline>` lists its nodes.")
    if found := re.match(r"Failed to find the pipeline named '(.*?)'", str(error)):
        near = [line.strip() for line in str(error).splitlines()[1:]]
        close = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        return click.ClickException(f"--pipeline: there is no '{found[1]}'.{close} `kedro registry list` lists all pipelines.")
    if isinstance(error, OSError) and error.errno in FULL:
        return click.ClickException(f"The disk is full ({error}). Make space, and run the same command again.")
    return unreadable(error)


def unreadable(error: BaseException) -> click.ClickException | None:
    """Convert the error of a dataset whose file is damaged to click's exception; None for any other error."""
    if not (isinstance(error, DatasetError) and "Failed while loading data from dataset" in str(error)):
        return None
    place = re.search(r"filepath=(?:\w+\()?'?([^',)]+)", str(error))
    reason = (str(error.__cause__).strip().splitlines() or [""])[-1]
    what = place[1] if place else str(error).partition("(")[0]
    return click.ClickException(f"{what} cannot be read ({reason}). Make it again: run the stage that writes it.")


def without_jargon(message: str) -> str:
    """Turn pydantic's message into genlab's form: `gan.budget.images: got 0, expected greater than 0.`, one line per error."""
    lines = []
    for block in re.split(r"^- Parameter '", message.removeprefix("Parameter validation failed:\n"), flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition("': ")
        if rest.startswith("value is None"):
            lines.append(f"{name}: got None, expected a mapping.")
        rest = re.sub(r"^Failed to instantiate .*\n", "", rest)
        for field, error, kind, value in PYDANTIC.findall(rest):
            where = f"{name}.{field.strip()}" if field else name
            if kind == "value_error":
                lines.append(f"{where}: {error.removeprefix('Value error, ')}")
            elif kind == "missing":
                lines.append(f"{name}: there is no '{field.strip()}'.")
            else:
                where = re.sub(r"\.(constrained-\w+|tuple\[.*\])$", "", where)  # an alternative of a field
                lines.append(f"{where}: got {value}, expected {error.removeprefix('Input should be ').partition(', unable')[0]}.")
    return "\n".join(dict.fromkeys(lines)) or message


FILTERS = ("Pipeline contains no nodes", "Pipeline does not contain", "Pipeline input", "Pipeline output")  # Kedro's words
PYDANTIC = re.compile(r"^(?:(\S.*)\n)?  (\S.*?) \[type=(\w+), input_value=(.*), input_type=\w+\]$", re.MULTILINE)


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


def known_tags(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Split `--tags=train,evaluate`, and check that each tag is the name of a stage.

    Raises:
        click.UsageError: there is no such stage.
    """
    tags = [tag.strip() for tag in value.split(",") if tag.strip()] if isinstance(value, str) else list(value or ())
    for tag in tags:
        if tag not in STAGES:
            raise click.UsageError(f"--tags: got '{tag}', expected one or more of {', '.join(STAGES)}.{suggestion(tag, STAGES)}")
    return tags


def only_runner(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Check `--runner`.

    Raises:
        click.UsageError: the runner is none that runs one node after another.
    """
    try:
        check_runner(value or RUNNER)
    except InputError as error:
        raise click.UsageError(str(error)) from None
    return value


def no_versions(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Refuse `--load-versions`: no dataset of the project has versions of Kedro, so that it would be ignored.

    Raises:
        click.UsageError: the option is used.
    """
    if value:
        raise click.UsageError("--load-versions: no dataset has versions here. MLflow's runs hold the checkpoints of earlier trainings.")
    return {}


CALLBACKS = {"params": split_params, "tags": known_tags, "runner": only_runner, "load_versions": no_versions}


def is_open(text: str) -> bool:
    """Whether a list or a mapping of the text is not closed yet."""
    return any(text.count(begin) > text.count(end) for begin, end in ("[]", "{}"))


run = copy.copy(kedro_run)
run.params = [copy.copy(option) for option in kedro_run.params]
for option in run.params:
    option.callback = CALLBACKS.get(option.name or "", option.callback)
assert kedro_run.callback is not None  # made by click.command from a function
run.callback = plainly(kedro_run.callback)
cli.add_command(run)
