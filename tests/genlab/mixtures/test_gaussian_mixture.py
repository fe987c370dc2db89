"""Tests of Gaussian mixtures fitted by EM, against scikit-learn, torch.distributions and automatic differentiation."""

import copy
import functools
import itertools
import math
import warnings

import numpy as np
import pytest
import sklearn.mixture
import torch
from torch.distributions import MultivariateNormal

from genlab.errors import InputError
from genlab.mixtures.covariances.matrices import Full, Tied
from genlab.mixtures.covariances.sums import images_by_component, with_least_eigenvalue
from genlab.mixtures.covariances.variances import Diagonal, Spherical
from genlab.mixtures.criteria import aic, bic
from genlab.mixtures.fitting import fit
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.low_rank import LowRank

SHARED = {"full": Full, "tied": Tied, "diag": Diagonal, "spherical": Spherical}  # by scikit-learn's names
EXACT = {name: functools.partial(kind, 0.0) for name, kind in SHARED.items()}
LOW_RANK = {"low rank": functools.partial(LowRank, 1), "low rank, isotropic": functools.partial(LowRank, 1, isotropic=True)}
ALL = EXACT | LOW_RANK


def clusters(seed=0, count=2000, components=4, size=5, apart=2.0) -> torch.Tensor:
    """Vectors (count, size), float64, in `components` overlapping ellipsoids."""
    random = np.random.default_rng(seed)
    centres, shapes = random.normal(size=(components, size)) * apart, random.normal(size=(components, size, size)) * 0.7
    which = random.integers(components, size=count)
    return torch.from_numpy(centres[which] + np.einsum("nij,nj->ni", shapes[which], random.normal(size=(count, size))))


def from_unit(x, covariance, components=4, **arguments) -> GaussianMixture:
    """Mixture for exact EM, initialised with the first vectors as means, unit covariances and equal weights."""
    mixture = GaussianMixture(components, x.shape[1], covariance, **{"tolerance": -math.inf, "negligible": 0.0} | arguments)
    mixture.set(torch.full((components,), 1 / components), x[:components], torch.eye(x.shape[1]).repeat(components, 1, 1))
    return mixture


