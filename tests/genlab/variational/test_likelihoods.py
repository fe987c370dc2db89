"""Tests of likelihoods against torch.distributions, scipy's logistic distribution and sums over all levels."""

import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import logistic, norm

from genlab.errors import InputError
from genlab.images.levels import step
from genlab.serving.preparation import Preparation
from genlab.variational.likelihoods import Bernoulli, DiscretisedLogistic, Gaussian

SHAPE = (3, 2, 4, 5)  # images, channels, height, width


def normal(*shape, seed=0, scale=1.0):
    return scale * torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def all_levels(levels):
    return -1 + torch.arange(levels, dtype=torch.float64) * 2 / (levels - 1)


def test_bernoulli_equals_torchs():
    logits, target = normal(*SHAPE, scale=4), (normal(*SHAPE, seed=1) > 0).double()
    expected = torch.distributions.Bernoulli(logits=logits).log_prob(target).sum((1, 2, 3))
    likelihood = Bernoulli()
    assert torch.allclose(likelihood.log_prob(logits, target), expected, atol=1e-12)
    assert torch.allclose(likelihood.mean(logits), 2 * torch.distributions.Bernoulli(logits=logits).mean - 1, atol=1e-12)
    sure = torch.full((1, 1, 1, 1), 200.0)
    assert likelihood.log_prob(sure, torch.zeros(1, 1, 1, 1)).item() == pytest.approx(-200)


def test_images_are_binarised_by_a_threshold_or_at_random_by_brightness():
    images = torch.linspace(-1, 1, 9).reshape(1, 1, 3, 3)
    assert torch.equal(Bernoulli().target(images).flatten(), torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 1.0]))
    torch.manual_seed(0)
    drawn = Bernoulli("sample").target(images.expand(20_000, 1, 3, 3))
    assert set(drawn.unique().tolist()) == {0, 1}
    assert torch.allclose(drawn.mean(0), (images[0] + 1) / 2, atol=0.015)


@pytest.mark.parametrize("levels", [2, 16, 256])
def test_a_discretised_logistics_probabilities_sum_to_1(levels):
    images = all_levels(levels)[:, None, None, None].expand(levels, 1, 3, 8)
    location = torch.linspace(-3, 3, 24, dtype=torch.float64).reshape(1, 3, 8).expand(levels, -1, -1, -1)
    for raw in (-30.0, -5.0, -1.0, 2.0, 9.0):
        outputs = torch.cat([location, torch.full_like(location, raw)], 1)
        # One value at a time, because log_prob sums over the values of an image.
        nats = torch.stack([DiscretisedLogistic(levels).log_prob(o, t) for o, t in zip(each(outputs), each(images), strict=True)])
        assert np.allclose(logsumexp(nats.numpy(), axis=1), 0, atol=1e-9)


def each(maps):
    return [maps[:, :, row : row + 1, column : column + 1] for row in range(maps.shape[2]) for column in range(maps.shape[3])]


def test_a_discretised_logistic_equals_a_difference_of_scipys():
    levels = 16
    number = torch.randint(0, levels, (40, 1, 3, 3), generator=torch.Generator().manual_seed(0))
    number[0] = torch.tensor([0, 15, 0, 15, 0, 15, 0, 15, 0]).reshape(3, 3)
    location, raw = normal(40, 1, 3, 3, scale=0.7), normal(40, 1, 3, 3, seed=1) - 2
    floored = -7 + np.log1p(np.exp(raw.numpy() + 7))
    scale = np.exp(3 - np.log1p(np.exp(3 - floored)))
    images, half = all_levels(levels)[number], 1 / (levels - 1)
    upper = np.where(number == levels - 1, np.inf, images.numpy() + half)
    lower = np.where(number == 0, -np.inf, images.numpy() - half)
    below = logistic.cdf(upper, location, scale) - logistic.cdf(lower, location, scale)
    above = logistic.sf(lower, location, scale) - logistic.sf(upper, location, scale)  # the same value, accurate in the other tail
    expected = np.log(np.where(images.numpy() < location.numpy(), below, above)).sum((1, 2, 3))
    outputs = torch.cat([location, raw], 1)
    assert np.allclose(DiscretisedLogistic(levels).log_prob(outputs, images), expected, atol=1e-6)
    single = DiscretisedLogistic(levels).log_prob(outputs.float(), images.float())  # images are float32
    assert np.allclose(single, expected, rtol=1e-4)


def test_a_logistic_far_from_the_value_keeps_its_gradient():
    """The log-probability is -|x - m| / s plus a constant, where a difference of two sigmoids would be 0 in any float."""
    outputs = torch.tensor([40.0, -4.0]).reshape(1, 2, 1, 1).requires_grad_()
    nats = DiscretisedLogistic().log_prob(outputs, torch.full((1, 1, 1, 1), 1 / 255))
    (slope,) = torch.autograd.grad(nats, outputs)
    assert nats.item() == pytest.approx(-40 / math.exp(-4), rel=0.1)
    assert slope[0, 0].item() == pytest.approx(-math.exp(4), rel=0.1) and slope.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_discretised_logistics_mean_is_the_mean_of_its_levels(dtype):
    location, raw = torch.cartesian_prod(torch.linspace(-4, 4, 17).double(), torch.linspace(-9, 9, 19).double()).T
    outputs, likelihood, images = torch.stack([location, raw], 1)[:, :, None, None], DiscretisedLogistic(), all_levels(256)
    nats = likelihood.log_prob(outputs[:, None], images[:, None, None, None])  # (outputs, levels)
    expected, got = (nats.exp() * images).sum(1), likelihood.mean(outputs.to(dtype)).flatten().double()
    assert torch.allclose(got[raw >= -4], expected[raw >= -4], atol=1e-4)
    assert torch.allclose(got, expected, atol=1 / 255)  # a narrow distribution is rounded to the nearest level


