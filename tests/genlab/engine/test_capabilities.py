"""Capabilities of recipes and the functions that query them."""

import pytest
from stand_ins import MODEL, Conditional, Styled

from genlab.build import build
from genlab.engine.capabilities import (
    HasLikelihood,
    Reconstructs,
    Samples,
    Translates,
    Truncated,
    components_of,
    is_conditional,
    style_generator_of,
    truncated_by,
)


def test_a_gan_only_samples():
    recipe = build(MODEL, "model")
    assert isinstance(recipe, Samples)
    assert not isinstance(recipe, Translates | HasLikelihood | Reconstructs)
    assert components_of(recipe) is None and not is_conditional(recipe) and style_generator_of(recipe) is None


@pytest.mark.parametrize(("recipe", "expected"), [(Conditional(), True), (Styled(), False), (Styled(classes=2), True)])
def test_a_recipe_is_conditional_if_it_has_classes(recipe, expected):
    assert is_conditional(recipe) is expected


def test_latents_are_truncated_unless_the_recipe_specifies_otherwise():
    assert truncated_by(Conditional()) is Truncated.LATENTS and truncated_by(Styled()) is Truncated.STYLES
    assert [truncated.value for truncated in Truncated] == ["latents", "styles"]  # as in release.json, which served models read


def test_components_depend_on_the_instance():
    class Mixed:
        def __init__(self, components):
            self.components = components

        def responsibilities(self, batch):
            return batch["image"]

    several = Mixed(3)
    assert components_of(several) is several and components_of(Mixed(0)) is None