def scikit(x, name, iterations, components=4, regularisation=1e-6) -> sklearn.mixture.GaussianMixture:
    """scikit-learn's mixture after this many iterations from the same start."""
    size = x.shape[1]
    unit = {"full": np.eye(size)[None].repeat(components, 0), "tied": np.eye(size), "diag": np.ones((components, size))}
    start = {
        "weights_init": np.full(components, 1 / components),
        "means_init": x[:components].numpy(),
        "precisions_init": unit.get(name, np.ones(components)).astype(x.numpy().dtype),
    }
    found = sklearn.mixture.GaussianMixture(components, covariance_type=name, max_iter=iterations, tol=0, reg_covar=regularisation, **start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
        return found.fit(x.numpy())


def matrices_of(found: sklearn.mixture.GaussianMixture) -> np.ndarray:
    """Covariance matrices (K, D, D) for any covariance type."""
    components, size = found.means_.shape
    if found.covariance_type == "spherical":
        return found.covariances_[:, None, None] * np.eye(size)
    if found.covariance_type == "diag":
        return np.stack([np.diag(variances) for variances in found.covariances_])
    return np.broadcast_to(found.covariances_, (components, size, size))


def density(mixture: GaussianMixture, x: torch.Tensor) -> torch.Tensor:
    """log p(x), (N,), computed with torch.distributions."""
    components = MultivariateNormal(mixture.means, mixture.covariance.matrices())
    return torch.logsumexp(components.log_prob(x.double()[:, None]) + mixture.log_weights, 1)


def parameters(mixture: GaussianMixture) -> dict[str, torch.Tensor]:
    return {name: value for name, value in mixture.state_dict().items() if ".sum_" not in name and ("cov" in name or name[0] in "ml")}


@pytest.mark.parametrize("iterations", [1, 20])
@pytest.mark.parametrize("name", SHARED)
def test_agrees_with_scikit_learn_from_the_same_start(name, iterations):
    x = clusters()
    theirs, ours = scikit(x, name, iterations), from_unit(x, SHARED[name](1e-6))
    fit(ours, x, iterations)
    assert ours.log_weights.exp().numpy() == pytest.approx(theirs.weights_, rel=1e-9)
    assert ours.means.numpy() == pytest.approx(theirs.means_, rel=1e-9)
    assert ours.covariance.matrices().numpy() == pytest.approx(matrices_of(theirs), rel=1e-9, abs=1e-12)
    assert ours.log_prob(x).numpy() == pytest.approx(theirs.score_samples(x), rel=1e-9)
    assert ours.responsibilities(x).numpy() == pytest.approx(theirs.predict_proba(x), abs=1e-9)


@pytest.mark.parametrize("name", SHARED)
def test_criteria_are_scikit_learns(name):
    x = clusters()
    theirs, ours = scikit(x, name, 5), from_unit(x, SHARED[name](1e-6))
    fit(ours, x, 6)  # the sixth pass measures the likelihood after the fifth step
    assert bic(ours, len(x)) == pytest.approx(theirs.bic(x), rel=1e-9) and aic(ours, len(x)) == pytest.approx(theirs.aic(x), rel=1e-9)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("seed", range(3))
def test_em_never_lowers_the_likelihood(seed, name):
    random = np.random.default_rng(seed)
    components, size = int(random.integers(1, 7)), int(random.integers(2, 9))
    x = clusters(seed, 100 * components, int(random.integers(1, 6)), size, apart=random.uniform(0, 3))
    for vectors, smallest, negligible in ((x, -1e-9, 0.0), (x.float(), -2e-6, 1e-6)):
        mixture = GaussianMixture(components, size, ALL[name](), tolerance=-math.inf, negligible=negligible)
        mixture.initialise(vectors, vectors[torch.from_numpy(random.choice(len(x), components, replace=False))])
        steps = fit(mixture, vectors, 15)
        climbed = [now.gain / abs(now.log_likelihood) for before, now in itertools.pairwise(steps) if not before.recovered]
        assert len(climbed) > 10 and min(climbed) >= smallest


@pytest.mark.parametrize("name", ALL)
def test_the_likelihood_is_stationary_after_convergence(name):
    """All derivatives are zero, by automatic differentiation of the density from torch.distributions."""
    x = clusters(3, 300, 2, 3, apart=8)
    mixture = from_unit(x, ALL[name](), 2)
    fit(mixture, x, 100)
    covariance = mixture.covariance
    values = {name: value.clone().requires_grad_() for name, value in covariance.named_buffers() if "sum_" not in name}
    means, weights = mixture.means.clone().requires_grad_(), mixture.log_weights.clone().requires_grad_()
    spread = values["value"].mean(-1, keepdim=True).expand(2, 3) if "isotropic" in name or name == "spherical" else values["value"]
    matrices = spread if name in ("full", "tied") else torch.diag_embed(spread)
    if "loadings" in values:
        matrices = matrices + values["loadings"] @ values["loadings"].mT
    joint = MultivariateNormal(means, matrices.expand(2, 3, 3)).log_prob(x[:, None]) + weights.log_softmax(0)
    torch.logsumexp(joint, 1).mean().backward()
    assert max(value.grad.abs().max() for value in (means, weights, *values.values())) < 1e-7


@pytest.mark.parametrize("name", ALL)
def test_chunks_and_batches_do_not_change_the_result(name):
    x = clusters(count=900)
    whole, chunks, batches = (from_unit(x, ALL[name](), memory=memory) for memory in (1e3, 1e-6, 1e3))
    assert len(whole.chunks(x)) == 1 and len(chunks.chunks(x)) == 15
    for turn in range(3):
        whole.accumulate(x)
        chunks.accumulate(x)
        for some in x[torch.randperm(900, generator=torch.Generator().manual_seed(turn))].split([1, 499, 37, 363]):
            batches.accumulate(some)
        for mixture in (whole, chunks, batches):
            mixture.maximise()
    for key, value in parameters(whole).items():
        for other in (chunks, batches):
            torch.testing.assert_close(parameters(other)[key], value, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ALL)
def test_sums_are_exact_enough_for_many_images_far_from_0(name):
    """Variance 1 and squared mean 10,000 in float32: E[x^2] - E[x]^2 would have no digit left after 200,000 images."""
    x = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0)) + 100
    mixture = GaussianMixture(1, 2, ALL[name]())
    mixture.initialise(x, x[:1])
    for _ in range(2):
        assert mixture.covariance.matrices()[0].trace().item() == pytest.approx(x.double().var(0, correction=0).sum().item(), rel=1e-3)
        assert mixture.means[0].tolist() == pytest.approx(x.double().mean(0).tolist(), rel=1e-6)
        fit(mixture, x, 1)


