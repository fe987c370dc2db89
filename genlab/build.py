"""Builds objects from descriptions in YAML.

    {class: genlab.networks.patchgan.PatchGAN, layers: 2}       an object: the keys are arguments of the constructor
    {class: torch.optim.Adam, partial: true, lr: 2.0e-4}        a factory: the missing arguments are passed later
    {class: genlab.losses.adversarial.HINGE}                    an existing object

Classes must be in `genlab` or `torch.optim`, so that a YAML file can never run arbitrary code. No other module resolves names from YAML.
"""

import functools
import importlib
import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from genlab.errors import InputError
from genlab.moved import current_arguments, warn_if_moved

ALLOWED = ("genlab.", "torch.optim.")
SIMPLE = (int, float, bool, str, types.NoneType)
SEQUENCES, MAPPINGS = (tuple, list, Sequence, Collection, Iterable), (dict, Mapping)


class ConfigurationError(InputError):
    """A description does not match the constructor that it names."""


def build(description: Any, where: str = "") -> Any:
    """Build the object of a description; nested descriptions are built first. Other values are returned as they are.

    Raises:
        ConfigurationError: a class, a key or a value is invalid; the message names it and what is expected.
    """
    if isinstance(description, list | tuple):
        return [build(item, f"{where}[{index}]") for index, item in enumerate(description)]
    if not isinstance(description, Mapping):
        return description
    if "class" not in description:
        return {key: build(value, join(where, key)) for key, value in description.items()}
    target, arguments, partial = parse(description, where)
    arguments = {key: build(value, join(where, key)) for key, value in arguments.items()}
    if not callable(target) or isinstance(target, tuple):
        return target
    return functools.partial(target, **arguments) if partial else target(**arguments)


def check(description: Any, where: str = "") -> None:
    """Check a description without building it: resolve every class, and compare every key and plain value with its signature.

    Raises:
        ConfigurationError: a class, a key or a value is invalid, as in `build`.
    """
    for place, item in descriptions(description, where):
        parse(item, place)


def descriptions(node: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (dotted path, mapping) for every {class: ...} in a YAML tree."""
    if isinstance(node, Mapping):
        if "class" in node:
            yield where, node
        for key, value in node.items():
            yield from descriptions(value, join(where, key))
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from descriptions(value, f"{where}[{index}]")


def parse(description: Mapping[str, Any], where: str) -> tuple[Any, dict[str, Any], bool]:
    """Check one description against the signature of the object that it names -> (object, unbuilt arguments, partial).

    Raises:
        ConfigurationError: the class, an argument or the type of a value is invalid, or an argument is missing.
    """
    arguments = current_arguments(description, where)
    target, partial = find(description["class"], where), bool(description.get("partial", False))
    if not callable(target) or isinstance(target, tuple):
        if arguments:
            raise ConfigurationError(f"{where}: {description['class']} takes no arguments, got {', '.join(arguments)}. Remove them.")
        return target, arguments, partial
    parameters = inspect.signature(target).parameters
    for key, value in arguments.items():
        if key not in parameters:
            raise ConfigurationError(
                f"{join(where, key)}: {description['class']} has no argument '{key}'.{suggestion(key, parameters)} "
                f"It has: {', '.join(parameters)}."
            )
        check_type(value, hints(target).get(key), join(where, key))
    missing = [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and name not in arguments
    ]
    if missing and not partial:
        raise ConfigurationError(f"{where}: {description['class']} also needs {', '.join(missing)}.")
    return target, arguments, partial


def find(name: Any, where: str) -> Any:
    """Import the object with the name `package.module.Object`.

    Raises:
        ConfigurationError: the object is not in an allowed package, does not exist, or is not defined in that package.
    """
    if not isinstance(name, str) or not name.startswith(ALLOWED):
        raise ConfigurationError(f"{where}: class: {name!r} must be under {' or '.join(prefix + '*' for prefix in ALLOWED)}.")
    name = warn_if_moved(name, where)
    module_name, _, attribute = name.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):  # a dependency is missing: not an error in the description
            raise
        raise ConfigurationError(f"{where}: class: {name}: there is no module {error.name}.") from None
    names = [each for each in vars(module) if not each.startswith("_")]
    if attribute not in names:
        raise ConfigurationError(f"{where}: class: {module_name} has no '{attribute}'.{suggestion(attribute, names)}")
    found = vars(module)[attribute]
    # Objects that a module only imports are refused: otherwise a description could run arbitrary code.
    if isinstance(found, types.ModuleType) or not f"{getattr(found, '__module__', '')}.".startswith(ALLOWED):
        raise ConfigurationError(f"{where}: class: {name} was not made there. Name an object of genlab's or torch.optim's own.")
    return found


def hints(target: Any) -> dict[str, Any]:
    """Return the type hints of a constructor or function, or {} if they cannot be resolved (as for some of torch)."""
    try:
        return typing.get_type_hints(target.__init__ if inspect.isclass(target) else target)
    except (NameError, TypeError):
        return {}


def check_type(value: Any, hint: Any, where: str) -> None:
    """Check a YAML value against a type hint. Hints other than those of plain values, lists and descriptions are not checked.

    Raises:
        ConfigurationError: the value has another type.
    """
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union else (hint,)
    if not isinstance(value, (*SIMPLE, list, tuple, Mapping)) or (isinstance(value, Mapping) and "class" in value):
        return  # an object of code, or a description, which is checked by itself
    if any(named(option) is None or accepts(option, value) for option in options):
        return
    expected = " or ".join(dict.fromkeys(filter(None, map(named, options))))
    hint_of_yaml = " (YAML takes 2e-4 for text; write 2.0e-4)" if isinstance(value, str) and is_number(value) else ""
    raise ConfigurationError(f"{where}: got {value!r}, expected {expected}{hint_of_yaml}.")


def accepts(option: Any, value: Any) -> bool:
    """Whether a type, which is not a union, accepts a value from YAML that is no description."""
    if typing.get_origin(option) is typing.Literal:
        return value in typing.get_args(option) if not isinstance(value, list | dict) else False
    if typing.get_origin(option) in SEQUENCES:
        return isinstance(value, list | tuple)
    if typing.get_origin(option) in MAPPINGS:
        return isinstance(value, Mapping)
    return type(value) is option or (option is float and type(value) is int)


def named(option: Any) -> str | None:
    """A type in words; None for a type that is not checked, and "" for one that only code can make, such as a tensor."""
    origin = typing.get_origin(option)
    if origin is typing.Literal:
        return str(option).removeprefix("typing.")
    if origin in SEQUENCES:
        return "a list"
    if origin in MAPPINGS:
        return "a mapping"
    if option in SIMPLE:
        return getattr(option, "__name__", str(option))
    if origin is Callable:
        return "a description {class: ...}"
    if inspect.isclass(option) and option.__module__.partition(".")[0] == "torch":
        return "a description {class: ...}" if option.__name__ == "Module" else ""
    return None


def is_number(text: str) -> bool:
    """Whether a string is a valid number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def suggestion(word: str, known: typing.Iterable[str]) -> str:
    """Return " Did you mean 'x'?" with the closest known word, or "" if none is close."""
    close = get_close_matches(word, list(known), n=1)
    return f" Did you mean '{close[0]}'?" if close else ""


def join(where: str, key: Any) -> str:
    """Append a key to a dotted path, which may be empty."""
    return f"{where}.{key}" if where else str(key)
