"""Scores by inference, with recipes that can be seen through."""

import math

import numpy as np
import pytest
import torch
from stand_ins import Means, Styled, image_set

from genlab.engine.recipe import Recipe
from genlab.evaluation import likelihood
from genlab.evaluation.likelihood import inference_groups, parts
from genlab.evaluation.scores import GroupName
from genlab.images.feeding.source import batch_of

CPU = torch.device("cpu")


class Inferring(Recipe):
    """Its bound of an image is a number plus the image's index among those that it has seen; it knows a share of each image."""

    components = 2

    def __init__(self, nats, share):
        super().__init__()
        self.nats, self.share, self.updates, self.seen = nats, share, {}, []

    def bounds(self, batch):
        self.seen.append(len(batch["image"]))
        nats = torch.full((len(batch["image"]),), self.nats, dtype=torch.float64)
        return {"best": nats, "elbo": nats - 1}

    def measures(self, batch):
        return {"images": float(len(batch["image"]))}

    def reconstruct(self, batch):
        return self.share * batch["image"]

    def responsibilities(self, batch):
        return torch.nn.functional.one_hot(1 - batch["label"], 2).float()  # the classes, under other numbers


def groups_of(trained, untrained, images):
    batch = batch_of(images, images.indices("test"), CPU)
    features = Means().of_set(images)[images.indices("test")]
    return {group.name: group for group in inference_groups(trained, untrained, images, batch, Means(), features)}


@pytest.fixture
def groups():
    return groups_of(Inferring(-100.0, 1.0), Inferring(-900.0, 0.0), image_set())


def test_the_likelihood_is_in_nats_and_the_best_bound_in_bits_per_dimension(groups):
    rows = {row.name: {name: score.value for name, score in row.values.items()} for row in groups[GroupName.LIKELIHOOD].rows}
    assert list(rows) == ["held-out images", "training images", "untrained"]
    assert rows["held-out images"] == {
        "bits_per_dimension": pytest.approx(100 / (256 * math.log(2))),
        "best": -100,
        "elbo": -101,
        "images": 20,
    }
    assert rows["training images"]["best"] == -100 and rows["untrained"]["best"] == -900 and "images" not in rows["untrained"]


def test_baselines_are_of_at_most_so_many_images(monkeypatch):
    monkeypatch.setattr(likelihood, "COMPARED", 7)
    untrained = Inferring(0.0, 1.0)
    groups_of(Inferring(0.0, 1.0), untrained, image_set())
    assert untrained.seen == [7]


def test_what_returns_as_it_was_is_perfect_and_what_turns_grey_is_not(groups):
    group = groups[GroupName.RECONSTRUCTIONS]
    (untrained,) = group.baselines
    assert group.own.name == "reconstructed" and group.own.values["l1"].value == 0
    assert abs(group.own.values["fid_means"].value) < 1e-6 < untrained.values["fid_means"].value
    assert untrained.values["l1"].value > 0.1 and untrained.name == "untrained"


def test_components_that_are_the_classes_by_other_numbers_agree_with_them(groups):
    own = groups[GroupName.CLUSTERS].own
    assert own.name == "components" and [score.value for score in own.values.values()] == pytest.approx([1.0, 1.0, 1.0])
    assert [row.name for row in groups[GroupName.CLUSTERS].baselines] == ["k-means"]


def test_a_recipe_without_inference_has_no_such_scores():
    assert groups_of(Styled(), Styled(), image_set()) == {}


def test_components_are_not_scored_without_labels():
    class Unlabelled(Inferring):
        def responsibilities(self, batch):
            return torch.ones(len(batch["image"]), 2)

    assert GroupName.CLUSTERS not in groups_of(Unlabelled(0.0, 1.0), Unlabelled(0.0, 1.0), image_set(kind="unlabelled"))


def test_a_recipe_that_has_no_components_now_has_no_scores_of_them():
    class Single(Inferring):
        components = 0

    assert GroupName.CLUSTERS not in groups_of(Single(0.0, 1.0), Single(0.0, 1.0), image_set())


def test_parts_are_the_batch_in_order():
    batch = {"image": torch.arange(7), "label": torch.arange(7) * 2}
    found = list(parts(batch, 3))
    assert [len(part["image"]) for part in found] == [3, 3, 1]
    assert np.array_equal(torch.cat([part["label"] for part in found]), batch["label"])
