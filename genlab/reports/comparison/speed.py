"""Sampling speed of a released model, measured in ONNX Runtime on this machine."""

import time
from pathlib import Path

import numpy as np

BATCH = 8
REPEATS = 3
SIDE = 32  # pixels, of an image side that a network leaves open

TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(double)": np.float64}


def sampling_speed(
    release: Path,
    side: int = SIDE,  # of the images of a translator
) -> float | None:
    """Images per second of the first network of a release, the fastest of a few batches; None if it cannot be measured.

    The networks of a release are generators: latents, labels and images in, images out.
    """
    from onnxruntime import InferenceSession

    from genlab.serving.sessions import session_options

    files = sorted(release.glob("*.onnx")) if release.is_dir() else []
    if not files:
        return None
    network = InferenceSession(files[0], session_options(), providers=["CPUExecutionProvider"])
    inputs = {}
    for each in network.get_inputs():
        if each.type not in TYPES:
            return None
        shape = [size if isinstance(size, int) else (BATCH if place == 0 else side) for place, size in enumerate(each.shape)]
        inputs[each.name] = np.zeros(shape, TYPES[each.type])
    seconds = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        network.run(None, inputs)
        seconds.append(time.perf_counter() - begun)
    return BATCH / min(seconds)
