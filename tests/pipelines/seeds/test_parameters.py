"""Tests of the entry `seeds`: each wrong value is one clear error, and replicas differ from the recipe in the seed only."""

import pytest
import yaml
from conftest import ROOT

from genlab.build import ConfigurationError
from genlab.errors import InputError
from pipelines import evaluation, pipeline_registry, session, training
from pipelines.loader import WrongEntry
from pipelines.seeds.parameters import check_seed, replicas, wrong_entry

ENTRY = {"recipe": "gan", "count": 3, "first": 0}
RECIPES = {"gan": {"model": {}, "seed": 7, "images": "fashion"}, "wgan": {"model": {}, "seed": 0}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recipe": "gann"}, "seeds.recipe: got 'gann', expected the name of a recipe. Did you mean 'gan'? There are: gan, wgan."),
        ({"recipe": None}, "seeds.recipe: got None, expected"),
        ({"recipe": ["gan"]}, "seeds.recipe: got ['gan'], expected"),
        ({"count": 1}, "seeds.count: got 1, expected a whole number from 2 on: one training has no spread."),
        ({"count": 2.5}, "seeds.count: got 2.5"),
        ({"count": True}, "seeds.count: got True"),
        ({"first": -1}, "seeds.first: got -1, expected a whole number from 0 on"),
        ({"counts": 3}, "seeds.counts: there is no key 'counts'. Did you mean 'count'? There are: recipe, count, first."),
    ],
)
def test_wrong_entries_are_named(change, message):
    assert wrong_entry(ENTRY | change, RECIPES).startswith(message)


@pytest.mark.parametrize("entry", [3, WrongEntry(3), None, ["gan"]])
def test_an_entry_that_is_no_mapping_is_refused(entry):
    assert "expected a mapping with recipe, count, first" in wrong_entry(entry, RECIPES)


def test_replicas_are_the_recipe_with_each_seed():
    found = replicas({**RECIPES, "seeds": ENTRY | {"first": 2, "count": 2}})
    assert found == {"seeds.gan.2": RECIPES["gan"] | {"seed": 2}, "seeds.gan.3": RECIPES["gan"] | {"seed": 3}}
    assert replicas({**RECIPES, "seeds": ENTRY | {"count": 1}}) == {} == replicas(RECIPES)


def test_the_seed_of_the_recipe_itself_has_no_effect_and_is_refused():
    check_seed("gan", {"seeds": {"count": 2}, "gan": {"budget": {"images": 8}}})
    with pytest.raises(ConfigurationError, match=r"--params: gan\.seed would have no effect.*Give seeds\.first"):
        check_seed("gan", {"gan": {"seed": 3}})


def test_a_wrong_entry_is_refused_by_its_own_pipeline_only():
    with session.using(session.Session(session.ROOT, {**RECIPES, "seeds": ENTRY | {"count": 0}, "images": {}})):
        pipelines = pipeline_registry.register_pipelines()
    with pytest.raises(InputError, match=r"seeds\.count: got 0"):
        pipelines["seeds"].nodes[0].run({})


def test_a_wrong_recipe_is_refused_with_its_own_message():
    with session.using(session.Session(session.ROOT, {**RECIPES, "seeds": ENTRY, "images": {}})):
        pipelines = pipeline_registry.register_pipelines()
    with pytest.raises(InputError, match=r"gan\.images: 'fashion' is not an image set"):
        pipelines["seeds"].nodes[0].run({})


def test_every_dataset_of_a_recipe_has_an_entry_for_its_seeds():
    """Without one, a dataset of a seed would be taken for that of a recipe called `seeds.gan.0`."""
    catalog = yaml.safe_load((ROOT / "conf/base/catalog.yml").read_text())
    stages = training.create_pipeline() + evaluation.create_pipeline()
    own = {name for name in stages.datasets() if not name.startswith("params:") and name != "caches"}
    assert {f"seeds.{{recipe}}.{{seed}}.{name}" for name in own} <= set(catalog)
