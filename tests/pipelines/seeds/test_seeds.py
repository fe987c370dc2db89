"""A recipe under several seeds through the whole path: stopped, continued, with more seeds, and compared with the recipe alone."""

import json
import signal

import pytest
from conftest import make_project, run_kedro
from mlflow import MlflowClient

from genlab.build import ConfigurationError
from genlab.training.events import Logged
from genlab.training.interruption import Interrupted
from pipelines.training.reporting import Reporter

FEW = {"classifier": 0, "held_out": 12, "untrained": 12, "training": 12, "subsets": 2, "bins": 2}
REPORTS, MODELS = "data/08_reporting/seeds/gan", "data/06_models/seeds/gan"


def run(project, count, **parameters):
    run_kedro(project, "seeds", seeds={"recipe": "gan", "count": count}, evaluation=FEW, **parameters)


def runs(project):
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    found = client.search_runs([client.get_experiment_by_name("genlab").experiment_id], order_by=["start_time ASC"])
    return {each.data.tags["seeds"]: each for each in found if "seeds" in each.data.tags}, len(found), client


def stopped_after(images, calls):
    """A callback of trainings that stops the second training after this number of images."""
    original = Reporter.__call__

    def call(self, event):
        original(self, event)
        if isinstance(event, Logged):
            calls.append((self.journal.owner, event.images))
            if calls[-1] == ("seeds.gan.1", images):
                signal.raise_signal(signal.SIGTERM)

    return call


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A project in which two seeds were asked for, the second was stopped, and both were continued; and what was trained when."""
    project = make_project(tmp_path_factory.mktemp("seeds"), recipes=("gan",))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        first, second = [], []
        patch.setattr(Reporter, "__call__", stopped_after(16, first))
        with pytest.raises(Interrupted):
            run(project, 2)
        stopped = {name: each.info.status for name, each in runs(project)[0].items()}
        patch.undo()
        patch.chdir(project)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(Reporter, "__call__", stopped_after(0, second))
        run(project, 2)
        yield project, first, stopped, second


def test_a_stopped_command_goes_on_with_the_seed_that_was_running(whole):
    _, first, stopped, second = whole
    assert first == [("seeds.gan.0", 8), ("seeds.gan.0", 16), ("seeds.gan.0", 24), ("seeds.gan.1", 8), ("seeds.gan.1", 16)]
    assert stopped == {"seeds.gan": "KILLED", "seeds.gan.0": "FINISHED", "seeds.gan.1": "KILLED"}
    assert second == [("seeds.gan.1", 24)]


def test_one_parent_run_has_one_child_per_seed(whole):
    found, count, client = runs(whole[0])
    assert count == 3 and {each.info.status for each in found.values()} == {"FINISHED"}
    parent = found["seeds.gan"]
    assert {found[f"seeds.gan.{seed}"].data.tags["mlflow.parentRunId"] for seed in (0, 1)} == {parent.info.run_id}
    assert parent.info.run_name.endswith("seeds") and "seed=1" in found["seeds.gan.1"].info.run_name
    assert "error" not in parent.data.tags and parent.data.tags["mlflow.note.content"].startswith("**kid_efflite0 x 1000 = ")
    values = [found[f"seeds.gan.{seed}"].data.metrics["score/kid_efflite0"] for seed in (0, 1)]
    assert parent.data.metrics["score/kid_efflite0"] == pytest.approx(sum(values) / 2)
    assert parent.data.metrics["spread/kid_efflite0"] == pytest.approx(abs(values[0] - values[1]) / 2**0.5)
    files = {file.path for file in client.list_artifacts(parent.info.run_id)}
    assert {"spread.json", "spread.md", "spread.html", "samples", "parameters.yml"} <= files


def test_the_summary_has_the_scores_of_every_seed(whole):
    project = whole[0]
    spread = json.loads((project / REPORTS / "spread.json").read_text())
    scores = [json.loads((project / REPORTS / str(seed) / "metrics.json").read_text()) for seed in (0, 1)]
    assert spread["seeds"] == [0, 1] and spread["protocol"] == scores[0]["protocol"] == scores[1]["protocol"]
    assert spread["scores"]["samples"]["recall"]["values"] == [each["samples"]["generated"]["recall"] for each in scores]
    assert spread["checkpoints"] == [each["checkpoint"] for each in scores] and len({*spread["checkpoints"]}) == 2
    assert spread["settings"]["budget"]["images"] == 24 and "seed" not in spread["settings"]
    assert "seed 1" in (project / REPORTS / "spread.md").read_text()


def test_a_seed_gives_the_bits_of_the_recipe_with_this_seed(whole, monkeypatch):
    project = whole[0]
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for stages in (["train"], ["evaluate"]):
        run_kedro(project, "gan", stages, gan={"seed": 1}, **({"evaluation": FEW} if stages == ["evaluate"] else {}))
    one, other = project / MODELS / "1", project / "data/06_models/gan"
    assert (one / "checkpoint.safetensors").read_bytes() == (other / "checkpoint.safetensors").read_bytes()
    for file in ("metrics.json", "samples.png"):
        assert (project / REPORTS / "1" / file).read_bytes() == (project / "data/08_reporting/gan" / file).read_bytes()
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    found = client.search_runs([client.get_experiment_by_name("genlab").experiment_id], "tags.recipe = 'gan'")
    assert (
        len(found) == 1 and "score/kid_efflite0" in found[0].data.metrics
    )  # evaluated in its own run, not in that of the replica with equal bytes


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"gan": {"seed": 3}}, r"gan\.seed would have no effect"),
        ({"cyclegan": {"seed": 3}}, "cyclegan"),
        ({"gan": {"budgets": {}}}, r"gan\.budgets: a recipe has no key"),
    ],
)
def test_wrong_parameters_are_refused_before_any_node_runs(whole, monkeypatch, parameters, message):
    monkeypatch.chdir(whole[0])
    with pytest.raises(ConfigurationError, match=message):
        run(whole[0], 2, **parameters)


def test_more_seeds_later_train_only_those(whole, monkeypatch):
    """The last test: it changes the project."""
    project, parent = whole[0], runs(whole[0])[0]["seeds.gan"].info.run_id
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    trained = []
    monkeypatch.setattr(Reporter, "__call__", stopped_after(0, trained))
    run(project, 3)
    assert [owner for owner, _ in trained] == ["seeds.gan.2"] * 3
    spread = json.loads((project / REPORTS / "spread.json").read_text())
    assert spread["seeds"] == [0, 1, 2] and len({*spread["checkpoints"]}) == 3
    found, _, _ = runs(project)
    assert found["seeds.gan"].info.run_id == parent  # the parent of before has one more child
    assert found["seeds.gan.2"].data.tags["mlflow.parentRunId"] == parent
