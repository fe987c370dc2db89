"""Releases of ONNX networks that are simple enough to compute every pixel by hand."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

CLASSES = ["hat", "shoe", "0"]  # the name of the last class is the number of the first
STYLED = {"noise_size": 4, "truncates": "styles"}
MIXING = STYLED | {"layers": 4}


def styled_network(conditional: bool, mixing: bool = False) -> bytes:
    """latent (N, 4), noise (N, 4), truncation (N,) [, label (N,)] -> image (N, 1, 2, 2): (psi (latent [+ label]) + noise) / 8.

    With `mixing`, the values from `crossover` (N,) on are those of `second` (N, 4) instead of the latent.
    """
    takes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 4]) for name in ("latent", "noise")]
    takes.append(helper.make_tensor_value_info("truncation", TensorProto.FLOAT, ["batch"]))
    made = [helper.make_node("Reshape", ["truncation", "column"], ["psi"])]
    if conditional:
        takes.append(helper.make_tensor_value_info("label", TensorProto.INT64, ["batch"]))
        made += [
            helper.make_node("Cast", ["label"], ["number"], to=TensorProto.FLOAT),
            helper.make_node("Reshape", ["number", "column"], ["numbers"]),
            helper.make_node("Add", ["latent", "numbers"], ["style"]),
        ]
    style = "style" if conditional else "latent"
    if mixing:
        takes.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, ["batch", 4]))
        takes.append(helper.make_tensor_value_info("crossover", TensorProto.INT64, ["batch"]))
        made += [
            helper.make_node("Reshape", ["crossover", "column"], ["first"]),
            helper.make_node("Less", ["places", "first"], ["is_coarse"]),
            helper.make_node("Where", ["is_coarse", style, "second"], ["mixed"]),
        ]
        style = "mixed"
    made += [
        helper.make_node("Mul", [style, "psi"], ["truncated"]),
        helper.make_node("Add", ["truncated", "noise"], ["values"]),
        helper.make_node("Div", ["values", "eight"], ["eighth"]),
        helper.make_node("Reshape", ["eighth", "shape"], ["image"]),
    ]
    return model_of(
        made, takes, {"column": np.array([-1, 1]), "shape": np.array([-1, 1, 2, 2]), "eight": np.float32(8), "places": np.arange(4)[None]}
    )


def sampling_network(conditional: bool) -> bytes:
    """latent (N, 4) [, label (N,)] -> image (N, 1, 2, 2): latent / 4, or label / 4 in all pixels; clipped to [-1, 1] by the PNG."""
    takes = [helper.make_tensor_value_info("latent", TensorProto.FLOAT, ["batch", 4])]
    made, constants = [], {"shape": np.array([-1, 1, 2, 2]), "four": np.float32(4)}
    if conditional:
        takes.append(helper.make_tensor_value_info("label", TensorProto.INT64, ["batch"]))
        constants |= {"nothing": np.float32(0), "column": np.array([-1, 1])}
        made = [
            helper.make_node("Cast", ["label"], ["number"], to=TensorProto.FLOAT),
            helper.make_node("Reshape", ["number", "column"], ["numbers"]),
            helper.make_node("Mul", ["latent", "nothing"], ["zeros"]),
            helper.make_node("Add", ["zeros", "numbers"], ["values"]),
        ]
    made += [
        helper.make_node("Div", ["values" if conditional else "latent", "four"], ["quarter"]),
        helper.make_node("Reshape", ["quarter", "shape"], ["image"]),
    ]
    return model_of(made, takes, constants)


def model_of(made: list[onnx.NodeProto], takes: list[onnx.ValueInfoProto], constants: dict[str, np.ndarray]) -> bytes:
    """A serialised ONNX model of these nodes, inputs and constants; its output is an image (N, 1, 2, 2)."""
    gives = [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 2, 2])]
    known = [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(made, "generator", takes, gives, known)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()


def facts_of(classes: list[str], **more) -> dict:
    """Content of the release.json of a sampling network."""
    return {"served_as": "sampler", "latent_size": 4, "channels": 1, "training_size": [2, 2], "classes": classes} | more


def make_release(folder: Path, facts: dict, **networks: bytes) -> Path:
    """Write release.json and the <name>.onnx of each network into a new folder."""
    folder.mkdir(parents=True)
    (folder / "release.json").write_text(json.dumps(facts))
    for name, content in networks.items():
        (folder / f"{name}.onnx").write_bytes(content)
    return folder


def translating_network(noise: bool) -> bytes:
    """image (N, 1, H, W) [, noise (N, 1, H / 4, W / 4)] -> image (N, 1, H, W): -image [+ noise enlarged to H x W]."""
    takes = [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, "height", "width"])]
    made = [helper.make_node("Neg", ["image"], ["negative" if noise else "translation"])]
    if noise:
        takes.append(helper.make_tensor_value_info("noise", TensorProto.FLOAT, ["batch", 1, "rows", "columns"]))
        made += [
            helper.make_node(
                "Resize",
                ["noise", "", "scales"],
                ["enlarged"],
                mode="nearest",
                coordinate_transformation_mode="asymmetric",
                nearest_mode="floor",
            ),
            helper.make_node("Add", ["negative", "enlarged"], ["translation"]),
        ]
    gives = [helper.make_tensor_value_info("translation", TensorProto.FLOAT, ["batch", 1, "height", "width"])]
    scales = onnx.numpy_helper.from_array(np.array([1, 1, 4, 4], np.float32), "scales")
    graph = helper.make_graph(made, "generator", takes, gives, [scales] if noise else [])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()


def translator_facts(directions: list[str], noise: bool) -> dict:
    """Content of the release.json of `translating_network`, with a stride of 4."""
    return {
        "served_as": "translator",
        "directions": directions,
        "stride": 4,
        "smallest_side": 8,
        "noise": {"channels": 1, "stride": 4} if noise else None,
        "background": [255, 255, 255],
        "channels": 1,
        "training_size": [16, 16],
    }
