"""Reading of release folders: facts and networks."""

import json
from collections.abc import Callable
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import onnxruntime

from .errors import RequestError
from .sessions import session_options

LAST_SEED = 2**63 - 1  # largest value of MLflow's type `long`
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}  # device -> name in onnxruntime


class Network(Protocol):
    """A network that computes arrays: an onnxruntime session, or a stand-in with the same method."""

    def run(self, outputs: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Inputs by name -> all outputs, in the network's order."""


class Release(NamedTuple):
    """A released model: its facts, and a function that opens its networks."""

    facts: dict[str, Any]  # content of release.json
    open: Callable[[str], Network]  # name of a network, e.g. "generator" -> the network


def is_whole(value: object) -> bool:
    """Whether a value is a whole number; true and false are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def read_facts(folder: Path) -> dict[str, Any]:
    """Read release.json from a release folder."""
    facts: dict[str, Any] = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    return facts


def release_at(
    folder: str | Path | Release,  # a release is returned as it is
    device: str = "cpu",  # cpu or cuda
) -> Release:
    """Read a release folder. Networks are opened when they are asked for."""
    if isinstance(folder, Release):
        return folder
    place = Path(folder).expanduser()
    return Release(read_facts(place), lambda name: open_network(place / f"{name}.onnx", device))


def open_network(file: Path, device: str = "cpu") -> onnxruntime.InferenceSession:
    """Open an ONNX file as a session on a device, cpu or cuda, that logs errors only.

    Raises:
        RequestError: the device is unknown, or onnxruntime cannot use it.
    """
    provider = provider_of(device)
    session = onnxruntime.InferenceSession(file, session_options(), providers=[provider])
    if session.get_providers()[0] != provider:  # onnxruntime falls back to the CPU if a library of CUDA is missing
        raise RequestError(f"device: got '{device}', but onnxruntime cannot use it: a library of CUDA is missing. Use --device cpu.")
    return session


def provider_of(device: str) -> str:
    """Name of onnxruntime's provider for a device.

    Raises:
        RequestError: the device is unknown, or this onnxruntime has no provider for it.
    """
    if device not in PROVIDERS:
        raise RequestError(f"device: got '{device}', expected one of: {', '.join(PROVIDERS)}.")
    available = onnxruntime.get_available_providers()
    if PROVIDERS[device] not in available:
        raise RequestError(
            f"device: got '{device}', but this onnxruntime has only {', '.join(available)}. "
            "Install onnxruntime-gpu instead of onnxruntime, or use --device cpu."
        )
    return PROVIDERS[device]
