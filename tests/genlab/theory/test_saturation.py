"""Saturation of the minimax generator."""

import pytest
import torch

from genlab.build import build
from genlab.densities.gaussians import ring
from genlab.theory.saturation import LOSSES, Saturation, moment, slopes


def test_slopes_equal_finite_differences():
    step = 1e-6
    for measurement, logit in zip(slopes(), [value for value in (-20.0, -5.0, 0.0, 5.0) for _ in range(2)], strict=True):
        loss = LOSSES["minimax" if "minimax" in measurement.name else "non-saturating"]
        above, below = (float(loss.generator(torch.tensor(logit + shift, dtype=torch.float64), lambda: None)) for shift in (step, -step))
        assert measurement.measured == pytest.approx((above - below) / (2 * step), abs=1e-8) and measurement.holds


def test_gradients_of_a_linear_critic_are_in_the_ratio_of_the_slopes():
    """With one logit for all fakes, the norms of two losses are in the ratio of their slopes, D to 1 - D."""
    torch.manual_seed(0)
    recipe = build(Saturation(ring(), hidden=[4]).model())
    for parameter in recipe.critic.parameters():
        torch.nn.init.zeros_(parameter)
    linear = [module for module in recipe.critic.modules() if isinstance(module, torch.nn.Linear)]
    linear[-1].bias.data.fill_(-3.0)
    linear[-1].weight.data.fill_(1e-9)  # every logit is -3 up to 1e-8
    for layer in linear[:-1]:
        torch.nn.init.orthogonal_(layer.weight)
    found, share = moment(recipe, 0, 0), torch.tensor(-3.0).sigmoid().item()
    assert found.fooled == pytest.approx(share, rel=1e-5)
    assert found.norms["minimax"] / found.norms["non-saturating"] == pytest.approx(share / (1 - share), rel=1e-4)


def test_a_short_training_measures_every_loss():
    claim = Saturation(ring(), steps=40, batch_size=8, hidden=[8]).measure(0)
    assert claim.tables[0].columns[2:] == tuple(LOSSES) and "gradients" in claim.pictures
