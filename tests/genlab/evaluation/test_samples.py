"""Scores of samples, with simple stand-ins for the recipes and the extractor."""

import numpy as np
import torch
from stand_ins import Conditional, Means, NearestMean, image_set, of_split

from genlab.engine.recipe import Recipe
from genlab.evaluation.samples import draw_samples, flat, in_domain_scores, quality, sample_scores
from genlab.images.feeding.source import batch_of, labels
from genlab.pictures.samples import LATENTS


class Constant(Recipe):
    """Every sample is the same constant grey."""

    latent_size = 3

    def __init__(self, grey):
        super().__init__()
        self.grey, self.updates = grey, {}

    def sample(self, latents):
        return torch.full((len(latents), 1, 16, 16), self.grey)


def drawn_of(images, trained, untrained):
    return draw_samples(trained, untrained, images, batch_of(images, images.indices("test"), torch.device("cpu")))


def test_one_sample_per_held_out_image_is_scored_and_enough_are_drawn_for_the_pictures():
    images = image_set(training=40, held_out=20)
    drawn = drawn_of(images, Constant(1.0), Constant(-1.0))
    assert {name: (pixels.shape, int(pixels[0, 0, 0, 0])) for name, pixels in drawn.pixels.items() if name != "training images"} == {
        "generated": ((20, 16, 16, 1), 255),
        "untrained": ((20, 16, 16, 1), 0),
    }
    assert list(drawn.pixels) == ["generated", "untrained", "training images"]
    assert np.array_equal(drawn.pixels["training images"], images.images[drawn.like_test])
    assert len(set(drawn.like_test.tolist())) == 20 and set(drawn.like_test.tolist()) <= set(images.indices("train").tolist())
    assert len(drawn.samples) == len(drawn.latents) == LATENTS and drawn.labels is None


def test_a_conditional_recipe_gets_the_labels_of_the_held_out_images():
    images = image_set(training=40, held_out=20)
    drawn = drawn_of(images, Conditional(), Conditional())
    assert drawn.labels[:20].tolist() == drawn.labels[20:40].tolist() == labels(images)[images.indices("test")].tolist()


def test_copies_of_training_images_are_at_distance_0_and_their_originals_are_found():
    images, (training, _) = image_set(training=40, held_out=20), of_split(image_set(training=40, held_out=20), "train")
    pixels = {"generated": training[:20][::-1], "untrained": np.zeros_like(training[:20]), "training images": training[20:]}
    seen = {name: Means()(each) for name, each in pixels.items()}
    group, resembling = sample_scores(pixels, seen, Means().of_set(images), images, Means())
    assert group.own.name == "generated" and group.own.values["nearest_training"].value == 0
    assert resembling[:, 0].tolist() == images.indices("train")[:20][::-1].tolist() and resembling.shape == (20, 3)
    by_name = {row.name: row.values for row in group.rows}
    assert set(by_name["held-out images"]) == {"nearest_training"} and "nearest_training" not in by_name["training images"]
    assert by_name["untrained"]["kid_means"].value > by_name["generated"]["kid_means"].value
    assert by_name["untrained"]["ndb"].value > by_name["training images"]["ndb"].value


def test_held_out_images_against_themselves_are_perfect():
    images = image_set()
    (real, _), (training, numbers) = of_split(images, "test"), of_split(images, "train")
    scores = quality({"generated": Means()(real)}, Means()(real), Means())["generated"]
    assert scores["precision"] == scores["recall"] == 1 and abs(scores["fid_means"]) < 1e-6 and scores["kid_means"] <= 0
    classifier = NearestMean(training, numbers, 2)
    group = in_domain_scores({"generated": real}, images, classifier)
    assert group.own.values["precision"].value == 1 and group.own.values["kid_in_domain"].spread is not None


def test_flat_keeps_one_row_per_image():
    assert flat(np.arange(24).reshape(2, 2, 2, 3))[1].tolist() == list(range(12, 24))