@pytest.mark.parametrize("name", ["full", "low rank"])
def test_omitted_responsibilities_change_the_sums_within_the_bound(name):
    x, least = clusters(count=3000, apart=6), 1e-3
    exact, skipping = (from_unit(x, ALL[name](), negligible=negligible) for negligible in (0.0, least))
    for mixture in (exact, skipping):
        mixture.accumulate(x)
    farthest = torch.cdist(x, exact.means).max()
    omitted = exact.covariance.sum_first - skipping.covariance.sum_first
    assert 0 < omitted.norm(dim=1).max() <= len(x) * least * farthest
    squares = "sum_second" if name == "full" else "sum_squares"
    assert (getattr(exact.covariance, squares) - getattr(skipping.covariance, squares)).abs().max() <= len(x) * least * farthest**2
    assert torch.equal(exact.sum_counts, skipping.sum_counts) and torch.equal(exact.sum_log_likelihood, skipping.sum_log_likelihood)


@pytest.mark.parametrize("apart", [0.0, 0.15, 3.0])  # all, some and none of the other components are likely
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_an_e_step_that_leaves_components_out_is_within_its_bound_of_torchs_densities(apart, dtype):
    components, size, negligible = 4, 150, 1e-3  # 150: larger than a block, so that the first block is a bound only
    random = torch.Generator().manual_seed(0)
    means = apart * torch.randn(components, size, generator=random, dtype=torch.float64)
    roots = torch.eye(size, dtype=torch.float64) + 0.02 * torch.randn(components, size, size, generator=random, dtype=torch.float64)
    x = (means.repeat(100, 1) + torch.randn(400, size, generator=random, dtype=torch.float64)).to(dtype)
    mixture = GaussianMixture(components, size, Full())
    mixture.set(torch.full((components,), 1 / components), means, roots @ roots.mT)
    mixture.prepare(x)
    found = mixture.covariance.likely(x, mixture.log_weights.to(dtype), negligible).double()
    true = MultivariateNormal(means, roots @ roots.mT).log_prob(x.double()[:, None]) - math.log(components)
    kept = found.isfinite()
    rounding = {"rtol": 0, "atol": 1e-9 if dtype == torch.float64 else 5e-3}
    torch.testing.assert_close(found[kept], true[kept], **rounding)
    assert (kept | (true.softmax(1) < negligible * 1.01)).all()  # only negligible ones are left out
    lost = true.logsumexp(1) - found.logsumexp(1)
    assert (lost <= -math.log1p(-(components - 1) * negligible) + rounding["atol"]).all()
    assert bool(kept.all()) == (apart == 0) and (apart < 3 or kept.sum() == len(x))


def test_nothing_is_omitted_if_nothing_is_negligible():
    x = clusters(count=500, apart=6)
    mixture = from_unit(x, Full(0.0))
    weights, means = mixture.responsibilities(x), mixture.means
    mixture.accumulate(x)
    deviations = x[:, None] - means
    torch.testing.assert_close(mixture.covariance.sum_second, torch.einsum("nk,nki,nkj->kij", weights, deviations, deviations))
    kept = {k: share.sum() for k, _, share in images_by_component(x, weights, 0.0)}
    assert torch.allclose(torch.stack([kept[k] for k in range(4)]), weights.sum(0), rtol=1e-14)


