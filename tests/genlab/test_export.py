"""Exported files: as exact as the trained networks, equal twice, and without a trace of this machine."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors import safe_open
from torch import nn

from genlab.export import ParityError, export, parity, to_onnx
from genlab.networks.resnet import ResNet

EXAMPLE = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def resnet() -> ResNet:
    torch.manual_seed(0)
    return ResNet(width=4, blocks=1, upsampling="resize")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> tuple[Path, dict[str, float]]:
    folder = tmp_path_factory.mktemp("export")
    return folder, export({"resize": resnet()}, EXAMPLE, folder, stride=4, description={"data_hash": "0123"})


@pytest.mark.parametrize("shape", [(1, 3, 16, 16), (3, 3, 8, 8), (2, 3, 12, 40), (1, 3, 64, 8)])
def test_onnx_says_what_torch_says_for_any_batch_and_size(exported, shape):
    folder, differences = exported
    images = torch.rand(shape) * 2 - 1
    session = onnxruntime.InferenceSession(folder / "resize.onnx", providers=["CPUExecutionProvider"])
    (got,) = session.run(None, {"image": images.numpy()})
    with torch.no_grad():
        assert np.abs(got - resnet().eval()(images).numpy()).max() < 1e-5
    assert 0 < differences["resize"] < 1e-5


def test_safetensors_holds_the_weights_and_the_description(exported):
    with safe_open(exported[0] / "resize.safetensors", "pt") as file:
        weights = {name: file.get_tensor(name) for name in list(file.keys())}
        assert json.loads(file.metadata()["genlab"]) == {"data_hash": "0123"}
    expected = resnet().state_dict()
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in expected.items())


def test_equal_networks_give_equal_files(exported, tmp_path):
    # In training mode and channels_last, as a checkpoint may be: neither may show.
    again = resnet().train().to(memory_format=torch.channels_last)
    export({"resize": again}, EXAMPLE, tmp_path / "elsewhere", stride=4, description={"data_hash": "0123"})
    for kind in ("onnx", "safetensors"):
        assert (tmp_path / "elsewhere" / f"resize.{kind}").read_bytes() == (exported[0] / f"resize.{kind}").read_bytes()
    assert again.training


def test_nothing_of_this_machine_is_in_the_files(exported):
    here = [str(Path(__file__).parents[2]), str(exported[0]), "site-packages", ".py"]
    for file in exported[0].iterdir():
        assert not [trace for trace in here if trace.encode() in file.read_bytes()]


def test_a_difference_is_an_error_that_names_network_size_and_value():
    torch.manual_seed(0)
    network = nn.Conv2d(3, 3, 1)
    onnx = to_onnx(network, EXAMPLE, stride=1, smallest=1, description={})
    assert parity("a_to_b", network, onnx, [EXAMPLE], tolerance=1e-5) < 1e-5
    with torch.no_grad():
        network.bias += 0.25
    with pytest.raises(ParityError, match=r"'a_to_b': \(3, 3, 16, 16\) images differ from torch by 0\.25 with 1 threads; at most 1e-05"):
        parity("a_to_b", network, onnx, [EXAMPLE], tolerance=1e-5)
    with torch.no_grad():
        network.bias += torch.nan
    with pytest.raises(ParityError, match="by nan"):
        parity("a_to_b", network, onnx, [EXAMPLE], tolerance=1e-5)
