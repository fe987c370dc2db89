"""Tests of low-rank covariances: factor analysis and probabilistic PCA, against scikit-learn and torch.distributions."""

import itertools

import pytest
import sklearn.decomposition
import torch
from torch.distributions import LowRankMultivariateNormal

from genlab.errors import InputError
from genlab.mixtures.criteria import free_parameters
from genlab.mixtures.fitting import fit
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.low_rank import LowRank

NEVER = -torch.inf  # tolerance that no gain falls below: fitting never stops early


def correlated(count=1000, size=6, rank=2, seed=0, noise=(0.1, 0.5)) -> torch.Tensor:
    """Vectors (count, size), float64, from one factor analyser."""
    random = torch.Generator().manual_seed(seed)
    loadings, z, grain = (
        torch.randn(shape, dtype=torch.float64, generator=random) for shape in ((size, rank), (count, rank), (count, size))
    )
    return 3 + z @ loadings.T + grain * torch.linspace(*noise, size, dtype=torch.float64)


def made(x, components=1, rank=2, **arguments) -> GaussianMixture:
    """Mixture with arbitrary parameters, the same for the same shapes."""
    random = torch.Generator().manual_seed(1)
    mixture = GaussianMixture(components, x.shape[1], LowRank(rank, **arguments), tolerance=NEVER, negligible=0.0)
    mixture.means = x[:components].clone()
    mixture.covariance.loadings = torch.randn(components, x.shape[1], rank, dtype=torch.float64, generator=random)
    variances = 0.5 + torch.rand(components, x.shape[1], dtype=torch.float64, generator=random)
    mixture.covariance.value = mixture.covariance.pooled(variances).clone()
    return mixture


@pytest.mark.parametrize("isotropic", [False, True])
def test_density_is_torchs_low_rank_normal(isotropic):
    x = correlated()
    mixture = made(x, 3, 4, isotropic=isotropic)
    covariance = mixture.covariance
    torchs = LowRankMultivariateNormal(mixture.means, covariance.loadings, covariance.value)
    torch.testing.assert_close(covariance.matrices(), torchs.covariance_matrix)
    torch.testing.assert_close(mixture.log_joint(x) - mixture.log_weights, torchs.log_prob(x[:, None]), rtol=1e-10, atol=1e-10)


def test_posterior_of_the_factors_is_gaussian_conditioning():
    """E[z | x] = A^T S^-1 (x - m); `explained` returns A E[z | x]."""
    x = correlated(50)
    mixture = made(x, 3)
    mixture.prepare(x)
    gain = mixture.covariance.loadings.mT @ torch.linalg.inv(mixture.covariance.matrices())
    expected = torch.einsum("kqd,nkd->nkq", gain, x[:, None] - mixture.means)
    torch.testing.assert_close(mixture.covariance.posterior_means(x), expected)
    component = torch.arange(50) % 3
    explained = torch.einsum("ndq,nq->nd", mixture.covariance.loadings[component], expected[torch.arange(50), component])
    torch.testing.assert_close(mixture.covariance.explained(x, component), explained)
    mixture.prepare(x.float())
    torch.testing.assert_close(mixture.covariance.explained(x.float(), component), explained.float(), rtol=1e-4, atol=1e-4)


def test_one_isotropic_component_becomes_probabilistic_pca():
    """The maximum has a closed form, which scikit-learn computes with variances divided by n - 1."""
    x = correlated(noise=(1.0, 1.0))
    pca = sklearn.decomposition.PCA(2).fit(x.numpy())
    bessel = (len(x) - 1) / len(x)
    far, near = made(x, isotropic=True), made(x, isotropic=True)
    near.initialise(x, x[:1])  # initialised at the maximum: no step is needed
    fit(far, x, 150)
    torch.testing.assert_close(far.covariance.matrices(), near.covariance.matrices(), rtol=1e-9, atol=1e-9)
    for mixture in (far, near):
        assert mixture.covariance.value[0].tolist() == pytest.approx([pca.noise_variance_ * bessel] * 6, rel=1e-9)
        assert mixture.covariance.matrices()[0].numpy() == pytest.approx(pca.get_covariance() * bessel, rel=1e-9)
        assert mixture.log_prob(x).mean().item() == pytest.approx(pca.score(x.numpy()), rel=1e-5)


def test_one_component_becomes_factor_analysis():
    x = correlated(noise=(0.6, 1.2))
    theirs = sklearn.decomposition.FactorAnalysis(2, tol=1e-12, max_iter=10_000, svd_method="lapack").fit(x.numpy())
    mixture = made(x)
    fit(mixture, x, 300)
    assert mixture.log_prob(x).mean().item() == pytest.approx(theirs.score(x.numpy()), rel=1e-8)
    assert mixture.covariance.matrices()[0].numpy() == pytest.approx(theirs.get_covariance(), rel=1e-3, abs=1e-4)
    assert mixture.means[0].numpy() == pytest.approx(theirs.mean_, rel=1e-6)


