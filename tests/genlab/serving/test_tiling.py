"""Tests of the positions of tiles: they cover a side, start on the required grids, and have weights that sum to one."""

import itertools

import numpy as np
import pytest

from genlab.serving.tiling import coarser, windows


@pytest.mark.parametrize("stride", [1, 4])
@pytest.mark.parametrize(("tile", "overlap"), [(16, 0), (16, 4), (16, 11), (16, 15), (64, 16), (20, 5)])
@pytest.mark.parametrize("side", [1, 15, 16, 17, 31, 64, 65, 131])
def test_tiles_cover_a_side_and_their_weights_are_one_everywhere(side, tile, overlap, stride):
    side = -(-side // stride) * stride  # padded
    found = windows(side, tile, overlap, stride)
    total = np.zeros(side)
    for start, weights in found:
        assert len(weights) == min(tile, side)
        assert (weights > 0).all()
        total[start : start + tile] += weights
    assert np.abs(total - 1).max() < 1e-12
    starts = [start for start, _ in found]
    assert starts[0] == 0 and starts[-1] == max(0, side - tile)
    assert all(after - before <= tile - overlap for before, after in itertools.pairwise(starts))
    if tile - overlap >= stride:
        assert all(start % stride == 0 for start in starts)


def test_weights_fall_at_inner_borders_but_not_at_the_borders_of_the_image():
    (_, first), (_, second), (_, last) = windows(160, 64, 16, 1)
    assert first[0] == first[47] == last[-1] == last[16] == 1
    assert first[-1] == second[0] == second[-1] == last[0] < 0.011
    assert (np.diff(first[47:]) < 0).all() and (np.diff(second[:17]) > 0).all()
    assert first[56] + second[8] == 1 and abs(first[55] - 0.5) < 0.05  # equal weights in the middle


@pytest.mark.parametrize(("tile", "overlap"), [(64, 0), (64, 16), (64, 40), (96, 95)])
def test_tiles_start_on_the_noise_grid_if_the_overlap_is_too_large_for_the_networks_grid(tile, overlap):
    starts = [start for start, _ in windows(480, tile, overlap, stride=32, cell=16)]
    assert all(start % 16 == 0 for start in starts) and starts[-1] == 480 - tile
    assert max(after - before for before, after in itertools.pairwise(starts)) <= max(tile - overlap, 16)


def test_a_place_on_a_coarser_grid_holds_the_same_pixels():
    fine = np.arange(6).repeat(4)[:, None] * 10 + np.arange(5).repeat(4)  # (24, 20), each cell 4 x 4 pixels
    place = (..., slice(8, 20), slice(4, 16))
    assert np.array_equal(fine[place][::4, ::4], fine[::4, ::4][coarser(place, 4)])
