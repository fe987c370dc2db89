"""Scores of likelihood, reconstructions and components, with simple stand-ins for the recipes."""

import math

import numpy as np
import pytest
import torch
from stand_ins import Means, Styled, image_set, reference

from genlab.engine.recipe import Recipe
from genlab.evaluation.likelihood import batches_of, inference_groups
from genlab.evaluation.scores import GroupName
from genlab.evaluation.settings import Settings
from genlab.images.feeding.source import batch_of

CPU = torch.device("cpu")


class Inferring(Recipe):
    """Its best bound of every image is `nats`, its reconstruction is `share` times the image, and its components are the classes."""

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
        return torch.nn.functional.one_hot(1 - batch["label"], 2).float()  # the classes, renumbered


def groups_of(trained, untrained, images):
    found = inference_groups(trained, untrained, reference(images), Means(), Settings(compared=7), CPU)
    return {group.name: group for group in found}


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


def test_baselines_use_a_limited_number_of_images():
    untrained = Inferring(0.0, 1.0)
    groups_of(Inferring(0.0, 1.0), untrained, image_set())
    assert untrained.seen == [7]


def test_exact_reconstructions_are_perfect_and_grey_ones_are_not(groups):
    group = groups[GroupName.RECONSTRUCTIONS]
    (untrained,) = group.baselines
    assert group.own.name == "reconstructed" and group.own.values["l1"].value == 0
    assert abs(group.own.values["fid_means"].value) < 1e-6 < untrained.values["fid_means"].value
    assert untrained.values["l1"].value > 0.1 and untrained.name == "untrained"


def test_components_equal_to_renumbered_classes_agree_with_them(groups):
    own = groups[GroupName.CLUSTERS].own
    assert own.name == "components" and [score.value for score in own.values.values()] == pytest.approx([1.0, 1.0, 1.0])
    assert [row.name for row in groups[GroupName.CLUSTERS].baselines] == ["k-means"]


def test_a_recipe_without_inference_has_no_inference_scores():
    assert groups_of(Styled(), Styled(), image_set()) == {}


def test_components_are_not_scored_without_labels():
    class Unlabelled(Inferring):
        def responsibilities(self, batch):
            return torch.ones(len(batch["image"]), 2)

    assert GroupName.CLUSTERS not in groups_of(Unlabelled(0.0, 1.0), Unlabelled(0.0, 1.0), image_set(kind="unlabelled"))


def test_a_recipe_with_zero_components_has_no_component_scores():
    class Single(Inferring):
        components = 0

    assert GroupName.CLUSTERS not in groups_of(Single(0.0, 1.0), Single(0.0, 1.0), image_set())


def test_batches_are_the_chosen_images_in_order():
    images, chosen = image_set(), np.array([5, 3, 8, 0, 1, 2, 9])
    found, whole = list(batches_of(images, chosen, 3, CPU)), batch_of(images, chosen)
    assert [len(part["image"]) for part in found] == [3, 3, 1]
    assert all(torch.equal(torch.cat([part[name] for part in found]), whole[name]) for name in ("image", "label"))
