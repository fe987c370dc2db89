"""The order of the ladder on a small set: scikit-learn's digits, in the features of scikit-learn's perceptron."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from genlab.errors import InputError
from genlab.images.prepared_set import PreparedSet
from genlab.ladder.material import divided
from genlab.ladder.measure import measure
from genlab.ladder.metrics import METRICS
from genlab.ladder.page import page
from genlab.ladder.samples import applicable, damaged, unchanged
from genlab.ladder.spaces import Features, Pixels
from genlab.ladder.verdicts import Sight, verdicts


@pytest.fixture(scope="module")
def digits():
    """16 px, since patches need as many; each pixel of the originals is four."""
    found = load_digits()
    images = (found.images * 255 / 16).astype(np.uint8).repeat(2, axis=1).repeat(2, axis=2)[..., None]
    labels = pd.DataFrame({"label": found.target.astype(str)})
    return PreparedSet("digits", "labelled", images, labels, tuple("0123456789"), "", (0, 0, 0))


@pytest.fixture(scope="module")
def material(digits):
    return divided(digits, largest=150)


@pytest.fixture(scope="module")
def measured(material):
    images, labels = material.images[material.training], material.labels[material.training]
    network = MLPClassifier((64,), max_iter=60, tol=0, n_iter_no_change=60, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(images.reshape(len(images), -1) / 255, labels)

    def features(pixels):
        return np.maximum(pixels.reshape(len(pixels), -1) / 255 @ network.coefs_[0] + network.intercepts_[0], 0)

    def probabilities(hidden):
        logits = hidden @ network.coefs_[1] + network.intercepts_[1]
        powers = np.exp(logits - logits.max(1, keepdims=True))
        return powers / powers.sum(1, keepdims=True)

    return measure("digits", material, [Features("in_domain", material, features, probabilities), Pixels("pixels", material)])


def test_claims_hold_for_blur_and_for_damage_by_the_choice_of_images(measured):
    """Noise and JPEG change these images, which have hard edges, too little."""
    failed = [
        (space, metric, damage, str(verdict.sight))
        for space, metrics in measured.spaces.items()
        for metric in metrics
        for damage, verdict in verdicts(measured, space, metric).items()
        if verdict.claimed and damage in ("blur", "collapse", "classes", "memorised") and verdict.sight != Sight.SEEN
    ]
    assert not failed
    assert {name for metrics in measured.spaces.values() for name in metrics} == set(METRICS) - {"patches_coarse"}  # one level only


def test_only_the_memorised_share_sees_copies_of_training_images(measured):
    for space, metrics in measured.spaces.items():
        for metric in metrics:
            expected = Sight.SEEN if metric == "memorised" else Sight.BLIND
            assert verdicts(measured, space, metric)["memorised"].sight == expected, (space, metric)


def test_parts_are_disjoint_and_samples_are_new_to_the_classifier(material):
    parts = [set(part) for part in (material.training, material.reference, material.pool)]
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert set(material.sample(3)) <= parts[2] and len(set(material.sample(3))) == len(material.reference) == 150


def test_every_damage_keeps_the_number_of_images(material):
    base = material.sample(0)
    assert applicable(material) == ["blur", "noise", "jpeg", "collapse", "classes", "memorised"]
    for name in applicable(material):
        samples = list(damaged(material, base, name))
        assert [sample.pixels.shape for sample in samples] == [unchanged(material, base).pixels.shape] * 4
    copies = [sample.indices for sample in damaged(material, base, "memorised")]
    assert [np.isin(each, material.training).mean() for each in copies] == pytest.approx([0.1, 0.25, 0.5, 1], abs=0.01)


def test_the_page_has_a_row_per_metric_and_a_picture_per_damage(measured):
    text = page([measured])
    assert "| memorised share | blind | blind | blind | blind | blind | **seen from 1** |" in text
    assert all(f"(metrics/digits_{name}.webp)" in text for name in ("blur", "noise", "jpeg", "collapse", "classes", "memorised"))
    assert "digits_colours" not in text


def test_a_small_set_is_one_clear_error(digits):
    few = PreparedSet("few", "labelled", digits.images[:200], digits.manifest[:200], digits.classes, "", (0, 0, 0))
    with pytest.raises(InputError, match="Image set 'few' has 200 images; the ladder of damage needs at least 266"):
        divided(few)
