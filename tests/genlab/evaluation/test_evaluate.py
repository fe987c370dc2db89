"""Evaluation of sampling recipes without Kedro, with simple stand-ins for the recipe, the extractor and the classifier."""

import io
import json
import logging

import numpy as np
import pytest
import torch
from stand_ins import Classifiers, Conditional, Means, Staged, Styled, fit_in_no_time, image_set, of_split, relabelled

from genlab.engine.in_order import Batches
from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.evaluation.evaluate import evaluate
from genlab.evaluation.scores import Evaluation, Group, GroupName, Headline
from genlab.images.pixels import to_channels_first, to_unit
from genlab.pictures.mosaic import GAP, HEADING


class Blend(Recipe):
    """A sample is a softmax-weighted blend of the images in a bank; higher sharpness favours the image of the largest latent."""

    def __init__(self, latent_size: int, channels: int = 1, sharpness: float = 1.0):
        super().__init__()
        self.latent_size, self.sharpness, self.updates = latent_size, sharpness, {}
        self.register_buffer("bank", torch.rand(latent_size, channels, 16, 16) * 2 - 1)

    def sample(self, latents):
        return torch.einsum("nk,kchw->nchw", torch.softmax(latents * self.sharpness, 1), self.bank)


@pytest.fixture(autouse=True)
def taught(monkeypatch):
    """List of the sets on which classifiers were trained."""
    return fit_in_no_time(monkeypatch)


def metrics_of(result):
    """The scores as JSON, after a check that they can be read back."""
    metrics = result.scores.to_json()
    assert Evaluation.from_json(json.loads(json.dumps(metrics, allow_nan=False))) == result.scores
    return metrics


def blend(images, seed=0, sharpness=1.0, latent_size=16):
    """Evaluate a recipe that has memorised its first training images; return metrics, sample sheet, and pictures by name."""
    torch.manual_seed(seed)
    untrained, trained = (Blend(latent_size, images.images.shape[3], sharpness) for _ in range(2))
    learnt = images.images[images.indices("train")[:latent_size]]
    trained.load_state_dict({"bank": to_unit(to_channels_first(learnt))})
    classifiers = Classifiers() if images.classes else None  # an unlabelled set needs none
    result = evaluate(trained, untrained, images, Means(), classifiers)
    return metrics_of(result), result.samples, result.pictures


@pytest.mark.parametrize(("channels", "kind"), [(1, "labelled"), (3, "unlabelled")])
def test_scores_come_with_their_baselines_and_protocol(channels, kind):
    images = image_set(channels=channels, kind=kind)
    metrics, samples, pictures = blend(images)
    rows = metrics["samples"]
    assert list(rows) == ["generated", "untrained", "training images", "held-out images"]
    quality = {"kid_means", "kid_means_spread", "fid_means", "precision", "recall", "density", "coverage", "ndb"}
    assert set(rows["generated"]) == set(rows["untrained"]) == quality | {"nearest_training", "memorised"}
    assert set(rows["training images"]) == quality and set(rows["held-out images"]) == {"nearest_training", "memorised"}
    assert all(type(value) is float and np.isfinite(value) for scores in rows.values() for value in scores.values())
    assert metrics["headline"] == {"name": "kid_means", "value": rows["generated"]["kid_means"], "lower_is_better": True}
    protocol = metrics["protocol"]
    assert protocol["images"] == {"held_out": 20, "generated": 20, "untrained": 20} and protocol["training_images"] == 40
    assert protocol["size"] == [16, 16] and protocol["sampling_seed"] == 0 and len(protocol["reference_sha256"]) == 64
    # Training images score best, noise scores worst.
    assert rows["training images"]["kid_means"] < rows["generated"]["kid_means"] < rows["untrained"]["kid_means"]
    assert rows["training images"]["precision"] > 0.5 and rows["untrained"]["precision"] == 0
    assert rows["untrained"]["nearest_training"] > rows["held-out images"]["nearest_training"] > 0
    assert samples.width > 100 and set(pictures) == {"interpolation", "neighbours", "truncation"}
    in_domain = ["in_domain"] if kind == "labelled" else []
    assert list(metrics) == ["headline", "protocol", "samples", *in_domain, "further"]  # no classes, likelihood, latents or components
    assert ("classifier" in protocol) == (kind == "labelled") and not {"labels", "training_sampling", "cas"} & set(protocol)


def test_copies_of_training_images_score_well_and_are_detected_by_their_distance():
    copies, blends = (blend(image_set(), sharpness=sharpness)[0]["samples"] for sharpness in (1e6, 1.0))
    assert copies["generated"]["nearest_training"] == 0 < blends["generated"]["nearest_training"]
    assert copies["generated"]["kid_means"] < blends["generated"]["kid_means"]
    assert copies["held-out images"] == blends["held-out images"]


