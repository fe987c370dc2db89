"""Tests of pictures of samples: grids, interpolations, nearest neighbours and truncation."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import torch

from genlab.images.prepared_set import PreparedSet
from genlab.networks.latents import normal
from genlab.pictures.mosaic import GAP, HEADING
from genlab.pictures.samples import (
    BOUNDS,
    LATENTS,
    PSIS,
    class_grid,
    class_interpolation,
    grid,
    interpolation,
    neighbours,
    truncation,
    truncation_curve,
)

SIDE = 64  # of one image in the picture
CELL = SIDE + GAP


def sample(latents, labels=None):
    """Grey images; the first latent number is the brightness, from -2 (black) to 2 (white)."""
    return (latents[:, 0] / 2).clamp(-1, 1)[:, None, None, None].expand(-1, 1, 16, 16)


def brightness(picture, top, columns):
    """Brightness (0 to 255) of the images in the line that begins at pixel row `top`."""
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


def test_an_interpolation_starts_and_ends_at_samples(latents):
    picture = interpolation(sample, latents)
    assert picture.size == (10 * CELL, HEADING + 6 * CELL)
    lines = np.array([brightness(picture, HEADING + line * CELL, 10) for line in range(6)])
    assert abs(lines[:, 0] - expected(latents[:6])).max() <= 1
    assert abs(lines[:, -1] - expected(latents[6:12])).max() <= 1
    assert abs(np.diff(lines, axis=1)).max() < 60  # no jumps


def test_each_sample_is_above_its_nearest_training_images(latents):
    pixels = np.arange(20, dtype=np.uint8)[:, None, None, None].repeat(16, 1).repeat(16, 2)
    images = PreparedSet("steps", "unlabelled", pixels, pd.DataFrame({"split": ["train"] * 20}), (), "", (0, 0, 0))
    indices = np.arange(36).reshape(12, 3) % 20
    picture = neighbours(sample(latents[:12]), indices, images)
    row = HEADING + CELL
    assert picture.size == (10 * CELL, 4 * row)
    assert brightness(picture, HEADING, 10).tolist() == expected(latents[:10])
    for rank in range(3):
        assert brightness(picture, HEADING + (1 + rank) * row, 10).tolist() == indices[:10, rank].tolist()
    assert neighbours(sample(latents[:2]), indices[:2, :2], images).size == (2 * CELL, 3 * row)  # few samples, two neighbours each


def test_truncation_shows_the_same_latents_with_increasing_bounds(latents):
    picture = truncation(sample, latents)
    row = HEADING + CELL
    assert picture.size == (12 * CELL, 4 * row)
    rows = [brightness(picture, HEADING + number * row, 12) for number in range(4)]
    for bound, seen in zip(BOUNDS.shown, rows, strict=True):
        assert abs(seen - 127.5).max() <= min(2, bound) / 2 * 127.5 + 1
    assert rows[-1].tolist() == expected(latents[:12]) and math.isinf(BOUNDS.shown[-1])
    assert all((abs(more - 127.5) >= abs(less - 127.5) - 1).all() for less, more in itertools.pairwise(rows))


def test_truncation_of_styles_has_a_row_for_each_psi_up_to_one(latents):
    calls = []

    def styled(latents, labels, psi):
        calls.append((latents, labels))
        return sample(psi * latents)

    picture, row = truncation(styled, latents, torch.arange(LATENTS), PSIS), HEADING + CELL
    assert picture.size == (12 * CELL, len(PSIS.shown) * row) and PSIS.shown[-1] == 1
    for number, psi in enumerate(PSIS.shown):
        assert brightness(picture, HEADING + number * row, 12).tolist() == expected(psi * latents[:12])
    assert all(torch.equal(few, latents[:12]) and torch.equal(labels, torch.arange(12)) for few, labels in calls)
    assert PSIS.title(0.7) == "psi = 0.7"


def shade_of_class(latents, labels):
    """Grey images with a brightness of 10 grey levels per class number, interpolated between classes; latents have no effect."""
    numbers = labels if labels.dim() == 1 else labels @ torch.arange(labels.shape[1]).float()
    return (10 * numbers / 127.5 - 1)[:, None, None, None].expand(-1, 1, 16, 16)


def test_the_class_grid_has_one_row_per_class_with_the_same_latents(latents):
    names, row = ("boot", "bag", "coat"), HEADING + CELL
    picture = class_grid(sample, latents, names)
    assert picture.size == (12 * CELL, 3 * row)
    assert all(brightness(picture, HEADING + number * row, 12).tolist() == expected(latents[:12]) for number in range(3))
    shades = class_grid(shade_of_class, latents, names)
    assert [set(brightness(shades, HEADING + number * row, 12)) for number in range(3)] == [{0}, {10}, {20}]


def test_the_class_grid_shows_some_of_many_classes_and_states_it(latents):
    names, row = [f"class {number}" for number in range(25)], HEADING + CELL
    picture = class_grid(shade_of_class, latents, names)
    assert picture.height == 20 * row
    shown = [brightness(picture, HEADING + number * row, 1)[0] // 10 for number in range(20)]
    assert shown[0] == 0 and shown[-1] == 24 and (np.diff(shown) >= 1).all()

    def heading(picture):
        return np.asarray(picture)[:HEADING, :, 0]

    one_less = class_grid(shade_of_class, latents, names[:20])
    assert (heading(picture) < 128).sum() > 1.5 * (heading(one_less) < 128).sum()  # `class 0` and `class 0 (20 of 25 classes, ...)`


@pytest.mark.parametrize(("names", "starts"), [(10, [0, 1, 3, 4, 6, 8]), (3, [0, 1]), (2, [0])])
def test_class_interpolation_goes_from_one_class_to_the_next(names, starts, latents):
    calls = []

    def recorded(latents, labels):
        calls.append((latents, labels))
        return shade_of_class(latents, labels)

    picture, row = class_interpolation(recorded, latents, [f"class {number}" for number in range(names)], 12), HEADING + CELL
    assert picture.size == (10 * CELL, len(starts) * row)
    for number, start in enumerate(starts):
        line = brightness(picture, HEADING + number * row, 10)
        assert (line[0], line[-1]) == (10 * start, 10 * start + 10) and set(np.diff(line)) == {1, 2}  # 10 levels in 9 steps
    for latent, weights in calls:
        assert (latent == latent[0]).all() and weights.shape == (10, 12)
        assert torch.allclose(weights.sum(1), torch.ones(10)) and weights.min() >= 0
    assert len({tuple(latent[0].tolist()) for latent, _ in calls}) == len(starts)


def test_the_truncation_curve_ends_without_truncation():
    kinds = ("kid_in_domain", "precision", "recall")
    scores = {bound: dict(zip(kinds, (value, 1 - value, value / 2), strict=True)) for bound, value in (("none", 0.5), ("2", 0.25))}
    quality, shares = truncation_curve(scores).curves
    assert quality.ticks == shares.ticks == ("2", "none") and quality.over == (0.0, 1.0)
    assert quality.lines == {"KID": (250.0, 500.0)}
    assert shares.lines == {"precision": (0.75, 0.5), "recall": (0.125, 0.25)}
    assert quality.axes == ("latents truncated to [-bound, bound]", "KID x 1,000, in the classifier's features")


def test_the_curve_over_psi_is_ascending_and_names_the_features():
    scores = {psi: {"kid_efflite0": value, "precision": 1 - value, "recall": value} for psi, value in (("1", 0.5), ("0.7", 0.25))}
    quality, shares = truncation_curve(scores, PSIS).curves
    assert quality.ticks == shares.ticks == ("0.7", "1") and quality.lines == {"KID": (250.0, 500.0)}
    assert quality.axes[0].startswith("psi, ") and quality.axes[1] == "KID x 1,000, in features of efflite0"