def test_an_image_is_omitted_only_from_negligible_components():
    weights = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.99, 0.01], [0.3, 0.7], [1.0, 0.0], [1.0, 0.0]])
    x = torch.arange(6.0)[:, None]
    found = {k: (some[:, 0].tolist(), share.tolist()) for k, some, share in images_by_component(x, weights, 0.05)}
    assert found[0][0] == [0, 1, 2, 3, 4, 5] and found[1] == ([1, 3], pytest.approx([0.1, 0.7]))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("components", "size"), [(1, 2), (3, 7), (2, 200)])  # 200: larger than a block
def test_densities_are_torchs_own(name, components, size):
    x = clusters(1, 20 * components + 2 * size, components, size)
    mixture = GaussianMixture(components, size, SHARED.get(name, ALL[name])())
    mixture.initialise(x, x[:components])
    torch.testing.assert_close(mixture.log_prob(x), density(mixture, x), rtol=1e-9, atol=1e-7)
    single = mixture.log_prob(x.float())
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), density(mixture, x.float()), rtol=1e-4, atol=1e-2)


def test_distances_are_not_multiplied_out_where_float32_would_be_too_coarse():
    means = torch.tensor([[-1.0, 1.0, -1.0], [1.0, -1.0, 1.0]])
    mixture = GaussianMixture(2, 3, Diagonal())
    mixture.set(torch.tensor([0.5, 0.5]), means, torch.eye(3).repeat(2, 1, 1) * 1e-6)  # 1,000 standard deviations from the centre
    x = means.repeat(50, 1) + 1e-3 * torch.randn(100, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(mixture.log_prob(x).double(), density(mixture, x), rtol=0, atol=2e-3)
    assert not mixture.covariance.quadratic.multiplied_out


def test_responsibilities_sum_to_1_far_from_all_components():
    mixture = from_unit(clusters(), Full())
    far = torch.full((3, 5), 1e4)
    assert mixture.responsibilities(far).sum(1).tolist() == pytest.approx([1, 1, 1])
    torch.testing.assert_close(mixture.log_prob(far).double(), density(mixture, far), rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", ALL)
def test_the_evidence_bound_is_tight_at_the_responsibilities_and_nowhere_else(name):
    """Neal and Hinton 1998: sum_k r_k (log p(x, k) - log r_k) <= log p(x). This is the VAE's bound, with r in place of q."""
    x = clusters(count=200)
    mixture = from_unit(x, ALL[name]())
    fit(mixture, x, 3)
    joint, best = mixture.log_joint(x), mixture.responsibilities(x)
    posterior = (MultivariateNormal(mixture.means, mixture.covariance.matrices()).log_prob(x[:, None]) + mixture.log_weights).log_softmax(1)

    def bound(r):
        return (r * joint - torch.special.xlogy(r, r)).sum(1)

    torch.testing.assert_close(bound(best), mixture.log_prob(x), rtol=1e-12, atol=1e-12)
    other = torch.rand(200, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).log_softmax(1).exp()
    for share in (1e-3, 0.5, 1.0):
        moved = torch.lerp(best, other, share)
        divergence = (moved * (moved.log() - posterior)).sum(1)
        assert (bound(moved) < mixture.log_prob(x)).all()
        torch.testing.assert_close(mixture.log_prob(x) - bound(moved), divergence, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ALL)
def test_a_component_without_images_is_restarted(name):
    x = clusters(5, 400, 3, 4, apart=5)
    mixture = from_unit(x, ALL[name](), 3)
    mixture.means[2] = 1e3
    steps = fit(mixture, x, 40)
    assert steps[0].recovered == 1 and 1 <= int(mixture.recoveries) < 10
    assert steps[-1].log_likelihood > steps[1].log_likelihood and not steps[-1].recovered
    assert mixture.responsibilities(x).sum(0).min() > 10
    assert len(mixture.means.unique(dim=0)) == 3


@pytest.mark.parametrize("name", ["full", "diag", "spherical"])
def test_a_component_that_shrinks_to_a_point_is_restarted(name):
    """Half of the images are identical: without regularisation, the variance of their component is 0."""
    x = torch.cat([clusters(6, 300, 2, 3, apart=4), torch.full((300, 3), 20.0, dtype=torch.float64)])
    mixture = GaussianMixture(3, 3, EXACT[name](), tolerance=-math.inf, most_recoveries=20)
    mixture.initialise(x, x[[0, 1, 599]])
    steps = fit(mixture, x, 40)
    assert int(mixture.recoveries) >= 1 and all(math.isfinite(step.log_likelihood) for step in steps)
    assert mixture.covariance.valid().all() and mixture.responsibilities(x).sum(0).min() >= 2


def test_clusters_too_small_for_a_covariance_start_with_the_average():
    x = clusters(7, 100, 2, 6, apart=1)
    x = torch.cat([x, 50 + x[:3]])  # three vectors: too few for a covariance of 6 values
    mixture = GaussianMixture(2, 6, Full(0.0))
    mixture.initialise(x, x[[0, 102]])
    assert torch.equal(mixture.covariance.matrices()[1], mixture.covariance.matrices()[0])
    assert mixture.log_weights.exp()[1] == pytest.approx(3 / 103)
    mixture.initialise(x.float(), x[[0, 102]])


def test_the_pass_after_a_restart_does_not_count_as_convergence():
    """A restarted component gains little in its first pass, which does not mean that EM has converged."""
    x = clusters(8, 500, 2, 3, apart=4)
    two = from_unit(x, Full(), 2, tolerance=1e-6)
    fit(two, x)
    assert two.converged
    three = GaussianMixture(3, 3, Full(), tolerance=4e-3)
    nothing = torch.full((1, 3), 1e3, dtype=torch.float64)
    matrices = two.covariance.matrices()
    three.set(torch.tensor([0.5, 0.5, 1e-9]), torch.cat([two.means, nothing]), torch.cat([matrices, matrices[:1]]))
    first, second, *more = fit(three, x, 500)
    assert first.recovered == 1 and 0 < second.gain < 4e-3  # a small weight at first: the restart takes nothing away
    assert more[0].gain > 4e-3 > more[1].gain and len(more) == 2 and three.converged


def test_fit_continues_where_scikit_learn_fails():
    """Rank 5 in 40 dimensions, float32: rounding makes the covariances indefinite, by more than is added to their diagonal."""
    random = np.random.default_rng(0)
    x = torch.from_numpy((random.normal(size=(200, 5)) @ random.normal(size=(5, 40))).astype(np.float32))
    with pytest.raises(ValueError, match="ill-defined empirical covariance"):
        scikit(x, "full", 20, 3)
    for kind in (Full, Tied):
        mixture = from_unit(x, kind(1e-6), 3)
        steps = fit(mixture, x, 20)
        assert len(steps) == 20 and steps[-1].log_likelihood > steps[0].log_likelihood
        assert torch.linalg.eigvalsh(mixture.covariance.matrices()).min() == pytest.approx(1e-6, rel=0.1)
        assert mixture.responsibilities(x).sum(0).min() >= 2
        mixture.initialise(x, x[:3])
        assert mixture.log_prob(x).isfinite().all()


def test_raising_eigenvalues_does_not_change_the_others():
    turn = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))).Q
    found = with_least_eigenvalue((turn * torch.tensor([-1e-3, 1e-9, 0.5, 2.0])) @ turn.T, 1e-6)
    torch.testing.assert_close(found, (turn * torch.tensor([1e-6, 1e-6, 0.5, 2.0], dtype=torch.float64)) @ turn.T)


