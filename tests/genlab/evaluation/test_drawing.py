"""What evaluation computes of single images, with simple stand-ins for the recipes and the extractor."""

import pytest
import torch
from stand_ins import Conditional, Means, image_set

from genlab.engine.in_order import ALONE
from genlab.engine.recipe import Recipe
from genlab.evaluation.drawing import Drawing, draw
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


def drawn_of(images, trained, untrained, **sizes):
    settings = Settings(**sizes)
    observe = Observer(Means(), None, pixel_bins(images, images.indices("train"), Settings(bins=4)))
    return draw(Drawing(trained, untrained, images, torch.device("cpu"), Means(), observe, settings), ALONE)[1]


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
