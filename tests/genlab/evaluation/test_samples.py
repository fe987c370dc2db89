"""Scores of samples, with simple stand-ins for the recipes and the extractor."""

import numpy as np
import pytest
import torch
from stand_ins import Conditional, Means, NearestMean, image_set, of_split, reference

from genlab.engine.recipe import Recipe
from genlab.evaluation.samples import Drawn, draw_samples, in_domain_scores, quality, sample_scores
from genlab.evaluation.seen import Observer, pixel_bins
from genlab.evaluation.settings import Settings
from genlab.images.feeding.source import labels
from genlab.pictures.samples import LATENTS


class Constant(Recipe):
    """Every sample is the same constant grey."""

    latent_size = 3

    def __init__(self, grey):
        super().__init__()
        self.grey, self.updates = grey, {}

    def sample(self, latents):
        return torch.full((len(latents), 1, 16, 16), self.grey)


def observer(images, classifier=None):
    return Observer(Means(), classifier, pixel_bins(images, images.indices("train"), Settings(bins=4)))


def drawn_of(images, trained, untrained, **sizes):
    return draw_samples(trained, untrained, reference(images, **sizes), Settings(**sizes), observer(images), torch.device("cpu"))


@pytest.mark.parametrize(("samples", "expected"), [(None, 20), (100, 100)])
def test_one_sample_per_held_out_image_or_a_given_number_is_scored_and_enough_are_drawn_for_the_pictures(samples, expected):
    images = image_set(training=40, held_out=20)
    drawn = drawn_of(images, Constant(1.0), Constant(-1.0), samples=samples)
    assert list(drawn.seen) == ["generated", "untrained", "training images"]
    for name, value in (("generated", 1.0), ("untrained", 0.0)):
        assert drawn.seen[name].features.shape == (expected, 16) and (drawn.seen[name].features == value).all()
        assert drawn.seen[name].counts.sum() == expected
    assert len(drawn.seen["training images"].features) == 20
    assert drawn.first.shape == (LATENTS, 1, 16, 16) and (drawn.first == 1).all()
    assert len(drawn.latents) == max(LATENTS, expected) and drawn.labels is None


def test_a_conditional_recipe_gets_the_labels_of_the_held_out_images():
    images = image_set(training=40, held_out=20)
    drawn = drawn_of(images, Conditional(), Conditional())
    assert drawn.labels[:20].tolist() == drawn.labels[20:40].tolist() == labels(images)[images.indices("test")].tolist()


def test_copies_of_training_images_are_at_distance_0_and_their_originals_are_found():
    images, (training, _) = image_set(training=40, held_out=20), of_split(image_set(training=40, held_out=20), "train")
    pixels = {"generated": training[:20][::-1], "untrained": np.zeros_like(training[:20]), "training images": training[20:]}
    observe = observer(images)
    seen = {name: observe([each[:7], each[7:]], 20) for name, each in pixels.items()}
    held_out = observe([of_split(images, "test")[0]], 20)
    drawn = Drawn(torch.zeros(20, 3), None, torch.zeros(20, 1, 16, 16), seen, held_out)
    group, resembling = sample_scores(drawn, reference(images), Means(), Settings())
    assert group.own.name == "generated" and group.own.values["nearest_training"].value == 0
    assert resembling[:, 0].tolist() == images.indices("train")[:20][::-1].tolist() and resembling.shape == (20, 3)
    by_name = {row.name: row.values for row in group.rows}
    assert set(by_name["held-out images"]) == {"nearest_training", "memorised"} and "nearest_training" not in by_name["training images"]
    assert by_name["untrained"]["kid_means"].value > by_name["generated"]["kid_means"].value
    assert by_name["untrained"]["ndb"].value > by_name["training images"]["ndb"].value


def test_held_out_images_against_themselves_are_perfect():
    images = image_set()
    (real, _), (training, numbers) = of_split(images, "test"), of_split(images, "train")
    scores = quality({"generated": Means()(real)}, Means()(real), Means(), Settings())["generated"]
    assert scores["precision"] == scores["recall"] == 1 and abs(scores["fid_means"]) < 1e-6 and scores["kid_means"] <= 0
    classifier = NearestMean(training, numbers, 2)
    held_out = observer(images, classifier)([real], len(real))
    drawn = Drawn(torch.zeros(20, 3), None, torch.zeros(20, 1, 16, 16), {"generated": held_out}, held_out)
    group = in_domain_scores(drawn, classifier, Settings())
    assert group.own.values["precision"].value == 1 and group.own.values["kid_in_domain"].spread is not None