def test_no_more_recoveries_than_allowed():
    x = clusters(9, 300, 2, 3, apart=4)
    lost = torch.full((3,), 1e3, dtype=torch.float64)
    mixture = from_unit(x, Full(0.0), 3, most_recoveries=2)
    for _ in range(4):
        mixture.means[2] = lost
        mixture.forget()
        fit(mixture, x, 1)
    assert int(mixture.recoveries) == 2
    steps = fit(mixture, x, 3)  # one component has no images, and therefore no covariance of its own
    assert not any(step.recovered for step in steps) and steps[-1].smallest < 1e-9
    assert mixture.log_prob(x).isfinite().all() and mixture.covariance.valid().all()


def test_invalid_images_and_settings_are_refused():
    x = clusters(count=50)
    mixture = from_unit(x, Full())
    mixture.accumulate(torch.cat([x, torch.full((1, 5), torch.nan, dtype=torch.float64)]))
    with pytest.raises(InputError, match="log-likelihood is nan: an image holds a value that is not finite"):
        mixture.maximise()
    flat = torch.cat([x, torch.zeros(50, 1)], 1)  # a constant value
    for kind in (Full, Tied, Diagonal):
        with pytest.raises(InputError, match=r"no component .* has a covariance that can be factorised. Raise the covariance's `regular"):
            GaussianMixture(2, 6, kind(0.0)).initialise(flat, flat[:2])
    with pytest.raises(InputError, match=r"2 of 3 centres have no image nearest to them. Take fewer components"):
        GaussianMixture(3, 5, Full()).initialise(x, x[:1].expand(3, -1))
    with pytest.raises(InputError, match="components: got 0, expected at least 1"):
        GaussianMixture(0, 5, Full())
    with pytest.raises(InputError, match=r"negligible: got 0.25, expected from 0 to less than 1 / components = 0.25"):
        GaussianMixture(4, 5, Full(), negligible=0.25)
    with pytest.raises(InputError, match="regularisation: got -1, expected 0 or a positive variance"):
        Full(-1)


