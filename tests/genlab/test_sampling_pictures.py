import itertools
import math

import numpy as np
import pandas as pd
import pytest
import torch

from genlab.images.prepared_set import PreparedSet
from genlab.latents import normal
from genlab.pictures import GAP, HEADING
from genlab.sampling_pictures import BOUNDS, LATENTS, grid, interpolation, neighbours, truncation

SIDE = 64  # an image in the picture
CELL = SIDE + GAP


def sample(latents, labels=None):
    """Grey images whose brightness is the first latent's, -2 black and 2 white."""
    return (latents[:, 0] / 2).clamp(-1, 1)[:, None, None, None].expand(-1, 1, 16, 16)


def brightness(picture, top, columns):
    """Of the images of a line, from its top on: 0 to 255."""
    pixels = np.asarray(picture)
    assert (pixels[top : top + SIDE, :SIDE] == pixels[top, 0]).all()
    return np.array([pixels[top, column * CELL, 0] for column in range(columns)]).astype(int)


def expected(latents):
    return [round((value / 2 + 1) * 127.5) for value in latents[:, 0].clamp(-2, 2).tolist()]


@pytest.fixture
def latents():
    return normal(LATENTS, 8, seed=0)


def test_the_grid_shows_the_first_samples_in_order(latents):
    picture = grid(sample(torch.cat([latents, latents])))
    assert picture.size == (12 * CELL, HEADING + 6 * CELL)
    assert brightness(picture, HEADING, 12).tolist() == expected(latents[:12])
    assert brightness(picture, HEADING + 5 * CELL, 12).tolist() == expected(latents[60:72])


def test_an_interpolation_begins_and_ends_at_samples(latents):
    picture = interpolation(sample, latents)
    assert picture.size == (10 * CELL, HEADING + 6 * CELL)
    lines = np.array([brightness(picture, HEADING + line * CELL, 10) for line in range(6)])
    assert abs(lines[:, 0] - expected(latents[:6])).max() <= 1
    assert abs(lines[:, -1] - expected(latents[6:12])).max() <= 1
    assert abs(np.diff(lines, axis=1)).max() < 60  # no jump on the way


def test_each_sample_stands_above_its_nearest_training_images(latents):
    pixels = np.arange(20, dtype=np.uint8)[:, None, None, None].repeat(16, 1).repeat(16, 2)
    images = PreparedSet("steps", "unlabelled", pixels, pd.DataFrame({"split": ["train"] * 20}), (), "", (0, 0, 0))
    indices = np.arange(36).reshape(12, 3) % 20
    picture = neighbours(sample(latents[:12]), indices, images)
    row = HEADING + CELL
    assert picture.size == (10 * CELL, 4 * row)
    assert brightness(picture, HEADING, 10).tolist() == expected(latents[:10])
    for rank in range(3):
        assert brightness(picture, HEADING + (1 + rank) * row, 10).tolist() == indices[:10, rank].tolist()
    assert neighbours(sample(latents[:2]), indices[:2, :2], images).size == (2 * CELL, 3 * row)  # a set of few images


def test_truncation_shows_the_same_latents_ever_less_bound(latents):
    picture = truncation(sample, latents)
    row = HEADING + CELL
    assert picture.size == (12 * CELL, 4 * row)
    rows = [brightness(picture, HEADING + number * row, 12) for number in range(4)]
    for bound, seen in zip(BOUNDS, rows, strict=True):
        assert abs(seen - 127.5).max() <= min(2, bound) / 2 * 127.5 + 1
    assert rows[-1].tolist() == expected(latents[:12]) and math.isinf(BOUNDS[-1])
    assert all((abs(more - 127.5) >= abs(less - 127.5) - 1).all() for less, more in itertools.pairwise(rows))
