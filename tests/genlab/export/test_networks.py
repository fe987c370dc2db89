"""Exported files match the trained networks, are reproducible, and contain no trace of the machine."""

import functools
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors import safe_open
from torch import nn

from genlab.export.interfaces import sampling, translation
from genlab.export.networks import Interface, ParityError, export, parity, to_onnx
from genlab.networks import biggan, style, stylegan, stylegan2
from genlab.networks.inference import Inference
from genlab.networks.resnet import ResNet
from genlab.networks.unet import UNet

EXAMPLE = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def resnet() -> ResNet:
    torch.manual_seed(0)
    return ResNet(width=4, blocks=1, upsampling="resize")


def unet(sampling: Inference) -> UNet:
    """A U-Net with weights that make dropout visible and running statistics other than batch norm's initial ones."""
    torch.manual_seed(0)
    network = UNet(size=32, width=2).eval()
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 2)
            elif value.is_floating_point():
                value.normal_(std=0.3)
    sampling.apply(network)
    return network


class Generator(nn.Module):
    """Latent (N, 7) -> image (N, 3, 32, 32), with every kind of layer in genlab's generators that is hard to export."""

    latent_size = 7

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(7, 8 * 16)
        self.layers = nn.Sequential(
            nn.BatchNorm2d(8),
            nn.Upsample(scale_factor=2),  # nearest
            nn.Conv2d(8, 8, 3, padding=1, groups=4),
            nn.LeakyReLU(0.2),
            nn.Upsample(scale_factor=2, mode="bilinear"),
            nn.GroupNorm(1, 8),
            nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, latent):
        return self.layers(self.linear(latent).unflatten(1, (8, 4, 4)))


def generator() -> Generator:
    torch.manual_seed(0)
    network = Generator()
    with torch.no_grad():  # other than batch norm's initial statistics
        network.layers[0].running_mean.normal_()
        network.layers[0].running_var.uniform_(0.5, 2)
    return network


def conditional() -> biggan.Generator:
    """A class-conditional generator with attention and spectral norms."""
    torch.manual_seed(0)
    network = biggan.Generator(16, 1, classes=3, latent_size=6, width=8, multiples=[2, 2, 1], embedding_size=5, attention=8)
    nn.init.constant_(network.attention["8"].gamma, 0.5)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_var.uniform_(0.5, 2)
    return network


def styled(synthesis: type[nn.Module], classes: int) -> style.Generator:
    """A style-based generator with a non-zero mean style and visible noise."""
    torch.manual_seed(0)
    mapping = style.Mapping(latent_size=6, style_size=5, depth=2, classes=classes)
    network = style.Generator(mapping, synthesis(8, channels=1, style_size=5, width=4))
    nn.init.normal_(network.mean)
    for name, value in network.named_parameters():
        if name.endswith("strength"):
            nn.init.normal_(value)
    return network


class Pointwise(nn.Conv2d):
    """Image (N, 3, H, W) -> (N, 3, H, W)."""

    noise = None

    def __init__(self):
        super().__init__(3, 3, 1)


NETWORKS = {"resize": resnet, "generator": generator, "conditional": conditional}
INTERFACES = {
    "resize": functools.partial(translation, example=EXAMPLE, stride=4),
    "generator": sampling,
    "conditional": functools.partial(sampling, classes=3),
}
SAMPLINGS = [Inference(dropout=True, statistics="batch"), Inference(dropout=False, statistics="running")]  # each layer in both modes


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> tuple[Path, dict[str, float]]:
    folder = tmp_path_factory.mktemp("export")
    differences = {}
    for name, make in NETWORKS.items():
        differences |= export({name: make()}, INTERFACES[name], folder, description={"data_hash": "0123"})
    return folder, differences


