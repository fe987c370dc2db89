"""Tests of the kinds of image sets that each recipe accepts."""

import pytest
from conftest import run_kedro

from genlab.build import ConfigurationError
from pipelines.hooks import check


@pytest.mark.parametrize(
    ("recipe", "image_set", "message"),
    [
        ("pix2pix", "emoji", r"pix2pix\.images: 'emoji' is a set of kind unpaired; Pix2Pix learns from one of kind paired\."),
        ("pix2pix", "fashion", r"'fashion' is a set of kind labelled; Pix2Pix learns"),
        ("gan", "emoji", r"gan\.images: 'emoji' is a set of kind unpaired; GAN learns from one of kind unlabelled or labelled\."),
        ("cyclegan", "emoji_3d", r"'emoji_3d' is a set of kind unlabelled; CycleGAN learns from one of kind unpaired or paired\."),
    ],
)
def test_a_set_of_another_kind_is_refused_before_anything_is_made(project, recipe, image_set, message):
    with pytest.raises(ConfigurationError, match=message):
        run_kedro(project, recipe, **{recipe: {"images": image_set}})
    assert not (project / "data/02_intermediate").exists()


def test_a_model_that_is_no_recipe_is_refused(project):
    with pytest.raises(ConfigurationError, match=r"gan\.model\.class: genlab\.engine\.schedules\.linear_decay is no recipe"):
        check({"gan": {"images": "fashion", "model": {"class": "genlab.engine.schedules.linear_decay", "progress": 0.5, "start": 0.5}}}, {})


@pytest.mark.parametrize("model", [None, {"l1_weight": 1.0}, {"class": "genlab.recipes.gan.GAN", "partial": True}])
def test_a_model_without_a_description_is_refused(project, model):
    with pytest.raises(ConfigurationError, match=r"gan\.model: expected \{class: genlab\.recipes"):
        check({"gan": {"images": "fashion", "model": model}}, {})
