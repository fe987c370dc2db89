"""Tests of damage to pixels."""

import numpy as np
import pytest

from genlab.damage.pixels import blurred, compressed, noisy, tinted


def images(channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (4, 16, 16, channels), np.uint8)


def error(changed, original):
    return float(np.square(changed.astype(float) - original).mean())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("damage", "strengths"), [(blurred, (0.5, 1, 2)), (noisy, (5, 15, 40)), (compressed, (90, 40, 5))], ids=["blur", "noise", "jpeg"]
)
def test_stronger_damage_moves_images_further_and_keeps_their_form(damage, strengths, channels):
    original = images(channels)
    changed = [damage(original, strength) for strength in strengths]
    assert all(each.shape == original.shape and each.dtype == np.uint8 for each in changed)
    errors = [error(each, original) for each in changed]
    assert 0 < errors[0] < errors[1] < errors[2]


def test_blur_keeps_a_flat_image_and_does_not_mix_images_or_channels():
    flat = np.zeros((2, 8, 8, 3), np.uint8)
    flat[1, :, :, 2] = 200
    assert (blurred(flat, 2.0) == flat).all()


def test_noise_has_the_deviation_and_depends_on_the_seed():
    grey = np.full((2, 64, 64, 1), 128, np.uint8)
    assert (noisy(grey, 10) - 128.0).std() == pytest.approx(10, rel=0.05)
    assert (noisy(grey, 10, seed=1) == noisy(grey, 10, seed=1)).all() and (noisy(grey, 10, seed=1) != noisy(grey, 10)).any()


def test_a_tint_raises_red_and_lowers_blue_within_the_range_of_bytes():
    assert tinted(np.array([[[[100, 100, 100], [250, 0, 5]]]], np.uint8), 20).tolist() == [[[[120, 100, 80], [255, 0, 0]]]]
