"""Tests of the sampling network of a mixture and of its ONNX export."""

import functools

import pytest
import torch

from genlab.export.interfaces import sampling
from genlab.export.networks import export
from genlab.mixtures.covariances.matrices import Full, Tied
from genlab.mixtures.covariances.variances import Diagonal, Spherical
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.low_rank import LowRank
from genlab.mixtures.projection import PrincipalComponents
from genlab.mixtures.sampler import Sampler
from genlab.mixtures.starts import Random
from genlab.networks.latents import normal
from genlab.recipes.mixture import Mixture

SHAPE = (1, 2, 3)
COVARIANCES = {
    "full": Full,
    "tied": Tied,
    "diagonal": Diagonal,
    "spherical": Spherical,
    "low rank": functools.partial(LowRank, 2),
    "low rank with noise": functools.partial(LowRank, 2, noise=True),
}


def mixture_of(covariance, size=6, components=3) -> GaussianMixture:
    """Mixture with components far apart and well inside [-1, 1]."""
    random = torch.Generator().manual_seed(0)
    mixture = GaussianMixture(components, size, covariance())
    roots = 0.03 * torch.randn(components, size, size, dtype=torch.float64, generator=random)
    means = torch.linspace(-0.5, 0.5, components, dtype=torch.float64)[:, None] * torch.ones(size, dtype=torch.float64)
    weights = torch.tensor([0.2, 0.5, 0.3])[:components]
    mixture.set(weights / weights.sum(), means, roots @ roots.mT + 1e-4 * torch.eye(size))
    return mixture


@pytest.mark.parametrize("name", COVARIANCES)
def test_samples_follow_the_distribution_of_the_mixture(name):
    mixture = mixture_of(COVARIANCES[name])
    sampler = Sampler(mixture, None, SHAPE)
    x = sampler(normal(100_000, sampler.latent_size, seed=0)).flatten(1).double()
    component = torch.cdist(x, mixture.means).argmin(1)
    matrices = mixture.covariance.matrices()
    if name == "low rank":  # without noise
        matrices = mixture.covariance.loadings @ mixture.covariance.loadings.mT
    for k, share in enumerate(mixture.log_weights.exp().tolist()):
        own = x[component == k]
        assert len(own) / len(x) == pytest.approx(share, abs=0.006)  # four standard deviations
        assert (own.mean(0) - mixture.means[k]).abs().max() < 4 * (matrices[k].diagonal().max() / len(own)).sqrt()
        assert (torch.cov(own.T) - matrices[k]).abs().max() < 0.04 * matrices[k].diagonal().max()


def test_samples_along_principal_axes():
    mixture, projection = mixture_of(Full, 2), PrincipalComponents(2)
    projection.allocate(6)
    projection.fit(0.1 * torch.randn(100, 6, generator=torch.Generator().manual_seed(0)))
    latents = normal(1000, 3, seed=0)
    found, inside = Sampler(mixture, projection, SHAPE)(latents), Sampler(mixture, None, (1, 1, 2))(latents)
    assert found.shape == (1000, *SHAPE)
    torch.testing.assert_close(found.flatten(1), projection.inverse(inside.flatten(1)))


def test_only_the_first_latent_number_chooses_the_component():
    mixture = mixture_of(Full)
    sampler = Sampler(mixture, None, SHAPE)
    edges = torch.distributions.Normal(0, 1).icdf(mixture.log_weights.exp().cumsum(0)[:-1])
    for place, component in ((-30, 0), (edges[0] - 1e-4, 0), (edges[0] + 1e-4, 1), (edges[1] - 1e-4, 1), (edges[1] + 1e-4, 2), (30, 2)):
        latent = torch.zeros(1, sampler.latent_size)
        latent[0, 0] = place
        torch.testing.assert_close(sampler(latent).flatten(1)[0].double(), mixture.means[component])


def test_samples_are_clamped_and_equal_those_of_the_recipe():
    torch.manual_seed(0)
    recipe = Mixture([2, 3], 3, Full, Random())
    recipe.mixtures[0].set(torch.ones(3) / 3, torch.eye(3, 6), torch.eye(6).repeat(3, 1, 1))
    sampler = Sampler(recipe.best, None, SHAPE)
    latents = normal(50, recipe.latent_size, seed=0)
    assert torch.equal(recipe.sample(latents), sampler(latents)) and recipe.latent_size == sampler.latent_size
    assert recipe.sample(latents).abs().max() == 1


@pytest.mark.parametrize(
    ("covariance", "components", "projected"),
    [
        (Full, 3, True),
        (Diagonal, 3, False),
        (functools.partial(LowRank, 2), 1, False),
        (functools.partial(LowRank, 2, noise=True), 3, False),
    ],
    ids=["full behind a projection", "diagonal", "one component of low rank", "low rank with noise"],
)
def test_onnx_makes_the_same_images(tmp_path, covariance, components, projected):
    projection = None
    if projected:
        projection = PrincipalComponents(4)
        projection.allocate(6)
        projection.fit(torch.randn(100, 6, generator=torch.Generator().manual_seed(0)))
    sampler = Sampler(mixture_of(covariance, 4 if projected else 6, components), projection, SHAPE)
    assert export({"generator": sampler}, sampling, tmp_path)["generator"] < 1e-5
