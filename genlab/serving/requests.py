"""Requests as an MLflow server passes them on: their rows, and the time for an answer.

The columns of requests have MLflow's type `any`: with a type such as `long`, MLflow would turn 7.5 into 7 and true into 1.
"""

import base64
import binascii
import math
import os
from collections.abc import Iterable
from typing import Any

from .errors import LateError, RequestError

SERVER_LIMIT = "MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT"  # seconds; `mlflow models serve` sets it in its server's environment
SHARE = 0.95  # of the server's limit, so that the answer is the reason for the delay, and not a time-out without one


def ignored_columns(message: str) -> str:
    """Error for columns that MLflow would ignore, made from its warning in a server; "" for other warnings and outside of servers.

    The warning does not name the model. A server has one only; in other processes it stays a warning.
    """
    if not message.startswith("Found extra inputs") or SERVER_LIMIT not in os.environ:
        return ""
    names = message.partition("`")[2].partition("`")[0]
    if names.startswith("[0"):
        return 'got rows without the name of a column, and this model has several: name one, e.g. {"inputs": {"seed": [7]}}.'
    return f"this model has no columns {names}. Options belong under `params`."


def seconds_allowed() -> float:
    """Longest time for the computation of an answer. A server answers with an error after its limit, but does not end the computation."""
    limit = os.environ.get(SERVER_LIMIT)
    return SHARE * float(limit) if limit else math.inf


def message_of(error: RequestError) -> str:
    """Message of an error for the client of a server."""
    return f"{error} The server's {SERVER_LIMIT} allows a longer time." if isinstance(error, LateError) else str(error)


def rows_of(column: Iterable[Any]) -> list[Any]:
    """Values of a column, one per row. MLflow puts a list of texts under the key `inputs` into one cell."""
    return [value for cell in column for value in (cell if isinstance(cell, list) else [cell])]


def contents_of(column: Iterable[Any]) -> list[Any]:
    """Values of a column of files, one per row, with base64 texts decoded to bytes. Other values stay as they are.

    Raises:
        RequestError: a text is not base64.
    """
    return [from_base64(value, row) if isinstance(value, str) else value for row, value in enumerate(rows_of(column))]


def from_base64(text: str, row: int) -> bytes:
    """Decode base64 with or without line breaks, or a data URL that contains it.

    Raises:
        RequestError: the text is not base64.
    """
    encoded = text.partition(";base64,")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as error:  # ValueError: characters that are not ASCII
        raise RequestError(
            f"row {row}: image: got a text that is not base64 ({error}): it begins with {text[:12]!r}. "
            "Expected the bytes of an image file in base64."
        ) from None
