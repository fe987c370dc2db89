"""Tests of a user's ONNX file as a feature extractor."""

import hashlib
import pickle

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper

from genlab.build import build
from genlab.errors import InputError
from genlab.extractors.contract import Classifies, Extractor, Staged
from genlab.extractors.onnx import Onnx
from genlab.images.prepared_set import PreparedSet

MEAN, STD = [0.5, 0.4, 0.3], [0.2, 0.25, 0.5]
SETTINGS = {"side": 8, "mean": MEAN, "std": STD}


def network(file, shape=("N", 3, 8, 8), kind=TensorProto.FLOAT, weight=None, external=False):
    """An ONNX file with outputs `features` (N, 5), the product of the channels' means with a matrix, and `maps`, the input times 2."""
    weight = np.arange(5 * shape[1], dtype=np.float32).reshape(-1, 5) if weight is None else weight
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["features"]),
        helper.make_node("Add", ["image", "image"], ["maps"]),
    ]
    outputs = [helper.make_tensor_value_info("features", kind, ["N", 5]), helper.make_tensor_value_info("maps", kind, shape)]
    graph = helper.make_graph(
        nodes, "network", [helper.make_tensor_value_info("image", kind, shape)], outputs, [numpy_helper.from_array(weight, "weight")]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, file, save_as_external_data=external, size_threshold=0)
    return str(file)


@pytest.fixture
def file(tmp_path):
    return network(tmp_path / "network.onnx")


def images_of(count=5, side=8, channels=3):
    return np.random.default_rng(0).integers(0, 256, (count, side, side, channels), np.uint8)


def test_features_are_the_networks_output_for_normalised_images(file, tmp_path):
    images = images_of()  # 8 px: no resizing
    expected = ((images.mean((1, 2)) / 255 - MEAN) / STD) @ np.arange(15).reshape(3, 5)
    features = Onnx(file, **SETTINGS, cache=tmp_path, batch_size=2)(images)
    assert features.shape == (5, 5) and features.dtype == np.float32
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-5)


def test_other_sizes_and_grey_are_resized_and_coloured(file, tmp_path):
    extractor = Onnx(file, **SETTINGS, cache=tmp_path)
    constant = np.full((1, 20, 30, 1), 100, np.uint8)
    np.testing.assert_allclose(extractor(constant), extractor(np.full((1, 8, 8, 3), 100, np.uint8)), rtol=1e-5)


def test_another_process_gets_an_equal_extractor(file, tmp_path):
    extractor, images = Onnx(file, **SETTINGS, output="maps", pool=True, cache=tmp_path, batch_size=2), images_of()
    received = pickle.loads(pickle.dumps(extractor))
    assert (received(images) == extractor(images)).all() and (received.resize, received.threads) == (extractor.resize, extractor.threads)


def test_maps_are_pooled_on_request(file, tmp_path):
    images = images_of()
    features = Onnx(file, **SETTINGS, output="maps", pool=True, cache=tmp_path)(images)
    np.testing.assert_allclose(features, 2 * (images.mean((1, 2)) / 255 - MEAN) / STD, rtol=1e-5, atol=1e-5)


def test_the_name_is_the_files_hash_and_the_settings_are_in_the_protocol(file, tmp_path):
    extractor = Onnx(file, **SETTINGS, cache=tmp_path)
    digest = hashlib.sha256((tmp_path / "network.onnx").read_bytes()).hexdigest()
    assert extractor.sha256 == digest and extractor.name == f"onnx_{digest[:8]}"
    expected = "bilinear, antialiased, 8 px; (x / 255 - mean) / std, mean (0.5, 0.4, 0.3), std (0.2, 0.25, 0.5); output 'features'"
    assert extractor.resize == expected
    other = network(tmp_path / "other.onnx", weight=np.ones((3, 5), np.float32))
    assert Onnx(other, **SETTINGS, cache=tmp_path).name != extractor.name


