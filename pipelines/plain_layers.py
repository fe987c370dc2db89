"""Parameters of an environment whose files are plain YAML, read without OmegaConf, which takes ten times as long for the same values."""

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from omegaconf._utils import get_yaml_loader

from pipelines.yaml_files import parameter_files

# libyaml, in C, accepts tabs and reads the tag `!` otherwise than PyYAML; and a byte order mark is for the loader that names the file.
OTHERWISE = re.compile("[\t!\ufeff]")
MISSING = "???"  # OmegaConf's mark for a value that another file must set


class NotPlainError(ValueError):
    """A file needs OmegaConf: it has an interpolation, an unusual key or value, or an error."""


class PlainLayers:
    """The parameters of each environment of conf/. A file is opened once, also if its environment is asked for again."""

    def __init__(self, conf: Path):
        self.conf = conf
        self._read: dict[str, dict[str, Any] | None] = {}

    def layer(self, environment: str) -> dict[str, Any] | None:
        """A copy of the parameters of an environment; None if it does not exist, or if one of its files needs OmegaConf or is wrong."""
        if environment not in self._read:
            try:
                self._read[environment] = merged(self.conf / environment)
            except (NotPlainError, OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
                self._read[environment] = None
        found = self._read[environment]
        return None if found is None else copied(found)


def merged(folder: Path) -> dict[str, Any]:
    """Read all parameters in a folder.

    Raises:
        NotPlainError: a file needs OmegaConf, or two files set the same value.
        OSError: the folder does not exist, or a file cannot be opened.
        UnicodeDecodeError: a file is not UTF-8.
        yaml.YAMLError: a file is not YAML.
    """
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    if any(path.is_symlink() for path in folder.rglob("*")):
        raise NotPlainError(f"{folder} has links, which Kedro follows in its own way.")
    values: dict[str, Any] = {}
    for file in parameter_files(folder):
        values = joined(values, plain(file.read_bytes().decode()))
    return values


def plain(text: str) -> dict[str, Any]:
    """Parse a file of parameters.

    Raises:
        NotPlainError: OmegaConf could read it otherwise.
    """
    if OTHERWISE.search(text):
        raise NotPlainError("It has a character that libyaml and PyYAML treat differently.")
    found = yaml.load(text, Loader=fast_loader())  # a safe loader, with OmegaConf's rules for numbers and duplicate keys
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise NotPlainError("It is no mapping.")
    check(found)
    return found


@functools.cache
def fast_loader() -> Any:
    """OmegaConf's loader of YAML on top of libyaml, or as it is if PyYAML was built without libyaml."""
    own = get_yaml_loader()
    if not yaml.__with_libyaml__:
        return own

    parser: Any = yaml.cyaml.CParser  # type: ignore[attr-defined]

    class Fast(parser, own):  # type: ignore[misc, valid-type]
        def __init__(self, stream: Any):
            parser.__init__(self, stream)
            yaml.constructor.SafeConstructor.__init__(self)
            yaml.resolver.Resolver.__init__(self)

    return Fast


def check(value: Any) -> None:
    """Check that OmegaConf would return a value as it is.

    Raises:
        NotPlainError: it would not, or it would raise an error.
    """
    if type(value) is dict:
        for key, each in value.items():
            if type(key) is not str:
                raise NotPlainError(f"The key {key!r} is no text.")
            check(key)
            check(each)
    elif type(value) is list:
        for each in value:
            check(each)
    elif type(value) is str:
        if "${" in value or value == MISSING:
            raise NotPlainError(f"{value!r} refers to another value.")
    elif type(value) not in (int, float, bool, type(None)):
        raise NotPlainError(f"{value!r} is a {type(value).__name__}.")


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Join the values of two files.

    Raises:
        NotPlainError: both set the same value.
    """
    for key in one.keys() & other.keys():
        if not (isinstance(one[key], dict) and isinstance(other[key], dict)):
            raise NotPlainError(f"{key} is set twice.")
    return {**one, **{key: joined(one[key], value) if key in one else value for key, value in other.items()}}


def copied(value: Any) -> Any:
    """Copy a tree of mappings and lists. Parts that YAML's aliases share become independent."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value
