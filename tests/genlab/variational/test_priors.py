"""Tests of priors against torch.distributions."""

import math

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence

from genlab.errors import InputError
from genlab.variational.priors import Mixture, StandardNormal


def normal(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def mixture(components=4, latent_size=3) -> tuple[Mixture, MixtureSameFamily]:
    """A mixture with different weights, means and deviations, and the same distribution from torch."""
    prior = Mixture(latent_size, components).double()
    with torch.no_grad():
        prior.raw.copy_(normal(components) / 10)
        prior.means.copy_(2 * normal(components, latent_size, seed=1))
        prior.log_deviations.copy_(0.5 * normal(components, latent_size, seed=2))
    parts = Independent(Normal(prior.means.detach(), prior.log_deviations.detach().exp()), 1)
    return prior, MixtureSameFamily(Categorical(logits=prior.log_weights.detach()), parts)


def test_standard_normal():
    prior, z, noise = StandardNormal(3).double(), normal(2, 5, 3), normal(4, 3, seed=3)
    assert (prior.latent_size, prior.noise_size, prior.components) == (3, 3, 0)
    assert torch.allclose(prior.log_prob(z), Normal(0.0, 1.0).log_prob(z).sum(-1))
    assert torch.equal(prior(noise), noise) and prior.responsibilities(noise).shape == (4, 0)
    mean, log_variance = normal(4, 3), normal(4, 3, seed=1)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))
    assert torch.allclose(prior.divergence(mean, log_variance, noise), expected)
    assert [moment.tolist() for moment in prior.moments()] == [[0.0] * 3, [1.0] * 3]
    assert not prior.state_dict()


def test_a_mixtures_density_equals_torchs():
    prior, expected = mixture()
    z = 3 * normal(6, 7, 3, seed=4)
    assert torch.allclose(prior.log_prob(z), expected.log_prob(z), atol=1e-12)


def test_a_mixtures_density_integrates_to_1():
    prior, _ = mixture(latent_size=1)
    grid = torch.linspace(-30, 30, 60_001, dtype=torch.float64)[:, None]
    assert torch.trapezoid(prior.log_prob(grid).exp(), grid[:, 0]).item() == pytest.approx(1, abs=1e-6)


def test_responsibilities_are_bayes_rule():
    prior, expected = mixture()
    z = normal(9, 3, seed=4)
    joint = expected.mixture_distribution.probs * expected.component_distribution.log_prob(z[:, None]).exp()
    assert torch.allclose(prior.responsibilities(z), joint / joint.sum(1, keepdim=True), atol=1e-12)


def test_samples_follow_the_weights_of_the_components():
    """The components are far apart, so that the component of each sample is known."""
    prior = Mixture(2, 5).double()
    with torch.no_grad():
        prior.raw.copy_(torch.tensor([0.1, 0.4, 0.2, 0.25, 0.05]).log() / 10)
        prior.means.copy_(100 * torch.arange(5)[:, None].expand(5, 2))
        prior.log_deviations.copy_(torch.linspace(-1, 1, 10).reshape(5, 2))
    noise = normal(100_000, 3)
    z = prior(noise)
    component = (z[:, 0] / 100).round().long()
    assert torch.allclose(component.bincount(minlength=5) / 1e5, torch.tensor([0.1, 0.4, 0.2, 0.25, 0.05]), atol=0.005)
    assert component[noise[:, 0].argsort()].diff().min() >= 0  # in order of the first noise number, components ascend
    own = z[component == 1]
    assert torch.allclose(own.mean(0), prior.means[1], atol=0.02) and torch.allclose(own.std(0), prior.log_deviations[1].exp(), rtol=0.02)
    assert torch.equal(prior(noise[:5]), z[:5])
    assert prior(torch.tensor([[-40.0, 0, 0], [40.0, 0, 0]], dtype=torch.float64))[:, 0].tolist() == [0, 400]


def test_a_mixtures_moments_equal_those_of_its_samples():
    prior, expected = mixture()
    mean, deviation = prior.moments()
    assert torch.allclose(mean, expected.mean, atol=1e-12) and torch.allclose(deviation, expected.stddev, atol=1e-12)
    z = prior(normal(200_000, 4, seed=5))
    assert torch.allclose(z.mean(0), mean, atol=0.03) and torch.allclose(z.std(0), deviation, rtol=0.02)


def test_a_mixtures_divergence_is_unbiased():
    prior, expected = mixture(latent_size=1)
    mean, log_variance = torch.tensor([[0.7]], dtype=torch.float64), torch.tensor([[-1.0]], dtype=torch.float64)
    q = Normal(mean, (log_variance / 2).exp())
    z = mean + (log_variance / 2).exp() * normal(200_000, 1, seed=6)
    parts = prior.divergence(mean, log_variance, z)
    assert parts.shape == (200_000, 1)
    grid = torch.linspace(-10, 10, 20_001, dtype=torch.float64)[:, None]
    integrand = q.log_prob(grid).exp()[:, 0] * (q.log_prob(grid)[:, 0] - expected.log_prob(grid))
    assert parts.mean().item() == pytest.approx(torch.trapezoid(integrand, grid[:, 0]).item(), abs=0.01)


def test_a_mixture_of_one_standard_normal_is_the_standard_normal():
    prior, z = Mixture(3, 1).double(), normal(5, 3)
    torch.nn.init.zeros_(prior.means)
    assert torch.allclose(prior.log_prob(z), StandardNormal(3).double().log_prob(z))
    assert torch.equal(prior(torch.cat([normal(5, 1, seed=1), z], 1)), z)
    exact = prior.divergence(torch.zeros_like(z), torch.zeros_like(z), z)
    assert torch.allclose(exact, torch.zeros_like(exact), atol=1e-12)  # q equals p: exactly 0 for each sample


def test_invalid_mixtures_are_refused():
    with pytest.raises(InputError, match="components and spread: got 0 and 1, expected at least 1"):
        Mixture(2, 0, spread=1)
    with pytest.raises(InputError, match=r"got 3 and 0\.0, .* a positive number"):
        Mixture(2, 3, spread=0.0)
    assert math.isclose(Mixture(50, 400, spread=2.5).means.std().item(), 2.5, rel_tol=0.05)
