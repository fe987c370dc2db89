"""Scores per class, with simple stand-ins for the extractor and the classifier."""

import numpy as np
import pytest
from stand_ins import Classifiers, Means, fit_in_no_time, image_set, of_split, reference, relabelled

from genlab.engine.in_order import Batches
from genlab.evaluation.classes import class_groups, class_scores, kid_within_classes, taught_images
from genlab.evaluation.scores import GroupName
from genlab.evaluation.seen import Seen
from genlab.evaluation.settings import Settings
from genlab.images.feeding.source import labels
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


def scores_of(generated, made, images, classifier, **sizes):
    """Class scores of images by row, which were generated from the labels of the held-out images."""
    in_domain = {name: classifier(pixels) for name, pixels in made.items()}
    given = of_split(images, "test")[1]
    return class_scores(generated, in_domain, given, reference(images), classifier, Settings(**sizes))


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
    scores = scores_of(training, {"generated": real[within(truth)], "untrained": chance}, images, classifier)
    assert list(scores) == ["generated", "untrained", "held-out images"]
    assert scores["held-out images"] == {"recognised": ceiling, "cas": ceiling}
    assert scores["generated"] == {"recognised": ceiling, "cas": ceiling}
    assert scores["untrained"]["recognised"] == pytest.approx(0.5, abs=0.1) and "cas" not in scores["untrained"]


def test_a_generator_that_swaps_the_classes_inverts_the_accuracy(images, trained):
    (real, _), (training, truth) = of_split(images, "test"), of_split(images, "train")
    means = np.stack([training[truth == number].mean(0) for number in range(2)]).round().astype(np.uint8)
    classifier = Classifiers().of_set(images)
    scores = scores_of(means[1 - truth], {"generated": real, "untrained": real}, images, classifier)
    assert scores["generated"]["cas"] == pytest.approx(1 - scores["held-out images"]["cas"], abs=0.02)


def test_the_cas_classifier_is_trained_on_as_many_images_as_the_training_set_up_to_a_limit(images, trained):
    drawn, real = [], of_split(images, "test")[0]

    def sample(latents, labels):
        drawn.append((latents, labels))
        return Batches(len(latents), 32, lambda start, stop: labels[start:stop, None, None, None].expand(-1, 1, 16, 16).float())

    for most in (1000, 50):
        taught = np.concatenate(list(taught_images(sample, LATENT_SIZE, images, Settings(taught=most))))
        scores_of(taught, {"generated": real, "untrained": real}, images, Classifiers().of_set(images), taught=most)
    assert [len(pixels) for pixels, _ in trained] == [200, 50]
    assert np.array_equal(trained[0][1], of_split(images, "train")[1]) and np.array_equal(trained[0][1], drawn[0][1])
    assert all(0.3 < labels.mean() < 0.7 for _, labels in trained)  # spread over the classes
    assert not set(drawn[0][0].flatten().tolist()) & set(normal(200, LATENT_SIZE, 0).flatten().tolist())  # not those of the samples


def test_kid_within_classes_detects_ignored_labels_and_overall_kid_does_not():
    images = image_set(training=60, held_out=60)
    features, (real, truth) = Means()(images.images), of_split(images, "test")
    held_out = features[images.indices("test")]
    mixed = held_out[np.random.default_rng(0).permutation(len(real))]
    scores = kid_within_classes({"generated": held_out[within(truth)], "untrained": mixed}, truth, reference(images))
    assert list(scores) == ["generated", "untrained", "training images"]
    assert all(list(row) == ["left", "top"] for row in scores.values())
    for number, name in enumerate(images.classes):
        # The estimator is unbiased, so equal sets score slightly below 0.
        assert -0.01 < scores["generated"][name] <= 0 and scores["untrained"][name] > 0.05
        same = features[images.indices("train")][of_split(images, "train")[1] == number]
        few = min(len(same), (truth == number).sum())
        assert scores["training images"][name] == pytest.approx(kernel_distance(held_out[truth == number], same[:few]), abs=0.01)
    assert kernel_distance(held_out, mixed) == pytest.approx(kernel_distance(held_out, held_out))


def kid_of_copies(images):
    """KID within the classes of copies of the held-out images."""
    real, given = of_split(images, "test")
    return kid_within_classes({"generated": Means()(real)}, given, reference(images))


def test_a_class_with_too_few_images_is_left_out():
    images = image_set(training=20, held_out=20)
    one = kid_of_copies(relabelled(images, images.indices("test")[:1], "rare"))
    assert all(list(row) == ["left", "top"] for row in one.values())
    unlearnt = kid_of_copies(relabelled(images, images.indices("test")[:2], "rare"))
    assert list(unlearnt["generated"]) == ["left", "rare", "top"] and list(unlearnt["training images"]) == ["left", "top"]
    assert kid_of_copies(two_of_different_classes()) == {}


def two_of_different_classes():
    """A set that holds out two images, of different classes."""
    images = image_set(training=20, held_out=2)
    number = labels(images)[images.indices("test")]
    return relabelled(images, images.indices("test")[:1], "rare") if number[0] == number[1] else images


def test_more_samples_than_held_out_images_are_compared_by_the_labels_that_they_were_generated_from():
    images = image_set(training=60, held_out=30)
    real, truth = of_split(images, "test")
    given = np.concatenate([truth, truth])
    copies = np.concatenate([real, real])
    scores = kid_within_classes({"generated": Means()(copies)}, given, reference(images))
    for number, name in enumerate(images.classes):
        held_out = Means()(real[truth == number])
        assert scores["generated"][name] == pytest.approx(kernel_distance(held_out, np.concatenate([held_out, held_out])))


def groups_of(made, images):
    """Groups of class scores of images by row, which were generated from the labels of the held-out images."""
    given, training = of_split(images, "test")[1], of_split(images, "train")[0]
    classifier = Classifiers().of_set(images)
    seen = {name: Seen(Means()(pixels), classifier(pixels), np.zeros(1, int), pixels[:0]) for name, pixels in made.items()}
    return class_groups(training, seen, given, reference(images), classifier, "means", Settings())


def test_class_scores_include_the_mean_kid_within_classes(images, trained):
    real, truth = of_split(images, "test")
    made = {"generated": real[within(truth)], "untrained": real[np.random.default_rng(0).permutation(len(real))]}
    first, second = groups_of(made, images)
    assert (first.name, second.name) == (GroupName.CLASSES, GroupName.KID_WITHIN_CLASSES)
    assert first.own.values["kid_means_within"].value == pytest.approx(np.mean([each.value for each in second.own.values.values()]))
    assert first.own.values["kid_means_within"].value < first.baselines[0].values["kid_means_within"].value


def test_there_is_no_kid_within_classes_if_no_class_has_two_held_out_images(trained):
    images = two_of_different_classes()
    real, _ = of_split(images, "test")
    (only,) = groups_of({"generated": real, "untrained": real}, images)
    assert only.name == GroupName.CLASSES and "kid_means_within" not in only.own.values
