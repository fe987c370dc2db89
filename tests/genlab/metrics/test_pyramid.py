"""Tests of the sliced Wasserstein distance of patches."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from genlab.errors import InputError
from genlab.metrics import pyramid
from genlab.metrics.pyramid import doubled, halved, laplacian, pyramid_wasserstein, sides


def textures(seed, count=12, side=32, channels=3, smooth=1.5):
    """Smooth random images."""
    noise = np.random.default_rng(seed).normal(size=(count, side, side, channels))
    return np.clip(127 + 250 * gaussian_filter(noise, (0, smooth, smooth, 0)), 0, 255).astype(np.uint8)


def test_levels_end_at_16_pixels():
    assert [sides(side) for side in (15, 16, 28, 32, 33, 63, 128)] == [[], [16], [28], [32, 16], [33, 17], [63, 32, 16], [128, 64, 32, 16]]
    assert list(pyramid_wasserstein(textures(0), textures(1))) == [32, 16]


@pytest.mark.parametrize("side", [32, 45, 64])
def test_the_levels_add_up_to_the_image(side):
    images = textures(0, 2, side)
    levels = [laplacian(images, level) for level in range(len(sides(side)))]
    whole = levels.pop()
    while levels:
        detail = levels.pop()
        whole = detail + doubled(whole, detail.shape)
    assert whole == pytest.approx(images.astype(np.float32), abs=1e-3)
    constant = np.full((1, side, side, 1), 100, np.float32)
    assert doubled(halved(constant), constant.shape) == pytest.approx(constant, rel=1e-6)  # the filters preserve brightness


def test_blur_is_seen_at_the_finest_level_most():
    real, other = (textures(seed, 30, 64, 1, smooth=0.6) for seed in (0, 1))
    blurred = np.stack([gaussian_filter(image, (0.8, 0.8, 0)) for image in other])
    plain, soft = pyramid_wasserstein(real, other), pyramid_wasserstein(real, blurred)
    assert soft[64] > 2 * plain[64]
    assert soft[64] / plain[64] > soft[16] / plain[16]


def test_a_shift_of_brightness_or_colour_is_not_seen():
    real, other = (textures(seed) // 2 + 30 for seed in (0, 1))
    shifted = other + np.array([40, 0, 20], np.uint8)
    found, plain = (pyramid_wasserstein(real, each)[16] for each in (shifted, other))
    assert found == pytest.approx(plain, rel=0.2)  # other bytes have other random places


def test_order_and_batches_do_not_matter(monkeypatch):
    real, fake = textures(0), textures(1, 9, smooth=1.0)
    expected = pyramid_wasserstein(real, fake)
    monkeypatch.setattr(pyramid, "BATCH", 5)
    found = pyramid_wasserstein(real[::-1], np.roll(fake, 2, axis=0))
    assert found == pytest.approx(expected, rel=1e-5)
    assert pyramid_wasserstein(real, real) == {32: 0, 16: 0}


def test_flat_images_have_a_distance():
    flat = np.zeros((3, 16, 16, 1), np.uint8)
    assert pyramid_wasserstein(flat, flat) == {16: 0}


def test_small_images_and_unequal_shapes_are_clear_errors():
    with pytest.raises(InputError, match="expected equal shapes of at least 16 px"):
        pyramid_wasserstein(textures(0, side=15), textures(1, side=15))
    with pytest.raises(InputError, match=r"got images \(32, 32, 3\) and \(32, 32, 1\)"):
        pyramid_wasserstein(textures(0), textures(1, channels=1))
    with pytest.raises(InputError, match="got 0 real images"):
        pyramid_wasserstein(textures(0)[:0], textures(1))
