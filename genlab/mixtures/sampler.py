"""A Gaussian mixture as a network that generates images from latents."""

from torch import Tensor, nn

from genlab.images.levels import BYTE, within_range
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.projection import PrincipalComponents
from genlab.networks.latents import pick_component


class Sampler(nn.Module):
    """Latent (N, latent_size) from N(0, 1) -> image (N, C, H, W) in [-1, 1].

    The first number of a latent selects the component; the others are the noise of its deviation from the mean.
    """

    classes = 0  # unconditional
    means: Tensor
    bounds: Tensor
    mean: Tensor | None
    axes: Tensor | None

    def __init__(
        self,
        mixture: GaussianMixture,
        projection: PrincipalComponents | None,
        shape: tuple[int, int, int],  # of an image, (C, H, W)
        levels: int | None = BYTE,  # number of intensity levels of the images; None: real numbers, which are not clipped to [-1, 1]
    ):
        super().__init__()
        self.shape, self.levels = shape, levels
        self.latent_size = 1 + mixture.covariance.noise_size(mixture.size)
        self.deviations = mixture.covariance.deviations()
        self.register_buffer("means", mixture.means.float())
        self.register_buffer("bounds", mixture.log_weights.exp().cumsum(0)[:-1].float())
        self.register_buffer("mean", None if projection is None else projection.mean.float())
        self.register_buffer("axes", None if projection is None else projection.axes.float())

    def forward(self, latent: Tensor) -> Tensor:
        component = pick_component(latent[:, 0], self.bounds)
        vectors: Tensor = self.means[component] + self.deviations(latent[:, 1:], component)
        if self.mean is not None and self.axes is not None:
            vectors = self.mean + vectors @ self.axes.T
        return within_range(vectors.unflatten(1, self.shape), self.levels)


def latent_size_of(mixture: GaussianMixture) -> int:
    """Return the size of a mixture's latents: 1 to choose the component, and the noise of its covariance."""
    return 1 + mixture.covariance.noise_size(mixture.size)
