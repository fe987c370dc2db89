"""Tests of the cheap score by which training selects a checkpoint."""

import dataclasses

import numpy as np
import pytest
import torch
from stand_ins import Means, Styled, image_set

from genlab.engine.recipe import Recipe
from genlab.evaluation.selection import REFERENCES, scorer_of
from genlab.images.feeding.source import labels
from genlab.metrics.kernel import kernel_distance


class Counting(Means):
    """An extractor that counts the images of each call."""

    def __init__(self):
        self.sets, self.counts = [], []

    def __call__(self, images):
        self.counts.append(len(images))
        return super().__call__(images)

    def of_set(self, images, indices):
        self.sets.append(indices)
        return Means()(images.images[indices])


class Copies(Recipe):
    """Its samples are equal to training images of a class, or inverted."""

    classes, latent_size, noise_size = 2, 2, 0

    def __init__(self, images, inverted=False):
        super().__init__()
        chosen = images.indices("train")
        pixels = torch.from_numpy(np.asarray(images.images[chosen]).transpose(0, 3, 1, 2) / 127.5 - 1).float()
        self.register_buffer("bank", -pixels if inverted else pixels)
        self.numbers, self.asked = labels(images)[chosen], None

    def generators(self):
        return {"generator": self}

    def sample(self, latents, labels=None):
        self.asked = labels if self.asked is None else torch.cat([self.asked, labels])
        return torch.stack([self.bank[np.flatnonzero(self.numbers == number)[turn % 8]] for turn, number in enumerate(labels.tolist())])


class Shifts(Recipe):
    """Translates by the identity, or adds a constant."""

    directions = ("a_to_b", "b_to_a")

    def __init__(self, shift=0.0):
        super().__init__()
        self.register_buffer("shift", torch.tensor(shift))
        self.counts = []

    def generators(self):
        return {}

    def sample(self, images, direction):
        self.counts.append((direction, len(images)))
        return (images + self.shift).clamp(-1, 1)


class Likely(Styled):
    """A recipe with a likelihood."""

    def bounds(self, batch):
        return {}


def two_domains():
    images = image_set(training=40, held_out=20, kind="unpaired")
    manifest = images.manifest.assign(domain=np.where(np.arange(60) % 2, "a", "b"), label="")
    return dataclasses.replace(images, manifest=manifest, classes=())


def test_samples_are_compared_with_training_images_only_and_labelled_like_them():
    images, extractor = image_set(training=200, held_out=50), Counting()
    recipe = Copies(images)
    scorer = scorer_of(recipe, images, extractor, 64)
    value = scorer(recipe)
    (seen,) = extractor.sets
    assert set(images.manifest["split"].iloc[seen]) == {"train"} and len(seen) == 200 <= REFERENCES and extractor.counts == [64]
    expected = labels(images)[images.indices("train")].mean()
    assert recipe.asked.float().mean() == pytest.approx(expected, abs=0.1)
    assert abs(value) < 0.05 < scorer(Copies(images, inverted=True))
    scorer(recipe)
    assert len(extractor.sets) == 1  # features of the references are computed once


def test_the_score_is_the_kernel_distance_of_the_same_samples_at_every_call():
    images, extractor = image_set(), Means()
    recipe = Styled()
    scorer = scorer_of(recipe, images, extractor, 32)
    torch.manual_seed(1)
    first = scorer(recipe)
    torch.manual_seed(2)
    assert scorer(recipe) == first and scorer.name == "kid_means"
    recipe.bank.fill_(-2.0)  # black, whatever the latent adds
    black = scorer(recipe)
    training = extractor(images.images[images.indices("train")])
    assert black == pytest.approx(kernel_distance(training, np.zeros((32, 16), np.float32)))


def test_translations_of_training_images_are_scored_in_each_direction():
    images, extractor = two_domains(), Counting()
    recipe = Shifts()
    scorer = scorer_of(recipe, images, extractor, 24)
    good = scorer(recipe)
    assert scorer.name == "kid_means_mean" and recipe.counts == [("a_to_b", 12), ("b_to_a", 12)] and extractor.counts == [12, 12]
    assert [tuple(set(images.manifest[column].iloc[each]) for column in ("domain", "split")) for each in extractor.sets] == [
        ({"b"}, {"train"}),
        ({"a"}, {"train"}),
    ]
    assert good < scorer(Shifts(0.5))


def test_a_recipe_with_a_likelihood_or_without_samples_has_no_score(caplog):
    caplog.set_level("INFO")
    images = image_set()
    assert scorer_of(Likely(), images, Means(), 8) is None and "The last weights are the result" in caplog.text
    assert scorer_of(Recipe(), images, Means(), 8) is None


def test_the_settings_name_everything_that_a_score_depends_on():
    images, extractor = image_set(), Means()
    settings = scorer_of(Styled(), images, extractor, 8).settings()
    assert settings["samples"] == 8 and settings["extractor"]["sha256"] == extractor.sha256
    assert settings["extractor"]["class"].endswith("Means") and settings["references"] == REFERENCES
    assert settings != scorer_of(Styled(), images, extractor, 16).settings()


@pytest.mark.parametrize("samples", [1, 50])
def test_fewer_or_more_samples_than_training_images_are_scored(samples):
    images = image_set(training=6, held_out=4)
    recipe = Styled(classes=2)
    assert np.isfinite(scorer_of(recipe, images, Means(), samples)(recipe))
