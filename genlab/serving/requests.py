"""Parts of requests that an MLflow server passes on: the time that is left for an answer."""

import math
import os

from .errors import LateError, RequestError

SERVER_LIMIT = "MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT"  # seconds; `mlflow models serve` sets it in its server's environment
SHARE = 0.95  # of the server's limit, so that the answer is the reason for the delay, and not a time-out without one


def seconds_allowed() -> float:
    """Longest time for the computation of an answer. A server answers with an error after its limit, but does not end the computation."""
    limit = os.environ.get(SERVER_LIMIT)
    return SHARE * float(limit) if limit else math.inf


def message_of(error: RequestError) -> str:
    """Message of an error for the client of a server."""
    return f"{error} The server's {SERVER_LIMIT} allows a longer time." if isinstance(error, LateError) else str(error)
