"""Tests of the Frechet distance against closed forms and its formula with scipy's matrix root."""

import numpy as np
import pytest
import scipy.linalg

from genlab.errors import InputError
from genlab.metrics import blocks
from genlab.metrics.frechet import distance, factor, frechet_distance, frechet_distance_of_moments, root
from genlab.metrics.moments import Moments, moments_of


def gaussian(seed, count=500, features=16, shift=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(shift, scale, (count, features)).astype(np.float32)


def test_frechet_distance_is_the_formula_with_scipys_matrix_root():
    x, y = gaussian(0), gaussian(1, shift=0.5, scale=2.0) @ np.diag(np.linspace(0.5, 1.5, 16)).astype(np.float32)
    sx, sy = np.cov(x.T.astype(float)), np.cov(y.T.astype(float))
    root = scipy.linalg.sqrtm(sx @ sy).real
    expected = np.square(x.mean(0, dtype=float) - y.mean(0, dtype=float)).sum() + np.trace(sx + sy - 2 * root)
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-8)


def test_frechet_distance_with_fewer_images_than_features():
    x, y = gaussian(0, count=10, features=40), gaussian(1, count=12, features=40)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-8)
    assert frechet_distance(x, y) == pytest.approx(frechet_distance(y, x), rel=1e-9) and frechet_distance(x, y) > 0


def exact(mean, covariance, count=1000):
    """Moments of a Gaussian, as if a set had exactly these."""
    return Moments(count, np.asarray(mean, float), np.asarray(covariance, float) * (count - 1))


def test_the_distance_of_gaussians_with_diagonal_covariances_is_the_closed_form():
    """W2^2 of N(a, diag s^2) and N(b, diag t^2) is |a - b|^2 + |s - t|^2."""
    random = np.random.default_rng(0)
    a, b, s, t = (random.uniform(0.1, 3, 50) for _ in range(4))
    expected = np.square(a - b).sum() + np.square(s - t).sum()
    assert frechet_distance_of_moments(exact(a, np.diag(s**2)), exact(b, np.diag(t**2))) == pytest.approx(expected, rel=1e-10)
    turn = np.linalg.qr(random.normal(size=(50, 50)))[0]  # rotations preserve the distance
    turned = [exact(turn @ mean, turn @ np.diag(each**2) @ turn.T) for mean, each in ((a, s), (b, t))]
    assert frechet_distance_of_moments(*turned) == pytest.approx(expected, rel=1e-10)


def test_the_distance_of_drawn_gaussians_approaches_the_closed_form():
    x, y = gaussian(0, 200_000, 4), gaussian(1, 200_000, 4, shift=0.5, scale=2.0)
    assert frechet_distance(x, y) == pytest.approx(4 * 0.25 + 4 * 1.0, rel=0.01)


@pytest.mark.parametrize(("count", "features"), [(300, 40), (30, 40), (41, 40)])
def test_streamed_moments_give_the_distance_of_the_features_also_with_fewer_images_than_features(count, features):
    x, y = gaussian(0, count, features, shift=3.0), gaussian(1, count + 3, features, scale=1.5)
    x[:, 5] = 0  # a dead feature
    centred = [(each.astype(float) - each.mean(0, dtype=float)) / np.sqrt(len(each) - 1) for each in (x, y)]
    nuclear = np.linalg.svd(centred[0] @ centred[1].T, compute_uv=False).sum()  # in the space of images
    expected = np.square(x.mean(0, dtype=float) - y.mean(0, dtype=float)).sum() + sum(np.square(c).sum() for c in centred) - 2 * nuclear
    assert frechet_distance_of_moments(moments_of(x), moments_of(y)) == pytest.approx(expected, rel=1e-8)
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-8)


def test_neither_order_nor_block_size_changes_the_distance(monkeypatch):
    x, y = gaussian(0, 90, 12, shift=20.0), gaussian(1, 80, 12, shift=20.1)
    expected = frechet_distance(x, y)
    monkeypatch.setattr(blocks, "BLOCK", 7)
    assert frechet_distance(x[::-1], np.roll(y, 5, axis=0)) == pytest.approx(expected, rel=1e-8)


