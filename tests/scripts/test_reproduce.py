"""`make reproduce`: what it changes in the clone, and how it compares with the record. The training itself is not run here."""

import json
import shutil

import yaml
from conftest import ROOT

from scripts import reproduce


def test_the_clone_gets_the_smaller_budget_and_the_small_evaluation(tmp_path):
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    reproduce.shorten(tmp_path / "conf")
    recipe = yaml.safe_load((tmp_path / "conf/base/parameters/recipes/original_gan_digits.yml").read_text())["original_gan_digits"]
    full = yaml.safe_load((ROOT / "conf/base/parameters/recipes/original_gan_digits.yml").read_text())["original_gan_digits"]
    assert recipe == full | {"budget": {**full["budget"], "images": 10_000}}
    evaluation = yaml.safe_load((tmp_path / "conf/base/parameters/evaluation.yml").read_text())["evaluation"]
    assert evaluation["held_out"] == 100 and evaluation["class"] == "genlab.evaluation.settings.Settings"


def test_every_value_that_differs_or_is_missing_is_named(tmp_path):
    scores = {"headline": {"value": 1.0}, "checkpoint": "x", "protocol": {"seed": 0}}
    for folder in ("data/08_reporting/gan", "data/06_models/gan"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data/08_reporting/gan/metrics.json").write_text(json.dumps(scores))
    (tmp_path / "data/06_models/gan/checkpoint.safetensors").write_bytes(b"")
    found = reproduce.result(tmp_path, "gan")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of no bytes
    assert found == {"checkpoint": empty, "headline.value": 1.0} and reproduce.differences(found, found) == []
    assert reproduce.differences(found, {"checkpoint": empty, "headline.value": 1.5, "further": 2}) == [
        "headline.value: 1.0 (record: 1.5)",
        "further: None (record: 2)",
    ]


def test_the_record_has_weights_and_scores_of_each_recipe():
    record = json.loads(reproduce.RECORD.read_text())
    assert set(record) == set(reproduce.RECIPES) and all({"checkpoint", "headline.value"} <= set(values) for values in record.values())
