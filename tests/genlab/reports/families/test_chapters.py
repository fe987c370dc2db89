"""Tests of chapters that the scores of a recipe call for."""

import json

from scored_runs import run, sampled
from stand_in_metrics import SAMPLE_PROTOCOL

from genlab.evaluation.scores import Evaluation
from genlab.reports.artifacts import Project
from genlab.reports.families import chapters, whole_fashion


def scored(**groups):
    """Scores of a recipe with further groups."""
    metrics = sampled(0.1).to_json() | {"protocol": SAMPLE_PROTOCOL} | groups
    return run("mine", Evaluation.from_json(metrics))


def test_a_recipe_without_such_scores_has_no_chapters(tmp_path):
    for chapter in (chapters.labels, chapters.path_lengths, chapters.truncation):
        assert chapter(Project(tmp_path, {}), [run("gan", sampled(0.1))], tmp_path) == []


def test_kid_within_classes_has_a_row_per_class(tmp_path):
    within = {"generated": {"Bag": 0.06, "kid_spread": 0.2}, "training images": {"Bag": 0.004, "kid_spread": 0.002}}
    classes = {"generated": {"recognised": 0.84, "cas": 0.8}, "held-out images": {"recognised": 0.89, "cas": 0.89}}
    lines = chapters.labels(Project(tmp_path, {}), [scored(kid_within_classes=within, classes=classes)], tmp_path)
    assert lines[-4:-1] == ["|---|---:|---:|", "| Bag | 60 | 4 |", "| kid_spread | 200 | 2 |"]  # a class may be named like a spread
    assert any("That of real images is 0.89, which is the ceiling of CAS." in line for line in lines)


def test_path_lengths_are_divided(tmp_path):
    paths = {"Z": {"ppl_efflite0": 40.0, "ppl_efflite0_spread": 2.0}, "W": {"ppl_efflite0": 20.0, "ppl_efflite0_spread": 1.0}}
    lines = chapters.path_lengths(Project(tmp_path, {}), [scored(path_length=paths)], tmp_path)
    assert "| `mine` | 40.0 ± 2.0 | 20.0 ± 1.0 | 0.50 |" in lines and any("500 pairs a space" in line for line in lines)


def test_truncation_by_bounds_and_by_psi_are_two_tables(tmp_path):
    row = {"kid_in_domain": 0.1, "precision": 0.7, "recall": 0.4}
    bounds, psis = (scored(truncation=dict.fromkeys(values, row)) for values in (("none", "1", "0.5"), ("1", "0.5")))
    lines = chapters.truncation(Project(tmp_path, {}), [bounds, psis._replace(name="styled")], tmp_path)
    heads = [line for line in lines if line.startswith(("| bound", "| psi"))]
    assert heads == ["| bound of the latents | `mine` |", "| psi | `styled` |"]
    assert lines.count("| none | 100, 0.7, 0.4 |") == 1 and lines.count("| 0.5 | 100, 0.7, 0.4 |") == 2


def test_runs_on_the_whole_of_fashion_mnist_are_shown(tmp_path):
    own = {"kid_in_domain": 0.025, "kid_in_domain_spread": 0.002, "fid_in_domain": 3.14159, "precision": 0.7, "recall": 0.6}
    classes = {"generated": {"recognised": 0.85, "cas": 0.8}, "held-out images": {"recognised": 0.89, "cas": 0.89}}
    counts = {"training": 60000, "held_out": 10000, "seen": 64000}
    assert whole_fashion.chapter(Project(tmp_path, {}), [], tmp_path) == []
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole/gan.json").write_text(json.dumps({"images": counts, "in_domain": {"generated": own}, "classes": classes}))
    lines = whole_fashion.chapter(Project(tmp_path, {}), [], tmp_path)
    assert (
        "| `gan` | 64,000 | 25.0 ± 2.0 | 3.14 | 0.7 | 0.6 | 0.85 | 0.8 |" in lines
        and "| real images |  |  |  |  |  | 0.89 | 0.89 |" in lines
    )
    assert f"![samples of gan, one row per class]({tmp_path.name}/whole/gan.webp)" in lines
