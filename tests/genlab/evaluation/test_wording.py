"""Contents of protocols: the settings that scores depend on, with recipe-specific fields only where they apply."""

import hashlib

import pytest
from stand_ins import Conditional, Means, Styled, fit_in_no_time, image_set, reference

from genlab.engine.recipe import Recipe
from genlab.evaluation.scores import GroupName
from genlab.evaluation.settings import Settings
from genlab.evaluation.wording import sample_protocol

BOUNDED = "nats, means over images, of images in 16 levels; baselines on 20 of them"
STYLED = "latents from N(0, 1), not truncated; psi = 1; noise from N(0, 1) for each image"


class Bounded(Recipe):
    """A recipe that describes only its likelihood."""

    def facts(self):
        return {"scored": "images in 16 levels"}


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    fit_in_no_time(monkeypatch)


def protocol(recipe, groups=(), sampling="natural", images=None):
    return sample_protocol(recipe, reference(images or image_set()), Means(), set(groups), sampling, Settings(compared=20))


def test_the_protocol_names_the_extractor_the_counts_and_the_images():
    images = image_set(training=40, held_out=20)
    found = protocol(Recipe(), images=images)
    pixels = images.images[images.indices("test")]
    assert (found.extractor, found.extractor_sha256) == ("means", "0" * 64)
    assert found.images == {"held_out": 20, "generated": 20, "untrained": 20}
    assert (found.training_images, found.size) == (40, (16, 16))
    assert found.reference_sha256 == hashlib.sha256(pixels.tobytes()).hexdigest()
    assert not {"classifier", "labels", "training_sampling", "cas", "path_length", "likelihood", "directions"} & set(found.to_json())


@pytest.mark.parametrize(
    ("recipe", "groups", "sampling", "fields"),
    [
        (Recipe, [GroupName.IN_DOMAIN], "natural", {"classifier": "nearest mean of 64,000 images"}),
        (Recipe, [], "balanced", {"training_sampling": "balanced"}),
        (Conditional, [], "natural", {"labels": "those of the held-out images", "training_sampling": "natural"}),
        (Conditional, [GroupName.CLASSES], "natural", {"cas": "40 generated images, with the labels of as many training images"}),
        (Bounded, [GroupName.LIKELIHOOD], "natural", {"likelihood": BOUNDED}),
        (Styled, [], "natural", {"samples": STYLED}),
    ],
)
def test_fields_for_some_recipes_only_are_present_for_these_recipes(recipe, groups, sampling, fields):
    found = protocol(recipe(), groups, sampling).to_json()
    assert {name: found[name] for name in fields} == fields
    assert set(found) - set(protocol(Recipe()).to_json()) <= {*fields, "labels", "training_sampling"}
