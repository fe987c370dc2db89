"""Tests of drawing views as pictures."""

import numpy as np
import torch

from genlab.pictures.draw import draw
from genlab.pictures.views import Curve, Panels, Points, Sheet, plane


def test_a_sheet_is_as_wide_as_its_columns():
    images = torch.rand(12, 1, 8, 8)
    assert draw(Sheet({"row": images}, columns=6)).width == draw(Sheet({"row": images[:6]}, columns=6)).width
    assert draw(Sheet({"row": images}, columns=6)).height > draw(Sheet({"row": images[:6]}, columns=6)).height


def test_points_have_a_colour_for_each_label_and_their_centres_are_marked():
    places = torch.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
    plain = np.asarray(draw(Points(places, ("x", "y"))))
    coloured = np.asarray(draw(Points(places, ("x", "y"), torch.tensor([0, 1, 2]), names=("boot", "bag", "hat"))))
    marked = np.asarray(draw(Points(places, ("x", "y"), centres=places[:1])))

    def colours(picture):
        saturated = np.ptp(picture.reshape(-1, 3).astype(int), axis=1) > 80
        return {tuple(colour // 64) for colour in picture.reshape(-1, 3)[saturated]}

    assert len(colours(coloured)) > len(colours(plain)) > 0
    assert marked.tobytes() != plain.tobytes()


def test_a_curve_marks_the_chosen_value():
    curve = Curve((1.0, 2.0, 3.0), {"BIC": (3.0, 1.0, 2.0), "AIC": (3.0, 2.0, 1.0)}, ("components", "criterion"), chosen=2.0)
    assert np.asarray(draw(curve)).tobytes() != np.asarray(draw(curve._replace(chosen=None))).tobytes()


def test_panels_are_side_by_side_and_ticks_may_have_names():
    curve = Curve((0.0, 1.0), {"KID": (3.0, 1.0)}, ("bound", "KID"))
    one, two = draw(curve), draw(Panels((curve, curve)))
    assert two.size == (2 * one.width, one.height) and draw(Panels((curve,))).tobytes() == one.tobytes()
    assert draw(curve._replace(ticks=("2", "none"))).tobytes() != one.tobytes()


def test_the_plane_has_the_largest_variance_of_any_two_directions():
    codes = torch.randn(200, 5, generator=torch.Generator().manual_seed(0)) * torch.tensor([5.0, 3.0, 1.0, 1.0, 1.0])
    found = plane(codes, None, codes[:2])
    values = torch.linalg.eigvalsh(torch.cov(codes.T)).flip(0)
    assert torch.allclose(found.places.var(0), values[:2], rtol=1e-4)
    assert torch.allclose(found.centres, found.places[:2], atol=1e-5)
    assert f"{float(values[0] / values.sum()):.0%}" in found.axes[0]