@pytest.mark.parametrize("shape", [(1, 3, 16, 16), (3, 3, 8, 8), (2, 3, 12, 40), (1, 3, 64, 8)])
def test_onnx_equals_torch_for_any_batch_and_image_size(exported, shape):
    folder, differences = exported
    images = torch.rand(shape) * 2 - 1
    session = onnxruntime.InferenceSession(folder / "resize.onnx", providers=["CPUExecutionProvider"])
    (got,) = session.run(None, {"image": images.numpy()})
    with torch.no_grad():
        assert np.abs(got - resnet().eval()(images).numpy()).max() < 1e-5
    assert 0 < differences["resize"] < 1e-5


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_onnx_equals_torch_for_latents_of_any_batch_size(exported, count):
    folder, differences = exported
    latents = torch.randn(count, 7, generator=torch.Generator().manual_seed(count))
    session = onnxruntime.InferenceSession(folder / "generator.onnx", providers=["CPUExecutionProvider"])
    ((entry,), (exit_,)) = session.get_inputs(), session.get_outputs()
    assert (entry.name, entry.shape[1:], exit_.name, exit_.shape[1:]) == ("latent", [7], "image", [3, 32, 32])
    (got,) = session.run(None, {"latent": latents.numpy()})
    with torch.no_grad():
        assert np.abs(got - generator().eval()(latents).numpy()).max() < 1e-5
    assert 0 < differences["generator"] < 1e-5


@pytest.mark.parametrize("count", [1, 2, 5])
def test_onnx_equals_torch_for_a_conditional_generator(exported, count):
    folder, differences = exported
    latents, labels = torch.randn(count, 6, generator=torch.Generator().manual_seed(count)), torch.arange(count) % 3
    session = onnxruntime.InferenceSession(folder / "conditional.onnx", providers=["CPUExecutionProvider"])
    (got,) = session.run(None, {"latent": latents.numpy(), "label": labels.numpy()})
    with torch.no_grad():
        assert np.abs(got - conditional().eval()(latents, labels).numpy()).max() < 1e-5
    assert 0 < differences["conditional"] < 1e-5
    kinds = {node.op_type for node in onnx.load(folder / "conditional.onnx").graph.node}
    assert "Div" not in kinds  # the spectral norms are folded into the weights


@pytest.mark.parametrize(("synthesis", "classes"), [(stylegan.Synthesis, 0), (stylegan2.Synthesis, 3)], ids=["stylegan", "stylegan2"])
def test_onnx_equals_torch_for_style_generators_with_any_batch_size_and_psi(synthesis, classes, tmp_path):
    network = styled(synthesis, classes).eval()
    interface_of = functools.partial(sampling, classes=classes, noise_size=network.noise_size)
    differences = export({"generator": network}, interface_of, tmp_path)
    assert 0 < differences["generator"] < 5e-5
    session = onnxruntime.InferenceSession(tmp_path / "generator.onnx", providers=["CPUExecutionProvider"])
    shapes = {entry.name: entry.shape[1:] for entry in session.get_inputs()}
    assert shapes == {"latent": [6], "noise": [network.noise_size], "truncation": []} | ({"label": []} if classes else {})
    assert list(shapes) == ["latent", "noise", "truncation", "label"][: len(shapes)]
    for count in (1, 2, 5):
        inputs = {"latent": torch.randn(count, 6), "noise": torch.randn(count, network.noise_size), "truncation": torch.rand(count)}
        inputs |= {"label": torch.arange(count) % classes} if classes else {}
        (got,) = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
        with torch.no_grad():
            assert np.abs(got - network(*inputs.values()).numpy()).max() < 5e-5
        assert got.std() > 0.1
        for name in ("noise", "truncation"):
            other = session.run(None, {each: (tensor / 2 if each == name else tensor).numpy() for each, tensor in inputs.items()})
            assert np.abs(got - other[0]).max() > 0.01


def test_parity_of_style_generators_is_measured_at_several_psi_and_with_separate_noise():
    network = styled(stylegan.Synthesis, 0)
    interface = sampling(network, noise_size=network.noise_size)
    assert [batch["truncation"].unique().tolist() for batch in interface.batches] == [[1.0], *[pytest.approx([0.5, 0.7, 1.0])] * 2]
    assert not set(interface.inputs["latent"].flatten().tolist()) & set(interface.inputs["noise"].flatten().tolist())


@pytest.fixture(scope="module", params=SAMPLINGS, ids=str)
def translator(request, tmp_path_factory) -> tuple[UNet, Path, float]:
    """A U-Net in one of the inference modes, its ONNX file, and the difference of their outputs."""
    network, folder = unet(request.param), tmp_path_factory.mktemp("unet")
    differences = export({"a_to_b": network}, functools.partial(translation, example=EXAMPLE, stride=32), folder)
    return network, folder / "a_to_b.onnx", differences["a_to_b"]


