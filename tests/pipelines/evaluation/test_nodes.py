"""Tests of the evaluation node, an adapter of genlab.evaluation, and of the catalog entries of its results."""

import torch
from conftest import ROOT
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog
from stand_ins import Classifiers, Conditional, Means, fit_in_no_time, image_set, name_in_yaml

from genlab.engine.seeding import seed_everything
from genlab.engine.weights import digest
from genlab.evaluation.evaluate import evaluate
from genlab.evaluation.settings import Settings
from pipelines import evaluation
from pipelines.datasets import CacheFolder, Picture, Pictures
from pipelines.evaluation.nodes import score
from pipelines.evaluation.parameters import SETTINGS
from pipelines.training.parameters import Budget


class Cached(Means):
    """An extractor that is created with the folder of its cache."""

    def __init__(self, cache):
        assert cache.name == "extractors"


COMPUTE = {"class": "genlab.engine.compute.Compute", "device": "cpu", "compile": False}


def test_evaluation_is_one_node_and_its_results_are_in_the_catalog():
    (node,) = evaluation.create_pipeline().nodes
    assert node.name == "evaluate" and node.tags == {"evaluate"}
    assert node.outputs == ["metrics", "samples", "pictures"]
    catalog = DataCatalog.from_config(OmegaConfigLoader(str(ROOT / "conf"), base_env="base", default_run_env="base")["catalog"])
    for name, (kind, file) in {"samples": (Picture, "samples.png"), "pictures": (Pictures, "pictures")}.items():
        dataset = catalog.get(f"gan.{name}")
        assert isinstance(dataset, kind) and dataset.filepath.name == file and dataset.filepath.parent.name == "gan"
        assert dataset.metadata == {"mlflow": "artifact", "folder": "samples", "kedro-viz": {"layer": "reporting"}}
    assert isinstance(catalog.get("caches"), CacheFolder)


def test_the_node_builds_both_recipes_from_the_seed_and_the_checkpoint_and_returns_json(monkeypatch, tmp_path):
    fit_in_no_time(monkeypatch)
    name_in_yaml(monkeypatch, Conditional, Cached)
    monkeypatch.setattr("genlab.extractors.classifier_cache.Classifiers", lambda folder, budget: Classifiers())
    images, budget = image_set(), Budget(images=8, batch_size=4, sampling="balanced")
    checkpoint, model = {"bank": torch.rand(2, 1, 16, 16)}, {"class": "genlab.recipes.stand_in.Conditional"}
    evaluation = {"class": SETTINGS, "extractor": {"class": "genlab.recipes.stand_in.Cached"}, "samples": 30}
    metrics, samples, pictures = score(checkpoint, model, images, COMPUTE, 3, evaluation, tmp_path, budget, {})
    seed_everything(3)
    untrained, trained = Conditional(), Conditional()
    trained.load_state_dict(checkpoint)
    expected = evaluate(trained, untrained, images, Means(), Classifiers(), sampling="balanced", settings=Settings(samples=30))
    scores = expected.scores._replace(checkpoint=digest(checkpoint))
    assert metrics == scores.to_json() and metrics["protocol"]["training_sampling"] == "balanced"
    assert samples.tobytes() == expected.samples.tobytes() and set(pictures) == set(expected.pictures)
