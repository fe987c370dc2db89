"""Tests of the MLflow runs of seeds next to those of the recipe and of its image set."""

import pytest
from conftest import empty_store
from seed_spreads import spread_of

from pipelines.tracking.sections import NAMED
from pipelines.tracking.store import Runs

SEED = {"seeds": "seeds.gan.0", "image_set": "fashion"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "mlflow.db").write_bytes(empty_store())
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def test_runs_of_seeds_are_not_taken_for_killed_ones_of_the_recipe_or_its_images(project):
    run = Runs(project).start("seeds.gan.0", "seed", SEED, None)
    Runs(project).start("gan", "recipe", {"recipe": "gan", "image_set": "fashion"}, None)
    Runs(project).start("fashion", "images", {"image_set": "fashion"}, None)
    assert run.client.get_run(run.id).info.status == "RUNNING"
    again = Runs(project).start("seeds.gan.0", "seed", SEED, None)  # the lock of the seeds is held: the other process is dead
    assert again.id != run.id and run.client.get_run(run.id).info.status == "KILLED"


def test_a_run_with_the_same_tags_is_reopened_and_others_are_not(project):
    wanted = {"seeds": "seeds.gan", "genlab.settings": "a"}
    run = Runs(project).start("seeds.gan", "first", wanted, None, wanted)
    assert Runs(project).start("seeds.gan", "second", wanted, None, wanted).id == run.id
    other = wanted | {"genlab.settings": "b"}
    assert Runs(project).start("seeds.gan", "third", other, None, other).id != run.id


def test_a_run_of_one_owner_ends_alone(project):
    runs = Runs(project)
    parent, child = (runs.start(name, name, {"seeds": name}, None) for name in ("seeds.gan", "seeds.gan.0"))
    runs.end_one("seeds.gan.0", "FINISHED")
    statuses = [parent.client.get_run(each.id).info.status for each in (parent, child)]
    assert statuses == ["RUNNING", "FINISHED"] and [*runs.under_way] == ["seeds.gan"]


def test_means_have_the_names_of_scores_and_deviations_a_section_of_their_own():
    found = NAMED["spread"](spread_of("gan", (0.1, 0.2, 0.3)).to_json())
    assert found["score/kid_efflite0"] == pytest.approx(0.2) and found["spread/kid_efflite0"] == pytest.approx(0.1)
    assert found["score/in_domain.kid"] == pytest.approx(0.4) and found["spread/precision"] == 0
    assert "score/kid_efflite0" not in NAMED["spread"](spread_of("gan", (0.1, float("nan"))).to_json())