def test_one_image_is_too_few_for_moments():
    with pytest.raises(InputError, match="got 1 generated image, expected at least 2"):
        frechet_distance_of_moments(moments_of(gaussian(0)), moments_of(gaussian(1, 1)))


def features(decay: float, count: int = 300, size: int = 60, scale: float = 1.0, seed: int = 0) -> np.ndarray:
    """Features whose standard deviations along some directions fall like i^-decay."""
    random = np.random.default_rng(seed)
    turn = np.linalg.qr(np.random.default_rng(99).normal(size=(size, size)))[0]
    spread = np.arange(1.0, size + 1) ** -decay * (1 + scale * np.random.default_rng(98).uniform(0, 1, size))
    return (random.normal(size=(count, size)) * spread) @ turn


def by_qr(x: np.ndarray, y: np.ndarray) -> float:
    """The distance without covariances: R of the centred features has R^T R = S, to eps relative to each of its directions."""
    roots = [np.linalg.qr((each - each.mean(0)) / np.sqrt(len(each) - 1), mode="r") for each in (x, y)]
    nuclear = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    return float(np.square(x.mean(0) - y.mean(0)).sum() + sum(np.square(each).sum() for each in roots) - 2 * nuclear)


@pytest.mark.parametrize("decay", [0.0, 1.0, 2.0, 4.0, 8.0])  # condition numbers of the covariance up to 1e28
@pytest.mark.parametrize("what", ["regular", "dead in both", "dead in one", "a copy", "a sum"])
def test_the_distance_is_exact_also_with_covariances_that_are_almost_or_quite_singular(decay, what):
    x, y = features(decay), features(decay, seed=1, scale=2.0)
    if what.startswith("dead"):
        x[:, 7] = 3.0
        y[:, 7] = 3.0 if what == "dead in both" else y[:, 7]
    if what == "a copy":
        x[:, 7], y[:, 7] = x[:, 8], y[:, 8]
    if what == "a sum":
        x[:, 7] = x[:, 8:20].sum(1)
    assert frechet_distance(x, y) == pytest.approx(by_qr(x, y), rel=1e-8)


@pytest.mark.parametrize("what", ["regular", "dead", "dependent", "few"])
def test_a_factor_times_its_transpose_is_the_covariance(what):
    x = features(1.0, count=40 if what == "few" else 300)
    if what == "dead":
        x[:, [0, 9]] = 0
    if what == "dependent":
        x[:, 3] = x[:, 4] - x[:, 5]
    moments = moments_of(x)
    found = factor(moments)
    assert np.allclose(found @ found.T, np.cov(x.T), atol=1e-12)
    assert found.shape[1] == {"regular": 60, "dead": 58, "dependent": 59, "few": 39}[what]
    other = factor(moments_of(features(1.0, seed=1)))
    mean = np.zeros(60)
    assert distance(mean, mean, found, other) == pytest.approx(distance(mean, mean, root(moments), other), rel=1e-10)


@pytest.mark.parametrize("count", [10, 61, 300])
def test_a_set_has_no_distance_from_itself_and_none_is_negative(count):
    for seed in range(5):
        x = features(1.0, count=count, seed=seed)
        assert 0 <= frechet_distance(x, x[::-1]) < 1e-10
        assert 0 <= frechet_distance_of_moments(moments_of(x), moments_of(x)) < 1e-10


def test_sets_without_any_variance_are_as_far_apart_as_their_means():
    x, y = np.zeros((20, 5)), np.full((20, 5), 2.0)
    assert frechet_distance(x, y) == pytest.approx(20.0, rel=1e-12) and frechet_distance(x, x) == 0


def test_a_set_without_variance_and_a_gaussian():
    """With S_r = 0 the distance is |mu_r - mu_f|^2 + tr S_f."""
    y = features(1.0)
    assert frechet_distance(np.ones((100, 60)), y) == pytest.approx(np.square(1 - y.mean(0)).sum() + np.trace(np.cov(y.T)), rel=1e-12)
