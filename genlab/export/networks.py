"""Trained networks -> safetensors and ONNX files, and the proof that ONNX says what torch says.

Equal networks give equal files, on any day and in any folder: no date, no path, nothing of the machine is in them.
"""

import contextlib
import copy
import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from genlab.errors import InputError

THREADS = sorted({1, 2, os.cpu_count() or 1})  # of onnxruntime: a sum's order depends on them


class ParityError(InputError):
    """An exported network says something else than the trained one."""


class Interface(NamedTuple):
    """What a network takes and gives, as far as its export must know it; genlab.export.interfaces makes them."""

    inputs: Mapping[str, Tensor]  # input's name in the ONNX file, in the network's order -> one to trace with
    output: str  # the output's name
    dynamic: Mapping[str, Mapping[int, Any]]  # input -> axis -> torch.export.Dim; all other axes are constants
    batches: Sequence[Mapping[str, Tensor]]  # inputs that parity is measured on


def export(
    networks: Mapping[str, nn.Module],
    interface_of: Callable[[nn.Module], Interface],
    folder: str | Path,
    tolerance: float = 1e-4,  # largest absolute difference, where images span 2
    description: Mapping[str, Any] | None = None,  # JSON-able, put into every file
) -> dict[str, float]:
    """Write <name>.safetensors and <name>.onnx for each network -> name: largest absolute difference of ONNX from torch.

    Networks in evaluation mode, whatever mode they are in. The ONNX files hold their weights.

    Raises:
        ParityError: a difference above the tolerance.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    differences = {}
    for name, network in networks.items():
        network = copy.deepcopy(network).to("cpu", torch.float32, memory_format=torch.contiguous_format).eval()
        interface = interface_of(network)
        onnx = to_onnx(network, interface, description or {})
        (folder / f"{name}.safetensors").write_bytes(to_safetensors(network, description or {}))
        (folder / f"{name}.onnx").write_bytes(onnx)
        differences[name] = parity(name, network, onnx, interface, tolerance)
    return differences


def to_safetensors(network: nn.Module, description: Mapping[str, Any]) -> bytes:
    """A network's state_dict as a safetensors file, whose metadata holds the description as JSON under `genlab`."""
    from safetensors.torch import save

    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    # One key only: safetensors writes several in an order that changes from call to call.
    return save(tensors, metadata={"genlab": json.dumps(description, sort_keys=True)})


def to_onnx(network: nn.Module, interface: Interface, description: Mapping[str, Any]) -> bytes:
    """A network as an ONNX file, the description in its metadata under `genlab`."""
    with quiet(), torch.no_grad():  # without gradients a third less to trace
        program = torch.onnx.export(
            network,
            tuple(interface.inputs.values()),
            dynamo=True,
            external_data=False,
            verbose=False,
            input_names=list(interface.inputs),
            output_names=[interface.output],
            dynamic_shapes=tuple(dict(interface.dynamic[name]) for name in interface.inputs),
        )
    model = program.model_proto
    strip(model)
    model.metadata_props.add(key="genlab", value=json.dumps(description, sort_keys=True))
    return model.SerializeToString(deterministic=True)


def strip(model: Any) -> None:
    """Take from an ONNX model all that it doesn't compute with: stack traces hold the paths of this machine."""
    for field in ("doc_string", "metadata_props", "producer_name", "producer_version"):
        model.ClearField(field)
    strip_graph(model.graph)


def strip_graph(graph: Any) -> None:
    for field in ("doc_string", "metadata_props", "value_info"):  # value_info: shapes, named by a counter of the exporter
        graph.ClearField(field)
    for part in (*graph.input, *graph.output, *graph.initializer, *graph.node):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):  # the branches of an If, the body of a Loop
                strip_graph(attribute.g)


def parity(name: str, network: nn.Module, onnx: bytes, interface: Interface, tolerance: float) -> float:
    """The largest absolute difference of onnxruntime from torch, over batches and numbers of threads.

    Raises:
        ParityError: above the tolerance, naming network, shapes and value.
    """
    largest = 0.0
    sessions = {threads: session(onnx, threads) for threads in THREADS}
    for batch in interface.batches:
        with torch.no_grad():
            expected = network(*(batch[name] for name in interface.inputs)).numpy()
        for threads, runtime in sessions.items():
            (got,) = runtime.run(None, {name: tensor.numpy() for name, tensor in batch.items()})
            difference = float(np.abs(got - expected).max())
            if not difference <= tolerance:  # NaN too
                inputs = ", ".join(f"{each} {tuple(tensor.shape)}" for each, tensor in batch.items())
                raise ParityError(
                    f"ONNX export of '{name}': what it makes of {inputs} differs from torch by "
                    f"{difference:.3g} with {threads} threads; at most {tolerance:.3g} was expected. "
                    "Raise `tolerance` if so much is acceptable, else look for the layer whose export differs."
                )
            largest = max(largest, difference)
    return largest


def session(onnx: bytes, threads: int):
    """An onnxruntime session on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the exporter's log lines and its warnings about torch's own code."""
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