def test_onnx_translators_equal_torch_for_any_batch_size_and_noise(translator):
    network, file, difference = translator
    assert 0 < difference < 1e-5
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert [entry.name for entry in session.get_inputs()] == (["image"] if network.noise is None else ["image", "noise"])
    for shape in [(1, 3, 32, 32), (2, 3, 64, 64), (3, 3, 32, 96), (1, 3, 128, 32)]:
        inputs = {"image": torch.rand(shape) * 2 - 1}
        if network.noise is not None:
            inputs["noise"] = network.noise.draw(inputs["image"])
        (got,) = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
        with torch.no_grad():
            expected = network(*inputs.values()).numpy()
        assert expected.std() > 0.1
        assert np.abs(got - expected).max() < 1e-5
        if network.noise is not None:
            other = session.run(None, {name: (1 - tensor if name == "noise" else tensor).numpy() for name, tensor in inputs.items()})
            assert np.abs(got - other[0]).max() > 0.01


def test_parity_batches_are_reproducible_and_keep_the_random_state():
    network = unet(Inference())
    torch.manual_seed(5)
    first, second = (translation(network, EXAMPLE, stride=32).batches for _ in range(2))
    after = torch.rand(4)
    torch.manual_seed(5)
    assert torch.equal(after, torch.rand(4))
    assert [batch["image"].shape for batch in first] == [(1, 3, 32, 32), (3, 3, 32, 32), (3, 3, 32, 32), (1, 3, 64, 32)]
    for one, other in zip(first, second, strict=True):
        assert one["noise"].shape == network.noise.draw(one["image"]).shape
        assert all(torch.equal(one[name], other[name]) for name in ("image", "noise"))


@pytest.mark.parametrize("name", NETWORKS)
def test_safetensors_holds_the_weights_and_the_description(exported, name):
    with safe_open(exported[0] / f"{name}.safetensors", "pt") as file:
        weights = {name: file.get_tensor(name) for name in list(file.keys())}
        assert json.loads(file.metadata()["genlab"]) == {"data_hash": "0123"}
    expected = NETWORKS[name]().state_dict()
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in expected.items())


@pytest.mark.parametrize("name", NETWORKS)
def test_equal_networks_give_equal_files(exported, tmp_path, name):
    # A checkpoint may be in training mode and channels_last; neither may affect the files.
    again = NETWORKS[name]().train().to(memory_format=torch.channels_last)
    export({name: again}, INTERFACES[name], tmp_path / "elsewhere", description={"data_hash": "0123"})
    for kind in ("onnx", "safetensors"):
        assert (tmp_path / "elsewhere" / f"{name}.{kind}").read_bytes() == (exported[0] / f"{name}.{kind}").read_bytes()
    assert again.training


def test_files_contain_no_trace_of_this_machine(exported):
    here = [str(Path(__file__).parents[2]), str(exported[0]), "site-packages", ".py"]
    for file in exported[0].iterdir():
        assert not [trace for trace in here if trace.encode() in file.read_bytes()]


def test_a_difference_is_an_error_that_names_network_size_and_value():
    torch.manual_seed(0)
    network = Pointwise()
    interface = translation(network, EXAMPLE, stride=1)._replace(batches=[{"image": EXAMPLE}])
    onnx = to_onnx(network, interface, description={})
    assert parity("a_to_b", network, onnx, interface, tolerance=1e-5) < 1e-5
    with torch.no_grad():
        network.bias += 0.25
    with pytest.raises(ParityError, match=r"'a_to_b'.*of image \(3, 3, 16, 16\) differs from torch by 0\.25 with 1 threads; at most 1e-05"):
        parity("a_to_b", network, onnx, interface, tolerance=1e-5)
    with torch.no_grad():
        network.bias += torch.nan
    with pytest.raises(ParityError, match="by nan"):
        parity("a_to_b", network, onnx, interface, tolerance=1e-5)


class LogSigmoid(nn.Module):
    """Value (N, 3) -> log(sigmoid(value))."""

    def forward(self, value):
        return nn.functional.logsigmoid(value)


def test_log_sigmoid_does_not_overflow():
    batch = torch.export.Dim("batch")
    extreme = {"value": torch.tensor([[-500.0, -1.0, 500.0]])}
    interface = Interface({"value": torch.zeros(2, 3)}, ("logarithm",), {"value": {0: batch}}, [extreme])
    network = LogSigmoid()
    assert parity("logs", network, to_onnx(network, interface, {}), interface, 1e-6) < 1e-6
