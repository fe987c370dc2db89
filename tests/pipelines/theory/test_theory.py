"""The pipeline of the theory: one claim through the whole path, and the errors of wrong entries."""

import pytest
from conftest import make_project, run_kedro
from mlflow import MlflowClient

from genlab.build import ConfigurationError
from genlab.errors import InputError
from pipelines import pipeline_registry, session
from pipelines.theory.densities import check_claims, with_densities
from pipelines.theory.parameters import wrong_entry

RING = {"class": "genlab.densities.gaussians.ring"}
ENTRY = {
    "seed": 0,
    "only": None,
    "densities": {"ring": RING},
    "claims": {"cross_entropy": {"class": "genlab.theory.cross_entropy.CrossEntropy"}},
}


def test_one_claim_through_the_whole_path(tmp_path, monkeypatch):
    project = make_project(tmp_path, recipes=("gan",))
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    given = {"theory": {"only": "cross_entropy"}}
    run_kedro(project, "theory", **given)
    html = (project / "data/08_reporting/theory/theory.html").read_text()
    assert "Cross-entropy is the critic" in html
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    (run,) = client.search_runs([client.get_experiment_by_name("genlab").experiment_id])
    assert run.info.run_name == "theory cross_entropy" and run.data.tags["claim.cross_entropy"] == "holds"
    assert run.data.tags["mlflow.note.content"].startswith("**1 of 1 claims hold.**")
    assert run.data.metrics["cross_entropy/error rate of model 1"] == 0.25
    assert {"theory.html", "cross_entropy", "parameters.yml"} <= {file.path for file in client.list_artifacts(run.info.run_id)}
    listing = project / "data/08_reporting/theory/cross_entropy/claim.json"
    before = listing.read_bytes()
    run_kedro(project, "theory", ["measure"], **given)
    assert listing.read_bytes() == before  # no date and no path of this machine


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"only": "cross_entrpy"}, "theory.only: got 'cross_entrpy', expected null for all claims, or one of cross_entropy. Did you mean"),
        ({"seed": -1}, "theory.seed: got -1, expected a whole number from 0 on."),
        ({"claim": {}}, "theory.claim: there is no key 'claim'. Did you mean 'claims'"),
        ({"claims": {}}, "theory.claims: got {}, expected a mapping"),
        ({"densities": {"my ring": RING}}, "theory.densities: got the name 'my ring'"),
        ({"claims": {"mine": 3}}, "theory.claims.mine: got 3, expected {class:"),
    ],
)
def test_wrong_entries_are_named(change, message):
    assert wrong_entry(ENTRY | change).startswith(message)


def test_a_usable_entry_has_no_message():
    assert wrong_entry(ENTRY) == ""


def test_an_entry_that_is_no_mapping_is_refused_by_its_own_pipeline():
    with session.using(session.Session(session.ROOT, {"theory": [1], "images": {}})):
        pipelines = pipeline_registry.register_pipelines()
    with pytest.raises(InputError, match=r"theory: got \[1\], expected a mapping"):
        pipelines["theory"].nodes[0].run({})


def test_names_of_densities_become_their_descriptions():
    claim = {"class": "c", "density": "ring", "inner": {"densities": ["ring"]}, "other": "ring"}
    assert with_densities(claim, {"ring": RING}, "claim") == {
        "class": "c",
        "density": RING,
        "inner": {"densities": {"ring": RING}},
        "other": "ring",
    }
    with pytest.raises(ConfigurationError, match=r"claim\.density: 'rnig' is not a density. Did you mean 'ring'"):
        with_densities({"density": "rnig"}, {"ring": RING}, "claim")


def test_a_wrong_key_of_a_claim_is_an_error_before_anything_is_measured():
    wrong = {"cross_entropy": {"class": "genlab.theory.cross_entropy.CrossEntropy", "logit": 3}}
    with pytest.raises(ConfigurationError, match=r"theory\.claims\.cross_entropy\.logit: .* Did you mean 'logits'"):
        check_claims(ENTRY | {"claims": wrong})
