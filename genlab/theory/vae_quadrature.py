"""Exact quantities of a variational autoencoder with one or two latents, by quadrature over its latents, in nats of image coordinates."""

import math

import torch
from torch import Tensor

from genlab.densities.quadrature import Nodes, nodes
from genlab.recipes.vae import VAE
from genlab.variational.bounds import gaussian_log_density

REACH = 7.0  # half the side of the box of latents; the prior has no mass outside
AT_ONCE = 2_000_000  # pairs of a latent and an image in one call; limits memory
OWN = 8.0  # deviations of q(z | x) that its own nodes cover
OWN_SIDE = {1: 401, 2: 41}  # nodes per latent in the coordinates of q(z | x), by number of latents


def latents(vae: VAE, side: int) -> Nodes:
    """Nodes of the quadrature over the latents."""
    return nodes(REACH, side, vae.latent_size)


@torch.no_grad()
def log_likelihood(vae: VAE, images: Tensor, over: Nodes) -> Tensor:
    """Images (N, D, 1, 1) -> log p(x) = log of the integral of p(z) p(x | z) over the latents, (N,)."""
    means = vae.decoder(over.points.float()).double()[:, None]
    prior = vae.prior.log_prob(over.points) + over.volumes.log()
    found = []
    for some in images.double().split(max(1, AT_ONCE // len(over.points))):
        found.append(torch.logsumexp(prior[:, None] + vae.likelihood.log_prob(means, some[None]), 0))
    return torch.cat(found)


@torch.no_grad()
def posterior_divergence(vae: VAE, images: Tensor, log_likelihoods: Tensor) -> Tensor:
    """KL(q(z | x) || p(z | x)) of each image, (N,), given log p(x), (N,): the gap between log p(x) and the bound.

    The quadrature is over u in z = mean + deviation u, in which q is the standard normal.
    """
    mean, log_variance = (each.double() for each in vae.encode({"image": images}))
    own = nodes(OWN, OWN_SIDE[vae.latent_size], vae.latent_size)
    weights = own.volumes * gaussian_log_density(own.points, torch.zeros_like(own.points), torch.zeros_like(own.points)).exp()
    found = []
    for rows in torch.arange(len(images)).split(max(1, AT_ONCE // len(own.points))):
        z = mean[rows] + (log_variance[rows] / 2).exp() * own.points[:, None]  # (nodes, images, latents)
        outputs = vae.decoder(z.flatten(0, 1).float()).double().unflatten(0, z.shape[:2])
        joint = vae.likelihood.log_prob(outputs, images[rows].double()) + vae.prior.log_prob(z)
        excess = gaussian_log_density(z, mean[rows], log_variance[rows]) - joint + log_likelihoods[rows]
        found.append((weights[:, None] * excess).sum(0))
    return torch.cat(found)


@torch.no_grad()
def aggregate_posterior(vae: VAE, images: Tensor, over: Nodes) -> Tensor:
    """Logarithm of q(z), the mean of q(z | x) over images (N, D, 1, 1), at the nodes, (Z,)."""
    mean, log_variance = (each.double() for each in vae.encode({"image": images}))
    found = [
        torch.logsumexp(gaussian_log_density(some[:, None], mean, log_variance), 1) - math.log(len(images))
        for some in over.points.split(max(1, AT_ONCE // len(images)))
    ]
    return torch.cat(found)


@torch.no_grad()
def finite_mixture(vae: VAE, images: Tensor, components: int) -> Tensor:
    """Images (N, D, 1, 1) -> log-density of a mixture of p(x | z_k) with equal weights, z_k the quantiles (k - 1/2) / K of a prior N(0, 1).

    For one latent, it tends to log p(x) as the number of components K grows: the autoencoder is the limit, a continuous mixture.
    """
    shares = (torch.arange(components, dtype=torch.float64) + 0.5) / components
    z = torch.special.ndtri(shares)[:, None]
    outputs = vae.decoder(z.float()).double()[:, None]
    found = [
        torch.logsumexp(vae.likelihood.log_prob(outputs, some[None]), 0) - math.log(components)
        for some in images.double().split(max(1, AT_ONCE // components))
    ]
    return torch.cat(found)