@pytest.mark.parametrize("name", ALL)
def test_derived_values_follow_new_parameters(name):
    x = clusters()
    first, second = from_unit(x, ALL[name]()), from_unit(x, ALL[name]())
    fit(second, x, 3)
    first.log_prob(x)
    first.load_state_dict(second.state_dict())
    assert torch.equal(first.log_prob(x), second.log_prob(x))
    assert first.prepared and not first.to("cpu").prepared  # derived values do not move to another device
    again = copy.deepcopy(second)
    fit(again, x, 1)
    assert torch.equal(first.log_prob(x), second.log_prob(x)) and not torch.equal(again.log_prob(x), second.log_prob(x))


def test_set_and_matrices_are_inverses():
    matrices = torch.stack([torch.cov(clusters(seed, size=3).T) for seed in range(2)])
    expected = {
        "full": matrices,
        "tied": matrices.mean(0, keepdim=True).expand(2, 3, 3),
        "diag": torch.diag_embed(matrices.diagonal(dim1=1, dim2=2)),
        "spherical": torch.stack([matrix.trace() / 3 * torch.eye(3, dtype=torch.float64) for matrix in matrices]),
    }
    for name, kind in SHARED.items():
        mixture = GaussianMixture(2, 3, kind())
        mixture.set(torch.tensor([0.25, 0.75]), torch.ones(2, 3), matrices)
        assert torch.allclose(mixture.covariance.matrices(), expected[name])
        assert mixture.log_weights.exp().tolist() == pytest.approx([0.25, 0.75])


def with_outlier(seed=0, size=4) -> torch.Tensor:
    """Two clusters, and one vector far away from both."""
    return torch.cat([clusters(seed, 300, 2, size, apart=3), torch.full((1, size), 60.0, dtype=torch.float64)])


@pytest.mark.parametrize("name", [*SHARED, *LOW_RANK])
def test_a_sound_component_of_one_image_is_kept(name):
    """It has the variance of all (tied), or the least one. Every pass raises the likelihood, from the start to convergence."""
    x = with_outlier()
    mixture = GaussianMixture(3, 4, (SHARED | LOW_RANK)[name](), negligible=0.0)
    mixture.initialise(x, x[[0, 1, -1]])
    began = mixture.log_prob(x).mean().item()
    steps = fit(mixture, x, 100)
    assert mixture.converged and not int(mixture.recoveries)
    assert all(now.log_likelihood >= before.log_likelihood - 1e-9 for before, now in itertools.pairwise(steps))
    assert mixture.log_prob(x).mean().item() >= began
    assert mixture.responsibilities(x).sum(0).min().item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", SHARED)
