"""Tests of pix2pix from pairs to a registered translator: its ablation, and sampling with and without dropout."""

import io
import json

import mlflow
import pandas as pd
import pytest
from conftest import make_project, run_kedro
from mlflow import MlflowClient
from PIL import Image

from genlab.reports.artifacts import Project
from genlab.reports.families import page
from pipelines import configuration

SCORES = {"l1", "psnr", "ssim", "ms_ssim", "perceptual_efflite0", "kid_efflite0", "fid_efflite0"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project in which `kedro run --pipeline=pix2pix --env=test` has been run."""
    folder = make_project(tmp_path_factory.mktemp("paired"), recipes=("pix2pix", "pix2pix_l1"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        run_kedro(folder, "pix2pix")
        yield folder


@pytest.fixture
def client(project, monkeypatch):
    monkeypatch.chdir(project)
    mlflow.set_tracking_uri(f"sqlite:///{project / 'mlflow.db'}")
    return MlflowClient(f"sqlite:///{project / 'mlflow.db'}")


def reported(project, recipe, name):
    return json.loads((project / f"data/08_reporting/{recipe}/{name}.json").read_text())


def test_the_single_direction_is_scored_with_its_baselines(project):
    metrics = reported(project, "pix2pix", "metrics")
    assert set(metrics) == {"headline", "protocol", "checkpoint", "selection", "a_to_b"}
    assert list(metrics["a_to_b"]) == ["translated", "untrained", "identity"]
    for scores in metrics["a_to_b"].values():
        assert set(scores) >= SCORES and "cycle_l1" not in scores
    assert metrics["headline"]["name"] == "kid_efflite0"
    assert metrics["headline"]["value"] == metrics["a_to_b"]["translated"]["kid_efflite0"]
    assert metrics["protocol"]["ms_ssim"].startswith("the same, 2 scales") and "not LPIPS" in metrics["protocol"]["perceptual"]


def test_pix2pix_and_cyclegan_hold_out_the_same_images(project, client):
    run_kedro(project, "prepare_emoji")
    manifests = [pd.read_parquet(project / f"data/05_model_input/{name}/manifest.parquet") for name in ("emoji", "emoji_pairs")]
    unpaired, paired = (set(each.loc[each["split"] == "test", "path"]) for each in manifests)
    assert unpaired == paired


def test_the_release_states_how_it_samples_and_agrees_with_onnx(project):
    facts = json.loads((project / "data/06_models/pix2pix/release/release.json").read_text())
    assert facts["directions"] == ["a_to_b"] and facts["noise"] is None
    assert facts["sampling"] == {"dropout": False, "statistics": "running"}
    assert reported(project, "pix2pix", "parity")["onnx_difference"]["a_to_b"] < 1e-4
    card = (project / "data/08_reporting/pix2pix/card.md").read_text()
    assert "Dropout is off." in card and "Batch norm uses the statistics of training." in card


def test_the_registered_version_translates_any_size_whole_or_in_tiles(project, client):
    model = mlflow.pyfunc.load_model("models:/pix2pix-emoji_pairs@candidate")
    file = io.BytesIO()
    Image.effect_noise((70, 45), 60).save(file, "PNG")
    answers = [model.predict(pd.DataFrame({"image": [file.getvalue()]}), params={"tile": tile})["image"][0] for tile in (0, 32)]
    assert [Image.open(io.BytesIO(answer)).size for answer in answers] == [(70, 45)] * 2
    assert answers[0] != answers[1]


def test_the_page_shows_the_recipes_that_have_run(project):
    """The ablation has not run yet, and a note names its command."""
    (project / "docs/results").mkdir(parents=True)
    spent = {name: entry | {"budget": {"images": 1}} for name, entry in configuration.recipes().items()}
    file, (note,) = page.write(Project(project, spent), "translation")
    assert "`kedro run --pipeline=pix2pix_l1`" in note
    text = file.read_text()
    assert "| pix2pix |" in text and "| pix2pix_l1 |" not in text
    assert (file.parent / "translation/pix2pix.webp").exists()


def test_dropout_when_sampling_and_the_opposite_direction(project, client):
    """Both are set on the command line. The noise then comes from a seed, in evaluation and in the release."""
    sampling = {"dropout": True, "statistics": "batch"}
    run_kedro(project, "pix2pix", ["train", "evaluate", "release"], pix2pix={"model": {"direction": "b_to_a", "sampling": sampling}})
    scores = reported(project, "pix2pix", "metrics")
    assert set(scores) == {"headline", "protocol", "checkpoint", "selection", "b_to_a"}
    run_kedro(project, "pix2pix", ["evaluate"], pix2pix={"model": {"direction": "b_to_a", "sampling": sampling}})
    assert reported(project, "pix2pix", "metrics") == scores  # the same noise
    card = (project / "data/08_reporting/pix2pix/card.md").read_text()
    assert "Dropout stays on" in card and "Batch norm uses the statistics of each image" in card
    model = mlflow.pyfunc.load_model("models:/pix2pix-emoji_pairs@candidate")
    file = io.BytesIO()
    Image.effect_noise((32, 32), 60).save(file, "PNG")
    one, again, other = (model.predict(pd.DataFrame({"image": [file.getvalue()]}), params={"seed": seed})["image"][0] for seed in (1, 1, 2))
    assert one == again and one != other


def test_the_ablation_runs_the_same_path_without_a_critic(project, client):
    run_kedro(project, "pix2pix_l1", ["train", "evaluate"])
    history = pd.read_csv(project / "data/08_reporting/pix2pix_l1/history.csv")
    assert "generator/l1" in history and not any(name.startswith("critic") for name in history)
    assert set(reported(project, "pix2pix_l1", "metrics")["a_to_b"]["translated"]) >= SCORES
