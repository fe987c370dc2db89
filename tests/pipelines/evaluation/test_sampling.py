"""The evaluation of a recipe that samples, with a recipe and an extractor that can be seen through."""

import io
import json
import logging

import numpy as np
import pytest
import torch
from conftest import ROOT
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog
from PIL import Image
from stand_ins import BUDGET, COMPUTE, Classifiers, Means, Styled, fit_in_no_time, image_set, name_in_yaml

from genlab.engine import Recipe
from genlab.errors import InputError
from genlab.images.stream import to_channels_first, to_unit
from genlab.latents import normal
from genlab.pictures import GAP, HEADING
from pipelines import evaluation
from pipelines.datasets import Picture, Pictures, SetClassifiers
from pipelines.evaluation.nodes import BATCH_SIZE
from pipelines.evaluation.sampling import sampler, score_samples


class Blend(Recipe):
    """A sample is a blend of the images in a bank: the sharper, the more of the one with the largest latent."""

    def __init__(self, latent_size: int, channels: int = 1, sharpness: float = 1.0):
        super().__init__()
        self.latent_size, self.sharpness, self.updates = latent_size, sharpness, {}
        self.register_buffer("bank", torch.rand(latent_size, channels, 16, 16) * 2 - 1)

    def sample(self, latents):
        return torch.einsum("nk,kchw->nchw", torch.softmax(latents * self.sharpness, 1), self.bank)


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    """Lets a YAML name the recipe above."""
    name_in_yaml(monkeypatch, Blend)
    fit_in_no_time(monkeypatch)


def evaluate(images, seed=0, sharpness=1.0, latent_size=16):
    """A recipe that has learnt its first training images by heart, scored."""
    model = {"class": "genlab.recipes.stand_in.Blend", "latent_size": latent_size, "sharpness": sharpness}
    model["channels"] = images.images.shape[3]
    learnt = images.images[images.indices("train")[:latent_size]]
    classifiers = Classifiers() if images.classes else None  # none are asked for where the set is unlabelled
    return score_samples({"bank": to_unit(to_channels_first(learnt))}, model, images, COMPUTE, seed, Means(), classifiers, BUDGET)


@pytest.mark.parametrize(("channels", "kind"), [(1, "labelled"), (3, "unlabelled")])
def test_scores_stand_beside_their_baselines_and_say_how_they_were_made(channels, kind):
    images = image_set(channels=channels, kind=kind)
    metrics, samples, pictures = evaluate(images)
    rows = metrics["samples"]
    assert list(rows) == ["generated", "untrained", "training images", "held-out images"]
    quality = {"kid_means", "kid_means_spread", "fid_means", "precision", "recall", "ndb"}
    assert set(rows["generated"]) == set(rows["untrained"]) == quality | {"nearest_training"}
    assert set(rows["training images"]) == quality and set(rows["held-out images"]) == {"nearest_training"}
    assert all(type(value) is float and np.isfinite(value) for scores in rows.values() for value in scores.values())
    assert metrics["headline"] == {"name": "kid_means", "value": rows["generated"]["kid_means"], "lower_is_better": True}
    protocol = metrics["protocol"]
    assert protocol["images"] == {"held_out": 20, "generated": 20} and protocol["training_images"] == 40
    assert protocol["size"] == [16, 16] and protocol["sampling_seed"] == 0 and len(protocol["reference_sha256"]) == 64
    assert json.loads(json.dumps(metrics)) == metrics
    # Training images are the best that can be had, noise is the worst.
    assert rows["training images"]["kid_means"] < rows["generated"]["kid_means"] < rows["untrained"]["kid_means"]
    assert rows["training images"]["precision"] > 0.5 and rows["untrained"]["precision"] == 0
    assert rows["untrained"]["nearest_training"] > rows["held-out images"]["nearest_training"] > 0
    assert samples.width > 100 and set(pictures) == {"interpolation", "neighbours", "truncation"}
    in_domain = ["in_domain"] if kind == "labelled" else []
    assert list(metrics) == ["headline", "protocol", "samples", *in_domain]  # no classes, likelihood, latents of images, components
    assert ("classifier" in protocol) == (kind == "labelled") and not {"labels", "training_sampling", "cas"} & set(protocol)


