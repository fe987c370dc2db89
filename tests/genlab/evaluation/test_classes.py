"""Scores per class, with simple stand-ins for the sampler, the extractor and the classifier."""

import numpy as np
import pytest
import torch
from stand_ins import Classifiers, Means, fit_in_no_time, image_set, of_split, relabelled

from genlab.evaluation import classes
from genlab.evaluation.classes import class_groups, class_scores, kid_within_classes
from genlab.evaluation.scores import GroupName
from genlab.images.feeding.source import labels
from genlab.images.pixels import to_channels_first, to_unit
from genlab.metrics.kernel import kernel_distance
from genlab.networks.latents import normal

LATENT_SIZE = 3


@pytest.fixture
def trained(monkeypatch):
    """List of the sets on which classifiers were trained."""
    return fit_in_no_time(monkeypatch)


@pytest.fixture
def images():
    """A labelled set with a fifth of the labels wrong, so that no classifier can predict them all."""
    return image_set(training=200, held_out=200, mislabelled=0.2)


def bank(pixels):
    """A sampler that ignores its arguments and returns these images in order."""
    return lambda latents, labels: to_unit(to_channels_first(pixels))


def within(numbers, seed=0):
    """A permutation of the images within each class."""
    order = np.arange(len(numbers))
    for number in np.unique(numbers):
        places = np.flatnonzero(numbers == number)
        order[places] = np.random.default_rng(seed).permutation(places)
    return order


def test_real_images_of_the_right_class_reach_the_ceiling_and_shuffled_ones_chance(images, trained):
    (real, truth), (training, _) = of_split(images, "test"), of_split(images, "train")
    classifier = Classifiers().of_set(images)
    ceiling = classifier.accuracy(real, truth)
    assert 0.7 < ceiling < 0.9
    chance = real[np.random.default_rng(0).permutation(len(real))]
    scores = class_scores(bank(training), LATENT_SIZE, {"generated": real[within(truth)], "untrained": chance}, images, classifier)
    assert list(scores) == ["generated", "untrained", "held-out images"]
    assert scores["held-out images"] == {"recognised": ceiling, "cas": ceiling}
    assert scores["generated"] == {"recognised": ceiling, "cas": ceiling}
    assert scores["untrained"]["recognised"] == pytest.approx(0.5, abs=0.1) and "cas" not in scores["untrained"]


def test_a_generator_that_swaps_the_classes_inverts_the_accuracy(images, trained):
    (real, _), (training, truth) = of_split(images, "test"), of_split(images, "train")
    means = np.stack([training[truth == number].mean(0) for number in range(2)]).round().astype(np.uint8)
    classifier = Classifiers().of_set(images)
    scores = class_scores(bank(means[1 - truth]), LATENT_SIZE, {"generated": real, "untrained": real}, images, classifier)
    assert scores["generated"]["cas"] == pytest.approx(1 - scores["held-out images"]["cas"], abs=0.02)


def test_the_cas_classifier_is_trained_on_as_many_images_as_the_training_set_up_to_a_limit(images, trained, monkeypatch):
    drawn = []

    def sample(latents, labels):
        drawn.append((latents, labels))
        return torch.zeros(len(latents), 1, 16, 16) + labels[:, None, None, None]

    real, _ = of_split(images, "test")
    for most in (1000, 50):
        monkeypatch.setattr(classes, "MOST_GENERATED", most)
        class_scores(sample, LATENT_SIZE, {"generated": real, "untrained": real}, images, Classifiers().of_set(images))
    assert [len(pixels) for pixels, _ in trained] == [200, 50]
    assert np.array_equal(trained[0][1], of_split(images, "train")[1]) and np.array_equal(trained[0][1], drawn[0][1])
    assert all(0.3 < labels.mean() < 0.7 for _, labels in trained)  # spread over the classes
    assert not set(drawn[0][0].flatten().tolist()) & set(normal(200, LATENT_SIZE, 0).flatten().tolist())  # not those of the samples


def test_kid_within_classes_detects_ignored_labels_and_overall_kid_does_not():
    images = image_set(training=60, held_out=60)
    features, (real, truth) = Means().of_set(images), of_split(images, "test")
    held_out = features[images.indices("test")]
    mixed = held_out[np.random.default_rng(0).permutation(len(real))]
    scores = kid_within_classes({"generated": held_out[within(truth)], "untrained": mixed}, features, images)
    assert list(scores) == ["generated", "untrained", "training images"]
    assert all(list(row) == ["left", "top"] for row in scores.values())
    for number, name in enumerate(images.classes):
        # The estimator is unbiased, so equal sets score slightly below 0.
        assert -0.01 < scores["generated"][name] <= 0 and scores["untrained"][name] > 0.05
        same = features[images.indices("train")][of_split(images, "train")[1] == number]
        few = min(len(same), (truth == number).sum())
        assert scores["training images"][name] == pytest.approx(kernel_distance(held_out[truth == number], same[:few]), abs=0.01)
    assert kernel_distance(held_out, mixed) == pytest.approx(kernel_distance(held_out, held_out))


def test_a_class_with_too_few_images_is_left_out():
    images = image_set(training=20, held_out=20)
    features = Means().of_set(images)
    held_out = {"generated": features[images.indices("test")]}
    one = kid_within_classes(held_out, features, relabelled(images, images.indices("test")[:1], "rare"))
    assert all(list(row) == ["left", "top"] for row in one.values())
    unlearnt = kid_within_classes(held_out, features, relabelled(images, images.indices("test")[:2], "rare"))
    assert list(unlearnt["generated"]) == ["left", "rare", "top"] and list(unlearnt["training images"]) == ["left", "top"]
    few = image_set(training=20, held_out=2)
    number = labels(few)[few.indices("test")]
    split = relabelled(few, few.indices("test")[:1], "rare") if number[0] == number[1] else few
    assert kid_within_classes({"generated": features[:2]}, Means().of_set(few), split) == {}


def test_class_scores_include_the_mean_kid_within_classes(images, trained):
    features, (real, truth), training = Means().of_set(images), of_split(images, "test"), of_split(images, "train")[0]
    made = {"generated": real[within(truth)], "untrained": real[np.random.default_rng(0).permutation(len(real))]}
    seen = {name: Means()(pixels) for name, pixels in made.items()}
    classifier = Classifiers().of_set(images)
    first, second = class_groups(bank(training), LATENT_SIZE, made, seen, features, images, classifier, "means")
    assert (first.name, second.name) == (GroupName.CLASSES, GroupName.KID_WITHIN_CLASSES)
    assert first.own.values["kid_means_within"].value == pytest.approx(np.mean([each.value for each in second.own.values.values()]))
    assert first.own.values["kid_means_within"].value < first.baselines[0].values["kid_means_within"].value


def test_there_is_no_kid_within_classes_if_no_class_has_two_held_out_images(trained):
    images = image_set(training=20, held_out=2)
    number = labels(images)[images.indices("test")]
    images = relabelled(images, images.indices("test")[:1], "rare") if number[0] == number[1] else images
    real, training = of_split(images, "test")[0], of_split(images, "train")[0]
    made, features = {"generated": real, "untrained": real}, Means().of_set(images)
    seen = {name: Means()(pixels) for name, pixels in made.items()}
    (only,) = class_groups(bank(training), LATENT_SIZE, made, seen, features, images, Classifiers().of_set(images), "means")
    assert only.name == GroupName.CLASSES and "kid_means_within" not in only.own.values
