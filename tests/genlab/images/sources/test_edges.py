"""Edges of photos by Canny's method."""

import numpy as np
import pytest
from PIL import Image

from genlab.images.sources.edges import Canny

SIDE, LEFT, RIGHT = 40, 12, 28  # a square from LEFT to RIGHT - 1 in both directions


def square(inside: int = 30, outside: int = 220) -> Image.Image:
    pixels = np.full((SIDE, SIDE, 3), outside, np.uint8)
    pixels[LEFT:RIGHT, LEFT:RIGHT] = inside
    return Image.fromarray(pixels)


def to_the_border() -> np.ndarray:
    """Distance in pixels of each pixel from the square's border, (SIDE, SIDE); 0 on both sides of the border."""
    away = np.maximum(LEFT - np.arange(SIDE), np.arange(SIDE) - (RIGHT - 1))  # 0 and -1 on the inner side, 1 on the outer
    outward = np.maximum(away[:, None], away[None])
    return np.where(outward > 0, outward - 1, -outward)


def edges(image: Image.Image, **arguments) -> np.ndarray:
    """Edges by Canny's method, bool (H, W)."""
    return Canny("x", **{"lines": "white"} | arguments).edges(image) == 255


@pytest.mark.parametrize("blur", [0.0, 1.0])
def test_the_edge_of_a_square_is_a_thin_ring_on_its_border(blur):
    found = edges(square(), blur=blur)
    assert (to_the_border()[found] == 0).all()
    assert 4 * (RIGHT - LEFT) - 12 <= found.sum() <= 4 * (RIGHT - LEFT) + 4  # one pixel wide, corners rounded
    assert found[LEFT + 2 : RIGHT - 2].sum(1).tolist() == [2] * (RIGHT - LEFT - 4)  # each row crosses it twice


def test_a_step_is_an_edge_if_four_times_its_height_is_above_the_threshold():
    def step(height):
        return Image.fromarray(np.repeat(np.array([100, 100 + height], np.uint8), 10)[None].repeat(20, 0))

    assert edges(step(51), blur=0.0).any() and not edges(step(49), blur=0.0).any()


def test_a_weak_edge_counts_if_it_is_connected_to_a_strong_one():
    pixels = np.full((20, 20), 100, np.uint8)
    pixels[:10, 10:], pixels[10:, 10:] = 160, 140  # slopes of 240 and 160
    image = Image.fromarray(pixels)
    assert edges(image, blur=0.0)[12:].any()
    assert not edges(image, blur=0.0, low=200.0)[12:].any() and edges(image, blur=0.0, low=200.0)[:9].any()


def test_edges_are_black_on_white_by_default():
    black, white = Canny("x").edges(square()), Canny("x", lines="white").edges(square())
    assert np.array_equal(black, 255 - white) and set(np.unique(black)) == {0, 255} and black[0, 0] == 255
