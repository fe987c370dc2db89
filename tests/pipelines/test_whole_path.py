"""Tests of the path from raw images to a registered version, in one run and in the stages that DVC runs."""

import asyncio
import base64
import io
import json
import re
import subprocess

import nbformat
import pandas as pd
import pytest
from conftest import make_project, run_kedro
from mlflow import MlflowClient
from PIL import Image

STAGES = ("train", "evaluate", "release")


def git(project, *arguments):
    done = subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A project in which `kedro run --pipeline=cyclegan --env=test` has been run, and the printed output."""
    project = make_project(tmp_path_factory.mktemp("whole"))
    git(project, "init", "--quiet")
    git(project, "add", "conf")
    git(project, "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message=test")
    with pytest.MonkeyPatch.context() as patch, io.StringIO() as printed:
        patch.chdir(project)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr("builtins.print", lambda *words, **_: printed.write(" ".join(map(str, words))))
        run_kedro(project)
        yield project, printed.getvalue()


@pytest.fixture
def client(whole, monkeypatch):
    monkeypatch.chdir(whole[0])
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{whole[0] / 'mlflow.db'}")
    return MlflowClient(f"sqlite:///{whole[0] / 'mlflow.db'}")


def runs(client):
    return client.search_runs([client.get_experiment_by_name("genlab").experiment_id])


def artifacts(client, run, folder=None):
    listed = client.list_artifacts(run.info.run_id, folder)
    return {name for each in listed for name in (artifacts(client, run, each.path) if each.is_dir else {each.path})}


def test_one_run_contains_all_stages_of_a_model(whole, client):
    (run,) = runs(client)
    assert run.info.status == "FINISHED"
    assert run.data.tags["recipe"] == "cyclegan" and run.data.tags["image_set"] == "emoji"
    assert run.data.tags["mlflow.source.git.commit"] == git(whole[0], "rev-parse", "HEAD") and run.data.tags["git.dirty"] == "false"
    assert run.info.run_name == "cyclegan emoji env=test" and run.data.params["budget.images"] == "16" and len(run.data.params) == 5
    assert run.data.tags["mlflow.note.content"].startswith("**kid_efflite0_mean x 1000 = ")
    wanted = {
        "loss/generator",
        "loss/critic",
        "speed/images_per_second",
        "score/a_to_b.kid_efflite0",
        "score/kid_efflite0_mean",
        "baseline/identity.b_to_a.l1",
    }
    assert wanted <= set(run.data.metrics)
    (used,) = run.inputs.dataset_inputs
    assert used.dataset.name == "emoji" and run.data.tags["genlab.data"].startswith(used.dataset.digest)
    files = artifacts(client, run)
    wanted = {
        "parameters.yml",
        "metrics.json",
        "history.csv",
        "card.md",
        "data/validation.html",
        "samples/samples.png",
        "samples/curves.png",
    }
    assert wanted <= files
    steps = {int(step) for name in files for step in re.findall(r"^images/_samples~training\+step\+(\d+)\+", name)}
    assert steps == {0, 8, 16}  # the first pictures are from before training


def test_scores_have_baselines_and_a_protocol(whole):
    metrics = json.loads((whole[0] / "data/08_reporting/cyclegan/metrics.json").read_text())
    for direction in ("a_to_b", "b_to_a"):
        assert set(metrics[direction]) == {"translated", "untrained", "identity"}
        assert {"l1", "psnr", "ssim", "kid_efflite0", "kid_efflite0_spread", "fid_efflite0"} <= set(metrics[direction]["identity"])
    # `identity` scores untranslated images: the same pairs in both directions.
    assert metrics["a_to_b"]["identity"]["l1"] == pytest.approx(metrics["b_to_a"]["identity"]["l1"])
    assert metrics["a_to_b"]["identity"]["kid_efflite0"] == pytest.approx(metrics["b_to_a"]["identity"]["kid_efflite0"])
    protocol = metrics["protocol"]
    assert protocol["extractor"] == "efflite0" and len(protocol["extractor_sha256"]) == 64 and protocol["images"]["a"] > 2
    assert metrics["headline"]["name"] == "kid_efflite0_mean"


def test_the_final_summary_lists_what_was_made_and_where(whole):
    _project, printed = whole
    for word in ("cyclegan emoji env=test", "trained", "images/s", "kid_efflite0", "identity", "untrained", "samples.png", "make ui"):
        assert word in printed


def test_separate_stages_use_the_same_run_and_give_the_same_bits(whole, client):
    project, _ = whole
    made = {
        file: file.read_bytes()
        for folder in ("06_models", "08_reporting", "05_model_input")
        for file in (project / "data" / folder).rglob("*")
        if file.is_file()
    }
    (before,) = runs(client)
    versions = len(client.search_model_versions("name='cyclegan-emoji'"))
    for stage in STAGES:
        run_kedro(project, "cyclegan", [stage])
    after = runs(client)
    (run,) = after  # one run per training, which is not repeated; later stages find theirs by the checkpoint
    assert run.info.run_id == before.info.run_id and run.info.status == "FINISHED" and "score/a_to_b.kid_efflite0" in run.data.metrics
    assert {file: file.read_bytes() for file in made} == made
    assert before.info.run_id.encode() not in b"".join(made.values())
    assert len(client.search_model_versions("name='cyclegan-emoji'")) == versions + 1
    champion, candidate = (client.get_model_version_by_alias("cyclegan-emoji", alias) for alias in ("champion", "candidate"))
    assert int(candidate.version) == int(champion.version) + 1  # equally good is not better


def test_the_registered_version_answers_a_png_with_a_png(whole, client):
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{whole[0] / 'mlflow.db'}")
    model = mlflow.pyfunc.load_model("models:/cyclegan-emoji@candidate")
    file = io.BytesIO()
    Image.new("RGBA", (33, 47), (255, 0, 0, 128)).save(file, "PNG")
    for direction in ("a_to_b", "b_to_a"):
        (answer,) = model.predict(pd.DataFrame({"image": [file.getvalue()]}), params={"direction": direction})["image"]
        answer = base64.b64decode(answer) if isinstance(answer, str) else answer
        assert answer.startswith(b"\x89PNG") and Image.open(io.BytesIO(answer)).size == (33, 47)


def test_the_notebook_runs(whole, client):
    from nbclient import NotebookClient

    project, _ = whole
    notebook = nbformat.read(project / "notebooks" / "translations.ipynb", as_version=4)
    runner = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(project)}})
    asyncio.run(runner.async_execute())  # `execute` leaves an event loop to the garbage collector, whose warning fails another test
    pictures = [output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    assert len(pictures) == 2
    assert "a_to_b" in notebook.cells[-1]["outputs"][0]["text"]  # the error names the directions that exist
