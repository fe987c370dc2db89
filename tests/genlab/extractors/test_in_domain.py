"""Tests of the classifier of an image set as the extractor of that set."""

import dataclasses

import numpy as np
import pytest
from stand_ins import image_set

from genlab.build import build
from genlab.errors import InputError
from genlab.extractors.classifier import FEATURES
from genlab.extractors.classifier_cache import Classifiers
from genlab.extractors.contract import Classifies, Extractor, Staged
from genlab.extractors.in_domain import InDomain

BUDGET = 640


@pytest.fixture
def factory(tmp_path):
    return InDomain(tmp_path / "features", tmp_path / "classifiers", BUDGET)


def test_features_are_those_of_the_sets_classifier(factory, tmp_path):
    images = image_set()
    extractor, trained = factory.prepared(images), Classifiers(tmp_path / "classifiers", BUDGET).of_set(images)
    features = extractor(images.images)
    assert features.shape == (60, FEATURES) and (features == trained(images.images)).all()
    cached = extractor.of_set(images, np.arange(len(images.images)))
    np.testing.assert_allclose(cached, features, rtol=1e-5, atol=1e-6)
    assert not cached.flags.writeable and len(list((tmp_path / "features" / "features").iterdir())) == 1


def test_probabilities_agree_with_the_predictions(factory):
    images = image_set()
    extractor = factory.prepared(images)
    probabilities = extractor.probabilities(images.images)
    assert probabilities.shape == (60, 2) and probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-6)
    assert (probabilities.argmax(1) == extractor.classifier.predict(images.images)).all()
    assert (extractor.probabilities_of(extractor(images.images)) == probabilities).all()
    logits = extractor.classifier.logits(extractor(images.images))  # their differences are logarithms of ratios of probabilities
    np.testing.assert_allclose(np.log(probabilities[:, 0] / probabilities[:, 1]), logits[:, 0] - logits[:, 1], rtol=1e-2, atol=1e-2)


def test_the_hash_is_of_the_weights(factory):
    first, again = factory.prepared(image_set()), factory.prepared(image_set())
    assert first.sha256 == again.sha256 and len(first.sha256) == 64
    other = factory.prepared(dataclasses.replace(image_set(channels=3), content_hash="1" * 64))
    assert other.sha256 != first.sha256


def test_a_set_without_labels_is_refused_when_the_extractor_is_prepared(factory):
    with pytest.raises(InputError, match=r"'ramps' \(unlabelled\) has no labels to train a classifier with\. Declare it labelled"):
        factory.prepared(image_set(kind="unlabelled"))


def test_yaml_names_it_and_it_has_features_and_classes(tmp_path):
    description = {"class": "genlab.extractors.in_domain.InDomain", "cache": str(tmp_path), "classifiers": str(tmp_path), "budget": BUDGET}
    made = build(description, "extractor")
    extractor = made.prepared(image_set())
    assert isinstance(extractor, Extractor) and isinstance(extractor, Classifies) and not isinstance(extractor, Staged)
    assert extractor.name == made.name == "in_domain" and extractor.resize == "bilinear, antialiased, to at most 32 px"
    assert extractor.prepared(image_set()).sha256 == extractor.sha256
