"""The pipeline that compares models: its path, and the errors of wrong entries."""

import json

import pytest
from conftest import make_project, run_kedro
from mlflow import MlflowClient
from scored_runs import sampled

from genlab.engine.json_text import json_text
from genlab.errors import InputError
from pipelines import pipeline_registry, session
from pipelines.comparison.parameters import chosen, wrong_entry

ENTRY = {"images": "fashion", "source": "project", "recipes": None}
SETS, RECIPES = {"fashion": {}, "digits": {}}, {"gan": {"images": "fashion"}, "wgan": {"images": "fashion"}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": "fashon"}, "compare.images: got 'fashon', expected the name of an image set. Did you mean 'fashion'"),
        ({"image": "fashion"}, "compare.image: there is no key 'image'. Did you mean 'images'"),
        ({"source": "dvc"}, "compare.source: got 'dvc', expected one of project, mlflow."),
        ({"recipes": ["gna"]}, "compare.recipes: 'gna' is no recipe. Did you mean 'gan'"),
        ({"recipes": 3}, "compare.recipes: got 3, expected null for all recipes, or a list of names."),
        ({"recipes": []}, "compare.recipes: got [], expected null for all recipes, or at least one name."),
    ],
)
def test_wrong_entries_are_named(change, message):
    assert wrong_entry(ENTRY | change, SETS, RECIPES).startswith(message)


def test_recipes_are_a_list_or_words():
    assert wrong_entry(ENTRY, SETS, RECIPES) == wrong_entry(ENTRY | {"recipes": "gan wgan"}, SETS, RECIPES) == ""
    assert chosen(ENTRY | {"recipes": "gan wgan"}) == ["gan", "wgan"] and chosen(ENTRY) is None


def test_an_entry_that_is_no_mapping_is_refused_by_its_own_pipeline():
    with session.using(session.Session(session.ROOT, {"compare": 1, "images": {}})):
        pipelines = pipeline_registry.register_pipelines()
    with pytest.raises(InputError, match="compare: got 1, expected a mapping"):
        pipelines["compare"].nodes[0].run({})


def test_scored_recipes_are_compared(tmp_path, monkeypatch):
    project = make_project(tmp_path, recipes=("gan", "wgan"))
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(Exception, match=r"no recipe on 'fashion' has scores.*`kedro run --pipeline=gan` `kedro run --pipeline=wgan`"):
        run_kedro(project, "compare")
    for name, kid in (("gan", 0.2), ("wgan", 0.1)):
        folder = project / "data/08_reporting" / name
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_text(json_text(sampled(kid).to_json()))
    run_kedro(project, "compare")
    found = project / "data/08_reporting/compare/fashion"
    assert json.loads((found / "compare.json").read_text())["recipes"] == ["wgan", "gan"]
    assert "Models on fashion, side by side" in (found / "compare.html").read_text()
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    runs = client.search_runs([client.get_experiment_by_name("genlab").experiment_id], "tags.compare = 'fashion'")
    assert "compare.html" in {file.path for file in client.list_artifacts(runs[0].info.run_id)}
