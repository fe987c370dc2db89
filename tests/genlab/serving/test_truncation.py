"""Truncated latents against scipy's truncated normal distribution."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm, truncnorm

from genlab.networks import latents
from genlab.serving.truncation import normal_cdf, truncated

NUMBERS = np.concatenate([np.random.default_rng(0).standard_normal(200), np.linspace(-6, 6, 49)])


@pytest.mark.parametrize("bound", [1e-9, 0.5, 1, 3, 9, 30])
def test_a_number_moves_to_the_same_quantile_of_the_truncated_distribution(bound):
    got = truncated(NUMBERS, bound)
    # By the lower tail, which scipy's ppf resolves better, too.
    expected = np.copysign(truncnorm.ppf(norm.cdf(-np.abs(NUMBERS)), -bound, bound), NUMBERS)
    assert np.allclose(got, expected, rtol=1e-9, atol=1e-15)  # shares near 1 / 2 have a resolution of 1e-16
    assert np.abs(got).max() <= bound
    assert (np.diff(got[np.argsort(NUMBERS)]) >= 0).all()


def test_without_a_bound_numbers_stay_as_they_are():
    assert truncated(NUMBERS, math.inf) is NUMBERS
    assert np.allclose(truncated(NUMBERS, 50), NUMBERS, rtol=1e-12)


@pytest.mark.parametrize("bound", [1e-9, 0.5, 1, 3, 9, 50, math.inf])
def test_evaluation_truncates_with_torch_as_serving_does(bound):
    with_torch = latents.truncated(torch.from_numpy(NUMBERS), bound).double().numpy()
    assert np.allclose(truncated(NUMBERS, bound), with_torch, rtol=1e-6, atol=1e-7)


def test_the_share_below_a_number_is_accurate_in_the_far_tail():
    for number in (-37.0, -20, -8.5, -1, 0, 2):
        assert normal_cdf(number) == pytest.approx(norm.cdf(number), rel=1e-12)
