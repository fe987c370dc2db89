"""Scores of recipes that are told labels, with samplers, an extractor and a classifier that can be seen through."""

import dataclasses
import json
import logging
import math

import numpy as np
import pytest
import torch
from stand_ins import BUDGET, COMPUTE, Classifiers, Means, Styled, fit_in_no_time, image_set, name_in_yaml

from genlab.engine import Recipe
from genlab.images.stream import labels, to_channels_first, to_unit
from genlab.labels import class_weights
from genlab.latents import normal
from genlab.metrics.kernel import kernel_distance
from genlab.pictures import GAP, HEADING
from genlab.sampling_pictures import BOUNDS
from pipelines.evaluation import classes
from pipelines.evaluation.classes import class_scores, kid_within_classes, truncation_scores
from pipelines.evaluation.sampling import score_samples

LATENT_SIZE = 3


class Told(Recipe):
    """A sample is its class's image, a little darker or lighter as the first latent says."""

    classes = 2

    def __init__(self, latent_size: int = LATENT_SIZE):
        super().__init__()
        self.latent_size, self.updates = latent_size, {}
        self.register_buffer("bank", torch.rand(2, 1, 16, 16) * 2 - 1)

    def sample(self, latents, labels):
        of_class = torch.einsum("nk,kchw->nchw", class_weights(labels, 2), self.bank)
        return (of_class + latents[:, :1, None, None] / 10).clamp(-1, 1)


@pytest.fixture
def trained(monkeypatch):
    """The sets that classifiers were trained on."""
    return fit_in_no_time(monkeypatch)


@pytest.fixture
def images():
    """A fifth of the labels are wrong: no classifier can know them."""
    return image_set(training=200, held_out=200, mislabelled=0.2)


def of_split(images, split):
    indices = images.indices(split)
    return images.images[indices], labels(images)[indices]


def bank(pixels):
    """A sampler of these images, in order, whatever it is given."""
    return lambda latents, labels: to_unit(to_channels_first(pixels))


def within(numbers, seed=0):
    """A permutation that leaves each image within its class."""
    order = np.arange(len(numbers))
    for number in np.unique(numbers):
        places = np.flatnonzero(numbers == number)
        order[places] = np.random.default_rng(seed).permutation(places)
    return order


def test_real_images_of_the_told_class_reach_the_ceiling_and_others_chance(images, trained):
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


def test_images_of_the_other_class_teach_what_is_wrong(images, trained):
    (real, _), (training, truth) = of_split(images, "test"), of_split(images, "train")
    means = np.stack([training[truth == number].mean(0) for number in range(2)]).round().astype(np.uint8)
    classifier = Classifiers().of_set(images)
    scores = class_scores(bank(means[1 - truth]), LATENT_SIZE, {"generated": real, "untrained": real}, images, classifier)
    assert scores["generated"]["cas"] == pytest.approx(1 - scores["held-out images"]["cas"], abs=0.02)


def test_the_other_classifier_sees_as_many_images_as_there_are_to_train_on_or_a_limit(images, trained, monkeypatch):
    told = []

    def sample(latents, labels):
        told.append((latents, labels))
        return torch.zeros(len(latents), 1, 16, 16) + labels[:, None, None, None]

    real, _ = of_split(images, "test")
    for most in (1000, 50):
        monkeypatch.setattr(classes, "MOST_GENERATED", most)
        class_scores(sample, LATENT_SIZE, {"generated": real, "untrained": real}, images, Classifiers().of_set(images))
    assert [len(pixels) for pixels, _ in trained] == [200, 50]
    assert np.array_equal(trained[0][1], of_split(images, "train")[1]) and np.array_equal(trained[0][1], told[0][1])
    assert all(0.3 < labels.mean() < 0.7 for _, labels in trained)  # spread over the classes
    assert not set(told[0][0].flatten().tolist()) & set(normal(200, LATENT_SIZE, 0).flatten().tolist())  # not the scored samples' latents


def test_within_classes_a_label_that_is_ignored_is_seen_and_over_all_of_them_is_not():
    images = image_set(training=60, held_out=60)
    features, (real, truth) = Means().of_set(images), of_split(images, "test")
    held_out = features[images.indices("test")]
    mixed = held_out[np.random.default_rng(0).permutation(len(real))]
    scores = kid_within_classes({"generated": held_out[within(truth)], "untrained": mixed}, features, images)
    assert list(scores) == ["generated", "untrained", "training images"]
    assert all(list(row) == ["left", "top"] for row in scores.values())
    for number, name in enumerate(images.classes):
        # Unbiased, so that equal sets are a little below 0.
        assert -0.01 < scores["generated"][name] <= 0 and scores["untrained"][name] > 0.05
        same = features[images.indices("train")][of_split(images, "train")[1] == number]
        few = min(len(same), (truth == number).sum())
        assert scores["training images"][name] == pytest.approx(kernel_distance(held_out[truth == number], same[:few]), abs=0.01)
    assert kernel_distance(held_out, mixed) == pytest.approx(kernel_distance(held_out, held_out))


def relabelled(images, positions, name):
    """The same set with another class, of the images in these positions."""
    manifest = images.manifest.copy()
    manifest.loc[positions, "label"] = name
    return dataclasses.replace(images, manifest=manifest, classes=tuple(sorted({*images.classes, name})))


def test_a_class_of_too_few_images_is_left_out():
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


