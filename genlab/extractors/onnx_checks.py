"""Checks of an ONNX file that is used as a feature extractor: each problem is one clear error."""

from pathlib import Path
from typing import Any

import numpy as np

from genlab.errors import InputError
from genlab.extractors.runtime import session


def opened(file: Path, threads: int) -> Any:
    """Open an ONNX file as an onnxruntime session on the CPU.

    Raises:
        InputError: the file does not exist, is no ONNX file, or keeps its weights in other files.
    """
    import onnx

    if not file.is_file():
        raise InputError(f"onnx: there is no file {file.absolute()}. Change `file` of genlab.extractors.onnx.Onnx.")
    try:
        model = onnx.load(file, load_external_data=False)
    except Exception as error:  # of protobuf, whose package is no dependency of genlab
        raise InputError(f"onnx: {file.absolute()} is no ONNX file ({first_line(error)}). Export the network again.") from None
    if not model.graph.output:
        raise InputError(f"onnx: {file.absolute()} is no ONNX file (it describes no network). Export the network again.")
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer):
        raise InputError(
            f"onnx: {file.absolute()} keeps its weights in other files, so its hash does not identify them. Save it as one file: "
            "`onnx.save(onnx.load(file), file)`, or export it with `external_data=False`."
        )
    try:
        return session(file, threads)
    except Exception as error:  # onnxruntime's errors have no public base class
        raise InputError(f"onnx: onnxruntime cannot open {file.absolute()} ({first_line(error)}). Export the network again.") from None


def check_input(opened: Any, file: Path, side: int) -> tuple[str, int]:
    """Check the input of a network -> (its name, its batch size: 1 if it takes single images only, or 0 if it takes any number).

    Raises:
        InputError: there is not one input, or it is not float32 (N, 3, side, side).
    """
    inputs = opened.get_inputs()
    found = ", ".join(f"{each.name} {each.type} {tuple(each.shape)}" for each in inputs)
    expected = f"expected one input, float32 (N, 3, {side}, {side}) with any N"
    if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(inputs[0].shape) != 4:
        raise InputError(f"onnx: {file.absolute()} has the inputs {found}; {expected}. Export the network with that input.")
    count, *shape = inputs[0].shape
    wrong = [(got, needed) for got, needed in zip(shape, (3, side, side), strict=True) if isinstance(got, int) and got != needed]
    if wrong:
        hint = "Change `side`." if shape[0] == 3 and shape[1] == shape[2] else "Export the network with that input."
        raise InputError(f"onnx: {file.absolute()} has the input {found}; {expected}. {hint}")
    if isinstance(count, int) and count > 1:
        raise InputError(f"onnx: {file.absolute()} has the input {found}; {expected}. Export the network with a dynamic first axis.")
    return inputs[0].name, 1 if isinstance(count, int) and count == 1 else 0


def feature_output(
    opened: Any,
    file: Path,
    output: str | None,  # None: the first
    image: np.ndarray,  # (1, 3, side, side), to try
    input_name: str,
    pool: bool,  # whether the output is (N, D, h, w), over whose positions means are taken
) -> str:
    """Name of the output that holds the features, checked on one image.

    Raises:
        InputError: there is no such output, or it is not float32 (N, D), or (N, D, h, w) if it is to be pooled.
    """
    names = [each.name for each in opened.get_outputs()]
    name = names[0] if output is None else output
    if name not in names:
        raise InputError(f"onnx: {file.absolute()} has no output '{name}'. It has: {', '.join(names)}. Change `output`.")
    try:
        features = opened.run([name], {input_name: image})[0]
    except Exception as error:  # onnxruntime's errors have no public base class
        raise InputError(f"onnx: {file.absolute()} fails on an image {image.shape} ({first_line(error)}). Change `side`.") from None
    shape = tuple(features.shape)
    expected = "(1, D, h, w), since `pool` is true" if pool else "(1, D)"
    others = f" It has the outputs {', '.join(names)}."
    if features.dtype != np.float32:
        raise InputError(f"onnx: output '{name}' of {file.absolute()} is {features.dtype}, expected float32. Change `output`.{others}")
    if features.ndim == 4 and not pool:
        raise InputError(
            f"onnx: output '{name}' of {file.absolute()} has the shape {shape} for one image, expected {expected}. "
            f"Set `pool: true` for means over its positions, or change `output`.{others}"
        )
    if features.ndim != (4 if pool else 2) or len(features) != 1:
        raise InputError(
            f"onnx: output '{name}' of {file.absolute()} has the shape {shape} for one image, expected {expected}. "
            f"Change {'`pool` or ' if pool else ''}`output`.{others}"
        )
    return name


def first_line(error: Exception) -> str:
    """First line of an error's message, at most 200 characters."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
