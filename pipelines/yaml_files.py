"""Checks of the user's configuration files: each is read, and a file that cannot be read is named."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf

from genlab.errors import InputError

SUFFIXES = (".yml", ".yaml", ".json")
READ = ("parameters", "catalog", "credentials", "logging")  # files and folders whose names begin like this are read, at any depth


def check_places(conf: str | Path, environments: Iterable[str]) -> None:
    """Check that Kedro reads all files of the environments.

    Raises:
        InputError: a file is at a place, or has a name, that is not read.
    """
    for environment in environments:
        folder = Path(conf, environment)
        for file in files(folder):
            within = file.relative_to(folder)
            if not (within.parts[0].startswith(READ) or within.name.startswith(READ)):
                raise InputError(
                    f"{file} is not read. Parameters are in files called parameters*.yml or in a folder parameters/: move it to "
                    f"{folder / 'parameters' / within}."
                )


def check_files(conf: str | Path, environments: Iterable[str]) -> None:
    """Read all files of parameters of the environments.

    Raises:
        InputError: a file is not UTF-8, not YAML, or no mapping; or two files of one environment set the same value.
    """
    for environment in environments:
        found: dict[str, Path] = {}
        for file in parameter_files(Path(conf, environment)):
            for name in names(content(file)):
                if name in found:
                    raise InputError(f"{name} is set twice, in {found[name]} and in {file}. Remove one of them.")
                found[name] = file


def content(file: Path) -> dict[str, Any]:
    """Read a file of parameters.

    Raises:
        InputError: it cannot be read; the message has the line.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 text ({error.reason} at byte {error.start}). Save it in the encoding UTF-8.") from None
    try:
        found = OmegaConf.to_container(OmegaConf.create(text), resolve=False) if text.strip() else {}
        OmegaConf.to_container(OmegaConf.create(text), resolve=True)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise InputError(f"{file}, {line}{error.problem or error}. Correct the YAML there; indent with spaces.") from None
    except Exception as error:  # OmegaConf's own errors: an interpolation that cannot be resolved
        raise InputError(f"{file}: {str(error).partition(chr(10))[0]}.") from None
    if not isinstance(found, dict):
        raise InputError(f"{file} holds a {type(found).__name__}, expected a mapping, e.g. `gan: {{seed: 1}}`.")
    return {str(key): value for key, value in found.items()}


def names(values: Any, prefix: str = "") -> Iterable[str]:
    """Yield the dotted names of all values that are no mappings."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            yield from names(value, f"{name}.")
        else:
            yield name


def parameter_files(folder: Path) -> list[Path]:
    """The files that Kedro reads as parameters of an environment: their name, or that of their folder at the top, begins like this."""
    found = ((file, file.relative_to(folder)) for file in files(folder))
    return [file for file, within in found if within.parts[0].startswith("parameters") or within.name.startswith("parameters")]


def files(folder: Path) -> list[Path]:
    """All YAML and JSON files in a folder that are not hidden."""
    found = (file for file in folder.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    return sorted(file for file in found if not any(part.startswith(".") for part in file.relative_to(folder).parts))
