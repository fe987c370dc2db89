"""Tests of the adversarial family in one small project, from raw images to a registered version."""

import io
import json

import mlflow
import pandas as pd
import pytest
from conftest import make_project, run_kedro
from image_files import size_of
from mlflow import MlflowClient
from PIL import Image

# One recipe per wiring: probabilities or distances as estimates, penalties, several critic steps, both generator architectures.
# test_recipes.py builds, trains, stops and resumes all recipes of conf/, and tests what each reports.
RECIPES = ("gan", "wgan_gp", "r3gan")
PICTURES = ("samples", "pictures/interpolation", "pictures/neighbours", "pictures/truncation", "curves")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project shared by all recipes: images are prepared, and features computed, once."""
    return make_project(tmp_path_factory.mktemp("sampling"), recipes=RECIPES)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_whole_path(recipe, project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run_kedro(project, recipe)
    metrics = json.loads((project / f"data/08_reporting/{recipe}/metrics.json").read_text())
    assert list(metrics["samples"]) == ["generated", "untrained", "training images", "held-out images"]
    assert {"kid_efflite0", "fid_efflite0", "precision", "recall", "nearest_training"} <= set(metrics["samples"]["generated"])
    assert metrics["headline"]["value"] == metrics["samples"]["generated"]["kid_efflite0"]
    for picture in PICTURES:
        assert size_of(project / f"data/08_reporting/{recipe}/{picture}.png")[0] > 100
    parity = json.loads((project / f"data/08_reporting/{recipe}/parity.json").read_text())
    assert parity["onnx_difference"]["generator"] < parity["onnx_tolerance"]

    uri = f"sqlite:///{project / 'mlflow.db'}"
    client = MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("genlab").experiment_id], f"tags.recipe = '{recipe}'")
    assert run.info.status == "FINISHED"
    health = {"loss/critic.real", "loss/critic.fake", "loss/critic.gradient_norm", "loss/generator.gradient_norm", "health/diversity"}
    assert health <= set(run.data.metrics)
    mlflow.set_tracking_uri(uri)
    model = mlflow.pyfunc.load_model(f"models:/{recipe}-fashion@candidate")
    (png,) = model.predict(pd.DataFrame({"seed": [3]}))["image"]
    assert Image.open(io.BytesIO(png)).size == (32, 32)


def test_the_estimates_that_only_some_losses_have(project):
    """Reads the histories that test_the_whole_path has written."""
    columns = {recipe: pd.read_csv(project / f"data/08_reporting/{recipe}/history.csv").columns for recipe in RECIPES}
    assert {recipe for recipe, names in columns.items() if "critic/jsd" in names} == {"gan"}
    assert {recipe for recipe, names in columns.items() if "critic/wasserstein" in names} == {"wgan_gp"}
    assert {"critic/r1", "critic/r2"} <= set(columns["r3gan"]) and "critic/gradient_penalty" in columns["wgan_gp"]


def test_another_loss_and_an_augmentation_need_only_parameters(project, monkeypatch):
    """The two commands of the README, on a colour image set."""
    monkeypatch.chdir(project)
    model = {
        "loss": {"class": "genlab.losses.adversarial.MINIMAX"},
        "generator": {"channels": 3},
        "critic": {"channels": 3},
        "critic_augmentation": {"class": "genlab.adversarial.diffaugment.DiffAugment"},
    }
    run_kedro(project, "prepare_emoji_3d")
    run_kedro(project, "gan", ["train"], gan={"images": "emoji_3d", "model": model})
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    run = client.search_runs([client.get_experiment_by_name("genlab").experiment_id], "tags.recipe = 'gan'")[0]
    assert run.data.tags["image_set"] == "emoji_3d" and run.data.params["model.loss.class"].endswith("MINIMAX")
    assert run.data.metrics["loss/generator"] < 0  # log(1 - D(G(z))); the other losses here are not negative
