"""Checks of a training before its images are prepared."""

import pytest
from conftest import make_project, run_kedro

from genlab.errors import InputError


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("project"), recipes=("gan", "stylegan2"))


WRONG = {
    "a device": ({"compute": {"device": "cuda"}}, r"device: 'cuda' is not there"),
    "the number of devices": ({"compute": {"device": "mps", "devices": 2}}, r"compute\.devices: got 2 on mps, expected 1"),
    "the batch size": ({"compute": {"devices": 3}}, r"budget\.batch_size: got 4 with compute\.devices: 3 .* a multiple of 3"),
    "accumulated batch norm": ({"compute": {"accumulate": 2}}, r"compute\.accumulate: got 2, expected 1: .* mix the images"),
    "a value of a network": ({"model": {"generator": {"size": 33}}}, r"size: got 33"),
    "a path": ({"initial": {"from": "./nowhere"}}, r"initial\.from: \./nowhere: there is no such file or folder"),
    "a registered model": ({"initial": {"from": "models:/none@champion"}}, r"none: no model of this name is registered"),
    "too many frozen layers": ({"initial": {"from": "CHECKPOINT", "freeze": 99}}, r"freeze: got 99"),
}


@pytest.fixture(scope="module")
def checkpoint(project):
    """Weights of the project's own recipe before training."""
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project
    from safetensors.torch import save_file

    from genlab.build import build

    bootstrap_project(project)
    entry = KedroSession.create(project, env="test").load_context().params["gan"]
    save_file(build(entry["model"]).state_dict(), project / "weights.safetensors")
    return str(project / "weights.safetensors")


@pytest.mark.parametrize("wrong", WRONG)
def test_what_would_stop_a_training_is_an_error_before_images_are_prepared(wrong, project, checkpoint, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    settings, message = WRONG[wrong]
    if "initial" in settings and settings["initial"]["from"] == "CHECKPOINT":
        settings = {"initial": settings["initial"] | {"from": checkpoint}}
    with pytest.raises(InputError, match=message):
        run_kedro(project, "gan", gan=settings)
    assert not (project / "data/05_model_input").exists()


def test_a_number_of_processes_other_than_that_of_devices_is_refused(monkeypatch):
    from genlab.build import build
    from genlab.engine import ranks
    from genlab.training.group import check_devices

    monkeypatch.setattr(ranks, "count", lambda: 4)
    with pytest.raises(InputError, match=r"devices: got 2, but 4 processes were started\. Set it to 4"):
        check_devices(build({"class": "genlab.engine.compute.Compute", "device": "cpu", "devices": 2}))
