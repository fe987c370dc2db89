"""The generator with a known density."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest, norm

from genlab.networks.gaussian_points import GaussianPoints


def test_samples_follow_the_mixture():
    generator = GaussianPoints([(-2.0,), (1.0,)], deviation=0.5, extent=4.0)
    latents = torch.randn(20_000, generator.latent_size, generator=torch.Generator().manual_seed(0))
    points = 4 * generator(latents).detach().flatten().numpy()

    def distribution(x):
        return (norm(-2, 0.5).cdf(x) + norm(1, 0.5).cdf(x)) / 2

    assert kstest(points, distribution).pvalue > 0.01


def test_means_receive_gradients_and_extreme_latents_select_a_component():
    generator = GaussianPoints([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)], deviation=0.1)
    images = generator(torch.tensor([[0.0, 0.0, -40.0], [0.0, 0.0, 40.0]]))
    np.testing.assert_allclose(images.detach().flatten(1).numpy(), [[0, 0], [2, 2]])
    images.sum().backward()
    assert generator.means.grad.sum(1).tolist() == pytest.approx([2, 0, 2])
