"""The life of a training in `kedro run`: trained longer, released early, kept, restarted, and never trained again after a late failure."""

import json
import os
import re
import shutil
import signal

import pytest
from conftest import make_project, run_kedro
from projects import LONG, RECIPE, client_of, ended, entered, prepared_project, runs, start, states, wait_for

from genlab.errors import InputError
from pipelines.training.resumption import DVC_STAGE, EXPERIMENT_TAG

CHECKPOINT, SELECTION = "data/06_models/gan/checkpoint.safetensors", "data/08_reporting/gan/selection.json"
CLASSES = {"stylegan2": "fashion", "pix2pix": "emoji_pairs", "cyclegan": "emoji", "vae_digits": "digits", "gmm_digits": "digits"}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return prepared_project(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def project(prepared, tmp_path, monkeypatch):
    """A project with prepared images as the working directory."""
    return entered(prepared, tmp_path / "project", monkeypatch)


def run(project, *tags, recipe=RECIPE, **settings):
    run_kedro(project, recipe, list(tags), **({recipe: settings} if settings else {}))


def test_a_complete_training_goes_on_in_a_child_run_and_the_earlier_version_stays(project, caplog):
    caplog.set_level("INFO")
    run(project)
    (first,) = runs(client_of(project))
    run(project, budget={"images": 48})
    child, parent = runs(client_of(project))
    assert parent.info.run_id == first.info.run_id and parent.data.tags == first.data.tags and parent.data.metrics == first.data.metrics
    assert child.info.status == "FINISHED" and child.data.params["budget.images"] == "48"
    assert child.data.tags["mlflow.parentRunId"] == child.data.tags["genlab.continues"] == first.info.run_id
    said = "This training was complete after 24 images and goes on to 48. No schedule depends on the budget"
    assert said in child.data.tags["genlab.continued"] and said in caplog.text
    steps = [point.step for point in client_of(project).get_metric_history(child.info.run_id, "speed/images_per_second")]
    assert max(steps) == 48
    versions = {version: client_of(project).get_model_version("gan-fashion", version) for version in ("1", "2")}
    assert [version.run_id for version in versions.values()] == [first.info.run_id, child.info.run_id]
    assert json.loads((project / SELECTION).read_text())["life"] == {"extensions": [{"images": 24, "former": 24, "budget": 48}]}
    sentence = "The budget was changed from 24 to 48 images after 24."
    assert child.data.tags["genlab.life"] == sentence
    assert f"- {sentence}" in (project / "data/08_reporting/gan/card.md").read_text()
    extended = (project / CHECKPOINT).read_bytes()
    shutil.rmtree(project / ".genlab/resumption")
    run(project, "train", budget={"images": 48})
    assert (project / CHECKPOINT).read_bytes() == extended  # equal to a straight training
    assert "has no state of its training" in caplog.text


def test_a_lost_state_can_be_put_back_from_the_run(project):
    run(project, "train")
    (first,) = runs(client_of(project))
    shutil.rmtree(project / ".genlab/resumption")
    place = project / ".genlab/resumption/gan" / first.data.tags[EXPERIMENT_TAG]
    client_of(project).download_artifacts(first.info.run_id, "checkpoint", str(make(place)))
    for name in ("state.pt", "experiment.json"):
        (place / "checkpoint" / name).rename(place / name)
    run(project, "train", budget={"images": 48})
    assert runs(client_of(project))[0].data.tags["genlab.continues"] == first.info.run_id


def test_under_dvc_only_a_training_of_the_same_budget_is_continued(project, monkeypatch):
    run(project, "train")
    monkeypatch.setenv(DVC_STAGE, "train@gan")
    run(project, "train", budget={"images": 48})
    assert "genlab.continues" not in runs(client_of(project))[0].data.tags
    assert "life" not in json.loads((project / SELECTION).read_text())
    run(project, "train", budget={"images": 16})  # below what was seen: it trains from the beginning


def test_a_stopped_run_is_released_as_it_is(project):
    process = start(project, "--tags=train", **LONG)
    wait_for(lambda: states(project), process)
    os.killpg(process.pid, signal.SIGTERM)
    code, printed = ended(process)
    assert code == 143, printed
    (description,) = (project / ".genlab/resumption").rglob("experiment.json")
    seen = json.loads(description.read_text())["images"]
    monitoring = {name.rpartition(".")[2]: value for name, value in LONG.items() if "monitoring" in name}
    with pytest.raises(InputError, match=rf"budget\.images: got {seen - 4}, .* seen {seen} images already"):
        run(project, budget={"images": seen - 4}, monitoring=monitoring)
    run(project, budget={"images": seen}, monitoring=monitoring)
    released, *_ = runs(client_of(project))
    assert client_of(project).get_model_version("gan-fashion", "1").run_id == released.info.run_id
    assert f"This training saw {seen} of 480 images. Its weights are taken as they are" in released.data.tags["genlab.continued"]


def test_sigusr1_and_intervals_keep_numbered_checkpoints_with_which_images_can_be_made(project):
    process = start(
        project, "--tags=train", **LONG | {"gan.monitoring.keep_every": 960, "gan.budget.images": 1920, "gan.compute.workers": 2}
    )
    wait_for(lambda: states(project), process)
    os.killpg(process.pid, signal.SIGUSR1)
    code, printed = ended(process)
    assert code == 0, printed
    files = sorted((project / "data/06_models/gan/kept").rglob("*.safetensors"))
    (asked,) = re.findall(r"SIGUSR1: saved\s+after\s+([\d,]+)\s+images", printed)
    at = {960, 1920, int(asked.replace(",", ""))}  # the signal can arrive at an interval
    assert [file.name for file in files] == [f"images-{images:09}.safetensors" for images in sorted(at)], printed
    from genlab.commands.main import main

    assert main(["sample", str(files[0]), "--out", str(project / "made"), "--count", "2"]) in (None, 0)
    assert len(list((project / "made").iterdir())) >= 2


def test_restarts_are_reported_in_mlflow_the_metrics_and_the_card(project):
    diverging = {"generator_optimizer": {"lr": 1e30}, "critic_optimizer": {"lr": 1e30}}
    often = {"checkpoint_every": 8, "restarts": 1, "restart_factor": 1e-34}
    run(project, model=diverging, monitoring=often)
    (only,) = runs(client_of(project))
    assert only.data.metrics["health/restarts"] == 1 and "nan" in only.data.tags["restart.1"]
    (restart,) = json.loads((project / "data/08_reporting/gan/metrics.json").read_text())["life"]["restarts"]
    assert restart["rate"] == 1e-34
    assert "- Warm restart after" in (project / "data/08_reporting/gan/card.md").read_text()


@pytest.mark.parametrize("recipe", CLASSES)
def test_a_late_failure_does_not_train_again_whatever_the_class(recipe, tmp_path, monkeypatch, caplog):
    make_project(tmp_path, recipes=(recipe,))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run_kedro(tmp_path, f"prepare_{CLASSES[recipe]}")
    for place in ("genlab.evaluation.evaluate.evaluate", "genlab.export.release.export"):
        with monkeypatch.context() as patch:
            patch.setattr(place, lambda *given, **named: (_ for _ in ()).throw(InputError("broken")))
            with pytest.raises(InputError, match="broken"):
                run(tmp_path, recipe=recipe)
    caplog.set_level("INFO")
    shutil.rmtree(tmp_path / "data/06_models")  # DVC removes the outputs of a stage before it runs the stage again
    with monkeypatch.context() as patch:
        patch.setenv(DVC_STAGE, f"train@{recipe}")
        patch.setattr("genlab.training.training.train", lambda *given: pytest.fail("it trains again"))
        run(tmp_path, recipe=recipe)
    assert "This training is complete" in caplog.text


def make(folder):
    folder.mkdir(parents=True)
    return folder
