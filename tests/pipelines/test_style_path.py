"""Tests of style-based and growing recipes, from raw images to a registered version that answers requests."""

import json
from pathlib import Path

import mlflow
import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from conftest import make_project, run_kedro
from image_files import size_of
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from PIL import Image
from safetensors.torch import load_file

from genlab.errors import InputError
from genlab.styles import __main__ as tools

SERVED = {"model": {"generator": {"mapping": {"classes": 10}}, "critic": {"classes": 10}}}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A project in which a class-conditional StyleGAN2 has been trained, evaluated and released."""
    folder = make_project(tmp_path_factory.mktemp("style"), recipes=("progan", "stylegan2"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr("genlab.pictures.evaluation.SEARCHED", 3)
        run_kedro(folder, "stylegan2", stylegan2=SERVED)
        yield folder


def test_the_whole_path(path):
    metrics = json.loads((path / "data/08_reporting/stylegan2/metrics.json").read_text())
    assert [*metrics["truncation"]] == ["1", "0.9", "0.8", "0.7", "0.5", "0.3"] and [*metrics["path_length"]] == ["W", "Z"]
    assert "psi = 1" in metrics["protocol"]["samples"] and metrics["protocol"]["path_length"].startswith("16 pairs")
    pictures = {file.stem for file in (path / "data/08_reporting/stylegan2/pictures").glob("*.png")}
    assert pictures >= {"style_mixing", "noise", "ways", "projection", "truncation", "truncation_curve", "class_interpolation"}
    assert json.loads((path / "data/08_reporting/stylegan2/parity.json").read_text())["onnx_difference"]["generator"] < 1e-4
    release = path / "data/06_models/stylegan2/release"
    session = onnxruntime.InferenceSession(release / "generator.onnx", providers=["CPUExecutionProvider"])
    assert [(each.name, each.shape[1:]) for each in session.get_inputs()] == [
        ("latent", [8]),
        ("noise", [2 * (8**2 + 16**2 + 32**2) + 4**2]),
        ("truncation", []),
        ("label", []),
        ("second", [8]),
        ("crossover", []),
    ]


def test_the_registered_version_answers(path):
    client = MlflowClient(f"sqlite:///{path / 'mlflow.db'}")
    (version,) = client.search_model_versions("name = 'stylegan2-fashion'")
    assert "psi" in version.description and "path_length" in version.description
    mlflow.set_tracking_uri(f"sqlite:///{path / 'mlflow.db'}")
    model = mlflow.pyfunc.load_model(f"models:/{version.name}/{version.version}")

    def served(seed=0, **params):
        return model.predict(pd.DataFrame({"seed": [seed]}), params=params)["image"].tolist()

    assert served() == served(truncation=1.0) and served() != served(1)
    assert served(operation="mix", fine=1, crossover=0) != served() == served(operation="mix", fine=0)
    assert len(set(served(count=3, label="Bag"))) == 3
    with pytest.raises(MlflowException, match=r"truncation: got 2\.0, expected psi, a number from 0 to 1"):
        served(truncation=2.0)


def test_a_growing_recipe_trains_reproducibly(path, monkeypatch):
    monkeypatch.chdir(path)
    run_kedro(path, "progan", ["train"])
    history = pd.read_csv(path / "data/08_reporting/progan/history.csv")
    assert history["images"].iloc[-1] == 48 and np.isfinite(history["critic/loss"]).all()
    weights = Path(path / "data/06_models/progan/checkpoint.safetensors").read_bytes()
    (path / "data/06_models/progan/checkpoint.safetensors").unlink()
    run_kedro(path, "progan", ["train"])
    assert (path / "data/06_models/progan/checkpoint.safetensors").read_bytes() == weights


def test_given_images_are_projected_and_sheets_drawn_from_a_release(path, monkeypatch, capsys):
    monkeypatch.chdir(path)
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 40, 3)).astype(np.uint8))
    image.save("given.png")
    tools.main(["data/06_models/stylegan2/release", "project", "given.png", "given.png", "--steps", "3", "--out", "out", "--label", "2"])
    found = load_file("out/styles.safetensors")
    assert found["styles"].shape == (2, 8)
    assert "given.png: mean squared error" in capsys.readouterr().out and size_of("out/projection.png")[0] == 2 * 66
    generator, channels, _ = tools.released(Path("data/06_models/stylegan2/release"))
    trained = load_file("data/06_models/stylegan2/release/generator.safetensors")
    assert channels == 1 and torch.equal(generator.mean, trained["mean"]) and not torch.equal(found["styles"][0], generator.mean)
    tools.main(["data/06_models/stylegan2/release", "mix", "--out", "out"])
    assert size_of("out/mix.png")[0] > 300
    for given, message in (
        (["nowhere", "mix"], "nowhere: no release.json there"),
        (["data/06_models/stylegan2/release", "project", "nothing.png"], "nothing.png: .*Expected an image file"),
        (["data/06_models/stylegan2/release", "mix", "--label", "10"], "--label: got 10, expected 0 to 9"),
    ):
        with pytest.raises(InputError, match=message):
            tools.main([*given, "--out", "other"])
