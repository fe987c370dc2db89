"""Tests of VAEs and mixtures from raw images to a registered version: likelihood, reconstructions, clusters, labels."""

import io
import itertools
import json
import re

import mlflow
import pandas as pd
import pytest
from conftest import make_project, run_kedro
from PIL import Image

from genlab.images.sources.digits import Digits
from genlab.reports.artifacts import Project
from genlab.reports.families import latent_variables, page
from pipelines import configuration, session

RECIPES = {
    "gmm": {"components", "latents", "reconstructions"},
    "gmm_choice": {"choice", "components", "latents", "reconstructions"},
    "gmm_digits": {"components", "latents", "reconstructions"},
    "vae_linear": {"latents", "reconstructions", "traversals"},
    "vae_labels": {"class_interpolation", "latents", "reconstructions", "traversals", "truncation_curve"},
    "vae_mixture": {"latents", "reconstructions", "traversals"},
}
OF_EVERY_SAMPLER = {"interpolation", "neighbours", "truncation"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project shared by all recipes, with every twelfth digit, because the extractor processes 30 images/s."""
    every = Digits.items
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Digits, "items", lambda self: itertools.islice(every(self), 0, None, 12))
        yield make_project(tmp_path_factory.mktemp("latents"), recipes=RECIPES)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_whole_path(recipe, project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run_kedro(project, recipe)
    report = project / f"data/08_reporting/{recipe}"
    metrics = json.loads((report / "metrics.json").read_text())
    own = metrics["likelihood"]["held-out images"]
    assert list(metrics["likelihood"]) == ["held-out images", "training images", "untrained"]
    assert metrics["headline"] == {"name": "bits_per_dimension", "value": own["bits_per_dimension"], "lower_is_better": True}
    assert ("clusters" in metrics) == (recipe not in ("vae_linear", "vae_labels"))
    assert list(metrics["reconstructions"]) == ["reconstructed", "untrained"] and "ndb" in metrics["samples"]["generated"]
    if recipe.startswith("vae"):
        assert own["iwae_4"] >= own["iwae_1"] and own["elbo"] == pytest.approx(own["reconstruction"] - own["divergence"])
    classes = ["classes", "kid_within_classes", "truncation"] if recipe == "vae_labels" else []
    expected = ["headline", "protocol", "checkpoint", "samples", "in_domain", *classes, "likelihood"]
    assert list(metrics)[: len(expected)] == expected
    assert {file.stem for file in (report / "pictures").iterdir()} == RECIPES[recipe] | OF_EVERY_SAMPLER
    parity = json.loads((report / "parity.json").read_text())
    assert parity["onnx_difference"]["generator"] < parity["onnx_tolerance"]
    assert "bits_per_dimension" in (report / "card.md").read_text()


def test_a_conditional_model_generates_the_given_label(project, monkeypatch):
    """Uses the version that test_the_whole_path has registered."""
    monkeypatch.chdir(project)
    mlflow.set_tracking_uri(f"sqlite:///{project / 'mlflow.db'}")
    model = mlflow.pyfunc.load_model("models:/vae_labels-fashion_28@candidate")

    def served(**params):
        (png,) = model.predict(pd.DataFrame({"seed": [3]}), params=params)["image"]
        return png

    assert Image.open(io.BytesIO(served())).size == (28, 28)
    own = [served(label=name) for name in ("Trouser", "Bag", "Sandal")]
    assert len(set(own)) == 3 and served(label="Bag") == own[1]
    with pytest.raises(mlflow.MlflowException, match=r"label: got 'Hat', expected one of Ankle boot \(0\), Bag \(1\)"):
        served(label="Hat")


def test_the_page_compares_the_recipes(project, monkeypatch):
    """Uses the results of test_the_whole_path: one table per scored image set, existing pictures, and two computed checks."""
    monkeypatch.chdir(project)
    (project / latent_variables.BENCHMARK).parent.mkdir(parents=True)
    case = {f"{kind}_{name}": 1.0 for kind in ("seconds", "faster", "held_out") for name in ("float32", "float64", "scikit_float64")}
    found = {"threads": 2, "100 x 2, 3 full": case | {"relative_difference": 1e-9}, "in_float32": {"that": {"scikit-learn": "ValueError"}}}
    found["m_step"] = {"negligible_share": 0.9, "seconds_skipping": 1.0, "seconds_all": 2.0}
    found["memory"] = {"rows_once": 1.0, "growth_once": 1.0, "rows_ten_times": 10.0, "growth_ten_times": 1.0}
    (project / latent_variables.BENCHMARK).write_text(json.dumps(found))
    entries = {name: entry for name, entry in configuration.recipes().items() if name in RECIPES}
    spent = {name: entry | {"budget": {"images": 1}} for name, entry in entries.items()}  # a page refuses results of `--env=test` otherwise
    file, notes = page.write(Project(project, spent), "latent_variables")
    assert not notes
    text = file.read_text()
    assert {"## On `fashion_28`", "## On `digits`"} <= set(text.splitlines())
    linked = re.findall(r"!\[[^]]*\]\(([^)]*)\)", text)
    assert len(linked) > 15 and all((file.parent / each).exists() for each in linked)
    (tight,) = re.findall(r"\| the posterior, as computed by the E step \| (\S+) \|", text)
    (spread,) = re.findall(r"spread over all components \| (\S+) \|", text)
    assert abs(float(tight)) < 1e-9 < float(spread)  # the bound is tight only at the posterior
    closed, by_em = (
        float(re.search(rf"\| {name}[^|]* \| (\S+) \|", text)[1].replace(",", "")) for name in ("probabilistic PCA", "one factor")
    )
    assert by_em == pytest.approx(closed, abs=0.05)
    assert "**1.0**" in text and "ValueError" in text


def test_a_family_is_a_pipeline():
    from pipelines.pipeline_registry import register_pipelines

    with session.using(None):  # the project itself, not that of the last session
        pipelines = register_pipelines()
    names = {node.namespace for node in pipelines["latent_variables"].nodes}
    assert names >= {"gmm", "vae", "vae_mixture", "digits", "fashion_28"} and "gan" not in names
    assert {node.namespace for node in pipelines["adversarial"].nodes} >= {"gan", "wgan", "fashion"}
