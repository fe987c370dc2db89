"""Optimal transport against scipy: quantiles on the line, and an assignment in the plane."""

import sys

import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.stats import wasserstein_distance

from genlab.errors import InputError
from genlab.theory.transport import wasserstein_1


def points(count, dimensions, seed):
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_on_the_line_it_is_the_area_between_the_distribution_functions():
    first, second = points(40, 1, 0), 0.5 + 2 * points(70, 1, 1)
    assert wasserstein_1(first, second) == pytest.approx(wasserstein_distance(first[:, 0], second[:, 0]), rel=1e-9)


def test_in_the_plane_equal_numbers_of_points_are_assigned_one_to_one():
    first, second = points(50, 2, 0), points(50, 2, 1) + 1
    costs = torch.cdist(first, second)
    rows, columns = linear_sum_assignment(costs)
    assert wasserstein_1(first, second) == pytest.approx(costs[rows, columns].mean().item(), rel=1e-6)


def test_without_pot_the_extra_to_install_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(InputError, match=r"needs the package ot, .* pip install 'genlab\[theory\]'"):
        wasserstein_1(points(2, 2, 0), points(2, 2, 1))
