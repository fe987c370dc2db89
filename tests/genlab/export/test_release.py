"""Release files without Kedro; tests/pipelines/release tests their content and the served models."""

import json

import pytest
from stand_ins import MODEL, image_set

from genlab.build import build
from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.export.release import release_files, restored


def test_a_sampling_recipe_is_released_as_a_sampler():
    recipe = build(MODEL)
    artefacts, parity = release_files(recipe, MODEL, image_set(), tolerance=1e-3)
    assert set(artefacts) == {"generator.onnx", "generator.safetensors", "release.json"}
    facts = json.loads(artefacts["release.json"])
    assert facts["served_as"] == "sampler" and facts["latent_size"] == 4 and facts["model"] == MODEL
    assert parity["onnx_difference"]["generator"] <= parity["onnx_tolerance"] == 1e-3


def test_a_recipe_that_can_neither_sample_nor_translate_is_refused():
    recipe = Recipe()
    recipe.generators = dict
    with pytest.raises(InputError, match=r"Recipe can't be released: expected `directions` or `latent_size`"):
        release_files(recipe, {}, image_set())


def test_a_checkpoint_of_another_model_is_refused():
    wider = MODEL | {"generator": MODEL["generator"] | {"width": 8}}
    with pytest.raises(InputError, match=r"trained with another model than the one described: .* Train again"):
        restored(build(MODEL).state_dict(), wider)
