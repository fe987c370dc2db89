"""Tests of the projection to principal components and of the density along the other axes."""

import math

import pytest
import sklearn.decomposition
import torch
from torch.distributions import MultivariateNormal

from genlab.errors import InputError
from genlab.mixtures.covariances.matrices import Full
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.projection import PrincipalComponents


def fitted(dimensions=3, **arguments) -> tuple[torch.Tensor, PrincipalComponents]:
    random = torch.Generator().manual_seed(0)
    turn = torch.randn(7, 7, dtype=torch.float64, generator=random)
    x = 2 + torch.randn(500, 7, dtype=torch.float64, generator=random) * torch.linspace(2, 0.1, 7, dtype=torch.float64) @ turn
    projection = PrincipalComponents(dimensions, **arguments)
    projection.allocate(7)
    projection.fit(x)
    return x, projection


def test_axes_are_scikit_learns():
    x, projection = fitted()
    pca = sklearn.decomposition.PCA(3).fit(x.numpy())
    assert projection.mean.numpy() == pytest.approx(pca.mean_)
    cosines = (projection.axes.T.numpy() * pca.components_).sum(1)
    assert abs(cosines) == pytest.approx([1, 1, 1], rel=1e-9)
    assert projection.rest.item() == pytest.approx(pca.noise_variance_ * 499 / 500, rel=1e-9)
    assert projection(x).numpy() * cosines == pytest.approx(pca.transform(x.numpy()), rel=1e-6, abs=1e-6)


def test_inverse_of_the_coordinates_is_the_nearest_point():
    x, projection = fitted()
    y = torch.randn(20, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(projection(projection.inverse(y)), y)
    assert ((x - projection.inverse(projection(x))) @ projection.axes).abs().max() < 1e-9
    assert projection(x.float()).dtype == projection.inverse(y.float()).dtype == torch.float32


def test_density_with_the_rest_is_that_of_the_whole_image():
    """A Gaussian in the coordinates and noise along the other axes form one Gaussian; torch computes its density."""
    x, projection = fitted()
    mixture = GaussianMixture(1, 3, Full())
    mixture.initialise(projection(x), projection(x)[:1])
    axes, rest = projection.axes, projection.rest
    matrix = axes @ mixture.covariance.matrices()[0] @ axes.T + rest * (torch.eye(7, dtype=torch.float64) - axes @ axes.T)
    whole = MultivariateNormal(projection.inverse(mixture.means)[0], matrix)
    total = mixture.log_prob(projection(x)) + projection.rest_log_density(x)
    torch.testing.assert_close(total, whole.log_prob(x), rtol=1e-9, atol=1e-9)
    # Fitted to the same images, this is probabilistic PCA; scikit-learn computes its likelihood.
    assert total.mean().item() == pytest.approx(sklearn.decomposition.PCA(3).fit(x.numpy()).score(x.numpy()), rel=1e-4)


def test_density_integrates_to_one():
    projection = PrincipalComponents(1)
    projection.allocate(2)
    projection.fit(torch.randn(50, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * torch.tensor([2.0, 0.5]))
    mixture = GaussianMixture(2, 1, Full())
    mixture.set(torch.tensor([0.3, 0.7]), torch.tensor([[-1.0], [2.0]]), torch.tensor([[[0.5]], [[1.0]]]))
    line = torch.linspace(-12, 12, 601, dtype=torch.float64)
    x = torch.cartesian_prod(line, line)
    density = (mixture.log_prob(projection(x)) + projection.rest_log_density(x)).exp()
    assert (density.sum() * (line[1] - line[0]) ** 2).item() == pytest.approx(1, abs=1e-6)


def test_the_rest_has_a_least_variance():
    x, projection = fitted(6, least=0.5)
    assert projection.rest == 0.5
    inside = projection.inverse(projection(x))
    torch.testing.assert_close(
        projection.rest_log_density(inside), torch.full((500,), -math.log(2 * math.pi * 0.5) / 2, dtype=torch.float64)
    )


@pytest.mark.parametrize("dimensions", [0, 7])
def test_invalid_dimensions_are_refused(dimensions):
    with pytest.raises(InputError, match=f"dimensions: got {dimensions}, expected from 1 to 6, less than the image has"):
        PrincipalComponents(dimensions).allocate(7)
