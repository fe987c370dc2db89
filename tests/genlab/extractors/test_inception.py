"""Tests of the Inception extractor, with random weights in files whose hashes are declared known."""

import hashlib
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from published_inception import published, random_state
from torch import nn

from genlab.build import build
from genlab.engine.files import sha256
from genlab.errors import InputError
from genlab.extractors import inception_weights
from genlab.extractors.contract import Classifies, Extractor, Staged
from genlab.extractors.inception import Inception, prepare
from genlab.extractors.inception_network import Network
from genlab.extractors.inception_weights import KNOWN, KnownFile


def declare_known(monkeypatch, file, form):
    monkeypatch.setattr(inception_weights, "KNOWN", {sha256(file): KnownFile(file.name, form)})


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory):
    """A file with random weights, as torch saves batch norm: with counters of batches; and the folder of its ONNX file."""
    folder = tmp_path_factory.mktemp("inception")
    state = random_state()
    counters = {name.replace("running_mean", "num_batches_tracked"): torch.tensor(0) for name in state if name.endswith("running_mean")}
    torch.save(state | counters, folder / "weights.pth")
    return SimpleNamespace(file=folder / "weights.pth", state=state, cache=folder / "cache")


@pytest.fixture
def extractor(random_weights, monkeypatch):
    declare_known(monkeypatch, random_weights.file, "state_dict")
    return Inception(str(random_weights.file), random_weights.cache, batch_size=2, threads=1)


def images_of(count=3, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 20, 24, channels), np.uint8)


def test_features_and_probabilities_are_those_of_the_published_network(extractor, random_weights):
    images = images_of()
    inputs = prepare(images)
    assert inputs.shape == (3, 3, 299, 299) and inputs.min() >= -1 and inputs.max() <= 127 / 128
    with torch.inference_mode():
        expected = published(random_weights.state, torch.from_numpy(inputs))["Mixed_7c"].mean((2, 3))
        classes = (expected @ random_weights.state["fc.weight"].T).softmax(1)  # without the biases, as in the authors' code
    features = extractor(images)
    assert features.shape == (3, 2048) and features.dtype == np.float32
    np.testing.assert_allclose(features, expected.numpy(), rtol=1e-3, atol=1e-4)
    probabilities = extractor.probabilities(images)
    assert probabilities.shape == (3, 1008)
    np.testing.assert_allclose(probabilities, classes.numpy(), atol=1e-4)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)


def test_features_depend_neither_on_the_batch_size_nor_on_the_order(extractor):
    images = images_of(5)
    expected = extractor(images)
    scale = np.abs(expected).max()
    for size in (1, 5):
        extractor.batch_size = size
        np.testing.assert_allclose(extractor(images), expected, rtol=0, atol=1e-6 * scale)
    np.testing.assert_allclose(extractor(images[::-1])[::-1], expected, rtol=0, atol=1e-6 * scale)


def test_another_process_gets_an_equal_extractor(extractor):
    received, images = pickle.loads(pickle.dumps(extractor)), images_of()
    assert (received(images) == extractor(images)).all() and received.batch_size == extractor.batch_size


def test_grey_is_read_as_colour_with_three_equal_channels(extractor):
    grey = images_of(1, channels=1)
    assert (extractor(grey) == extractor(grey.repeat(3, axis=3))).all()


def test_it_is_named_without_suffix_and_has_features_and_classes(extractor, random_weights):
    assert isinstance(extractor, Extractor) and isinstance(extractor, Classifies) and not isinstance(extractor, Staged)
    assert extractor.name == "inception" and extractor.sha256 == sha256(random_weights.file)
    assert "299 px" in extractor.resize and "TensorFlow" in extractor.resize


def test_yaml_names_the_file(random_weights, monkeypatch):
    declare_known(monkeypatch, random_weights.file, "state_dict")
    made = build({"class": "genlab.extractors.inception.Inception", "weights": str(random_weights.file)}, "extractor")
    assert made.sha256 == sha256(random_weights.file)


class Scripted(nn.Module):
    """The interface of NVIDIA's file: `layers` after resizing and normalisation, and the final layer."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(12, 2048))
        self.output = nn.Linear(2048, 1008)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.output(self.layers((images - 128) / 128))


@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_the_layers_of_nvidias_file_get_the_same_input(tmp_path, monkeypatch):
    torch.manual_seed(0)
    network, file = Scripted(), tmp_path / "inception-2015-12-05.pt"
    torch.jit.script(network).save(file)
    declare_known(monkeypatch, file, "torchscript")
    extractor, images = Inception(str(file), tmp_path, batch_size=2), images_of()
    with torch.inference_mode():
        features = network.layers(torch.from_numpy(prepare(images)))
        classes = nn.functional.linear(features, network.output.weight).softmax(1)
    np.testing.assert_allclose(extractor(images), features.numpy(), atol=1e-5)
    np.testing.assert_allclose(extractor.probabilities(images), classes.numpy(), atol=1e-5)


def test_the_known_hashes_are_those_of_the_files_names():
    """The name of the first file has the first 8 digits of its SHA-256, as torch.hub checks them."""
    assert {known.name for known in KNOWN.values()} == {"pt_inception-2015-12-05-6726825d.pth", "inception-2015-12-05.pt"}
    for digest, known in KNOWN.items():
        assert len(digest) == 64 and set(digest) <= set("0123456789abcdef")
        if known.form == "state_dict":
            assert known.name.removesuffix(".pth").endswith(digest[:8])


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(InputError) as error:
        Inception(str(tmp_path / "none.pth"))
    for part in ("there is no file", "none.pth", "pt_inception-2015-12-05-6726825d.pth", *KNOWN, "evaluation.yml", "`weights`"):
        assert part in str(error.value)


@pytest.mark.parametrize("name", ["inception.onnx", "pt_inception-2015-12-05-6726825d.pth", "inception-2015-12-05.pt"])
def test_a_file_of_unknown_hash_is_refused_before_it_is_loaded(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(b"something else")
    with pytest.raises(InputError) as error:
        Inception(str(file))
    for part in (name, hashlib.sha256(b"something else").hexdigest(), *KNOWN, "genlab.extractors.onnx.Onnx"):
        assert part in str(error.value)


def test_the_random_network_is_not_trivial(random_weights):
    network = Network().eval()
    network.load_state_dict(random_weights.state)
    with torch.inference_mode():
        first, second = network(torch.from_numpy(prepare(images_of(2))))
    assert (first - second).abs().max() > 0.01
