"""Further scores of samples: distances, diversity, and certainty of a classifier."""

import numpy as np
import pytest
from stand_ins import Means, image_set, of_split, reference

from genlab.evaluation.further import further_protocol, further_scores
from genlab.evaluation.scores import GroupName
from genlab.evaluation.seen import Seen
from genlab.evaluation.settings import Settings


class Sure(Means):
    """An extractor that classifies: images are of one of two classes, without doubt, by their first feature."""

    def probabilities(self, images):
        return self.probabilities_of(self(images))

    def probabilities_of(self, features):
        return np.eye(2, dtype=np.float32)[(features[:, 0] > 0.5).astype(int)]


def seen(pixels, extractor):
    return Seen(extractor(pixels), None, np.zeros(1, int), pixels[:10])


def scores_of(pixels, extractor=None, images=None, **sizes):
    """The rows of the group for generated images."""
    extractor, images = extractor or Means(), images or image_set(training=400, held_out=400)
    group = further_scores({"generated": seen(pixels, extractor)}, reference(images), extractor, Settings(patched=10, **sizes))
    assert group.name == GroupName.FURTHER and [row.name for row in group.rows] == ["generated", "held-out images"]
    return group.to_json()


def test_real_images_are_near_and_as_diverse_as_others_and_copies_of_one_image_are_not():
    images = image_set(training=400, held_out=400)
    real = of_split(images, "train")[0]
    good, collapsed = scores_of(real)["generated"], scores_of(real[:1].repeat(400, 0))["generated"]
    distances = ["fid_infinity_means", "mmd_means", "sliced_wasserstein_means", "swd_16"]
    assert list(good)[:2] == ["fid_infinity_means", "fid_infinity_means_spread"] and set(distances) < set(good)
    assert all(good[name] < collapsed[name] for name in distances)
    assert collapsed["vendi_means"] == pytest.approx(1) and good["vendi_means"] > 1.1
    assert scores_of(real)["held-out images"] == {"vendi_means": pytest.approx(good["vendi_means"], rel=0.05)}


def test_scores_are_left_out_where_they_are_not_defined():
    few = of_split(image_set(), "train")[0]
    assert not any(name.startswith("fid_infinity") for name in scores_of(few[:20])["generated"])
    assert "is_means" not in scores_of(few)["generated"]
    group = further_scores({"generated": seen(few, Means())}, reference(image_set()), Means(), Settings(patched=0))
    assert not any(name.startswith("swd") for name in group.to_json()["generated"]) and "swd" not in further_protocol(Settings(patched=0))


def test_an_extractor_with_classes_has_an_inception_score_also_of_the_held_out_images():
    images = image_set(training=400, held_out=400)
    pixels = np.concatenate([np.zeros((200, 16, 16, 1), np.uint8), np.full((200, 16, 16, 1), 255, np.uint8)])
    rows = scores_of(pixels, Sure(), images)
    assert rows["generated"]["is_means"] == pytest.approx(2, abs=0.1) and rows["generated"]["is_means_spread"] < 0.1
    assert scores_of(pixels[:200], Sure(), images)["generated"]["is_means"] == pytest.approx(1)
    assert {"is_means", "is_means_spread"} < set(rows["held-out images"])


def test_the_protocol_states_sizes_and_seeds():
    assert "of at most 128 images" in further_protocol(Settings()) and "sigma 10" in further_protocol(Settings())
