"""ONNX files of extractors: export, once for each network, and sessions."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from genlab.engine.files import whole
from genlab.export.networks import quiet
from genlab.serving.sessions import session_options


def exported(
    file: Path,  # is written if it does not exist, completely or not at all
    network: Callable[[], nn.Module],  # makes the network, of images (N, 3, side, side); called only if the file is written
    side: int,  # pixels
    outputs: Sequence[str],  # their names
    threads: int,
) -> Any:
    """Open an onnxruntime session on the CPU, with input `image`, of a network that is exported when its file is first needed."""
    if not file.exists():
        with quiet(), whole(file) as partial:
            torch.onnx.export(
                network().eval(),
                (torch.zeros(2, 3, side, side),),
                partial,
                dynamo=True,
                external_data=False,
                verbose=False,
                input_names=["image"],
                output_names=outputs,
                dynamic_shapes=({0: torch.export.Dim("batch")},),
            )
    return session(file, threads)


def session(file: Path, threads: int) -> Any:
    """Open an ONNX file as an onnxruntime session on the CPU."""
    import onnxruntime

    return onnxruntime.InferenceSession(file, session_options(threads), providers=["CPUExecutionProvider"])


def outputs_of(opened: Any, image: np.ndarray) -> list[np.ndarray]:
    """All outputs of a session for its input `image`."""
    found: list[np.ndarray] = opened.run(None, {"image": image})
    return found
