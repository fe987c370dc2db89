"""Tests of the page that compares adversarial recipes."""

import json
import math

import pytest
from scores import PROTOCOL, scored

from genlab.engine.json_text import json_text, nulled
from genlab.errors import InputError
from genlab.reports.adversarial import describe
from genlab.reports.artifacts import Project, metrics_of

FAMILY = {name: {"images": "fashion", "budget": {"images": 48000}} for name in ("gan", "wgan")}


SPEEDS = {name: {"images_per_second": 200.4, "ratio": 1.25} for name in FAMILY}


def test_recipes_are_sorted_from_best_to_worst_and_training_images_are_last():
    lines = describe(FAMILY, {"gan": scored(0.12), "wgan": scored(0.06)}, SPEEDS, "adversarial")
    table = [line for line in lines if line.startswith("| ")][1:]
    assert table == [
        "| `wgan` | 60 ± 4 | 10.0 | 30 ± 2 | 90 | 0.50 | 0.25 | 8.0 | 200 | 1.25 |",
        "| `gan` | 120 ± 4 | 5.0 | 60 ± 2 | 90 | 0.50 | 0.25 | 8.0 | 200 | 1.25 |",
        "| training images | 0 |  | 1 | 90 | 0.50 | 0.25 |  |  |  |",
    ]
    assert any("48,000 images" in line for line in lines)
    assert [line for line in lines if line.startswith("![")] == [
        "![samples of wgan](adversarial/wgan.webp)",
        "![samples of gan](adversarial/gan.webp)",
    ]


def test_scores_of_different_protocols_are_not_compared():
    other = scored(0.1) | {"protocol": PROTOCOL | {"training_images": 60000}}
    with pytest.raises(InputError, match=r"gan and wgan were scored under different protocols: training_images was 4000 and is 60000"):
        describe(FAMILY, {"gan": scored(0.1), "wgan": other}, SPEEDS, "adversarial")


def test_different_budgets_are_listed():
    longer = FAMILY | {"wgan": {"images": "fashion", "budget": {"images": 96000}}}
    lines = describe(longer, {name: scored(0.1) for name in longer}, SPEEDS, "adversarial")
    assert "| recipe | budget | KID x 1000 |" in " ".join(lines) and any(line.startswith("| `wgan` | 96,000 |") for line in lines)


def test_scores_that_are_not_finite_are_nan_and_come_last(tmp_path):
    """As null in metrics.json, which has no NaN."""
    file = tmp_path / "data/08_reporting/gan/metrics.json"
    file.parent.mkdir(parents=True)
    file.write_text(json_text(nulled(scored(math.inf))))
    assert json.loads(file.read_text())["headline"] == {"value": None}
    metrics = {"gan": metrics_of(Project(tmp_path, FAMILY), "gan"), "wgan": scored(0.06)}
    assert metrics["gan"]["protocol"] == PROTOCOL and math.isnan(metrics["gan"]["headline"]["value"])
    rows = [line for line in describe(FAMILY, metrics, SPEEDS, "adversarial") if line.startswith("| `")]
    assert rows[0].startswith("| `wgan` | 60") and rows[1].startswith("| `gan` | nan ± 4 | nan | nan ± 2 | 90 |")


def test_a_distance_without_a_spread_or_of_0_is_written():
    alone = scored(0.0)
    del alone["samples"]["generated"]["kid_efflite0_spread"]
    rows = [line for line in describe(FAMILY, {"gan": alone, "wgan": scored(0.06)}, SPEEDS, "adversarial") if line.startswith("| `gan")]
    assert rows == ["| `gan` | 0 | - | 0 ± 2 | 90 | 0.50 | 0.25 | 8.0 | 200 | 1.25 |"]
