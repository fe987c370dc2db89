"""Dictionaries of arrays and lists in Python pickles, read as data: nothing that a pickle names is imported or called."""

import io
import pickle
import pickletools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from genlab.errors import InputError

# What numpy writes for an array: Python 2 and numpy 1 the first, numpy 2 the second, protocol 5 the last two; `encode` writes bytes by
# protocol 2 in Python 3. They only have a name here, see `Recorded`.
RECONSTRUCT = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
FROM_BUFFER = ("numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer")
ENCODE = "_codecs.encode"
ADMITTED = frozenset((*RECONSTRUCT, *FROM_BUFFER, ENCODE, "numpy.ndarray", "numpy.dtype"))
BYTES = ("u1", "|u1")


class Recorded:
    """What a pickle asks to make, as data: name, arguments and state. It takes the place of every function and class of a pickle."""

    __slots__ = ("arguments", "name", "state")

    def __init__(self, name: str, arguments: tuple[Any, ...] = ()):
        self.name, self.arguments, self.state = name, arguments, ()

    def __call__(self, *arguments: Any) -> "Recorded | bytes":
        return str(arguments[0]).encode("latin-1") if self.name == ENCODE else Recorded(self.name, arguments)

    def __setstate__(self, state: Any) -> None:
        self.state = state


class DataReader(pickle.Unpickler):
    """Reads a pickle without running anything that it names. Text of Python 2 is returned as bytes."""

    def __init__(self, content: bytes, path: Path):
        super().__init__(io.BytesIO(content), encoding="bytes")
        self.path = path

    def find_class(self, module: str, name: str) -> Recorded:
        """Return a stand-in for a function or class of numpy's arrays.

        Raises:
            InputError: the pickle names anything else.
        """
        if f"{module}.{name}" not in ADMITTED:
            raise InputError(
                f"{self.path} asks to run '{module}.{name}' when it is read, which a file of images and labels never does. It may be "
                "malicious, and nothing in it was run. Remove it, and fetch the file from its publisher."
            )
        return Recorded(f"{module}.{name}")


def read_pickled_dict(
    content: bytes,
    path: Path,  # for messages
) -> dict[str, Any]:
    """Read a pickled dictionary with text as keys. Use `array_of`, `numbers_of` and `texts_of` on its values.

    Raises:
        InputError: the file is truncated or no pickle, holds no dictionary, or names code other than that of numpy's arrays.
    """
    try:
        check_sizes(content)
        found = DataReader(content, path).load()
    except InputError:
        raise
    except Exception as error:  # damaged bytes are opcodes like others, and raise almost anything
        reason = str(error) or type(error).__name__
        raise InputError(f"{path} is no complete pickle of Python ({reason}): it is truncated or damaged. Fetch it again.") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} holds a {type(found).__name__}, expected a dictionary of images or labels. Fetch it again.")
    return {as_text(key): value for key, value in found.items()}


def check_sizes(content: bytes) -> None:
    """Raise a ValueError if the pickle is cut off, or states a size beyond its end, for which pickle.load would allocate memory."""
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name.endswith("PUT") and isinstance(argument, int) and argument > len(content):
            raise ValueError(f"place {argument:,} in a memo")


def array_of(value: Any, path: Path) -> np.ndarray:
    """Array of bytes in a pickle, uint8, read-only.

    Raises:
        InputError: the value is no array of bytes.
    """
    try:
        if value.name in FROM_BUFFER:  # protocol 5
            data, kind, shape, order = value.arguments
        else:
            shape, kind, fortran, data = value.state[-4:]  # a version comes first, except in the oldest files
            order = "F" if fortran else "C"
        if value.name not in RECONSTRUCT + FROM_BUFFER or as_text(kind.arguments[0]) not in BYTES:
            raise ValueError(value.name)
        return np.frombuffer(data, np.uint8).reshape([int(side) for side in shape], order=order)
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise InputError(f"{path} holds no array of bytes where the images belong. Fetch it again.") from error


def numbers_of(value: Any, path: Path) -> np.ndarray:
    """List of whole numbers in a pickle, int64 (N,).

    Raises:
        InputError: the value is no such list.
    """
    if not isinstance(value, list) or not all(type(number) is int and abs(number) < 2**62 for number in value):
        raise InputError(f"{path} holds no list of numbers where the labels belong. Fetch it again.")
    return np.array(value, np.int64)


def texts_of(value: Any, path: Path) -> Sequence[str]:
    """List of texts in a pickle.

    Raises:
        InputError: the value is no such list.
    """
    if not isinstance(value, list) or not all(isinstance(text, str | bytes) for text in value):
        raise InputError(f"{path} holds no list of names where those of the classes belong. Fetch it again.")
    return [as_text(text) for text in value]


def as_text(value: Any) -> str:
    """Text of Python 2 or 3."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