def test_gradients_of_the_logistic_equal_finite_differences():
    images = all_levels(4)[torch.tensor([0, 1, 2, 3])].reshape(1, 1, 2, 2)
    outputs = normal(1, 2, 2, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda given: DiscretisedLogistic(4).log_prob(given, images), [outputs])


@pytest.mark.parametrize("levels", [16, 256])
def test_a_gaussian_equals_torchs_times_the_volume_of_a_level(levels):
    target, mean, raw = (normal(*SHAPE, seed=seed) for seed in range(3))
    volume = 2 * 4 * 5 * math.log(2 / (levels - 1))
    fixed = torch.distributions.Normal(mean, 0.3).log_prob(target).sum((1, 2, 3)) + volume
    assert torch.allclose(Gaussian(0.3, levels).log_prob(mean, target), fixed, atol=1e-10)
    least = 0.05
    deviation = least + raw.exp()  # exp(floor + softplus(raw - floor))
    predicted = torch.distributions.Normal(mean, deviation).log_prob(target).sum((1, 2, 3)) + volume
    assert torch.allclose(Gaussian("predicted", levels, least).log_prob(torch.cat([mean, raw], 1), target), predicted, atol=1e-10)


def test_one_learnt_deviation_ends_at_the_root_mean_squared_error():
    """This deviation maximises the likelihood: Rybkin et al. 2021, equation 5."""
    likelihood = Gaussian("learnt").double()
    error = normal(50, 1, 4, 4, scale=0.2)
    optimizer = torch.optim.Adam(likelihood.parameters(), lr=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        (-likelihood.log_prob(torch.zeros_like(error), error).mean()).backward()
        optimizer.step()
    deviation = likelihood.parameters_of(error)[1].exp().item()
    assert deviation == pytest.approx(error.square().mean().sqrt().item(), rel=1e-3)


def test_a_dequantised_density_is_a_lower_bound_of_the_levels_probability():
    """E log p(x + u) + log step <= log of the mass in the level: Theis et al. 2016, equation 5. Nearly equal for a wide p."""
    levels, value = 16, all_levels(16)[9]
    torch.manual_seed(0)
    likelihood = Gaussian(0.2, levels)
    target = likelihood.target(value.expand(20_000, 1, 1, 1))
    assert (target - value).abs().max() <= step(levels) / 2
    bound = likelihood.log_prob(torch.full_like(target, 0.3), target).mean().item()
    half = step(levels) / 2
    mass = math.log(norm.cdf(value + half, 0.3, 0.2) - norm.cdf(value - half, 0.3, 0.2))
    assert mass - 0.03 < bound < mass


def test_the_deviation_never_falls_below_its_least():
    outputs = torch.cat([torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), -1e4)], 1)
    likelihood = Gaussian("predicted", least=0.01)
    assert torch.allclose(likelihood.parameters_of(outputs)[1].exp(), torch.tensor(0.01))
    assert likelihood.log_prob(outputs, torch.ones(1, 1, 2, 2)).isfinite().all()


def test_real_numbers_are_scored_as_they_are_and_their_means_are_not_clipped():
    likelihood, mean, points = Gaussian(0.5, levels=None), normal(*SHAPE, scale=3), normal(*SHAPE, seed=1, scale=3)
    assert torch.equal(likelihood.target(points), points)
    expected = torch.distributions.Normal(mean, 0.5).log_prob(points).sum((1, 2, 3))
    assert torch.allclose(likelihood.log_prob(mean, points), expected, atol=1e-10)
    assert torch.equal(likelihood.mean(mean), mean) and mean.abs().max() > 1
    assert likelihood.scored == "real numbers" and likelihood.preparation == Preparation("none")


LIKELIHOODS = {
    "bernoulli": Bernoulli(),
    "learnt": Gaussian(),
    "predicted": Gaussian("predicted"),
    "fixed": Gaussian(0.5),
    "logistic": DiscretisedLogistic(),
}


@pytest.mark.parametrize("likelihood", LIKELIHOODS.values(), ids=LIKELIHOODS)
def test_outputs_may_have_a_sample_dimension_and_means_are_within_the_range(likelihood):
    samples, (images, channels, height, width) = 6, SHAPE
    outputs = normal(samples, images, likelihood.parameters_per_value * channels, height, width, scale=2)
    target = likelihood.target(normal(*SHAPE).clamp(-1, 1))
    together = likelihood.log_prob(outputs, target)
    assert together.shape == (samples, images)
    for sample in range(samples):
        for image in range(images):
            assert torch.allclose(together[sample, image], likelihood.log_prob(outputs[sample, image][None], target[image][None])[0])
    mean = likelihood.mean(outputs[0])
    assert mean.shape == SHAPE and mean.abs().max() <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"deviation": "learned"}, "deviation: got 'learned', expected learnt, predicted or a number"),
        ({"deviation": 0.0}, "deviation and least: got 0.0 and 0.001, expected positive numbers"),
        ({"least": -1.0}, "deviation and least: got learnt and -1.0"),
    ],
)
def test_invalid_deviations_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        Gaussian(**arguments)