QUALITY = ["kid_in_domain", "kid_in_domain_spread", "fid_in_domain", "precision", "recall", "density", "coverage"]


def test_a_labelled_set_is_also_scored_with_its_own_classifier():
    rows = blend(image_set())[0]["in_domain"]
    assert list(rows) == ["generated", "untrained", "training images"]
    assert all(list(row) == QUALITY for row in rows.values())
    # The stand-in classifier has the extractor's features, so both groups must agree.
    for name, row in blend(image_set())[0]["samples"].items():
        if name in rows:
            assert [rows[name]["kid_in_domain"], rows[name]["fid_in_domain"]] == [row["kid_means"], row["fid_means"]]
            assert rows[name]["recall"] == row["recall"]


def test_models_of_different_training_seeds_are_scored_on_equal_latents():
    first, second = blend(image_set(), seed=0), blend(image_set(), seed=1)
    for name in ("generated", "training images", "held-out images"):
        assert first[0]["samples"][name] == second[0]["samples"][name]
    assert first[0]["samples"]["untrained"] != second[0]["samples"]["untrained"]
    assert first[0]["protocol"] == second[0]["protocol"]
    assert first[1].tobytes() == second[1].tobytes()
    assert all(first[2][name].tobytes() == second[2][name].tobytes() for name in first[2])


PATHS = {"W": {"ppl_means": 1.0}, "Z": {"ppl_means": 2.0}}


@pytest.fixture
def paths(monkeypatch):
    """Replace the path length scores by constants: the stand-in has no styles to interpolate."""
    found = Group.from_json(GroupName.PATH_LENGTH, PATHS)
    distances = {"W": Batches(1, 1, lambda start, stop: None)}
    monkeypatch.setattr("genlab.evaluation.drawing.path_distances", lambda generator, extractor, pairs: distances)
    monkeypatch.setattr("genlab.evaluation.evaluate.path_length_scores", lambda distances, extractor: found)


@pytest.mark.parametrize(("kind", "features"), [("unlabelled", "means"), ("labelled", "in_domain")])
def test_a_style_based_recipe_is_also_scored_by_psi(kind, features, paths):
    images, untruncated = image_set(kind=kind), "latents from N(0, 1), not truncated"
    assert blend(images)[0]["protocol"]["samples"] == untruncated
    trained, untrained = Styled(), Styled()
    trained.bank.zero_()
    result = evaluate(trained, untrained, images, Staged(), Classifiers() if images.classes else None)
    metrics, samples, pictures = metrics_of(result), result.samples, result.pictures
    assert list(metrics) == [
        "headline",
        "protocol",
        "samples",
        *(["in_domain"] if images.classes else []),
        "truncation",
        "path_length",
        "further",
    ]
    assert metrics["path_length"] == PATHS and "the same noise at both ends" in metrics["protocol"]["path_length"]
    assert list(metrics["truncation"]) == ["1", "0.9", "0.8", "0.7", "0.5", "0.3"]
    assert all(list(row) == [f"kid_{features}", "precision", "recall"] for row in metrics["truncation"].values())
    own = metrics["in_domain" if images.classes else "samples"]["generated"]
    assert metrics["truncation"]["1"] == pytest.approx({name: own[name] for name in metrics["truncation"]["1"]}, rel=1e-9)
    assert metrics["truncation"]["0.3"] != metrics["truncation"]["1"]
    assert metrics["protocol"]["samples"] == f"{untruncated}; psi = 1; noise from N(0, 1) for each image"
    assert set(pictures) == {"interpolation", "neighbours", "truncation", "truncation_curve"}
    row = np.asarray(pictures["truncation"])[HEADING : HEADING + 64, :: 64 + GAP, 0]  # psi = 0: the mean, grey, with equal noise
    assert row.shape[1] == 12 and np.ptp(row) == 0 and np.ptp(np.asarray(samples)[HEADING : HEADING + 64, :: 64 + GAP, 0]) > 0


def test_without_activations_there_is_no_path_length():
    result = evaluate(Styled(), Styled(), image_set(kind="unlabelled"), Means())
    assert result.scores.group(GroupName.PATH_LENGTH) is None and result.scores.protocol.path_length is None


def test_pictures_are_small_and_exist_even_for_few_images(caplog):
    caplog.set_level(logging.INFO, "genlab")
    metrics, samples, pictures = blend(image_set(training=2, held_out=2), latent_size=2)
    assert metrics["protocol"]["images"]["held_out"] == 2
    for picture in (samples, *pictures.values()):
        file = io.BytesIO()
        picture.save(file, "PNG")
        assert file.tell() < 300_000
    assert "2 samples" in caplog.text and len(caplog.records) < 5


