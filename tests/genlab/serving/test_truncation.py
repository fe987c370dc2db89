"""Tests of truncated latents against scipy's truncated normal distribution."""

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
    # Computed in the lower tail, where scipy's ppf is more accurate, too.
    expected = np.copysign(truncnorm.ppf(norm.cdf(-np.abs(NUMBERS)), -bound, bound), NUMBERS)
    assert np.allclose(got, expected, rtol=1e-9, atol=1e-15)  # probabilities near 1 / 2 have a resolution of 1e-16
    assert np.abs(got).max() <= bound
    assert (np.diff(got[np.argsort(NUMBERS)]) >= 0).all()


def test_without_a_bound_numbers_are_unchanged():
    assert truncated(NUMBERS, math.inf) is NUMBERS
    assert np.allclose(truncated(NUMBERS, 50), NUMBERS, rtol=1e-12)


@pytest.mark.parametrize("bound", [1e-9, 0.5, 1, 3, 9, 50, math.inf])
def test_torch_truncation_in_evaluation_equals_that_in_serving(bound):
    with_torch = latents.truncated(torch.from_numpy(NUMBERS), bound).double().numpy()
    assert np.allclose(truncated(NUMBERS, bound), with_torch, rtol=1e-6, atol=1e-7)


def test_the_normal_cdf_is_accurate_in_the_far_tail():
    for number in (-37.0, -20, -8.5, -1, 0, 2):
        assert normal_cdf(number) == pytest.approx(norm.cdf(number), rel=1e-12)
