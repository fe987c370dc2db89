"""Parallel lines: gradients against finite differences and closed forms, shares against scipy, and the claim at small settings."""

import math
from types import SimpleNamespace

import pytest
import torch
from scipy.spatial.distance import jensenshannon
from torch import nn

from genlab.densities.segment import Segment
from genlab.errors import InputError
from genlab.losses import adversarial
from genlab.networks.known import Line
from genlab.theory.critics import slopes
from genlab.theory.disjoint import EXCESS, Disjoint
from genlab.theory.partitions import divergence, in_cells
from genlab.theory.separation import LOSSES, around, derivative


class Ramp(nn.Module):
    """The critic -3 x."""

    def forward(self, images):
        return -3 * images[:, 0, 0, 0]


@pytest.mark.parametrize("name", LOSSES)
def test_a_gradient_equals_the_finite_difference_of_the_loss(name):
    loss, latents = LOSSES[name][1], torch.randn(50, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    line = Line(0.3).double()

    def value(offset):
        logits = torch.full((50,), -3 * offset, dtype=torch.float64)
        return loss.generator(logits, lambda: logits).mean().item()

    expected = (value(0.3 + 1e-5) - value(0.3 - 1e-5)) / 2e-5
    assert derivative(SimpleNamespace(critic=Ramp(), generator=line), loss, latents) == pytest.approx(expected, rel=1e-6)


def test_a_line_has_one_parameter_and_uniform_heights():
    line = Line(0.25)
    points = line(torch.randn(2000, 1, generator=torch.Generator().manual_seed(0)))[:, :, 0, 0]
    assert [parameter.numel() for parameter in line.parameters()] == [1]
    assert (points[:, 0] == 0.25).all()
    heights = points[:, 1].sort().values.detach()
    places = (torch.arange(2000) + 0.5) / 2000
    assert (heights - places).abs().max() < 1.63 / math.sqrt(2000)  # Kolmogorov-Smirnov at 1 %


def test_the_steepest_slope_of_a_critic_is_found():
    assert slopes(Ramp(), around(0.5)).max().item() == pytest.approx(3)


def test_shares_of_separated_samples_have_the_largest_divergences():
    first, second = (Segment(place).sample(100, torch.Generator().manual_seed(0)) for place in (0.0, 0.1))
    assert in_cells(first, second, 0.05) == (math.inf, pytest.approx(math.log(2), abs=1e-12))
    assert in_cells(first, first, 0.05) == (0.0, 0.0)


def test_the_jsd_of_shares_equals_scipys():
    first = torch.tensor([[0.0, 0.0]] * 3 + [[1.0, 0.0]] * 7)
    second = torch.tensor([[0.0, 0.0]] * 6 + [[1.0, 0.0]] * 4)
    kl, jsd = in_cells(first, second, 0.5)
    assert jsd == pytest.approx(jensenshannon([0.3, 0.7], [0.6, 0.4]) ** 2, rel=1e-9)
    assert kl == pytest.approx(0.3 * math.log(0.5) + 0.7 * math.log(7 / 4), rel=1e-9)
    assert divergence(torch.tensor([1.0, 0.0]), torch.tensor([0.5, 0.5])) == pytest.approx(math.log(2))


def test_the_excess_of_transport_between_samples_is_that_of_uniform_heights():
    random = torch.Generator().manual_seed(0)
    first, second = torch.rand(2, 400, 500, generator=random, dtype=torch.float64).sort(-1).values
    found = (first - second).abs().mean().item()  # W1 on the line pairs the order statistics
    assert found * math.sqrt(500) == pytest.approx(EXCESS, rel=0.05)


def test_the_claim_holds_where_no_training_is_needed():
    claim = Disjoint((0.4, 0.2), 0.3, 100, 64, 2, 2, 16, (8,)).measure(0)
    assert all(measurement.holds for measurement in claim.measurements[:6])
    assert len(claim.measurements) == 10
    assert set(claim.pictures) == {"distances", "gradients", "between"}
    rows = claim.tables[0].rows
    assert [row[0] for row in rows] == ["0.4", "0.2"] and len(rows[0]) == len(claim.tables[0].columns)


def test_equal_settings_and_seeds_give_equal_values():
    first, second = (Disjoint((0.4,), 0.3, 20, 32, 1, 1, 16, (8,)).measure(1) for _ in range(2))
    assert first.measurements == second.measurements and first.findings == second.findings


@pytest.mark.parametrize("offsets", [(), (0.0,), (0.1,)])
def test_unusable_offsets_are_refused(offsets):
    with pytest.raises(InputError, match="offsets: got"):
        Disjoint(offsets)


def test_the_losses_are_those_of_the_library():
    assert LOSSES["minimax"][1] is adversarial.MINIMAX and LOSSES["minimax"][0] == LOSSES["non-saturating"][0]
