"""Scores as types and as JSON."""

import json
import math
import subprocess
import sys

import pytest
from conftest import ROOT
from stand_in_metrics import SAMPLE_PROTOCOL, TRANSLATION_PROTOCOL

from genlab.engine.json_text import json_text
from genlab.errors import InputError
from genlab.evaluation.protocol import Protocol
from genlab.evaluation.scores import OWN, Evaluation, Group, GroupName, Headline, Row, RowName, Score

KID = {"kid_efflite0": 0.25, "kid_efflite0_spread": 0.01}
SAMPLES = {
    "headline": {"name": "kid_efflite0", "value": 0.25, "lower_is_better": True},
    "protocol": SAMPLE_PROTOCOL,
    "samples": {
        "generated": KID | {"fid_efflite0": 120.5, "nearest_training": 12.5},
        "untrained": KID | {"fid_efflite0": 260.0, "nearest_training": 140.25},
        "training images": KID | {"fid_efflite0": 10.0},
        "held-out images": {"nearest_training": 11.5},
    },
    "truncation": {name: {"kid_in_domain": 0.1, "precision": 1.0} for name in ("none", "2", "1", "0.5")},
    "path_length": {name: {"ppl_efflite0": 3.0, "ppl_efflite0_spread": 0.5} for name in ("W", "Z")},
}
DIRECTIONS = {
    "headline": {"name": "kid_efflite0_mean", "value": 0.3, "lower_is_better": True},
    "protocol": TRANSLATION_PROTOCOL,
    "a_to_b": {"translated": {"kid_efflite0": 0.2, "kid_efflite0_spread": 0.03}, "identity": KID},
    "b_to_a": {"translated": {"kid_efflite0": 0.4, "kid_efflite0_spread": 0.04}, "identity": KID},
}
# The bytes of a metrics.json, written by hand.
BYTES = """{
  "headline": {
    "name": "kid_means_mean",
    "value": 0.5,
    "lower_is_better": true
  },
  "protocol": {
    "extractor": "means",
    "extractor_sha256": "00",
    "resize": "none",
    "split": "held-out images",
    "images": {
      "a": 2,
      "b": 3
    },
    "reference_sha256": {
      "a": "01",
      "b": "02"
    },
    "size": [
      16,
      8
    ],
    "held_out_are_pairs": false,
    "directions": [
      "a_to_b",
      "b_to_a"
    ],
    "ssim": "a window",
    "ms_ssim": "scales",
    "perceptual": "activations",
    "kid": "unbiased",
    "kid_spread": "subsets",
    "seed": 0
  },
  "a_to_b": {
    "translated": {
      "l1": 0.125,
      "l1_spread": 0.25,
      "kid_means": 0.5,
      "kid_means_spread": 0.0,
      "cycle_l1": 1.0
    },
    "identity": {
      "kid_means": 1e-05
    }
  },
  "b_to_a": {
    "translated": {
      "kid_means": 0.5
    }
  }
}"""


@pytest.mark.parametrize("metrics", [SAMPLES, DIRECTIONS, json.loads(BYTES)])
def test_json_round_trip_is_exact(metrics):
    scores = Evaluation.from_json(metrics)
    assert Evaluation.from_json(scores.to_json()) == scores
    assert json.dumps(scores.to_json(), indent=2) == json.dumps(metrics, indent=2)


def test_hand_written_types_give_the_bytes_of_the_file():
    protocol = Protocol(
        extractor="means",
        extractor_sha256="00",
        resize="none",
        split="held-out images",
        images={"a": 2, "b": 3},
        reference_sha256={"a": "01", "b": "02"},
        size=(16, 8),
        held_out_are_pairs=False,
        directions=("a_to_b", "b_to_a"),
        ssim="a window",
        ms_ssim="scales",
        perceptual="activations",
        kid="unbiased",
        kid_spread="subsets",
        seed=0,
    )
    own = Row(RowName.TRANSLATED, {"l1": Score(0.125, 0.25), "kid_means": Score(0.5, 0.0), "cycle_l1": Score(1.0)})
    a_to_b = Group(GroupName.A_TO_B, own, (Row(RowName.IDENTITY, {"kid_means": Score(1e-5)}),))
    b_to_a = Group(GroupName.B_TO_A, Row(RowName.TRANSLATED, {"kid_means": Score(0.5)}), ())
    scores = Evaluation.of(protocol, [a_to_b, b_to_a])
    assert json.dumps(scores.to_json(), indent=2) == BYTES
    assert Evaluation.from_json(json.loads(BYTES)) == scores


def test_json_keys_are_plain_strings():
    scores = Evaluation.from_json(SAMPLES).to_json()
    assert {type(name) for name in scores} == {type(name) for name in scores["samples"]} == {str}


@pytest.mark.parametrize("group", GroupName)
def test_the_own_row_of_a_group_is_found_in_any_order(group):
    own, *_ = OWN[group]
    rows = {"untrained": {"x": 2.0}, "k-means": {"x": 3.0}, own.value: {"x": 1.0}}
    for names in (list(rows), list(rows)[::-1]):
        found = Group.from_json(group, {name: rows[name] for name in names})
        assert found.own == Row(own, {"x": Score(1.0)})
        assert [row.name for row in found.baselines] == [name for name in names if name != own]
        assert found.rows == (found.own, *found.baselines)
        assert list(found.to_json()) == [own, *(name for name in names if name != own)]


