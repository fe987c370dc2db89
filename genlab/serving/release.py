"""Reading of release folders: facts and networks."""

import json
from numbers import Integral
from pathlib import Path
from typing import Any

import onnxruntime

LAST_SEED = 2**63 - 1  # largest value of MLflow's type `long`


def is_whole(value: object) -> bool:
    """Whether a value is a whole number; true and false are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def read_facts(folder: Path) -> dict[str, Any]:
    """Read release.json from a release folder."""
    facts: dict[str, Any] = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    return facts


def open_network(file: Path) -> onnxruntime.InferenceSession:
    """Open an ONNX file as a session on the CPU that logs errors only."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
