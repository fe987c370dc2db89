"""Tests of sheets of images, training curves and domain names."""

import numpy as np
import pandas as pd
import pytest
import torch

from genlab.images.domain_names import domain_name
from genlab.images.prepared_set import PreparedSet
from genlab.pictures.curves import curves
from genlab.pictures.mosaic import GAP, HEADING
from genlab.pictures.sheets import sheet


def test_a_sheet_shows_every_image_under_its_rows_name():
    rows = {"dark": torch.full((3, 3, 64, 64), -1.0), "light": torch.full((3, 1, 64, 64), 1.0)}
    picture = np.asarray(sheet(rows))
    assert picture.shape == (2 * (64 + GAP + HEADING), 3 * (64 + GAP), 3)
    for column in range(3):
        left = column * (64 + GAP)
        assert (picture[HEADING : HEADING + 64, left : left + 64] == 0).all()
        assert (picture[2 * HEADING + 64 + GAP : -GAP, left : left + 64] == 255).all()
    assert (picture[:HEADING] == 0).any()  # the name is written


def test_small_images_are_enlarged_by_a_whole_number():
    pixels = torch.rand(1, 3, 8, 12) * 2 - 1
    picture = np.asarray(sheet({"": pixels}))[HEADING:-GAP, :-GAP]
    assert picture.shape == (48, 72, 3)
    assert (picture == picture[::6, ::6].repeat(6, 0).repeat(6, 1)).all()


def test_curves_have_one_panel_per_network():
    one = curves([{"images": 4, "critic/loss": 1.0}, {"images": 8, "critic/loss": 0.5}])
    two = curves([{"images": 4, "critic/loss": 1.0, "generator/loss": 2.0}, {"images": 8, "critic/loss": 0.5}])
    assert two.width == 2 * one.width


def test_a_long_row_is_wrapped_and_padded_with_white():
    images = (torch.arange(7) / 7)[:, None, None, None].expand(-1, 1, 64, 64)
    cell = 64 + GAP
    wrapped, one_line = np.asarray(sheet({"steps": images}, columns=3)), np.asarray(sheet({"steps": images}))
    assert wrapped.shape == (HEADING + 3 * cell, 3 * cell, 3)
    assert one_line.shape == (HEADING + cell, 7 * cell, 3)
    lines = [wrapped[HEADING + line * cell :][:cell] for line in range(3)]
    assert (np.concatenate(lines, axis=1)[:, : 7 * cell] == one_line[HEADING:]).all()
    assert (lines[2][:, cell:] == 255).all()


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (["3d/1.png", "3d/2.png"], "3d"),
        (["shoes/1.jpg#edges", "shoes/2.jpg#edges"], "edges"),
        (["train/1.jpg#right", "test/c#.jpg#right"], "right"),
        (["maps/1#1.png", "maps/2.png"], "maps"),
        (["trainA/1.png", "testA/1.png"], "a"),
        (["1.png", "2.png"], "a"),
    ],
)
def test_a_domain_is_named_after_what_its_paths_have_in_common(paths, name):
    manifest = pd.DataFrame({"path": [*paths, "other/1.png#photo"], "domain": [*["a"] * len(paths), "b"]})
    assert domain_name(PreparedSet("x", "paired", np.zeros((3, 1, 1, 3), np.uint8), manifest, (), "", (0, 0, 0)), "a") == name
