"""Likelihoods of mixtures and autoencoders: quadratures against closed forms of linear models, and the claim at small settings."""

import math

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, MultivariateNormal, Normal, kl_divergence

from genlab.build import build
from genlab.densities.gaussians import on_line, ring
from genlab.densities.quadrature import nodes
from genlab.errors import InputError
from genlab.theory.latent_models import autoencoder_of, density_of, drawn, fitted, measured
from genlab.theory.likelihoods import Likelihoods
from genlab.theory.vae_quadrature import aggregate_posterior, finite_mixture, latents, log_likelihood, posterior_divergence

SMALL = {
    "samples": 200,
    "repeats": 1,
    "passes": 10,
    "points": 64,
    "turns": 4,
    "batch_size": 16,
    "hidden": [8],
    "fresh": 10,
    "importance": [1, 10],
    "finite": [10],
    "line_nodes": 201,
    "plane_nodes": 41,
    "pixels": 21,
}
SIDES = {1: 801, 2: 201}


def linear(size):
    """An autoencoder without hidden layers, whose p(x) and p(z | x) are normal: W, b, the deviation, and points."""
    torch.manual_seed(size)
    vae = build(autoencoder_of(size, 2, (), 1e-3, (1, 10)), "model").eval()
    with torch.no_grad():
        vae.encoder.layers[0].weight.mul_(0.3)
    layer = vae.decoder.layers[0]
    deviation = vae.likelihood.parameters_of(torch.zeros(1, 2, 1, 1))[1].exp().item()
    return vae, layer.weight.detach().double(), layer.bias.detach().double(), deviation, torch.randn(5, 2, 1, 1)


@pytest.mark.parametrize("size", [1, 2])
def test_the_likelihood_of_a_linear_autoencoder_is_that_of_probabilistic_pca(size):
    vae, W, b, deviation, images = linear(size)
    expected = MultivariateNormal(b, W @ W.T + deviation**2 * torch.eye(2)).log_prob(images.flatten(1).double())
    assert torch.allclose(log_likelihood(vae, images, latents(vae, SIDES[size])), expected, atol=1e-5)


@pytest.mark.parametrize("size", [1, 2])
def test_the_gap_of_a_linear_autoencoder_is_the_divergence_of_two_normals(size):
    vae, W, b, deviation, images = linear(size)
    precision = torch.eye(size) + W.T @ W / deviation**2
    mean, log_variance = (each.double() for each in vae.encode({"image": images}))
    found = posterior_divergence(vae, images, log_likelihood(vae, images, latents(vae, SIDES[size])))
    for row in range(len(images)):
        posterior = MultivariateNormal(
            torch.linalg.solve(precision, W.T @ (images[row].flatten().double() - b) / deviation**2), torch.linalg.inv(precision)
        )
        q = MultivariateNormal(mean[row], log_variance[row].exp().diag())
        assert found[row].item() == pytest.approx(kl_divergence(q, posterior).item(), abs=1e-4)


def test_the_aggregate_posterior_is_the_mixture_of_posteriors():
    vae, *_, images = linear(2)
    over = latents(vae, 51)
    mean, log_variance = (each.double() for each in vae.encode({"image": images}))
    mixture = MixtureSameFamily(Categorical(torch.ones(5).double()), Independent(Normal(mean, (log_variance / 2).exp()), 1))
    assert torch.allclose(aggregate_posterior(vae, images, over), mixture.log_prob(over.points), atol=1e-9)


def test_finite_mixtures_tend_to_the_autoencoder():
    vae, *_, images = linear(1)
    exact = log_likelihood(vae, images, latents(vae, 801)).mean()
    errors = [abs(float(finite_mixture(vae, images, count).mean() - exact)) for count in (3, 30, 3000)]
    assert errors[0] > errors[1] > errors[2] and errors[2] < 1e-3


def test_importance_weighted_bounds_lie_between_the_elbo_and_the_exact_likelihood():
    vae, *_, images = linear(1)
    density = ring(deviation=0.2)
    found = measured(vae, images.flatten(1).double() * density.extent, density, latents(vae, 801), 0)
    assert found.bounds["iwae_1"] <= found.bounds["iwae_10"] <= found.exact + 0.1
    assert found.mass == pytest.approx(1, abs=1e-6)


def test_a_fitted_mixture_has_its_density_per_volume_of_points_and_finds_all_modes():
    density = ring(modes=3, deviation=0.3)
    over = nodes(density.extent, 101)
    found = fitted(density, 400, 20, over, 0)
    assert found.found == 3 and found.expected_gap == (2 + 6 + 9) / 800
    assert over.integral(density_of(found.recipe, over.points, density.extent).exp()) == pytest.approx(1, abs=2e-3)
    assert 0 < found.gap < 5 * found.expected_gap
    found.recipe.best.set(density.weights, density.modes / density.extent, (0.3 / density.extent) ** 2 * torch.eye(2).repeat(3, 1, 1))
    points = density.sample(50, torch.Generator().manual_seed(0))
    assert torch.allclose(density_of(found.recipe, points, density.extent), density.log_prob(points), atol=1e-5)


def test_samples_of_an_autoencoder_have_its_covariance():
    vae, W, _, deviation, _ = linear(2)
    points = drawn(vae, 40_000, 2.0, torch.Generator().manual_seed(0))
    assert torch.allclose(torch.cov(points.T), 4 * (W @ W.T + deviation**2 * torch.eye(2)), rtol=0.05, atol=0.05)


def test_the_claim_measures_the_mixtures_and_both_autoencoders():
    claim = Likelihoods(ring(deviation=0.2), **SMALL).measure(0)
    by_name = {measurement.name: measurement for measurement in claim.measurements}
    assert len(by_name) == 4 + 2 * 5 + 1
    assert by_name["EM: modes found, least over training sets"].holds
    negative_entropy = next(iter(claim.measurements)).predicted
    assert negative_entropy == pytest.approx(-math.log(8) - math.log(2 * math.pi * math.e * 0.04), abs=1e-3)  # modes hardly overlap
    assert all(row.holds for name, row in by_name.items() if "least rise" in name)
    assert set(claim.pictures) == {"densities", "latents", "bounds"}
    assert [len(table.rows) for table in claim.tables] == [1, 2, 2, 1]


def test_only_mixtures_in_the_plane_are_accepted():
    with pytest.raises(InputError, match="density: got Gaussians of 1 coordinates"):
        Likelihoods(on_line([0.0], 1.0))