def test_the_own_row_of_truncation_scores_is_the_untruncated_one():
    by_bounds = Group.from_json("truncation", {name: {"precision": 1.0} for name in ("1", "0.5", "none", "2")})
    by_psi = Group.from_json("truncation", {name: {"precision": 1.0} for name in ("0.3", "1", "0.7")})
    assert (by_bounds.own.name, by_psi.own.name) == ("none", "1")


def test_a_spread_belongs_to_its_score_unless_scores_are_classes():
    values = {"x": 1.0, "x_spread": 0.5, "lone_spread": 2.0}
    assert Group.from_json("samples", {"generated": values}).own.values == {"x": Score(1.0, 0.5), "lone_spread": Score(2.0)}
    classes = Group.from_json("kid_within_classes", {"generated": values})
    assert classes.own.values == {"x": Score(1.0), "x_spread": Score(0.5), "lone_spread": Score(2.0)}
    assert classes.to_json() == {"generated": values}


def test_the_spread_of_the_headline_is_that_of_its_score_in_the_own_row():
    assert Evaluation.from_json(SAMPLES).headline == Headline("kid_efflite0", 0.25, True, 0.01)
    one = {name: value for name, value in DIRECTIONS.items() if name != "a_to_b"}
    one["headline"] = {"name": "kid_efflite0", "value": 0.4, "lower_is_better": True}
    assert Evaluation.from_json(one).headline.spread == 0.04
    also_reconstructed = {"reconstructions": {"reconstructed": {"kid_efflite0": 1.0, "kid_efflite0_spread": 9.0}}} | SAMPLES
    assert Evaluation.from_json(also_reconstructed).headline.spread == 0.01


def test_the_spread_of_a_mean_over_directions_is_that_of_independent_scores():
    assert Evaluation.from_json(DIRECTIONS).headline.spread == pytest.approx(math.sqrt(0.03**2 + 0.04**2) / 2)
    uncertain = DIRECTIONS | {"b_to_a": {"translated": {"kid_efflite0": 0.4}}}
    assert Evaluation.from_json(uncertain).headline.spread is None


def test_bits_per_dimension_are_the_headline_of_a_likelihood_and_have_no_spread():
    likelihood = {"held-out images": {"bits_per_dimension": 2.5, "elbo": -92.5}, "untrained": {"bits_per_dimension": 8.0}}
    groups = [Group.from_json(name, rows) for name, rows in {"samples": SAMPLES["samples"], "likelihood": likelihood}.items()]
    scores = Evaluation.of(Protocol.from_json(SAMPLE_PROTOCOL), groups)
    assert scores.headline == Headline("bits_per_dimension", 2.5, True, None)
    assert Evaluation.from_json(scores.to_json()) == scores


def test_the_headline_follows_from_the_groups():
    for metrics in (SAMPLES, DIRECTIONS):
        read = Evaluation.from_json(metrics)
        made = Evaluation.of(read.protocol, read.groups)
        assert made.headline._replace(value=0) == read.headline._replace(value=0)
        assert made.headline.value == pytest.approx(read.headline.value)


def test_a_group_is_found_by_its_name():
    scores = Evaluation.from_json(SAMPLES)
    assert scores.group(GroupName.PATH_LENGTH).own.values["ppl_efflite0"] == Score(3.0, 0.5)
    assert scores.group(GroupName.CLUSTERS) is None


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        (SAMPLES | {"sample": {}}, "got a group 'sample', expected one of a_to_b, b_to_a, samples"),
        (SAMPLES | {"samples": {"untrained": KID}}, r"got the rows \['untrained'\] in 'samples', expected 'generated' among them"),
        (SAMPLES | {"truncation": {"2": KID}}, r"in 'truncation', expected 'none' or '1' among them"),
        ({"protocol": SAMPLE_PROTOCOL}, "got no headline, expected the content of a metrics.json"),
        ({}, "got no headline and no protocol"),
    ],
)
def test_an_invalid_evaluation_is_an_error_with_a_remedy(metrics, message):
    with pytest.raises(InputError, match=rf"{message}.*Evaluate"):
        Evaluation.from_json(metrics)


def test_reading_scores_imports_no_heavy_library():
    code = "import sys, genlab.evaluation.scores; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "PIL"} & set(loaded)


def test_a_score_that_is_not_finite_is_null_in_json():
    own = Row(RowName.GENERATED, {"kid_efflite0": Score(math.inf, math.nan), "fid_efflite0": Score(3.0)})
    scores = Evaluation.of(Protocol.from_json(SAMPLE_PROTOCOL), [Group(GroupName.SAMPLES, own, ())])
    written = json.loads(json_text(scores.to_json()))
    assert written["headline"]["value"] is None
    assert written["samples"]["generated"] == {"kid_efflite0": None, "kid_efflite0_spread": None, "fid_efflite0": 3.0}
    read = Evaluation.from_json(written)
    assert math.isnan(read.headline.value) and math.isnan(read.headline.spread)
    kid = read.groups[0].own.values["kid_efflite0"]
    assert math.isnan(kid.value) and math.isnan(kid.spread)
    assert json_text(read.to_json()) == json_text(scores.to_json())
