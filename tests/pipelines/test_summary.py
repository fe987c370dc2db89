"""Tests of the summary that a run prints at its end."""

import pytest
from stand_in_metrics import SAMPLE_PROTOCOL

from genlab.evaluation.scores import Evaluation
from pipelines.summary import counted, tables

KID = {"kid_efflite0": 0.0563, "kid_efflite0_spread": 0.005}
METRICS = {
    "headline": {"name": "kid_efflite0", "value": 0.0563, "lower_is_better": True},
    "protocol": SAMPLE_PROTOCOL,
    "samples": {
        "generated": KID | {"precision": 0.81, "nearest_training": 12.5},
        "untrained": KID | {"precision": 0.0, "nearest_training": 140.25},
        "training images": KID | {"precision": 1.0},
    },
}


def test_scores_are_lines_and_rows_of_the_metrics_are_columns():
    assert tables(Evaluation.from_json(METRICS)) == [
        "  scores                 samples",
        "                       generated  untrained  training images",
        "  kid_efflite0 x 1000       56.3       56.3             56.3",
        "  precision                 0.81          0                1",
        "  nearest_training          12.5        140                -",
        "  headline   kid_efflite0 x 1000 = 56.3, on 1,000 held-out and 1,000 generated images",
    ]


def test_directions_are_side_by_side_and_ten_scores_are_no_wider_than_one():
    ten = {f"score_{number}": 0.5 for number in range(10)}
    rows = {"translated": ten, "untrained": ten, "identity": {"score_0": 0.5}}
    metrics = {name: METRICS[name] for name in ("headline", "protocol")} | {"a_to_b": rows, "b_to_a": rows}
    lines = tables(Evaluation.from_json(metrics))
    assert lines[0].split() == ["scores", "a_to_b", "b_to_a"]
    assert lines[1].split() == ["translated", "untrained", "identity"] * 2
    assert lines[-2].split() == ["score_9", *["0.5", "0.5", "-"] * 2]
    assert len(lines) == 2 + 10 + 1 and max(map(len, lines)) < 100


def test_groups_with_other_scores_are_below():
    likelihood = {"held-out images": {"elbo": -92.5}, "untrained": {"elbo": -1234.5}}
    lines = tables(Evaluation.from_json(METRICS | {"likelihood": likelihood}))
    titles, columns, scores = (line.split() for line in lines[-4:-1])
    assert titles == ["scores", "likelihood"] and columns == ["held-out", "images", "untrained"]
    assert scores == ["elbo", "-92.5", "-1,234"]


@pytest.mark.parametrize(
    ("images", "text"),
    [({"a": 120, "b": 1120}, "120 + 1,120 held-out images"), ({"held_out": 1000}, "1,000 held-out images")],
)
def test_held_out_images_are_counted_by_domain(images, text):
    assert counted(images) == text


def test_the_models_own_row_is_first_whatever_its_position_in_the_file():
    rows = METRICS["samples"]
    assert tables(Evaluation.from_json(METRICS | {"samples": dict(reversed(rows.items()))}))[1].split()[0] == "generated"