def test_copies_of_training_images_score_well_and_are_told_by_their_distance():
    copies, blends = (evaluate(image_set(), sharpness=sharpness)[0]["samples"] for sharpness in (1e6, 1.0))
    assert copies["generated"]["nearest_training"] == 0 < blends["generated"]["nearest_training"]
    assert copies["generated"]["kid_means"] < blends["generated"]["kid_means"]
    assert copies["held-out images"] == blends["held-out images"]


def test_a_labelled_set_is_also_seen_by_a_classifier_of_its_own():
    rows = evaluate(image_set())[0]["in_domain"]
    assert list(rows) == ["generated", "untrained", "training images"]
    assert all(list(row) == ["kid_in_domain", "kid_in_domain_spread", "fid_in_domain", "precision", "recall"] for row in rows.values())
    # The stand-in's features are the extractor's, so that both groups must say the same.
    for name, row in evaluate(image_set())[0]["samples"].items():
        if name in rows:
            assert [rows[name]["kid_in_domain"], rows[name]["fid_in_domain"]] == [row["kid_means"], row["fid_means"]]
            assert rows[name]["recall"] == row["recall"]


def test_models_of_any_training_seed_are_scored_alike():
    first, second = evaluate(image_set(), seed=0), evaluate(image_set(), seed=1)
    for name in ("generated", "training images", "held-out images"):
        assert first[0]["samples"][name] == second[0]["samples"][name]
    assert first[0]["samples"]["untrained"] != second[0]["samples"]["untrained"]
    assert first[0]["protocol"] == second[0]["protocol"]
    assert first[1].tobytes() == second[1].tobytes()
    assert all(first[2][name].tobytes() == second[2][name].tobytes() for name in first[2])


def test_each_image_has_noise_of_its_own_by_its_place_alone_or_all_have_one():
    recipe, count = Styled(), 2 * BATCH_SIZE + 7
    recipe.bank.zero_()
    sample, alike = sampler(recipe, torch.device("cpu")), sampler(recipe, torch.device("cpu"), own_noise=False)
    zeros = torch.zeros(count, 3)
    shades = sample(zeros)[:, 0, 0, 0]
    assert len(set(shades.tolist())) == count and shades.std() == pytest.approx(1 / 50, rel=0.3)
    torch.manual_seed(1)
    assert all(torch.equal(sample(zeros[:few])[:, 0, 0, 0], shades[:few]) for few in (1, BATCH_SIZE, BATCH_SIZE + 5, count))
    assert alike(zeros).unique().tolist() == [0]
    latents = normal(count, 3, seed=0)
    for psi in (0.0, 0.5):
        assert torch.allclose(alike(latents, None, psi)[:, 0, 0, 0], psi * latents[:, 0] / 10)
        assert torch.allclose(sample(latents, None, psi)[:, 0, 0, 0], psi * latents[:, 0] / 10 + shades)


PATHS = {"W": {"ppl_means": 1.0}, "Z": {"ppl_means": 2.0}}  # of no generator: the stand-in has no styles to walk between


