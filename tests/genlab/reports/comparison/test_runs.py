"""Tests of reading scored recipes."""

import json

import numpy as np
from safetensors.numpy import save_file
from scored_runs import sampled, sheet
from seed_spreads import spread_of

from genlab.engine.json_text import json_text
from genlab.reports.artifacts import Project
from genlab.reports.comparison.files import compared
from genlab.reports.comparison.runs import read_runs

ENTRY = {"images": "fashion", "budget": {"images": 100}, "model": {"class": "genlab.recipes.gan.GAN"}}


def written(folder, name="gan"):
    place = folder / "data/08_reporting" / name
    place.mkdir(parents=True)
    (place / "metrics.json").write_text(json_text(sampled(0.1).to_json()))
    (place / "history.csv").write_text("images,critic/jsd,health/diversity\n50,0.5,\n100,0.25,0.75\n")
    (place / "samples.png").write_bytes(sheet())
    release = folder / "data/06_models" / name / "release"
    release.mkdir(parents=True)
    save_file({"a": np.zeros((3, 5), np.float32), "b": np.zeros((), np.float32)}, release / "generator.safetensors")
    return Project(folder, {name: ENTRY, "unscored": ENTRY})


def test_scores_history_and_size_are_read_and_recipes_without_scores_left_out(tmp_path):
    (run,) = read_runs(project := written(tmp_path), ["gan", "unscored"])
    assert run.evaluation.headline.value == 0.1 and run.parameters == 3 * 5 + 1
    assert run.size == (tmp_path / "data/06_models/gan/release/generator.safetensors").stat().st_size
    assert run.history == ({"images": 50.0, "critic/jsd": 0.5}, {"images": 100.0, "critic/jsd": 0.25, "health/diversity": 0.75})
    files = compared(project, [run], "fashion", None)
    assert {"compare.html", "compare.md", "compare.json", "gan.png", "critic_jsd_over_images.svg"} <= {*files}
    assert json.loads(files["compare.json"])["recipes"] == ["gan"] and b"over seconds" not in files["compare.html"]


def test_scores_over_seeds_count_only_for_the_recipe_as_it_was_trained(tmp_path):
    """Not for another budget, which would pass as the recipe's own scores."""
    project = written(tmp_path)
    file = tmp_path / "data/08_reporting/seeds/gan/spread.json"
    file.parent.mkdir(parents=True)
    for budget, known in (({"images": 100, "sampling": "natural"}, True), ({"images": 40}, False)):
        file.write_text(json.dumps(spread_of("gan", (0.1, 0.2), budget=budget).to_json()))
        (run,) = read_runs(project, ["gan"])
        assert (run.spread is not None) == known