@pytest.mark.parametrize(("training", "held_out", "message"), [(8, 1, "holds out 1 images"), (1, 8, "has 1 training images")])
def test_too_few_images_are_an_error_with_a_remedy(training, held_out, message):
    with pytest.raises(InputError, match=f"'ramps' {message}; scoring needs at least 2. Add images"):
        blend(image_set(training, held_out), latent_size=1)


def learnt(recipe, images):
    """The recipe with the mean image of each class in its bank."""
    pixels, truth = of_split(images, "train")
    means = np.stack([pixels[truth == number].mean(0) for number in range(2)]).astype(np.uint8)
    recipe.load_state_dict({"bank": to_unit(to_channels_first(means))})
    return recipe


def test_a_conditional_recipe_is_scored_per_class():
    images = image_set(training=60, held_out=40, names=("T-shirt/top", "Food & Drink"))
    result = evaluate(learnt(Conditional(), images), Conditional(), images, Means(), Classifiers(), sampling="balanced")
    metrics, samples, pictures = metrics_of(result), result.samples, result.pictures
    groups = {"samples", "further", "in_domain", "classes", "kid_within_classes", "truncation"}
    assert list(metrics)[:2] == ["headline", "protocol"] and set(list(metrics)[2:]) == groups
    assert list(metrics) == ["headline", "protocol", "samples", "in_domain", "classes", "kid_within_classes", "truncation", "further"]
    assert metrics["classes"]["generated"]["recognised"] == metrics["classes"]["generated"]["cas"] == 1
    assert set(metrics["classes"]["untrained"]) == {"recognised", "kid_means_within"}
    per_class = metrics["kid_within_classes"]["generated"]
    assert list(per_class) == ["Food & Drink", "T-shirt/top"]
    assert metrics["classes"]["generated"]["kid_means_within"] == pytest.approx(np.mean(list(per_class.values())))
    own = metrics["in_domain"]["generated"]
    assert metrics["truncation"]["none"] == pytest.approx({name: own[name] for name in metrics["truncation"]["none"]}, rel=1e-9)
    protocol = metrics["protocol"]
    assert protocol["labels"] == "those of the held-out images" and protocol["training_sampling"] == "balanced"
    assert protocol["cas"].startswith("60 generated images") and protocol["classifier"] == "nearest mean of 64,000 images"
    assert set(pictures) == {"interpolation", "neighbours", "truncation", "class_interpolation", "truncation_curve"}
    assert samples.size == (12 * (64 + GAP), 2 * (HEADING + 64 + GAP))
    assert pictures["class_interpolation"].size == (10 * (64 + GAP), HEADING + 64 + GAP)


def test_a_conditional_style_based_recipe_is_scored_per_class_and_by_psi(paths):
    images = image_set(training=60, held_out=40)
    result = evaluate(learnt(Styled(classes=2), images), Styled(classes=2), images, Staged(), Classifiers())
    metrics, samples, pictures = metrics_of(result), result.samples, result.pictures
    assert list(metrics) == [
        "headline",
        "protocol",
        "samples",
        "in_domain",
        "classes",
        "kid_within_classes",
        "truncation",
        "path_length",
        "further",
    ]
    assert metrics["classes"]["generated"]["recognised"] == metrics["classes"]["generated"]["cas"] == 1
    assert metrics["truncation"]["1"] == {name: metrics["in_domain"]["generated"][name] for name in metrics["truncation"]["1"]}
    assert set(pictures) == {"interpolation", "neighbours", "truncation", "class_interpolation", "truncation_curve"}
    assert samples.size == (12 * (64 + GAP), 2 * (HEADING + 64 + GAP))


def test_images_of_a_single_class_are_not_classified():
    images = image_set(training=20, held_out=20)
    images = relabelled(images, images.manifest.index, "left")
    result = evaluate(Conditional(), Conditional(), images, Means(), Classifiers())
    metrics, pictures = metrics_of(result), result.pictures
    assert list(metrics) == ["headline", "protocol", "samples", "further"] and set(pictures) >= {"truncation", "class_interpolation"}
    assert metrics["protocol"]["labels"] and not {"classifier", "cas"} & set(metrics["protocol"])


def test_without_classifiers_nothing_is_classified():
    images = image_set(training=20, held_out=20)
    metrics = metrics_of(evaluate(Conditional(), Conditional(), images, Means()))
    assert list(metrics) == ["headline", "protocol", "samples", "further"]


def test_the_headline_is_kid_of_the_samples_with_its_spread():
    recipe = Blend(16)
    scores = evaluate(recipe, recipe, image_set(), Means()).scores
    own = scores.group(GroupName.SAMPLES).own.values["kid_means"]
    assert scores.headline == Headline("kid_means", own.value, True, own.spread) and own.spread > 0
