"""Tests that results of two runs are not mixed up, and that what is complete is not lost: with real processes where one is killed."""

import json
import os
import shutil
import signal

import pytest
from conftest import run_kedro
from projects import LONG, RECIPE, client_of, ended, entered, prepared_project, runs, start, states, wait_for

from genlab.engine.locks import LockedError, locked
from genlab.errors import InputError
from pipelines.tracking.store import LOCKS

CHECKPOINT, METRICS = "data/06_models/gan/checkpoint.safetensors", "data/08_reporting/gan/metrics.json"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return prepared_project(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def project(prepared, tmp_path, monkeypatch):
    """A project with prepared images as the working directory."""
    return entered(prepared, tmp_path / "project", monkeypatch)


def run(project, *tags, **settings):
    run_kedro(project, RECIPE, list(tags), **({RECIPE: settings} if settings else {}))


def test_a_second_run_of_a_recipe_is_refused_and_the_first_is_not_disturbed(project):
    first = start(project, "--tags=train", **LONG)
    wait_for(lambda: states(project), first)
    with pytest.raises(LockedError) as caught:
        run(project, "train", seed=1)
    assert f"Process {first.pid} (" in str(caught.value) and "is running the recipe 'gan'" in str(caught.value)
    assert "seed" not in str(caught.value).partition("since")[2]  # another seed would write to the same files, too
    code, printed = ended(first)
    assert code == 0, printed
    (only,) = runs(client_of(project))
    assert only.info.status == "FINISHED" and only.data.params["seed"] == "0"


def test_scores_and_releases_belong_to_one_training(project):
    run(project, "train", "evaluate")
    scored = json.loads((project / METRICS).read_text())["checkpoint"]
    run(project, "train", seed=1)
    for stage in ("evaluate", "release"):
        with pytest.raises(InputError, match=r"gan: the checkpoint was trained with other settings .*: seed was 1 and is 0\. "):
            run(project, stage)
    with pytest.raises(InputError, match=rf"metrics\.json has the scores of the checkpoint {scored[:16]}\.\.\., and the release is of the"):
        run(project, "release", seed=1)
    run(project, "evaluate", "release", seed=1)
    version = client_of(project).get_model_version("gan-fashion", "1")
    second, first = (each for each in runs(client_of(project)) if "genlab.checkpoint" in each.data.tags)
    assert version.run_id == second.info.run_id and second.data.params["seed"] == "1" and first.data.tags["genlab.checkpoint"] == scored
    assert (
        json.loads((project / "data/06_models/gan/release/release.json").read_text())["checkpoint"] == second.data.tags["genlab.checkpoint"]
    )


def test_a_checkpoint_is_not_scored_on_another_content_of_its_image_set(project):
    run(project, "train")
    run_kedro(project, "prepare_fashion", images={"fashion": {"size": 16}})
    with pytest.raises(InputError, match=r"gan\.evaluate: the image set 'fashion' has changed since the checkpoint was trained"):
        run(project, "evaluate")


def test_the_run_keeps_its_checkpoint_and_the_optimizers_state(project):
    run(project, "train")
    (kept,) = runs(client_of(project))
    checkpoint = (project / CHECKPOINT).read_bytes()
    run(project, "train", seed=1)
    logged = [file.path for file in client_of(project).list_artifacts(kept.info.run_id, "checkpoint")]
    assert logged == ["checkpoint/checkpoint.safetensors", "checkpoint/experiment.json", "checkpoint/state.pt"]
    folder = project / "mlartifacts" / kept.info.run_id / "artifacts"
    assert (folder / logged[0]).read_bytes() == checkpoint != (project / CHECKPOINT).read_bytes()
    assert (folder / "checkpoint/state.pt").stat().st_size > 1000


def test_an_error_after_training_does_not_train_again(project, monkeypatch, caplog):
    with monkeypatch.context() as patch:
        patch.setattr("genlab.export.release.export", lambda *given: (_ for _ in ()).throw(InputError("no parity")))
        with pytest.raises(InputError, match="no parity"):
            run(project)
    before = (project / CHECKPOINT).stat().st_ino
    caplog.set_level("INFO")
    run(project)
    assert "This training is complete (24 images)" in caplog.text
    (only,) = runs(client_of(project))  # the same run, whose error is over
    assert only.info.status == "FINISHED" and "error" not in only.data.tags and "resumed_at_images" not in only.data.tags
    assert client_of(project).get_model_version("gan-fashion", "1").run_id == only.info.run_id
    assert (project / CHECKPOINT).stat().st_ino != before  # written again, from the saved state


def test_the_run_of_a_killed_process_does_not_stay_running(project):
    process = start(project, "--tags=train", **LONG)
    wait_for(lambda: states(project), process)
    os.killpg(process.pid, signal.SIGKILL)
    ended(process)
    (killed,) = runs(client_of(project))
    assert killed.info.status == "RUNNING"
    run(project, "train", seed=1)  # another experiment, which does not continue it
    other, killed = runs(client_of(project))
    assert (other.info.status, killed.info.status) == ("FINISHED", "KILLED")
    assert killed.data.tags["error"] == "The process was killed." and killed.info.end_time


def test_a_copied_project_does_not_write_into_the_original(project, tmp_path, monkeypatch, caplog):
    run(project)
    copy = tmp_path / "copy"
    shutil.copytree(project, copy, symlinks=True)
    before = sorted(file for file in project.rglob("*") if "mlartifacts" in file.parts)
    monkeypatch.chdir(copy)
    run(copy, seed=1)
    assert sorted(file for file in project.rglob("*") if "mlartifacts" in file.parts) == before
    former = (project / "mlartifacts").as_uri()
    assert f"This project was moved or copied: {copy / 'mlflow.db'} had its artifacts in {former}" in caplog.text
    second, first = client_of(copy).search_runs(["1"])
    location = (copy / "mlartifacts").as_uri()
    assert all(each.info.artifact_uri.startswith(location) for each in (first, second))
    assert client_of(copy).list_artifacts(first.info.run_id) == client_of(project).list_artifacts(first.info.run_id)
    assert client_of(copy).get_logged_model(first.outputs.model_outputs[0].model_id).artifact_location.startswith(location)
    shutil.move(copy, tmp_path / "moved")
    code, printed = ended(start(tmp_path / "moved", "--tags=release", **{"gan.seed": 1}))  # MLflow caches locations in a process
    assert code == 0, printed
    assert not copy.exists()


def test_preparations_of_one_set_wait_for_each_other(project):
    with locked(project / LOCKS / "sets" / "fashion", "is preparing", ""):
        process = start(project, "--tags=prepare")
        lines = []
        while not (lines and "Waiting for" in lines[-1]):
            lines.append(process.stderr.readline())
            assert process.poll() is None, lines
        assert f"Waiting for process {os.getpid()}" in lines[-1].replace("Process", "process")
        assert not any("validate" in line for line in lines)
    code, printed = ended(process)
    assert code == 0 and "fashion.prepare" in printed


def test_sigterm_to_the_process_group_saves_the_state_with_loader_workers(project):
    """As SLURM, Kubernetes and docker stop send it."""
    process = start(project, "--tags=train", **LONG | {"gan.compute.workers": 2, "gan.budget.images": 4800})
    wait_for(lambda: states(project), process)
    os.killpg(process.pid, signal.SIGTERM)
    code, printed = ended(process)
    assert code == 143, printed
    assert "Traceback" not in printed and "the state is saved, the same command goes on from there" in printed
    assert runs(client_of(project))[0].info.status == "KILLED"


@pytest.mark.parametrize("stage", ["train", "evaluate", "release"])
def test_a_missing_input_is_named_with_the_command_that_makes_it_and_no_run_is_started(project, stage):
    if stage == "train":
        shutil.rmtree(project / "data/05_model_input")
    if stage == "release":
        run(project, "train")
    missing, maker = {
        "train": ("data/05_model_input/fashion", "prepare_fashion"),
        "evaluate": (CHECKPOINT, "gan --tags=train"),
        "release": (METRICS, "gan --tags=evaluate"),
    }[stage]
    with pytest.raises(InputError, match=rf"needs {project / missing}, which does not exist\. Make it: `kedro run --pipeline={maker}`"):
        run(project, stage)
    experiment = client_of(project).get_experiment_by_name("genlab")
    assert experiment is None or len(runs(client_of(project))) == (stage == "release")