def test_one_image_components_end_where_scikit_learn_does(name):
    x = with_outlier()
    x[:3] = x[[0, 1, -1]]  # the first vectors are the means of the start
    theirs, ours = scikit(x, name, 200, 3), from_unit(x, SHARED[name](1e-6), 3)
    fit(ours, x, 200)
    # scikit-learn's diagonal variances lose digits far from 0: 1.0000036e-6 in place of 1e-6.
    assert ours.log_prob(x).mean().item() == pytest.approx(theirs.score(x), rel=1e-7) and not int(ours.recoveries)


@pytest.mark.parametrize("kind", [Full, Diagonal, Spherical, LowRank])
def test_no_fit_ends_below_its_start(kind):
    """Also with components that are lost: of more components than clusters, some of which fade or share an image with others."""
    for seed in range(6):
        x = torch.cat([clusters(seed, 60, 2, 3, apart=2), 30 * clusters(seed + 100, 3, 3, 3)])
        mixture = GaussianMixture(8, 3, kind(1) if kind is LowRank else kind())
        mixture.initialise(x, x[torch.randperm(63, generator=torch.Generator().manual_seed(seed))[:8]])
        began = mixture.log_prob(x).mean().item()
        fit(mixture, x, 300)
        assert mixture.log_prob(x).mean().item() >= began - 1e-9 and mixture.converged


@pytest.mark.parametrize("name", SHARED)
def test_singular_components_keep_their_covariance_once_the_restarts_are_used_up(name):
    """An M step that leaves one parameter as it is never lowers the likelihood; the average covariance could, by thousands of nats."""
    mixture = from_unit(clusters(), SHARED[name](0.0), most_recoveries=0)
    former, mine = mixture.covariance.parameters_by_name(), mixture.covariance.value
    mine.mul_(2)
    mine[1 if name != "tied" else slice(None)] = 0  # the M step found it singular
    assert mixture.recover(torch.full((4,), 500.0), former) == 0 and int(mixture.recoveries) == 0
    unit = torch.eye(5, dtype=torch.float64)
    torch.testing.assert_close(mixture.covariance.matrices()[1], unit)
    torch.testing.assert_close(mixture.covariance.matrices()[0], unit if name == "tied" else 2 * unit)


@pytest.mark.parametrize("name", ALL)
def test_a_restart_has_the_average_variance(name):
    x = clusters(3, 600, 3, 5, apart=5)
    mixture = GaussianMixture(4, 5, ALL[name](), negligible=0.0)
    mixture.initialise(x, x[[0, 1, 2, 3]])
    fit(mixture, x, 5)
    matrices, counts = mixture.covariance.matrices().clone(), mixture.log_weights.exp() * len(x)
    healthy = torch.tensor([True, True, False, True])
    share = counts * healthy / (counts * healthy).sum()
    mixture.covariance.set_to_average(healthy, counts, 2)
    found, expected = mixture.covariance.matrices()[2].diagonal(), (share[:, None, None] * matrices).sum(0).diagonal()
    if "isotropic" in name:
        assert found.sum().item() == pytest.approx(expected.sum().item(), rel=0.1)  # up to values with less than half of the mean variance
        assert mixture.covariance.value[2].unique().numel() == 1
    else:
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(("name", "agreement"), [("full", 1e-3), ("tied", 1e-9), ("diag", 1e-9), ("spherical", 1e-9)])
def test_the_default_leaves_out_responsibilities_in_full_covariances_only(name, agreement):
    x = clusters()
    theirs, exact, ours = scikit(x, name, 20), from_unit(x, SHARED[name](1e-6)), from_unit(x, SHARED[name](1e-6), negligible=1e-6)
    for mixture in (exact, ours):
        fit(mixture, x, 20)
    assert ours.means.numpy() == pytest.approx(theirs.means_, rel=agreement)
    assert (name == "full") == (not torch.equal(ours.means, exact.means))
    assert ours.log_prob(x).mean().item() == pytest.approx(theirs.score(x), rel=1e-7)
