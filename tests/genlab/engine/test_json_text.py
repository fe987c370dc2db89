"""JSON without NaN and Infinity."""

import json
import math
import re

import numpy as np
import pytest
import yaml
from conftest import ROOT

from genlab.engine.json_text import json_text, nulled
from genlab.errors import InputError


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_a_number_that_json_does_not_have_is_an_error_that_names_its_place(value):
    with pytest.raises(InputError, match=re.escape(f"got model.loss[1].weight = {value}; expected finite numbers")):
        json_text({"model": {"loss": [1.0, {"weight": value}]}, "seed": 0})
    assert json_text(nulled({"model": {"loss": (1.0, {"weight": value})}})) == '{"model": {"loss": [1.0, {"weight": null}]}}'


def test_finite_content_is_written_as_by_json():
    content = {"b": [1, 2.5, None, True, "x"], "a": {"é": -1e-300}}
    assert nulled(content) == content
    for options in ({}, {"indent": 2}, {"sort_keys": True}):
        assert json_text(content, **options) == json.dumps(content, **options)
    circular = []
    circular.append(circular)
    with pytest.raises((ValueError, RecursionError)):
        json_text(circular)


def test_no_other_code_writes_json():
    """json.dump is used in json_text and for hashes only; Kedro's JSON datasets refuse NaN."""
    found = {
        str(file.relative_to(ROOT)): line
        for folder in ("genlab", "pipelines", "scripts", "benchmarks")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for line in file.read_text().splitlines()
        if re.search(r"\bjson\.dumps?\(|\.to_json\(path|allow_nan=True", line) and "sha256" not in line and "total" not in line
    }
    assert set(found) == {"genlab/engine/json_text.py"}
    catalog = yaml.safe_load((ROOT / "conf/base/catalog.yml").read_text())
    written = [entry["dataset"] for entry in catalog.values() if entry.get("dataset", {}).get("type") == "json.JSONDataset"]
    assert len(written) == 8 and all(entry["save_args"]["allow_nan"] is False for entry in written)