def test_features_of_a_set_are_cached_by_file_and_settings(file, tmp_path):
    images = images_of()
    manifest = pd.DataFrame({"path": [f"{index}.png" for index in range(5)], "split": "train"})
    made = PreparedSet("noise", "unlabelled", images, manifest, (), hashlib.sha256(images).hexdigest(), (0, 0, 0))
    extractor = Onnx(file, **SETTINGS, cache=tmp_path)
    assert (extractor.of_set(made, np.arange(len(made.images))) == extractor(images)).all()
    Onnx(file, side=8, mean=MEAN, std=[1, 1, 1], cache=tmp_path).of_set(made, np.arange(len(made.images)))
    assert len(list((tmp_path / "features").iterdir())) == 2


def test_a_network_for_single_images_gets_them_one_by_one(file, tmp_path):
    single = network(tmp_path / "single.onnx", shape=(1, 3, 8, 8))
    images = images_of()
    np.testing.assert_allclose(Onnx(single, **SETTINGS)(images), Onnx(file, **SETTINGS)(images), rtol=1e-6)


def test_yaml_names_the_file_and_its_settings(file):
    made = build({"class": "genlab.extractors.onnx.Onnx", "file": file, **SETTINGS}, "extractor")
    assert isinstance(made, Extractor) and not isinstance(made, Staged) and not isinstance(made, Classifies)


def test_a_missing_file_and_one_that_is_no_onnx_file_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"there is no file .*none\.onnx\. Change `file`"):
        Onnx(str(tmp_path / "none.onnx"), **SETTINGS)
    for content in (b"", b"not a network"):
        (tmp_path / "text.onnx").write_bytes(content)
        with pytest.raises(InputError, match=r"text\.onnx is no ONNX file"):
            Onnx(str(tmp_path / "text.onnx"), **SETTINGS)


def test_weights_in_other_files_are_refused(tmp_path):
    file = network(tmp_path / "external.onnx", external=True)
    with pytest.raises(InputError, match="keeps its weights in other files, so its hash does not identify them"):
        Onnx(file, **SETTINGS)


@pytest.mark.parametrize(
    ("shape", "kind", "message"),
    [
        (("N", 3, 16, 16), TensorProto.FLOAT, r"expected one input, float32 \(N, 3, 8, 8\) with any N\. Change `side`"),
        (("N", 8, 8, 3), TensorProto.FLOAT, r"expected one input, float32 \(N, 3, 8, 8\)"),
        (("N", 1, 8, 8), TensorProto.FLOAT, r"expected one input, float32 \(N, 3, 8, 8\)"),
        ((4, 3, 8, 8), TensorProto.FLOAT, "Export the network with a dynamic first axis"),
        (("N", 3, 8), TensorProto.FLOAT, "Export the network with that input"),
    ],
)
def test_other_inputs_are_refused(tmp_path, shape, kind, message):
    with pytest.raises(InputError, match=message):
        Onnx(network(tmp_path / "network.onnx", shape, kind), **SETTINGS)


def test_half_precision_is_refused(tmp_path):
    file = network(tmp_path / "half.onnx", kind=TensorProto.FLOAT16, weight=np.ones((3, 5), np.float16))
    with pytest.raises(InputError, match=r"tensor\(float16\).*expected one input, float32"):
        Onnx(file, **SETTINGS)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"output": "logits"}, "has no output 'logits'. It has: features, maps. Change `output`"),
        ({"output": "maps"}, r"shape \(1, 3, 8, 8\) for one image, expected \(1, D\)\. Set `pool: true`"),
        ({"pool": True}, r"shape \(1, 5\) for one image, expected \(1, D, h, w\), since `pool` is true\. Change `pool` or `output`"),
        ({"mean": [0.5]}, r"got mean \[0\.5\], expected three numbers"),
        ({"std": [1, 0, 1]}, r"got std \[1, 0, 1\], expected three positive numbers"),
    ],
)
def test_unusable_settings_are_refused(file, settings, message):
    with pytest.raises(InputError, match=message):
        Onnx(file, **SETTINGS | settings)
