import numpy as np
import pytest
import scipy.linalg
import torch

from genlab.metrics import blocks
from genlab.metrics.frechet import frechet_distance
from genlab.metrics.kernel import kernel_distance, kernel_distance_estimate
from genlab.metrics.paired import paired_scores


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


@pytest.mark.parametrize("block", [4, 2048])
def test_kernel_distance_is_the_double_sum(block, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", block)
    x, y = gaussian(0, 7, 5).astype(float), gaussian(1, 9, 5, shift=0.3).astype(float)

    def k(a, b):
        return (a @ b / 5 + 1) ** 3

    within_x = np.mean([k(x[i], x[j]) for i in range(7) for j in range(7) if i != j])
    within_y = np.mean([k(y[i], y[j]) for i in range(9) for j in range(9) if i != j])
    between = np.mean([k(a, b) for a in x for b in y])
    assert kernel_distance(x, y) == pytest.approx(within_x + within_y - 2 * between, rel=1e-10)


def test_kernel_distance_of_one_distribution_is_zero_on_average():
    values = [kernel_distance(gaussian(2 * i, 40), gaussian(2 * i + 1, 40)) for i in range(200)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(200)
    assert kernel_distance(gaussian(0), gaussian(1, shift=1.0)) > 20 * np.std(values)


def test_the_spread_shrinks_with_more_images():
    small, large = (kernel_distance_estimate(gaussian(0, n), gaussian(1, n), seed=0).spread for n in (40, 640))
    assert large < small / 4


def test_the_spread_of_a_large_set_is_that_of_subsets_of_a_given_size():
    x, y = gaussian(0, 200), gaussian(1, 300)
    limited = kernel_distance_estimate(x, y, seed=0, largest=60)
    assert kernel_distance_estimate(x, y, seed=0, share=0.5, largest=150) == kernel_distance_estimate(x, y, seed=0, share=0.5)
    assert limited.value == kernel_distance(x, y)
    assert limited.spread > kernel_distance_estimate(x, y, seed=0).spread


def test_paired_scores_of_an_image_with_itself_and_with_a_shifted_grey():
    image = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0)) - 0.5
    same, brighter = paired_scores(image, image), paired_scores(image + 0.2, image)
    assert same["l1"] == 0 and same["ssim"] == pytest.approx(1)
    assert brighter["l1"] == pytest.approx(0.2, rel=1e-5)
    assert brighter["psnr"] == pytest.approx(10 * np.log10(4 / 0.04), rel=1e-4)  # range 2
    assert brighter["ssim"] < 1
    assert brighter["l1_spread"] == pytest.approx(0, abs=1e-6)
    assert "ssim" not in paired_scores(image[..., :8, :8], image[..., :8, :8])  # smaller than its window