def test_no_variance_falls_below_the_least():
    x = correlated()
    x[:, 0] = x[:, 1]  # a copy, without noise of its own
    mixture = made(x, least=0.02)
    steps = fit(mixture, x, 100)
    assert mixture.covariance.value.min() == 0.02
    assert all(now.log_likelihood >= before.log_likelihood for before, now in itertools.pairwise(steps))


@pytest.mark.parametrize("isotropic", [False, True])
@pytest.mark.parametrize("rank", [1, 3])
def test_free_parameters_are_the_rank_of_the_covariances_derivative(isotropic, rank):
    size, random = 7, torch.Generator().manual_seed(rank)
    loadings = torch.randn(size, rank, dtype=torch.float64, generator=random)
    variances = torch.rand(1 if isotropic else size, dtype=torch.float64, generator=random) + 0.5

    def matrix(loadings, variances):
        return loadings @ loadings.T + torch.diag(variances.expand(size))

    derivative = torch.cat([part.reshape(size**2, -1) for part in torch.func.jacrev(matrix, (0, 1))(loadings, variances)], 1)
    directions = int(torch.linalg.matrix_rank(derivative))
    assert LowRank(rank, isotropic=isotropic).free_parameters(1, size) == directions
    assert free_parameters(GaussianMixture(3, size, LowRank(rank, isotropic=isotropic))) == 2 + 3 * (size + directions)


def test_factors_start_as_the_principal_components_of_each_cluster():
    x = torch.cat([correlated(400, seed=1), 50 + correlated(300, seed=2)])
    mixture = GaussianMixture(2, 6, LowRank(2))
    mixture.initialise(x, torch.stack([x[0], x[-1]]))
    for k, cluster in enumerate((x[:400], x[400:])):
        torch.testing.assert_close(mixture.means[k], cluster.mean(0))
        covariance = torch.cov(cluster.T, correction=0)
        torch.testing.assert_close(mixture.covariance.matrices()[k].diagonal(), covariance.diagonal())
        axes = torch.linalg.eigh(covariance).eigenvectors[:, -2:]
        loadings = mixture.covariance.loadings[k]
        torch.testing.assert_close(axes @ axes.T @ loadings, loadings)


def test_initial_clusters_may_have_fewer_images_than_factors():
    x = torch.cat([correlated(100), 50 + correlated(2, seed=1), 99 + correlated(1)])
    mixture = GaussianMixture(3, 6, LowRank(4))
    mixture.initialise(x, torch.stack([x[0], x[-2], x[-1]]))
    assert mixture.covariance.valid().all() and mixture.log_prob(x).isfinite().all()
    fit(mixture, x, 5)
    assert mixture.responsibilities(x).sum(0).min() >= 1


@pytest.mark.parametrize("isotropic", [False, True])
def test_set_keeps_what_a_low_rank_can_represent(isotropic):
    x = correlated()
    before, after = made(x, 2, isotropic=isotropic), made(x, 2, isotropic=isotropic)
    variances = torch.tensor([[0.3], [0.7]], dtype=torch.float64).expand(2, 6)
    before.covariance.value = variances.clone()
    matrices = before.covariance.matrices()
    after.set(before.log_weights.exp(), before.means, matrices)
    torch.testing.assert_close(after.covariance.matrices(), matrices)  # exact, because the noise variances are equal
    after.set(before.log_weights.exp(), before.means, matrices + torch.diag(torch.arange(6.0)))
    wanted = matrices + torch.diag(torch.arange(6.0))
    assert not isotropic or torch.allclose(
        torch.linalg.eigvalsh(after.covariance.matrices())[:, -2:], torch.linalg.eigvalsh(wanted)[:, -2:]
    )
    assert isotropic or torch.allclose(after.covariance.matrices().diagonal(dim1=1, dim2=2), wanted.diagonal(dim1=1, dim2=2))


@pytest.mark.parametrize("noise", [False, True])
def test_noise_has_one_number_per_factor_and_value(noise):
    x = correlated()
    mixture = made(x, 2, noise=noise)
    size = mixture.covariance.noise_size(6)
    assert size == (8 if noise else 2)
    unit = torch.eye(size)  # linear map: the effect of each number is one column of a factor of the covariance
    columns = mixture.covariance.deviations()(unit, torch.ones(size, dtype=torch.int64))
    loadings = mixture.covariance.loadings[1]
    expected = mixture.covariance.matrices()[1] if noise else loadings @ loadings.T
    torch.testing.assert_close((columns.T @ columns).double(), expected, rtol=1e-5, atol=1e-5)


def test_invalid_ranks_and_variances_are_refused():
    with pytest.raises(InputError, match=r"got rank 0 and least 0.0001; expected a rank of at least 1 and a positive variance"):
        LowRank(0)
    with pytest.raises(InputError, match="got rank 2 and least 0"):
        LowRank(2, least=0)
    with pytest.raises(InputError, match=r"rank: got 6, expected less than the 6 values of an image. Or take Full"):
        GaussianMixture(1, 6, LowRank(6))
