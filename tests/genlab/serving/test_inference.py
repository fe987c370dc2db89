"""Inference of released models against the recipes that they were exported from, with the same random numbers."""

import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import norm
from served_networks import facts_of, make_release, sampling_network
from stand_ins import ADAM, COMPUTE, image_set

import genlab
from genlab.build import build
from genlab.images.pixels import to_bytes, to_channels_first, to_unit
from genlab.serving.errors import RequestError
from genlab.serving.inference import Inference, log_normal, log_sum
from genlab.serving.preparation import Preparation, prepared

CODER = {"size": 16, "channels": 1, "latent_size": 3, "hidden": [8]}


def vae(likelihood: dict, outputs: int, classes: int = 0, components: int = 0) -> dict:
    coder = CODER | {"classes": classes}
    prior = {"class": "genlab.variational.priors.Mixture", "latent_size": 3, "components": components} if components else None
    return {
        "class": "genlab.recipes.vae.VAE",
        "likelihood": {**likelihood, "class": f"genlab.variational.likelihoods.{likelihood['class']}"},
        "encoder": {"class": "genlab.networks.coders.FullyConnectedEncoder", **coder},
        "decoder": {"class": "genlab.networks.coders.FullyConnectedDecoder", **coder, "outputs": outputs},
        "optimizer": ADAM,
        "prior": prior,
        "importance_samples": [7],
    }


def mixture(covariance: str, projection: int = 0, **more) -> dict:
    reduced = {"class": "genlab.mixtures.projection.PrincipalComponents", "dimensions": projection} if projection else None
    return {
        "class": "genlab.recipes.mixture.Mixture",
        "size": 16,
        "components": 3,
        "covariance": {"class": f"genlab.mixtures.{covariance}", "partial": True, **more},
        "start": {"class": "genlab.mixtures.starts.KMeans", "restarts": 1},
        "projection": reduced,
    }


VAES = {
    "logistic": vae({"class": "DiscretisedLogistic"}, 2),
    "gaussian, labels": vae({"class": "Gaussian"}, 1, classes=2),
    "gaussian, real numbers": vae({"class": "Gaussian", "levels": None}, 1),
    "bernoulli, components": vae({"class": "Bernoulli"}, 1, components=4),
    "predicted, labels, components": vae({"class": "Gaussian", "deviation": "predicted"}, 2, classes=2, components=3),
}
MIXTURES = {
    "full": mixture("covariances.Full", projection=5, regularisation=1.0e-3),
    "tied": mixture("covariances.Tied", projection=4, regularisation=1.0e-3),
    "diagonal": mixture("covariances.Diagonal", regularisation=1.0e-3),
    "diagonal, real numbers": mixture("covariances.Diagonal", regularisation=1.0e-3) | {"levels": None},
    "spherical": mixture("covariances.Spherical", regularisation=1.0e-3),
    "low rank": mixture("low_rank.LowRank", rank=2, least=1.0e-3),
    "low rank, projected": mixture("low_rank.LowRank", projection=6, rank=2, least=1.0e-3),
}


@pytest.fixture(scope="module", params=[*VAES, *MIXTURES])
def released(request, tmp_path_factory):
    """A recipe after a short training, its inference, and the images (N, H, W, C) with labels of its set."""
    images, model = image_set(), (VAES | MIXTURES)[request.param]
    trained = genlab.fit(model, images, budget=80, batch_size=20, compute=build(COMPUTE))
    folder = tmp_path_factory.mktemp("inference") / "release"
    genlab.release(trained, images, folder, tolerance=1e-3)
    return trained.recipe.eval(), Inference(folder), images


def batch_of(images, index: int) -> tuple[np.ndarray, int, dict[str, torch.Tensor]]:
    """Pixels, label and batch of one image."""
    label = images.classes.index(images.manifest["label"][index])
    unit = to_unit(to_channels_first(images.images[index : index + 1]))
    return images.images[index], label, {"image": unit, "label": torch.tensor([label])}


