"""Tests of the conditional family in one small project, from raw images to a registered version that generates given classes."""

import io
import json

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import make_project, run_kedro
from image_files import size_of
from mlflow import MlflowClient
from PIL import Image

from genlab.errors import InputError

RECIPE = "biggan"  # the export has spectral norms, attention, split latents and recomputed batch-norm statistics
PICTURES = ("samples", "pictures/class_interpolation", "pictures/truncation_curve", "pictures/truncation", "curves")
GROUPS = [
    *("headline", "protocol", "checkpoint", "selection"),
    *("samples", "in_domain", "classes", "kid_within_classes", "truncation", "further"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project shared by all recipes: images are prepared, and features computed, once."""
    return make_project(tmp_path_factory.mktemp("conditional"), recipes=(RECIPE, "cgan", "projection_gan"))


def test_the_whole_path(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run_kedro(project, RECIPE)
    metrics = json.loads((project / f"data/08_reporting/{RECIPE}/metrics.json").read_text())
    assert list(metrics) == GROUPS
    assert list(metrics["classes"]["generated"]) == ["recognised", "cas", "kid_efflite0_within"]
    assert metrics["protocol"]["training_sampling"] == "natural" and len(metrics["kid_within_classes"]["generated"]) == 10
    for picture in PICTURES:
        assert size_of(project / f"data/08_reporting/{RECIPE}/{picture}.png")[0] > 100
    parity = json.loads((project / f"data/08_reporting/{RECIPE}/parity.json").read_text())
    assert parity["onnx_difference"]["generator"] < parity["onnx_tolerance"]
    card = (project / f"data/08_reporting/{RECIPE}/card.md").read_text()
    assert "`label` is one of Ankle boot (0), Bag (1)" in card

    uri = f"sqlite:///{project / 'mlflow.db'}"
    client = MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("genlab").experiment_id], f"tags.recipe = '{RECIPE}'")
    assert run.info.status == "FINISHED" and "score/classes.recognised" in run.data.metrics
    mlflow.set_tracking_uri(uri)
    model = mlflow.pyfunc.load_model(f"models:/{RECIPE}-fashion@candidate")

    def served(**params):
        return list(model.predict(pd.DataFrame({"seed": [3]}), params=params)["image"])

    by_name, by_number = served(label="Bag", count=2), served(label="1", count=2)
    assert by_name == by_number and len(set(by_name)) == 2
    assert by_name != served(label="Trouser", count=2) and by_name != served(label="Bag", count=2, truncation=0.5)
    assert np.asarray(Image.open(io.BytesIO(by_name[0]))).shape == (32, 32)
    with pytest.raises(mlflow.MlflowException, match=r"label: got 'Hat', expected one of Ankle boot \(0\), Bag \(1\)"):
        served(label="Hat")
    with pytest.raises(mlflow.MlflowException, match=r"truncation: got -1\.0, expected a positive number, or 0 for none"):
        served(truncation=-1.0)


def test_another_labelled_set_and_balanced_classes_need_only_parameters(project, monkeypatch):
    """Train on scikit-learn's digits at 8 px with balanced classes."""
    monkeypatch.chdir(project)
    run_kedro(project, "prepare_digits")
    model = {
        "generator": {"network": {"size": 8}},
        "critic": {"network": {"size": 8}},
    }
    budget = {"sampling": "balanced"}
    run_kedro(project, "cgan", ["train"], cgan={"images": "digits", "model": model, "budget": budget})
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    run = client.search_runs([client.get_experiment_by_name("genlab").experiment_id], "tags.recipe = 'cgan'")[0]
    assert run.data.tags["image_set"] == "digits" and run.data.params["budget.sampling"] == "balanced"


def test_classes_of_any_name_and_number_in_colour(project, monkeypatch):
    """One folder per class, with names that MLflow does not allow for metrics, from raw images to the registry."""
    monkeypatch.chdir(project)
    generator = np.random.default_rng(0)
    for label, level in (("Food & Drink", 60), ("a|b (rare)?", 190)):
        (project / "shelf" / label).mkdir(parents=True)
        for number in range(24 if level == 60 else 12):
            pixels = (level + generator.integers(-50, 50, (40, 40, 3))).astype(np.uint8)
            Image.fromarray(pixels).save(project / "shelf" / label / f"{number}.png")
    source = {"class": "genlab.images.sources.FolderPerClass", "root": str(project / "shelf")}
    shelf = {"kind": "labelled", "source": source, "size": 32, "channels": 3, "test": 0.3}
    (project / "conf/test/parameters/images.yml").write_text(yaml.safe_dump({"images": {"shelf": shelf}}))
    model = {"generator": {"classes": 2, "channels": 3}, "critic": {"classes": 2, "channels": 3}}
    run_kedro(project, "prepare_shelf")
    with pytest.raises(
        InputError, match=r"classes: got 10, but image set 'shelf' has 2: Food & Drink, a\|b \(rare\)\?\. Set every `classes`"
    ):
        run_kedro(project, "projection_gan", ["train"], projection_gan={"images": "shelf"})
    run_kedro(project, "projection_gan", projection_gan={"images": "shelf", "model": model, "budget": {"sampling": "balanced"}})
    metrics = json.loads((project / "data/08_reporting/projection_gan/metrics.json").read_text())
    assert metrics["protocol"]["training_sampling"] == "balanced"
    assert set(metrics["kid_within_classes"]["generated"]) == {"Food & Drink", "a|b (rare)?"}
    (version,) = MlflowClient(f"sqlite:///{project / 'mlflow.db'}").search_model_versions("name = 'projection_gan-shelf'")
    assert r"a\|b (rare)?" in version.description