@pytest.mark.parametrize(("kind", "features"), [("unlabelled", "means"), ("labelled", "in_domain")])
def test_a_recipe_of_styles_is_also_scored_by_psi(kind, features, monkeypatch):
    images, untruncated = image_set(kind=kind), "as many as held-out images, latents from N(0, 1), not truncated"
    assert evaluate(images)[0]["protocol"]["samples"] == untruncated
    name_in_yaml(monkeypatch, Styled)
    monkeypatch.setattr("pipelines.evaluation.sampling.path_length_scores", lambda generator, extractor: PATHS)
    checkpoint, model = {"bank": torch.zeros(1, 1, 16, 16)}, {"class": "genlab.recipes.stand_in.Styled"}
    classifiers = Classifiers() if images.classes else None
    metrics, samples, pictures = score_samples(checkpoint, model, images, COMPUTE, 0, Means(), classifiers, BUDGET)
    assert list(metrics) == ["headline", "protocol", "samples", *(["in_domain"] if images.classes else []), "truncation", "path_length"]
    assert metrics["path_length"] is PATHS and "the same noise at both ends" in metrics["protocol"]["path_length"]
    assert list(metrics["truncation"]) == ["1", "0.9", "0.8", "0.7", "0.5", "0.3"]
    assert all(list(row) == [f"kid_{features}", "precision", "recall"] for row in metrics["truncation"].values())
    own = metrics["in_domain" if images.classes else "samples"]["generated"]
    assert metrics["truncation"]["1"] == {name: own[name] for name in metrics["truncation"]["1"]}
    assert metrics["truncation"]["0.3"] != metrics["truncation"]["1"]
    assert metrics["protocol"]["samples"] == f"{untruncated}; psi = 1; noise from N(0, 1) for each image"
    assert set(pictures) == {"interpolation", "neighbours", "truncation", "truncation_curve"}
    row = np.asarray(pictures["truncation"])[HEADING : HEADING + 64, :: 64 + GAP, 0]  # psi = 0: the mean, grey, and no noise that differs
    assert row.shape[1] == 12 and np.ptp(row) == 0 and np.ptp(np.asarray(samples)[HEADING : HEADING + 64, :: 64 + GAP, 0]) > 0


def test_pictures_are_small_and_there_even_where_few_images_are(caplog):
    caplog.set_level(logging.INFO, "pipelines")
    metrics, samples, pictures = evaluate(image_set(training=2, held_out=2), latent_size=2)
    assert metrics["protocol"]["images"]["held_out"] == 2
    for picture in (samples, *pictures.values()):
        file = io.BytesIO()
        picture.save(file, "PNG")
        assert file.tell() < 300_000
    assert "2 samples" in caplog.text and len(caplog.records) < 5


@pytest.mark.parametrize(("training", "held_out", "message"), [(8, 1, "holds out 1 images"), (1, 8, "has 1 training images")])
def test_too_few_images_are_an_error_that_says_what_to_do(training, held_out, message):
    with pytest.raises(InputError, match=f"'ramps' {message}; scoring needs at least 2. Add images"):
        evaluate(image_set(training, held_out), latent_size=1)


@pytest.mark.parametrize("translates", [True, False])
def test_both_ways_are_one_node_whose_results_the_catalog_keeps(translates):
    (node,) = evaluation.create_pipeline(translates).nodes
    assert node.name == "evaluate" and node.tags == {"evaluate"}
    assert node.outputs == ["metrics", "samples"] + ([] if translates else ["pictures"])
    assert ({"classifiers", "params:budget"} <= set(node.inputs)) != translates
    catalog = DataCatalog.from_config(OmegaConfigLoader(str(ROOT / "conf"), base_env="base", default_run_env="base")["catalog"])
    for name, (kind, file) in {"samples": (Picture, "samples.png"), "pictures": (Pictures, "pictures")}.items():
        dataset = catalog.get(f"gan.{name}")
        assert isinstance(dataset, kind) and dataset.filepath.name == file and dataset.filepath.parent.name == "gan"
        assert dataset.metadata == {"mlflow": "artifact", "folder": "samples"}
    assert isinstance(catalog.get("classifiers"), SetClassifiers)


def test_a_folder_of_pictures_holds_those_of_the_last_time_alone(tmp_path):
    dataset = Pictures(str(tmp_path / "pictures"))
    black, white = (Image.new("RGB", (4, 4), colour) for colour in ("black", "white"))
    dataset.save({"old": black, "kept": black})
    dataset.save({"kept": white, "new": black})
    assert {name: picture.getpixel((0, 0))[0] for name, picture in dataset.load().items()} == {"kept": 255, "new": 0}
