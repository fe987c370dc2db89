"""Trained networks -> safetensors and ONNX files, and the proof that ONNX says what torch says.

Equal networks give equal files, on any day and in any folder: no date, no path, nothing of the machine is in them.
"""

import contextlib
import copy
import json
import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from genlab.errors import InputError
from genlab.padding import padded_side, smallest_side

THREADS = sorted({1, 2, os.cpu_count() or 1})  # of onnxruntime: a sum's order depends on them
INPUT, OUTPUT = "image", "translation"


class ParityError(InputError):
    """An exported network says something else than the trained one."""


def export(
    networks: Mapping[str, nn.Module],  # name -> image (N, C, H, W) -> image (N, C', H, W), H and W multiples of the stride
    example: Tensor,  # images (N, C, H, W) of the training size in [-1, 1]: what parity is measured on
    folder: str | Path,
    stride: int,
    tolerance: float = 1e-4,  # largest absolute difference, where images span 2
    description: Mapping[str, Any] | None = None,  # JSON-able, put into every file
) -> dict[str, float]:
    """Write <name>.safetensors and <name>.onnx for each network -> name: largest absolute difference of ONNX from torch.

    The ONNX files hold their weights and take any batch, and any H x W that the network takes.

    Raises:
        ParityError: a difference above the tolerance.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    differences = {}
    for name, network in networks.items():
        network = copy.deepcopy(network).to("cpu", torch.float32, memory_format=torch.contiguous_format).eval()
        (folder / f"{name}.safetensors").write_bytes(to_safetensors(network, description or {}))
        smallest = smallest_side(network, example.shape[1], stride)
        onnx = to_onnx(network, example, stride, smallest, description or {})
        (folder / f"{name}.onnx").write_bytes(onnx)
        differences[name] = parity(name, network, onnx, samples(example, stride, smallest), tolerance)
    return differences


def to_safetensors(network: nn.Module, description: Mapping[str, Any]) -> bytes:
    """A network's state_dict as a safetensors file, whose metadata holds the description as JSON under `genlab`."""
    from safetensors.torch import save

    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    # One key only: safetensors writes several in an order that changes from call to call.
    return save(tensors, metadata={"genlab": json.dumps(description, sort_keys=True)})


def to_onnx(network: nn.Module, example: Tensor, stride: int, smallest: int, description: Mapping[str, Any]) -> bytes:
    """A network as an ONNX file with dynamic batch, height and width; the description is in its metadata under `genlab`."""

    def side(name: str):
        # Said beforehand, for torch would find it out by failing once, and take twice as long.
        cells = torch.export.Dim(name, min=smallest // stride)
        return stride * cells if stride > 1 else cells

    dynamic = {0: torch.export.Dim("batch"), 2: side("rows"), 3: side("columns")}
    # Two images, and sides that differ: export might take a 1, and sides that are equal, for constants.
    height, width = (padded_side(size, stride, smallest) for size in example.shape[-2:])
    traced = torch.zeros(2, example.shape[1], height, width if width != height else 2 * width)
    with quiet(), torch.no_grad():  # without gradients a third less to trace
        program = torch.onnx.export(
            network,
            (traced,),
            dynamo=True,
            external_data=False,
            verbose=False,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=(dynamic,),
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


def parity(name: str, network: nn.Module, onnx: bytes, batches: Iterable[Tensor], tolerance: float) -> float:
    """The largest absolute difference of onnxruntime from torch, over batches and numbers of threads.

    Raises:
        ParityError: above the tolerance, naming network, size and value.
    """
    largest = 0.0
    sessions = {threads: session(onnx, threads) for threads in THREADS}
    for images in batches:
        with torch.no_grad():
            expected = network(images).numpy()
        for threads, runtime in sessions.items():
            (got,) = runtime.run(None, {INPUT: images.numpy()})
            difference = float(np.abs(got - expected).max())
            if not difference <= tolerance:  # NaN too
                raise ParityError(
                    f"ONNX export of '{name}': {tuple(images.shape)} images differ from torch by {difference:.3g} "
                    f"with {threads} threads; at most {tolerance:.3g} was expected. "
                    "Raise `tolerance` if so much is acceptable, else look for the layer whose export differs."
                )
            largest = max(largest, difference)
    return largest


def samples(example: Tensor, stride: int, smallest: int) -> Iterator[Tensor]:
    """The example's images in batches of 1 and 3, of the training size and two others that are not square."""
    height, width = example.shape[-2:]
    for batch, size in (
        (1, (height, width)),
        (3, (height, width)),
        (3, (height // 2, 3 * width // 2)),
        (1, (height + stride, width // 2)),
    ):
        height_and_width = [padded_side(side, stride, smallest) for side in size]
        images = example[torch.arange(batch) % len(example)]
        yield interpolate(images, height_and_width, mode="bilinear", antialias=True)


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