def test_truncation_is_scored_from_none_to_the_narrowest(images, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "pipelines")
    monkeypatch.setattr(classes, "MOST_TRUNCATED", 100)
    seen = []

    def sample(latents, labels):
        seen.append((latents, labels))
        return to_unit(to_channels_first(of_split(images, "test")[0][: len(latents)])) * latents.abs().max().clamp(max=1)

    latents = normal(200, LATENT_SIZE, 0)
    scores = truncation_scores(sample, latents, images, Classifiers().of_set(images), BOUNDS, told=True)
    assert list(scores) == ["none", "2", "1.5", "1", "0.75", "0.5", "0.25"]
    assert all(list(row) == ["kid_in_domain", "precision", "recall"] for row in scores.values())
    assert torch.equal(seen[0][0], latents[:100]) and all(torch.equal(told, seen[0][1]) for _, told in seen)
    for bound, (some, _) in zip((math.inf, 2, 1.5, 1, 0.75, 0.5, 0.25), seen, strict=True):
        assert some.abs().max() <= bound and torch.equal(some.sign(), latents[:100].sign())
    assert scores["0.25"]["kid_in_domain"] > scores["none"]["kid_in_domain"]  # this sampler gets grey
    assert "100 samples, truncation: 0.75" in caplog.text


def test_a_recipe_that_is_told_labels_is_scored_class_by_class(trained, monkeypatch):
    name_in_yaml(monkeypatch, Told)
    images = image_set(training=60, held_out=40, names=("T-shirt/top", "Food & Drink"))
    pixels, truth = of_split(images, "train")
    means = np.stack([pixels[truth == number].mean(0) for number in range(2)]).astype(np.uint8)
    checkpoint, model = {"bank": to_unit(to_channels_first(means))}, {"class": "genlab.recipes.stand_in.Told"}
    budget = BUDGET.model_copy(update={"sampling": "balanced"})
    metrics, samples, pictures = score_samples(checkpoint, model, images, COMPUTE, 0, Means(), Classifiers(), budget)
    groups = {"samples", "in_domain", "classes", "kid_within_classes", "truncation"}
    assert list(metrics)[:2] == ["headline", "protocol"] and set(list(metrics)[2:]) == groups
    assert list(metrics) == ["headline", "protocol", "samples", "in_domain", "classes", "kid_within_classes", "truncation"]
    assert metrics["classes"]["generated"]["recognised"] == metrics["classes"]["generated"]["cas"] == 1
    assert set(metrics["classes"]["untrained"]) == {"recognised", "kid_means_within"}
    per_class = metrics["kid_within_classes"]["generated"]
    assert list(per_class) == ["Food & Drink", "T-shirt/top"]
    assert metrics["classes"]["generated"]["kid_means_within"] == pytest.approx(np.mean(list(per_class.values())))
    assert metrics["truncation"]["none"] == {name: metrics["in_domain"]["generated"][name] for name in metrics["truncation"]["none"]}
    protocol = metrics["protocol"]
    assert protocol["labels"] == "those of the held-out images" and protocol["training_sampling"] == "balanced"
    assert protocol["cas"].startswith("60 generated images") and protocol["classifier"] == "nearest mean"
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert set(pictures) == {"interpolation", "neighbours", "truncation", "class_interpolation", "truncation_curve"}
    assert samples.size == (12 * (64 + GAP), 2 * (HEADING + 64 + GAP))
    assert pictures["class_interpolation"].size == (10 * (64 + GAP), HEADING + 64 + GAP)


def test_a_recipe_of_styles_that_is_told_labels_is_scored_class_by_class_and_by_psi(trained, monkeypatch):
    name_in_yaml(monkeypatch, Styled)
    monkeypatch.setattr("pipelines.evaluation.sampling.path_length_scores", lambda generator, extractor: {"W": {}, "Z": {}})
    images = image_set(training=60, held_out=40)
    pixels, truth = of_split(images, "train")
    means = np.stack([pixels[truth == number].mean(0) for number in range(2)]).astype(np.uint8)
    checkpoint, model = {"bank": to_unit(to_channels_first(means))}, {"class": "genlab.recipes.stand_in.Styled", "classes": 2}
    metrics, samples, pictures = score_samples(checkpoint, model, images, COMPUTE, 0, Means(), Classifiers(), BUDGET)
    assert list(metrics) == ["headline", "protocol", "samples", "in_domain", "classes", "kid_within_classes", "truncation", "path_length"]
    assert metrics["classes"]["generated"]["recognised"] == metrics["classes"]["generated"]["cas"] == 1
    assert metrics["truncation"]["1"] == {name: metrics["in_domain"]["generated"][name] for name in metrics["truncation"]["1"]}
    assert set(pictures) == {"interpolation", "neighbours", "truncation", "class_interpolation", "truncation_curve"}
    assert samples.size == (12 * (64 + GAP), 2 * (HEADING + 64 + GAP))


def test_of_one_class_nothing_is_classified(trained, monkeypatch):
    name_in_yaml(monkeypatch, Told)
    images = image_set(training=20, held_out=20)
    images = relabelled(images, images.manifest.index, "left")
    model = {"class": "genlab.recipes.stand_in.Told"}
    metrics, _, pictures = score_samples(Told().state_dict(), model, images, COMPUTE, 0, Means(), None, BUDGET)
    assert list(metrics) == ["headline", "protocol", "samples"] and set(pictures) >= {"truncation", "class_interpolation"}
    assert metrics["protocol"]["labels"] and not {"classifier", "cas"} & set(metrics["protocol"])
