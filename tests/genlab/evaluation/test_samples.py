"""Scores of samples, with a simple stand-in for the extractor."""

import numpy as np
import torch
from stand_ins import Means, NearestMean, image_set, of_split, reference

from genlab.evaluation.drawing import Drawn
from genlab.evaluation.samples import in_domain_scores, quality, sample_scores
from genlab.evaluation.seen import Observer, pixel_bins
from genlab.evaluation.settings import Settings


def observer(images, classifier=None):
    return Observer(Means(), classifier, pixel_bins(images, images.indices("train"), Settings(bins=4)))


def seen_by(observe, pixels):
    """What an observer keeps of images."""
    return observe.gathered([observe.glimpse(pixels, 0, are_new=True)], len(pixels))


def test_copies_of_training_images_are_at_distance_0_and_their_originals_are_found():
    images, (training, _) = image_set(training=40, held_out=20), of_split(image_set(training=40, held_out=20), "train")
    pixels = {"generated": training[:20][::-1], "untrained": np.zeros_like(training[:20]), "training images": training[20:]}
    observe = observer(images)
    seen = {name: seen_by(observe, each) for name, each in pixels.items()}
    held_out = seen_by(observe, of_split(images, "test")[0])
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
    held_out = seen_by(observer(images, classifier), real)
    drawn = Drawn(torch.zeros(20, 3), None, torch.zeros(20, 1, 16, 16), {"generated": held_out}, held_out)
    group = in_domain_scores(drawn, classifier, Settings())
    assert group.own.values["precision"].value == 1 and group.own.values["kid_in_domain"].spread is not None
