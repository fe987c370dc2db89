"""Generators of known distributions against the densities of the same parameters."""

import pytest
import torch

from genlab.errors import InputError
from genlab.networks.known import Gaussians

MEANS = [(-1.0, 0.0), (1.0, 0.5), (0.0, 2.0)]


def test_gaussians_have_the_moments_of_the_mixture():
    network = Gaussians(MEANS, 0.2)
    points = network(torch.randn(60_000, network.latent_size, generator=torch.Generator().manual_seed(0)))
    assert points.shape == (60_000, 2, 1, 1)
    flat, means = points.detach().flatten(1).double(), torch.tensor(MEANS, dtype=torch.float64)
    assert torch.allclose(flat.mean(0), means.mean(0), atol=0.02)
    spread = (means - means.mean(0)).T @ (means - means.mean(0)) / 3 + 0.04 * torch.eye(2)
    assert torch.allclose(torch.cov(flat.T), spread, atol=0.02)


def test_one_gaussian_is_shifted_and_scaled_noise():
    latent = torch.randn(5, 2, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(Gaussians([(0.5,)], 2.0)(latent)[:, 0, 0, 0], 0.5 + 2 * latent[:, 1])


@pytest.mark.parametrize("means", [[], [()], [(0.0,), (1.0, 2.0)]])
def test_unusable_means_are_refused(means):
    with pytest.raises(InputError, match="means: got"):
        Gaussians(means, 1.0)
