"""Tests of latents: sampling, truncation and spherical interpolation."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import kstest, truncnorm

from genlab.errors import InputError
from genlab.networks.latents import normal, of_seeds, spherical_interpolation, truncated
from genlab.serving.latents import of_seed


def test_latents_depend_only_on_the_seed():
    first = normal(5, 3, seed=1)
    torch.rand(1)
    assert torch.equal(first, normal(5, 3, seed=1))
    assert not torch.equal(first, normal(5, 3, seed=2))


def test_truncated_latents_follow_the_truncated_normal_distribution():
    latents, bound = normal(2000, 50, seed=0), 1.5
    inside = truncated(latents, bound)
    assert inside.abs().max() <= bound
    density = math.exp(-(bound**2) / 2) / math.sqrt(2 * math.pi)
    variance = 1 - 2 * bound * density / math.erf(bound / math.sqrt(2))  # closed form
    assert inside.var().item() == pytest.approx(variance, rel=0.01)
    assert torch.equal(latents[:, 0].argsort(), inside[:, 0].argsort())  # monotonic
    for bound in (0.3, 1.0, 2.5):
        drawn = truncated(latents, bound).flatten()[:20000].numpy()
        assert abs(drawn).max() <= bound
        assert kstest(drawn, truncnorm(-bound, bound).cdf).pvalue > 0.01  # the distribution that rejection sampling would give


def test_an_infinite_bound_changes_nothing_and_an_invalid_one_is_refused():
    latents = normal(4, 3, seed=0)
    assert truncated(latents, math.inf) is latents
    assert torch.allclose(truncated(latents, 9.0), latents, atol=1e-5)
    assert torch.allclose(truncated(torch.tensor([8.5, -8.5]), 50.0), torch.tensor([8.5, -8.5]))
    assert truncated(torch.tensor([-40.0, 40.0]), 2.0).tolist() == pytest.approx([-2, 2])
    for bound in (0.0, -1.0, math.nan):
        with pytest.raises(InputError, match=r"truncation: got .*, expected a positive number"):
            truncated(latents, bound)


def test_spherical_interpolation_stays_on_the_sphere_at_equal_angles():
    start, end = torch.tensor([[3.0, 0.0, 0.0]]), torch.tensor([[0.0, 3.0, 0.0]])
    path = spherical_interpolation(start, end, 4)[0]
    assert torch.allclose(path.norm(dim=1), torch.full((4,), 3.0), atol=1e-5)
    angles = torch.atan2(path[:, 1], path[:, 0]).rad2deg()
    assert angles.tolist() == pytest.approx([0, 30, 60, 90], abs=1e-3)
    assert torch.isfinite(spherical_interpolation(start, start, 3)).all()


@pytest.mark.parametrize("bound", [math.inf, 0.7])
def test_the_inputs_of_a_seed_are_those_of_a_released_model(bound):
    seeds = [0, 7, 2**63 - 1]
    latents, labels, noise = of_seeds(seeds, 5, classes=3, noise_size=4, bound=bound)
    for row, seed in enumerate(seeds):
        random = np.random.default_rng(seed)
        latent, label = random.standard_normal(5), random.integers(3)
        expected = latent if math.isinf(bound) else truncated(torch.from_numpy(latent), bound).numpy()
        assert np.abs(latents[row].numpy() - expected).max() < (1e-7 if math.isinf(bound) else 1e-6)
        assert np.array_equal(latents[row].numpy(), of_seed(seed, 5, 3, 4, bound).latent)
        assert labels[row] == label and np.array_equal(noise[row].numpy(), random.standard_normal(4).astype(np.float32))
