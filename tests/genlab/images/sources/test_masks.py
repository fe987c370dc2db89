"""Masks by Otsu's threshold or from transparency."""

import numpy as np
import pytest
from PIL import Image

from genlab.images.sources.masks import Otsu

SIDE, LEFT, RIGHT = 40, 12, 28  # a square from LEFT to RIGHT - 1 in both directions


def square(inside: int = 30, outside: int = 220) -> Image.Image:
    pixels = np.full((SIDE, SIDE, 3), outside, np.uint8)
    pixels[LEFT:RIGHT, LEFT:RIGHT] = inside
    return Image.fromarray(pixels)


@pytest.mark.parametrize("foreground", ["dark", "light"])
def test_the_mask_of_a_noisy_square_is_the_square(foreground):
    dark = np.asarray(square()).astype(int) + np.random.default_rng(0).integers(-25, 26, (SIDE, SIDE, 1))
    mask = Otsu("x", foreground).mask(Image.fromarray(dark.astype(np.uint8)))
    expected = np.zeros((SIDE, SIDE), np.uint8)
    expected[LEFT:RIGHT, LEFT:RIGHT] = 255
    assert np.array_equal(mask, expected if foreground == "dark" else 255 - expected)


def test_the_threshold_maximises_the_variance_between_the_classes():
    """Compares Otsu's threshold with the best of all 255 thresholds."""
    random = np.random.default_rng(1)
    grey = np.concatenate([random.normal(80, 20, 900), random.normal(160, 30, 700)]).clip(0, 255).astype(np.uint8).reshape(40, 40)

    def between(threshold):
        low, high = grey[grey <= threshold], grey[grey > threshold]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2 if len(low) and len(high) else 0

    best = max(range(255), key=between)
    assert np.array_equal(Otsu("x").mask(Image.fromarray(grey)) == 255, grey <= best)


def test_the_transparency_of_an_image_is_its_mask():
    alpha = np.linspace(0, 255, SIDE * SIDE).astype(np.uint8).reshape(SIDE, SIDE)
    image = square()
    image.putalpha(Image.fromarray(alpha))
    assert np.array_equal(Otsu("x").mask(image), alpha)
    image.putalpha(255)  # opaque everywhere: the luma is thresholded
    assert np.array_equal(Otsu("x").mask(image), Otsu("x").mask(square()))
