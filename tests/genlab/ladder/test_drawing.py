"""Tests of the pictures of the ladder."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from genlab.damage.damages import DAMAGES
from genlab.ladder.drawing import SHOWN, Panel, reactions, strip
from genlab.ladder.material import Material
from genlab.ladder.measure import Measured, Rungs
from genlab.ladder.metrics import METRICS
from genlab.pictures.mosaic import GAP, HEADING, LEAST_SIDE


@pytest.fixture
def material():
    """Colour images without labels."""
    images = np.random.default_rng(0).integers(0, 200, (160, 16, 16, 3), np.uint8)
    return Material(images, None, np.arange(0), np.arange(40), np.arange(40, 160))


def test_a_strip_shows_the_same_images_undamaged_and_with_each_strength(material):
    picture = strip(material, "colours")
    cell, rows = LEAST_SIDE + GAP, 1 + len(DAMAGES["colours"].strengths)
    assert picture.size == (SHOWN * cell, rows * (cell + HEADING))
    first = material.images[material.sample(0)[0]][0, 0].astype(int)
    red = [picture.getpixel((1, row * (cell + HEADING) + HEADING + 1))[0] for row in range(rows)]
    assert red == [min(255, first[0] + shift) for shift in (0, 8, 16, 32, 64)]


def test_a_panel_has_a_line_per_metric_that_starts_at_no_damage():
    axes = Figure().subplots()
    Panel("emoji", "blur", {"kid": np.array([1.0, 5.0, 9.0, 20.0]), "recall": np.array([0.0, 2.0, 3.0, -6.0])})(axes)
    lines = {line.get_label(): list(line.get_ydata()) for line in axes.get_lines()}
    assert lines == {METRICS["kid"].title: [0, 1, 5, 9, 20], METRICS["recall"].title: [0, 0, 2, 3, -6]}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "0.5", "0.8", "1.2", "2"]


def test_all_metrics_are_told_apart_by_colour_and_line():
    axes = Figure().subplots()
    Panel("emoji", "blur", {name: np.ones(4) for name in METRICS})(axes)
    looks = {(line.get_color(), line.get_linestyle()) for line in axes.get_lines()}
    assert len(looks) == len(METRICS)


def test_reactions_have_one_panel_per_space():
    rungs = {"kid": Rungs([1.0, 2.0], {"blur": [3.0, 4.0, 5.0, 6.0]})}
    one, two = (reactions(Measured("emoji", (16, 16, 3), 40, dict.fromkeys(names, rungs)), "blur") for names in ("a", "ab"))
    assert two.width == 2 * one.width and two.height == one.height
