"""Classifiers of image sets: training, features, accuracy and cache."""

import hashlib
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch

from genlab.errors import InputError
from genlab.extractors import classifier, classifier_cache, classifier_training
from genlab.extractors.classifier import FEATURES, shrunk
from genlab.extractors.classifier_cache import Classifiers
from genlab.extractors.classifier_training import protocol
from genlab.images.prepared_set import PreparedSet

BUDGET = 640
fit = partial(classifier_training.fit, budget=BUDGET)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(classifier_training, "BATCH_SIZE", 16)


def stripes(count=160, side=16, channels=1, seed=0):
    """Noisy horizontal (0), vertical (1) or no (2) stripes of random phase -> uint8 (N, side, side, channels), labels (N,)."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    wave = np.sin(np.arange(side) * 2 * np.pi / max(4, side / 4) + random.uniform(0, 2 * np.pi, (count, 1)))
    lying, standing = np.broadcast_to(wave[:, :, None], (count, side, side)), np.broadcast_to(wave[:, None], (count, side, side))
    clean = np.where((labels == 0)[:, None, None], lying, np.where((labels == 1)[:, None, None], standing, 0))
    noisy = 128 + 60 * clean[..., None] + random.normal(0, 20, (count, side, side, channels))
    return noisy.clip(0, 255).astype(np.uint8), labels


def image_set(seed=0, kind="labelled"):
    """40 training images with correct labels and 40 test images with wrong labels."""
    images, labels = stripes(80, seed=seed)
    split = np.where(np.arange(80) % 2, "test", "train")
    names = np.array(["lying", "none", "standing"])
    wrong = names[(np.array([0, 2, 1])[labels] + (split == "test")) % 3]
    manifest = pd.DataFrame({"path": [f"{i:02d}.png" for i in range(80)], "stem": [f"{i:02d}" for i in range(80)], "label": wrong})
    manifest["split"] = split
    classes = tuple(names) if kind == "labelled" else ()
    return PreparedSet("stripes", kind, images, manifest, classes, hashlib.sha256(images).hexdigest(), (0, 0, 0))


@pytest.mark.parametrize(("side", "channels"), [(8, 3), (16, 1), (48, 3)])
def test_easily_separable_classes_are_learnt_at_any_size(side, channels):
    made = fit(*stripes(side=side, channels=channels), classes=3)
    held_out, labels = stripes(side=side, channels=channels, seed=1)
    assert made.accuracy(held_out, labels) >= 0.95
    predicted, features = made.predict(held_out), made(held_out)
    assert predicted.shape == (160,) and predicted.dtype == np.int64
    assert features.shape == (160, FEATURES) and features.dtype == np.float32


def test_random_labels_are_memorised_and_do_not_generalise():
    # Noise instead of stripes with shuffled labels: nearly all stripes of one direction would get the same prediction.
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (940, 16, 16, 1), np.uint8), random.permutation(np.arange(940) % 3)
    made = fit(images[:40], labels[:40], 3)
    assert made.accuracy(images[:40], labels[:40]) > 0.9
    assert abs(made.accuracy(images[40:], labels[40:]) - 1 / 3) < 0.07  # four standard deviations


def test_classes_that_differ_only_in_colour_are_learnt():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 60)
    images = np.zeros((60, 16, 16, 3), np.uint8)
    images[..., 0], images[..., 2] = 200 * labels[:, None, None], 200 * (1 - labels[:, None, None])
    assert fit(images, labels, 2).accuracy(images, labels) == 1


def test_training_is_deterministic_and_depends_on_the_seed():
    images, labels = stripes()
    torch.manual_seed(1)
    first = fit(images, labels, 3)(images)
    torch.manual_seed(2)
    assert (fit(images, labels, 3)(images) == first).all()
    assert not (fit(images, labels, 3, seed=1)(images) == first).all()


def test_torchs_random_state_and_grad_mode_are_unchanged(tmp_path):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    with torch.no_grad():  # training works under no_grad, too
        made = fit(*stripes(40), classes=3)
        assert not torch.is_grad_enabled()
    made(stripes(40)[0])
    for _ in ("trained", "read"):
        Classifiers(tmp_path, BUDGET).of_set(image_set())
    assert torch.equal(torch.get_rng_state(), before) and torch.is_grad_enabled()


def test_features_of_an_image_do_not_depend_on_the_batch(monkeypatch):
    images, labels = stripes()
    made = fit(images, labels, 3)
    together = made(images)
    np.testing.assert_allclose(made(images[5:6]), together[5:6], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(made(images[::-1])[::-1], together, rtol=1e-4, atol=1e-5)
    monkeypatch.setattr(classifier, "CHUNK", 7)
    np.testing.assert_allclose(made(images), together, rtol=1e-4, atol=1e-5)
    assert made(images[:0]).shape == (0, FEATURES)


def test_large_images_are_shrunk_without_aliasing_and_small_ones_kept():
    grid = np.zeros((2, 128, 96, 1), np.uint8)
    grid[:, ::2] = 255  # taking every second pixel would give all black or all white
    small = shrunk(grid)
    assert small.shape == (2, 1, 32, 24) and small.dtype == torch.uint8
    assert (small[:, :, 1:-1].int() - 127).abs().max() <= 3
    images, _ = stripes(4, side=31, channels=3)
    assert (shrunk(images).permute(0, 2, 3, 1).numpy() == images).all()


def test_a_sets_classifier_is_trained_once_on_its_training_images(tmp_path, monkeypatch):
    images = image_set()
    train = images.indices("train")
    first = Classifiers(tmp_path / "new", BUDGET).of_set(images)
    held_out, labels = stripes(seed=5)
    assert first.accuracy(held_out, np.array([0, 2, 1])[labels]) >= 0.95  # the wrong labels of the test images were not used
    by_hand = fit(images.images[train], np.array([0, 2, 1])[stripes(80)[1]][train], 3)
    assert (by_hand(held_out) == first(held_out)).all()

    def refuse(*_, **__):
        raise AssertionError("trained again")

    monkeypatch.setattr(classifier_cache, "fit", refuse)
    again = Classifiers(tmp_path / "new", BUDGET).of_set(images)
    assert (again(held_out) == first(held_out)).all()
    (file,) = (tmp_path / "new").iterdir()  # and no partial file next to it
    assert file.name.startswith(images.content_hash[:16])
    with pytest.raises(AssertionError, match="trained again"):
        Classifiers(tmp_path / "new", BUDGET).of_set(image_set(seed=1))
    with pytest.raises(AssertionError, match="trained again"):
        Classifiers(tmp_path / "new", 2 * BUDGET).of_set(images)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
    with pytest.raises(AssertionError, match="trained again"):
        Classifiers(tmp_path / "new", BUDGET).of_set(images)


def test_the_protocol_states_the_training_settings():
    assert all(part in protocol(64_000) for part in ("64,000 images", "32 px", "AdamW", "seed 0"))


def test_a_budget_is_rounded_up_to_whole_batches():
    order = classifier_training.order(count=7, seed=0, budget=50)
    assert len(order) == 64 and sorted(order[:7].tolist()) == sorted(order[7:14].tolist()) == list(range(7))


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([0, 1, 0], 2, "4 images and 3 labels, expected one label per image"),
        ([0, 1, 2, 0], 2, "labels from 0 to 2, expected 0 to 1"),
        ([0, 1, -1, 0], 2, "labels from -1 to 1, expected 0 to 1"),
        ([0, 0, 0, 0], 1, "4 images of 1 of 1 classes, expected 2 classes or more"),
        ([1, 1, 1, 1], 3, "4 images of 1 of 3 classes, expected 2 classes or more"),
    ],
)
def test_unusable_images_and_labels_are_refused(labels, classes, message):
    with pytest.raises(InputError, match=message):
        fit(np.zeros((4, 8, 8, 1), np.uint8), np.array(labels), classes)


def test_accuracy_needs_one_label_per_image():
    made = fit(*stripes(40), classes=3)
    for count in (0, 3):
        with pytest.raises(InputError, match=f"{count} images and 2 labels"):
            made.accuracy(stripes(40)[0][:count], np.array([0, 1]))


def test_a_set_without_labels_has_no_classifier(tmp_path):
    with pytest.raises(InputError, match="'stripes' \\(unlabelled\\) has no labels"):
        Classifiers(tmp_path, BUDGET).of_set(image_set(kind="unlabelled"))