@pytest.fixture
def same_draws(monkeypatch):
    """Let torch draw what numpy's generator of seed 0 draws."""
    random = np.random.default_rng([0])
    monkeypatch.setattr("torch.rand_like", lambda like: torch.from_numpy(random.random(like.shape)).to(like))
    monkeypatch.setattr("torch.randn_like", lambda like: torch.from_numpy(random.standard_normal(like.shape)).to(like))


def test_the_log_likelihood_is_that_of_the_recipe(released, same_draws):
    recipe, inference, images = released
    pixels, label, batch = batch_of(images, 3)
    expected = float(next(iter(recipe.bounds(batch).values()))[0])
    score = inference.score(pixels, label, samples=7)
    assert score.nats == pytest.approx(expected, rel=1e-4)
    assert score.bits_per_dimension == pytest.approx(-expected / 256 / math.log(2), rel=1e-4)


def test_reconstructions_and_responsibilities_are_those_of_the_recipe(released, monkeypatch):
    recipe, inference, images = released
    for index in (0, 50):
        pixels, label, batch = batch_of(images, index)
        random = np.random.default_rng([0])
        monkeypatch.setattr("torch.rand_like", lambda like, random=random: torch.from_numpy(random.random(like.shape)).to(like))
        expected = to_bytes(recipe.reconstruct(batch))[0].permute(1, 2, 0).numpy().astype(int)
        assert np.abs(inference.reconstruct(pixels, label) - expected).max() <= 1
        if recipe.components:
            random = np.random.default_rng([0])
            monkeypatch.setattr("torch.rand_like", lambda like, random=random: torch.from_numpy(random.random(like.shape)).to(like))
            shares = inference.responsibilities(pixels, label)
            assert np.abs(shares - recipe.responsibilities(batch)[0].numpy()).max() < 1e-3 and shares.sum() == pytest.approx(1)
        else:
            with pytest.raises(RequestError, match="has no components: its prior is a single normal"):
                inference.responsibilities(pixels, label)


def test_latents_are_those_of_the_encoder(released, same_draws):
    recipe, inference, images = released
    pixels, label, batch = batch_of(images, 7)
    if not inference.encodes:
        with pytest.raises(RequestError, match="has no encoder: a mixture has components instead of latents"):
            inference.encode(pixels, label)
        return
    for got, expected in zip(inference.encode(pixels, label), recipe.encode(batch), strict=True):
        assert got.shape == (3,) and np.abs(got - expected[0].numpy()).max() < 1e-4


def test_a_model_that_only_samples_is_refused(tmp_path):
    with pytest.raises(RequestError, match="can't infer from images: only variational autoencoders and mixtures can"):
        Inference(make_release(tmp_path / "release", facts_of([]), generator=sampling_network(False)))


def test_preparations():
    pixels, random = np.array([[0, 127, 128, 255]], np.uint8)[..., None], np.random.default_rng(0)
    assert prepared(pixels, Preparation(), random).ravel().tolist() == pytest.approx([-1, -1 / 255, 1 / 255, 1], abs=1e-6)
    assert prepared(pixels, Preparation("binarise"), random).ravel().tolist() == [0, 0, 1, 1]
    drawn = np.mean([prepared(pixels, Preparation("draw"), random).ravel() for _ in range(4000)], 0)
    assert np.abs(drawn - pixels.ravel() / 255).max() < 0.03
    for levels in (256, 17):
        moved = np.stack([prepared(pixels, Preparation("dequantise", levels), random).ravel() for _ in range(500)])
        level = np.rint(pixels.ravel() / 255 * (levels - 1)) * 2 / (levels - 1) - 1
        assert np.abs(moved - level).max() <= 1 / (levels - 1) + 1e-6 and np.abs(moved.mean(0) - level).max() < 0.2 / (levels - 1)


def test_logarithms_do_not_overflow():
    values = np.array([[-2000.0, -2001.0], [3.0, 700.0]])
    assert np.allclose(log_sum(values), logsumexp(values, 1))
    assert np.allclose(log_normal(values / 1000), norm.logpdf(values / 1000).sum(1))
