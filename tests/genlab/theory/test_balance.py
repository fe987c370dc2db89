"""Balance of critic and generator."""

import math

import pytest
import torch

from genlab.build import build
from genlab.densities.gaussians import ring
from genlab.densities.quadrature import nodes
from genlab.theory.balance import Balance, Found, Setting, density_of, finding, ratio_of

SMALL = {"seeds": 1, "turns": 4, "batch_size": 8, "hidden": [8], "side": 31}
RING = ring(modes=4, radius=1.0, deviation=0.3)


def test_the_generators_density_is_that_of_its_samples():
    recipe = build(Balance(RING, [1], [1.0], **SMALL).model(Setting(1, 1.0), seed=0))
    known, plane = density_of(recipe, RING.extent, RING.deviation), nodes(4.0, 161)
    points = RING.extent * recipe.sample(torch.randn(20_000, recipe.latent_size, generator=torch.Generator().manual_seed(0))).flatten(1)
    log_density = known.log_prob(plane.points)
    assert plane.integral(log_density.exp()) == pytest.approx(1, abs=1e-6)
    assert known.log_prob(points).mean().item() == pytest.approx(plane.expectation(log_density, log_density), abs=0.03)


def test_the_bias_is_never_negative():
    claim = Balance(RING, [1, 2], [0.5, 1.0], **SMALL).measure(seed=0)
    assert claim.measurements[0].measured >= 0 and len(claim.tables[0].rows) == 3


def test_words_follow_the_numbers():
    one, two = Setting(1, 1.0), Setting(2, 1.0)
    falling = {one: [Found(0.4, 0.1, 8.0)], two: [Found(0.1, 0.2, 7.0)]}
    assert "the bias falls throughout, from 0.400 to 0.100" in finding(falling, [one, two], "critic steps")
    rising = {one: falling[two], two: falling[one]}
    text = finding(rising, [one, two], "critic steps")
    assert "the bias does not fall throughout" in text and "closest to the truth (JSD) at 2" in text
    assert ratio_of(falling, two, one) == pytest.approx(0.25) and not math.isnan(ratio_of(rising, two, one))
