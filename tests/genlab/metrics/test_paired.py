"""Tests of scores of images against their ground truth: L1, PSNR, SSIM and MS-SSIM."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from genlab.metrics.paired import ms_ssim, ms_ssim_scales, paired_scores

WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])  # Wang et al. 2003, section 3.2


def noise(seed, *shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def blurred(images, sigma):
    return torch.from_numpy(gaussian_filter(images.numpy(), sigma, axes=(2, 3)))


def definition(image, truth, scales):
    """MS-SSIM of two images (C, H, W) in [-1, 1]: Wang et al. 2003, equation 7, in float64 with scipy's Gaussian windows."""
    x, y = ((each.double().numpy() + 1) / 2 for each in (image, truth))  # intensities in [0, 1]
    product = 1.0
    for scale, weight in enumerate(WEIGHTS[:scales] / WEIGHTS[:scales].sum()):

        def mean(values):
            return gaussian_filter(values, 1.5, mode="mirror", radius=5, axes=(1, 2))

        variances = mean(x * x) - mean(x) ** 2 + mean(y * y) - mean(y) ** 2
        term = (2 * (mean(x * y) - mean(x) * mean(y)) + 0.03**2) / (variances + 0.03**2)
        if scale == scales - 1:
            term *= (2 * mean(x) * mean(y) + 0.01**2) / (mean(x) ** 2 + mean(y) ** 2 + 0.01**2)
        else:
            term = term[:, 5:-5, 5:-5]  # windows inside the image
        product *= max(term.mean(), 0) ** weight
        height, width = (length // 2 * 2 for length in x.shape[1:])
        x, y = (each[:, :height, :width].reshape(len(each), height // 2, 2, width // 2, 2).mean((2, 4)) for each in (x, y))
    return product


@pytest.mark.parametrize(
    ("size", "scales"),
    # The smallest size for each number of scales, sizes that torchmetrics refuses, odd sizes, and images with one shorter side.
    [((22, 22), 2), ((32, 32), 2), ((45, 44), 3), ((64, 64), 3), ((88, 88), 4), ((95, 98), 4), ((99, 300), 4), ((176, 177), 5)],
)
def test_ms_ssim_is_the_product_of_its_scales(size, scales):
    truth = (blurred(noise(0, 2, 3, *size), 2) * 2).clamp(-1, 1)
    images = (truth + 0.3 * noise(1, 2, 3, *size) + 0.1).clamp(-1, 1)
    expected = [definition(*pair, scales) for pair in zip(images, truth, strict=True)]
    assert ms_ssim_scales(*size) == scales
    assert ms_ssim(images, truth).numpy() == pytest.approx(expected, abs=1e-4)  # float32
    assert 0.1 < min(expected) < max(expected) < 0.95


def test_up_to_five_scales_that_hold_a_window_are_used():
    widths = (8, 10, 11, 21, 22, 43, 44, 87, 88, 175, 176, 1024)
    assert [ms_ssim_scales(width, 2000) for width in widths] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert all(ms_ssim_scales(2000, width) == ms_ssim_scales(width, width) for width in widths)


def test_ms_ssim_is_omitted_if_there_is_one_scale():
    images = noise(0, 2, 1, 22, 22)
    assert {"ms_ssim", "ms_ssim_spread"} <= set(paired_scores(images, images))
    small = paired_scores(images[..., :21], images[..., :21])
    assert "ssim" in small and not {"ms_ssim", "ms_ssim_spread"} & set(small)


def test_ms_ssim_is_1_for_equal_images_and_falls_with_distortion():
    truth = (blurred(noise(0, 4, 3, 64, 64), 1.5) * 3).clamp(-1, 1)
    assert ms_ssim(truth, truth).numpy() == pytest.approx(1, abs=1e-4)
    noisy = [paired_scores(truth + strength * noise(1, 4, 3, 64, 64), truth)["ms_ssim"] for strength in (0, 0.1, 0.3, 1)]
    blurry = [paired_scores(blurred(truth, sigma), truth)["ms_ssim"] for sigma in (0.01, 0.5, 1, 2)]
    for scores in (noisy, blurry):
        assert (np.diff(scores) < -1e-3).all()


def test_opposite_images_and_flat_images_have_finite_scores():
    white = torch.ones(1, 3, 32, 32)
    checks = (torch.arange(32)[:, None] + torch.arange(32)).remainder(2) * 2.0 - 1
    images = torch.cat([white, -white, 0 * white, noise(0, 1, 3, 32, 32), -noise(0, 1, 3, 32, 32), checks.expand(1, 3, -1, -1)])
    every = torch.stack([ms_ssim(images.roll(step, 0), images) for step in range(len(images))])
    assert every.isfinite().all() and (every >= 0).all() and (every <= 1 + 1e-4).all()
    assert ms_ssim(-white, white).item() < 1e-3
    assert ms_ssim(images[4:5], images[3:4]).item() == 0  # opposed structure: 0, not the root of a negative number
    scores = paired_scores(images.roll(1, 0), images)
    assert np.isfinite([scores["ms_ssim"], scores["ms_ssim_spread"]]).all()


def test_the_score_is_the_mean_of_the_scores_of_single_images():
    truth = blurred(noise(0, 5, 1, 44, 44), 1) * 2
    images = truth + torch.linspace(0, 1, 5).view(-1, 1, 1, 1) * noise(1, 5, 1, 44, 44)
    alone = torch.cat([ms_ssim(images[[i]].clamp(-1, 1), truth[[i]]) for i in range(5)])
    assert ms_ssim(images.clamp(-1, 1), truth).numpy() == pytest.approx(alone.numpy(), abs=1e-6)
    scores = paired_scores(images, truth)
    assert scores["ms_ssim"] == pytest.approx(alone.mean().item(), abs=1e-6)
    assert scores["ms_ssim_spread"] == pytest.approx(alone.std().item(), abs=1e-6)


def test_paired_scores_of_an_image_with_itself_and_with_a_brighter_copy():
    image = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0)) - 0.5
    same, brighter = paired_scores(image, image), paired_scores(image + 0.2, image)
    assert same["l1"] == 0 and same["ssim"] == pytest.approx(1)
    assert brighter["l1"] == pytest.approx(0.2, rel=1e-5)
    assert brighter["psnr"] == pytest.approx(10 * np.log10(4 / 0.04), rel=1e-4)  # range 2
    assert brighter["ssim"] < 1
    assert brighter["l1_spread"] == pytest.approx(0, abs=1e-6)
    assert "ssim" not in paired_scores(image[..., :8, :8], image[..., :8, :8])  # smaller than its window


def test_equal_images_have_a_psnr_of_100_db_and_a_finite_mean():
    truth = noise(0, 4, 3, 16, 16)
    images = truth + torch.tensor([0.0, 0.2, 0.2, 0.2]).view(-1, 1, 1, 1) * (-truth.sign())  # one pair is equal
    scores = paired_scores(images, truth)
    each = np.array([100.0, *[10 * np.log10(4 / 0.04)] * 3])  # range 2, mean squared error 0.2^2
    assert scores["psnr"] == pytest.approx(each.mean(), rel=1e-5) and scores["psnr_spread"] == pytest.approx(each.std(ddof=1), rel=1e-5)
    assert paired_scores(truth, truth)["psnr"] == 100 and paired_scores(truth, truth)["psnr_spread"] == 0
