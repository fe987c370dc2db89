"""Export of trained networks to safetensors and ONNX files, and a check that ONNX and PyTorch agree.

Equal networks give equal files: the files contain no date, no path, and nothing else about the machine.
"""

import contextlib
import copy
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from genlab.engine.json_text import json_text
from genlab.engine.paths import expanded
from genlab.engine.weights import to_bytes
from genlab.errors import InputError
from genlab.serving.sessions import session_options

THREADS = sorted({1, 2, os.cpu_count() or 1})  # of onnxruntime; the order of summation depends on them


class ParityError(InputError):
    """An exported network differs from the trained one by more than the tolerance."""


class Interface(NamedTuple):
    """Inputs and output of a network for its export; see genlab.export.interfaces."""

    inputs: Mapping[str, Tensor]  # name of each input, in the network's order -> example to trace with
    outputs: tuple[str, ...]  # names of the outputs
    dynamic: Mapping[str, Mapping[int, Any]]  # input -> axis -> torch.export.Dim; other axes are constants
    batches: Sequence[Mapping[str, Tensor]]  # inputs on which parity is measured
    by_name: bool = False  # whether the inputs are the network's arguments by name, not by position


def export(
    networks: Mapping[str, nn.Module],
    interface_of: Callable[[nn.Module], Interface],
    folder: str | Path,
    tolerance: float = 1e-4,  # largest absolute difference, for images in [-1, 1]
    description: Mapping[str, Any] | None = None,  # JSON-serialisable, stored in every file
) -> dict[str, float]:
    """Write <name>.safetensors and <name>.onnx for each network, and return the largest absolute difference of ONNX from torch by name.

    Networks are exported in evaluation mode, whatever their current mode. The ONNX files contain the weights.

    Raises:
        ParityError: a difference exceeds the tolerance.
    """
    folder = expanded(folder)
    folder.mkdir(parents=True, exist_ok=True)
    differences = {}
    for name, network in networks.items():
        network = copy.deepcopy(network).to("cpu", torch.float32, memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
        interface = interface_of(network)
        onnx = to_onnx(network, interface, description or {})
        (folder / f"{name}.safetensors").write_bytes(to_safetensors(network, description or {}))
        (folder / f"{name}.onnx").write_bytes(onnx)
        differences[name] = parity(name, network, onnx, interface, tolerance)
    return differences


def to_safetensors(network: nn.Module, description: Mapping[str, Any]) -> bytes:
    """State_dict of a network as the bytes of a safetensors file, with the description as JSON in the metadata key `genlab`."""
    return to_bytes(network.state_dict(), description)


def to_onnx(network: nn.Module, interface: Interface, description: Mapping[str, Any]) -> bytes:
    """Network as the bytes of an ONNX file, with the description as JSON in the metadata key `genlab`."""
    shapes = {name: dict(interface.dynamic[name]) for name in interface.inputs}
    with quiet(), torch.no_grad():  # tracing takes a third less time without gradients
        program = torch.onnx.export(
            network,
            () if interface.by_name else tuple(interface.inputs.values()),
            kwargs=dict(interface.inputs) if interface.by_name else None,
            dynamo=True,
            external_data=False,
            verbose=False,
            input_names=list(interface.inputs),
            output_names=list(interface.outputs),
            # torch's own translation is log(sigmoid(x)), which is -inf below -88.
            custom_translation_table={torch.ops.aten.log_sigmoid.default: log_sigmoid},
            dynamic_shapes=shapes if interface.by_name else tuple(shapes.values()),
        )
    assert program is not None  # with dynamo=True and no file
    model: Any = program.model_proto
    strip(model)
    model.metadata_props.add(key="genlab", value=json_text(description, sort_keys=True))
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def log_sigmoid(value: Any) -> Any:
    """Translation of log(sigmoid(x)) to ONNX as -softplus(-x), which never overflows."""
    from onnxscript import opset18

    return opset18.Neg(opset18.Softplus(opset18.Neg(value)))


def strip(model: Any) -> None:
    """Remove everything from an ONNX model that is not needed to compute; stack traces contain paths of this machine."""
    for field in ("doc_string", "metadata_props", "producer_name", "producer_version"):
        model.ClearField(field)
    strip_graph(model.graph)


def strip_graph(graph: Any) -> None:
    """Remove documentation and metadata from a graph and its subgraphs."""
    for field in ("doc_string", "metadata_props", "value_info"):  # value_info: shapes, whose names contain a counter of the exporter
        graph.ClearField(field)
    for part in (*graph.input, *graph.output, *graph.initializer, *graph.node):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):  # the branches of an If, the body of a Loop
                strip_graph(attribute.g)


def parity(name: str, network: nn.Module, onnx: bytes, interface: Interface, tolerance: float) -> float:
    """Largest difference between onnxruntime and torch over all outputs, batches and numbers of threads; see `difference_of`.

    Raises:
        ParityError: the difference exceeds the tolerance; the message names the network, the shapes and the value.
    """
    largest = 0.0
    sessions = {threads: session(onnx, threads) for threads in THREADS}
    for batch in interface.batches:
        with torch.no_grad():
            computed = network(**batch) if interface.by_name else network(*(batch[name] for name in interface.inputs))
        expected = [each.numpy() for each in (computed if isinstance(computed, tuple) else (computed,))]
        for threads, runtime in sessions.items():
            got = runtime.run(None, {name: tensor.numpy() for name, tensor in batch.items()})
            difference = max(difference_of(*pair) for pair in zip(got, expected, strict=True))
            if not difference <= tolerance:  # NaN too
                inputs = ", ".join(f"{each} {tuple(tensor.shape)}" for each, tensor in batch.items())
                raise ParityError(
                    f"ONNX export of '{name}': what it makes of {inputs} differs from torch by "
                    f"{difference:.3g} with {threads} threads; at most {tolerance:.3g} was expected. "
                    "Raise `tolerance` if so much is acceptable, else look for the layer whose export differs."
                )
            largest = max(largest, difference)
    return largest


def difference_of(got: np.ndarray, expected: np.ndarray) -> float:
    """Largest absolute difference of values in [-1, 1], and relative difference of larger ones, such as log-likelihoods."""
    return float((np.abs(got - expected) / np.maximum(np.abs(expected), 1)).max(initial=0))


def session(onnx: bytes, threads: int) -> Any:
    """Create an onnxruntime session on the CPU from the bytes of an ONNX file."""
    import onnxruntime

    return onnxruntime.InferenceSession(onnx, session_options(threads), providers=["CPUExecutionProvider"])


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Suppress log lines of the exporter and its warnings about torch's own code."""
    levels = {logger: logger.level for logger in map(logging.getLogger, ("torch.onnx", "onnx_ir", "onnxscript"))}
    for logger in levels:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
