"""Wasserstein critics: closed forms against scipy and against an optimisation on a grid, and the claim at small settings."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.stats import norm, wasserstein_distance

from genlab.densities.gaussians import Gaussians, ring
from genlab.densities.spiral import Spiral
from genlab.errors import InputError
from genlab.networks.points import Critic
from genlab.theory.critics import against
from genlab.theory.gaussian_critic import between, penalised_optimum, wasserstein_of_normals
from genlab.theory.wasserstein import Wasserstein
from genlab.theory.wasserstein_critics import Judged, best
from genlab.theory.wasserstein_pictures import weights_of

SMALL = {
    "distances": [1.0],
    "lambdas": [1.0, 10.0],
    "starts": 1,
    "transported": 30,
    "points": 64,
    "turns": 2,
    "plane_turns": 2,
    "clipped_turns": 2,
    "critic_steps": 2,
    "batch_size": 16,
    "hidden": [8],
    "plane_hidden": [8],
}


@pytest.mark.parametrize("distance", [0.5, -2.0, 4.0])
def test_w1_of_normals_of_equal_deviation_is_the_distance_of_their_means(distance):
    assert wasserstein_of_normals(distance, 0.7) == pytest.approx(abs(distance), rel=1e-9)
    random = np.random.default_rng(0)
    samples = [random.normal(mean, 0.7, 200_000) for mean in (0.0, distance)]
    assert wasserstein_distance(*samples) == pytest.approx(abs(distance), abs=0.01)


def density_between(x, distance, deviation):
    return quad(lambda t: norm.pdf(x, t * distance, deviation * math.sqrt((1 - t) ** 2 + t**2)), 0, 1)[0]


def test_the_density_between_real_and_fake_equals_scipys_quadrature():
    x = torch.tensor([-0.5, 0.0, 0.4, 1.0, 2.2], dtype=torch.float64)
    expected = [density_between(value, 1.5, 0.5) for value in x.tolist()]
    assert between(x, 1.5, 0.5).tolist() == pytest.approx(expected, rel=1e-4)


def test_no_other_critic_has_a_better_penalised_objective():
    """The optimum on a coarse grid of slopes, found by scipy from another start, has the slopes and the difference of the closed form."""
    distance, deviation, weight = 1.0, 0.4, 2.0
    x = np.linspace(-1.4, 2.4, 39)
    step, gap = x[1] - x[0], norm.cdf(x, 0, deviation) - norm.cdf(x, distance, deviation)
    density = np.array([density_between(value, distance, deviation) for value in x])

    def cost(slope):
        return -np.sum(slope * gap - weight * density * (np.abs(slope) - 1) ** 2) * step

    found = minimize(cost, np.full_like(x, 0.5), options={"gtol": 1e-9})
    optimum = penalised_optimum(distance, deviation, weight)
    assert np.sum(found.x * gap) * step == pytest.approx(optimum.difference, rel=1e-3)
    inside = (x > -2 * deviation) & (x < distance + 2 * deviation)
    assert found.x[inside].max() == pytest.approx(optimum.steepest, rel=1e-2)


def test_the_penalised_optimum_tends_to_w1_from_above():
    excess = [penalised_optimum(1.0, 0.5, weight).difference - 1 for weight in (1.0, 10.0, 100.0)]
    assert excess[0] / excess[1] == pytest.approx(10, rel=1e-6) and excess[1] / excess[2] == pytest.approx(10, rel=1e-4) and excess[2] > 0


def test_the_penalty_acts_only_if_it_is_asked_for_and_dimensions_are_those_of_the_generator():
    generator = {"class": "genlab.networks.known.Gaussians", "means": [[0.0]], "deviation": 1.0}
    assert "penalties" not in against(generator, "WASSERSTEIN", [8], 1e-3, 5, clip=0.1)
    described = against(generator, "WASSERSTEIN", [8], 1e-3, 5, gradient_penalty=3.0)
    assert described["penalties"]["gradient_penalty"]["weight"] == 3.0 and described["clip"] is None
    assert described["critic"]["dimensions"] == 1


def test_weights_are_those_of_the_linear_layers_without_biases():
    assert weights_of(Critic(2, (8, 4))).shape == (2 * 8 + 8 * 4 + 4,)


def test_the_best_start_has_the_largest_difference():
    starts = [Judged(None, difference, 1.0) for difference in (-1.0, 0.9, 0.5)]
    assert best(starts).difference == 0.9
    assert Judged(None, 3.0, 2.0).normalised == 1.5


def test_the_claim_has_a_row_per_distance_and_weight():
    claim = Wasserstein(ring(), **SMALL).measure(0)
    assert len(claim.measurements) == 2 + 2 + 4
    assert [len(table.rows) for table in claim.tables] == [1, 2, 2]
    assert set(claim.pictures) == {"weights", "level_sets", "weight_of_penalty"}
    clipped = next(row for row in claim.measurements if row.name.startswith("clipping, difference / K, $W_1"))
    assert clipped.holds  # a bound, however short the training


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"density": Spiral()}, "density: got Spiral, expected Gaussians in the plane with equal weights"),
        ({"density": Gaussians([(0.0, 0.0), (1.0, 0.0)], 0.1, [1, 2])}, "density: got Gaussians, expected Gaussians in the plane"),
        ({"gradient_penalty": 3.0}, "gradient_penalty and shown: got 3.0 and 1.0"),
        ({"shown": 0.25}, "gradient_penalty and shown: got 10.0 and 0.25"),
    ],
)
def test_wrong_settings_are_refused(changed, message):
    with pytest.raises(InputError, match=message):
        Wasserstein(**{"density": ring()} | SMALL | changed)
