"""A Gaussian mixture and variational autoencoders that are trained on the same known mixture in the plane, and what is measured of them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from genlab.densities.base import images_of, points_of
from genlab.densities.gaussians import Gaussians
from genlab.densities.quadrature import Nodes
from genlab.densities.sets import prepared
from genlab.engine.seeding import mix, seed_everything
from genlab.mixtures.criteria import free_parameters
from genlab.recipes.mixture import Mixture
from genlab.recipes.vae import VAE
from genlab.theory.training import trained
from genlab.theory.vae_quadrature import aggregate_posterior, log_likelihood, posterior_divergence
from genlab.variational.likelihoods import Gaussian

TOLERANCE = 1.0e-9  # nats per sample: EM has converged
WITHIN = 1.0  # deviations: a component has found a mode if its mean is that close


class Fitted(NamedTuple):
    """A mixture that EM has fitted."""

    recipe: Mixture
    gap: float  # KL(truth || mixture) by quadrature, nats
    expected_gap: float  # free parameters / (2 N)
    found: int  # modes with a component of the right place


class Autoencoder(NamedTuple):
    """A trained variational autoencoder with its exact quantities, means over fresh samples, in nats of points."""

    recipe: VAE
    bounds: Mapping[str, float]  # elbo and iwae_K by sampling, the recipe's own
    exact: float  # log-likelihood by quadrature
    divergence: float  # KL(q(z | x) || p(z | x)) by quadrature
    rate: float  # KL(q(z | x) || p(z)), closed form
    aggregate: float  # KL(q(z) || p(z)) by quadrature
    mass: float  # integral of q(z) over the nodes


def fitted(density: Gaussians, samples: int, passes: int, over: Nodes, seed: int) -> Fitted:
    """Fit a mixture with one component per mode and full covariances by EM, one pass over the samples per turn."""
    model = {
        "class": "genlab.recipes.mixture.Mixture",
        "size": 1,
        "channels": density.dimensions,
        "components": len(density.modes),
        "covariance": {"class": "genlab.mixtures.covariances.matrices.Full", "partial": True, "regularisation": 0.0},
        "start": {"class": "genlab.mixtures.starts.KMeans", "restarts": 3},
        "tolerance": TOLERANCE,
        "negligible": 0.0,
        "dtype": "float64",
        "levels": None,
    }
    recipe = cast(Mixture, trained(model, prepared(density, "samples", samples, seed), passes, samples, seed).recipe)
    truth = density.log_prob(over.points)
    gap = over.expectation(truth, truth - density_of(recipe, over.points, density.extent))
    means = recipe.best.means * density.extent
    distances = torch.cdist(density.modes, means)
    found = len({int(row.argmin()) for row in distances if row.min() <= WITHIN * density.deviation})
    return Fitted(recipe, gap, free_parameters(recipe.best) / (2 * samples), found)


def density_of(recipe: Mixture, points: Tensor, extent: float) -> Tensor:
    """Log-density of points (N, D) under a mixture of images, (N,): that of the images, per volume of points."""
    return recipe.bounds({"image": images_of(points, extent)})["log_likelihood"] + log_volume_of(points, extent)


def log_volume_of(points: Tensor, extent: float) -> float:
    """Term that converts a log-density per volume of images to one per volume of points (N, D)."""
    return -points.shape[1] * math.log(extent)


def autoencoder_of(latents: int, dimensions: int, hidden: Sequence[int], rate: float, importance: Sequence[int]) -> dict[str, Any]:
    """Describe a variational autoencoder of points with fully connected networks and one learnt deviation."""
    coder = {"size": 1, "channels": dimensions, "latent_size": latents, "hidden": [*hidden]}
    return {
        "class": "genlab.recipes.vae.VAE",
        "likelihood": {"class": "genlab.variational.likelihoods.Gaussian", "levels": None},
        "encoder": {"class": "genlab.networks.coders.FullyConnectedEncoder", **coder},
        "decoder": {"class": "genlab.networks.coders.FullyConnectedDecoder", **coder},
        "optimizer": {"class": "torch.optim.Adam", "partial": True, "lr": rate},
        "beta_warm_up": 0.5,  # without it, the learnt deviation grows at once, and all latents are ignored
        "decay_start": 0.5,
        "importance_samples": [*importance],
    }


def measured(vae: VAE, points: Tensor, density: Gaussians, over: Nodes, seed: int) -> Autoencoder:
    """Measure an autoencoder on fresh points (N, D); `over` are nodes of its latents."""
    images, volume = images_of(points, density.extent), log_volume_of(points, density.extent)
    seed_everything(mix(seed, 3))
    bounds = {name: float(values.mean()) + volume for name, values in vae.bounds({"image": images}).items() if name != "divergence"}
    exact = log_likelihood(vae, images, over)
    mean, log_variance = (each.double() for each in vae.encode({"image": images}))
    aggregate, prior = aggregate_posterior(vae, images, over), vae.prior.log_prob(over.points)
    return Autoencoder(
        vae,
        {name: value for name, value in bounds.items() if name != "reconstruction"},
        float(exact.mean()) + volume,
        float(posterior_divergence(vae, images, exact).mean()),
        float(vae.prior.divergence(mean, log_variance, mean).sum(1).mean()),
        over.expectation(aggregate, aggregate - prior),
        over.integral(aggregate.exp()),
    )


@torch.no_grad()
def drawn(vae: VAE, count: int, extent: float, random: torch.Generator) -> Tensor:
    """Draw points (count, D) from an autoencoder with a Gaussian likelihood, with the noise of p(x | z)."""
    outputs = vae.decoder(torch.randn(count, vae.latent_size, generator=random))
    mean, log_deviation = cast(Gaussian, vae.likelihood).parameters_of(outputs)
    images = mean + log_deviation.exp() * torch.randn(mean.shape, generator=random)
    return points_of(images, extent)
