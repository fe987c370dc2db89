"""A Gaussian mixture and variational autoencoders on the same known mixture: exact likelihoods, bounds and latents."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor

from genlab.densities.base import Distribution, images_of, points_of
from genlab.densities.gaussians import Gaussians
from genlab.densities.quadrature import nodes
from genlab.densities.sets import prepared
from genlab.engine.seeding import mix
from genlab.errors import InputError
from genlab.recipes.vae import VAE
from genlab.theory.claim import Claim, Measurement, Picture
from genlab.theory.latent_models import Autoencoder, Fitted, autoencoder_of, density_of, drawn, fitted, log_volume_of, measured
from genlab.theory.likelihoods_pictures import bounds, densities, latent_space
from genlab.theory.likelihoods_words import (
    BOUNDS,
    DENSITIES,
    EQUATION,
    LATENTS,
    STATEMENT,
    bound_table,
    divergence_table,
    findings,
    finite_table,
    mixture_table,
)
from genlab.theory.training import trained
from genlab.theory.vae_quadrature import aggregate_posterior, finite_mixture, latents, log_likelihood

FAR = 3.0  # deviations from a mode within which samples are of high quality; Srivastava et al. 2017 (arXiv:1705.07761)
SAMPLED = 10_000  # samples of each model
SIGMAS = 3.0  # standard errors that a mean of measured values may deviate
BOUND = 0.02  # nats: error of an ELBO with 1,000 samples per point, and of 41 nodes per latent

QUADRATURE = 301  # nodes per coordinate of the plane
WIDER = 1.2  # side of the pictures in extents, since an autoencoder's density is wider than the truth
COARSE = {1: 2001, 2: 161}  # nodes per latent of a picture
VAES = {1: "VAE, one latent", 2: "VAE, two latents"}


class Likelihoods:
    """Compares EM's mixture and variational autoencoders of one and two latents with the truth and with exact quadratures.

    Raises:
        InputError: the density is no Gaussian mixture in the plane.
    """

    def __init__(
        self,
        density: Distribution,  # a Gaussian mixture in the plane
        samples: int = 2000,  # N, training samples of each mixture
        repeats: int = 8,  # training sets of mixtures
        passes: int = 200,  # largest number of EM steps
        points: int = 10_000,  # training samples of the autoencoders
        turns: int = 4000,  # of the autoencoders
        batch_size: int = 256,
        hidden: Sequence[int] = (64, 64),  # units of encoder and decoder
        rate: float = 3.0e-3,  # learning rate of the autoencoders
        fresh: int = 1000,  # points on which likelihoods and bounds are measured
        importance: Sequence[int] = (1, 10, 100, 1000),  # K of the bounds
        finite: Sequence[int] = (8, 30, 100, 1000),  # components of finite mixtures that tend to the autoencoder with one latent
        line_nodes: int = 4001,  # of the quadrature over one latent
        plane_nodes: int = 301,  # per latent, of the quadrature over two
        pixels: int = 81,  # per side of a picture, and of the quadrature over points
    ):
        if not isinstance(density, Gaussians) or density.dimensions != 2:
            raise InputError(f"density: got {type(density).__name__} of {density.dimensions} coordinates, expected Gaussians in the plane.")
        self.density, self.samples, self.repeats, self.passes, self.points = density, samples, repeats, passes, points
        self.turns, self.batch_size, self.hidden, self.rate, self.fresh = turns, batch_size, hidden, rate, fresh
        self.importance, self.finite, self.pixels = importance, finite, pixels
        self.nodes = {1: line_nodes, 2: plane_nodes}  # by number of latents

    def measure(self, seed: int) -> Claim:
        """Measure the claim."""
        over = nodes(self.density.extent, QUADRATURE)
        mixtures = [fitted(self.density, self.samples, self.passes, over, mix(seed, 4, number)) for number in range(self.repeats)]
        fresh = self.density.sample(self.fresh, torch.Generator().manual_seed(mix(seed, 1)))
        autoencoders = {number: self.autoencoder(number, fresh, seed) for number in self.nodes}
        truth = float(self.density.log_prob(fresh).mean())
        images, volume = images_of(fresh, self.density.extent), log_volume_of(fresh, self.density.extent)
        finite = [(count, float(finite_mixture(autoencoders[1].recipe, images, count).mean()) + volume) for count in self.finite]
        log_densities = self.log_densities(mixtures[0], autoencoders)
        away = self.away(mixtures[0], autoencoders, seed)
        return Claim(
            "Mixtures and variational autoencoders: exact likelihoods",
            STATEMENT,
            EQUATION,
            "Kingma and Welling 2013 (arXiv:1312.6114), equation 1; Burda et al. 2015 (arXiv:1509.00519), theorem 1; Bishop 2006, "
            "section 9.2; Hoffman and Johnson 2016 (ELBO surgery)",
            (*self.of_mixtures(mixtures, fresh, truth), *self.of_autoencoders(autoencoders, finite, log_densities)),
            tuple(findings(mixtures, autoencoders, truth, away)),
            (
                mixture_table(mixtures, self.samples),
                bound_table(autoencoders, truth),
                divergence_table(autoencoders),
                finite_table(finite, autoencoders[1].exact),
            ),
            self.pictures(autoencoders, images, truth, log_densities),
        )

    def autoencoder(self, number: int, fresh: Tensor, seed: int) -> Autoencoder:
        """Train an autoencoder with this number of latents, and measure it on fresh points."""
        model = autoencoder_of(number, self.density.dimensions, self.hidden, self.rate, self.importance)
        recipe = trained(model, prepared(self.density, "points", self.points, seed), self.turns, self.batch_size, seed).recipe
        vae = cast(VAE, recipe.eval())
        return measured(vae, fresh, self.density, latents(vae, self.nodes[number]), seed)

    def of_mixtures(self, mixtures: Sequence[Fitted], fresh: Tensor, truth: float) -> list[Measurement]:
        """Compare the mixtures with the truth."""
        expected, parameters = mixtures[0].expected_gap, 2 * self.samples * mixtures[0].expected_gap
        spread = SIGMAS * math.sqrt(2 * parameters) / (2 * self.samples)  # of N KL, which is half a chi-squared variable
        likelihood = float(density_of(mixtures[0].recipe, fresh, self.density.extent).mean())
        paired = SIGMAS * math.sqrt(2 * expected / self.fresh)  # standard error of a mean of log p - log q, whose variance is about 2 KL
        mean = sum(each.gap for each in mixtures) / len(mixtures)
        over = nodes(self.density.extent, QUADRATURE)
        log_p = self.density.log_prob(over.points)
        negative_entropy = over.expectation(log_p, log_p)
        error = SIGMAS * math.sqrt(over.expectation(log_p, (log_p - negative_entropy).square()) / self.fresh)
        return [
            Measurement(
                "mean log-density of fresh points under the truth, against the negative entropy by quadrature, nats",
                negative_entropy,
                truth,
                error,
                reason="sampling",
            ),
            Measurement(
                "EM: mean log-likelihood of these points, nats",
                truth - expected,
                likelihood,
                spread + paired,
                reason="sampling of training and fresh points",
            ),
            Measurement(
                "EM: KL to the truth by quadrature, mean over training sets, nats",
                expected,
                mean,
                spread / math.sqrt(self.repeats),
                reason="sampling of the training sets",
            ),
            Measurement("EM: modes found, least over training sets", len(self.density.modes), min(each.found for each in mixtures)),
        ]

    def of_autoencoders(
        self, autoencoders: Mapping[int, Autoencoder], finite: Sequence[tuple[int, float]], log_densities: Mapping[str, Tensor]
    ) -> list[Measurement]:
        """Compare the autoencoders' bounds with their exact likelihoods."""
        rows = []
        for number, each in autoencoders.items():
            tightest, name = each.bounds[f"iwae_{max(self.importance)}"], f"VAE, latents: {number}"
            rising = [each.bounds[f"iwae_{count}"] for count in sorted(self.importance)]
            steps = [after - before for before, after in pairwise(rising)] or [0.0]
            mass = float(log_densities[VAES[number]].exp().sum()) * (2 * WIDER * self.density.extent / (self.pixels - 1)) ** 2
            rows += [
                Measurement(
                    f"{name}: exact log-likelihood minus ELBO, nats",
                    each.divergence,
                    each.exact - each.bounds["elbo"],
                    BOUND,
                    reason="the recipe's ELBO is sampled",
                ),
                Measurement(
                    f"{name}: bound with K = {max(self.importance)}, against the exact value", each.exact, tightest, BOUND, "<=", "sampling"
                ),
                Measurement(f"{name}: least rise of the bound from one K to the next", 0.0, min(steps), 1e-9, ">=", "rounding"),
                Measurement(f"{name}: integral of its density over the plane", 1.0, mass, 0.02, reason="the grid ends"),
                Measurement(f"{name}: integral of q(z)", 1.0, each.mass, 1e-3, reason="quadrature"),
            ]
        rows.append(
            Measurement(
                f"finite mixture of {finite[-1][0]:,} components, against the VAE with one latent",
                autoencoders[1].exact,
                finite[-1][1],
                BOUND,
                reason="the number of components is finite",
            )
        )
        return rows

    def log_densities(self, mixture: Fitted, autoencoders: Mapping[int, Autoencoder]) -> dict[str, Tensor]:
        """Log-densities of the truth and of the models on a square grid that is wider than the extent."""
        grid = nodes(WIDER * self.density.extent, self.pixels).points
        images, volume = images_of(grid, self.density.extent), log_volume_of(grid, self.density.extent)
        found = {"truth": self.density.log_prob(grid), "Gaussian mixture, EM": density_of(mixture.recipe, grid, self.density.extent)}
        for number, each in autoencoders.items():
            over = latents(each.recipe, min(self.nodes[number], COARSE[number]))
            found[VAES[number]] = log_likelihood(each.recipe, images, over) + volume
        return found

    def away(self, mixture: Fitted, autoencoders: Mapping[int, Autoencoder], seed: int) -> dict[str, float]:
        """Share of samples further than three deviations from all modes, of the truth and of each model."""
        random = torch.Generator().manual_seed(mix(seed, 5))
        samples = {"truth": self.density.sample(SAMPLED, random)}
        noise = torch.randn(SAMPLED, mixture.recipe.latent_size, generator=random)
        samples["mixture"] = points_of(mixture.recipe.sample(noise), self.density.extent)
        for number, each in autoencoders.items():
            samples[VAES[number]] = drawn(each.recipe, SAMPLED, self.density.extent, random)
        distances = {name: torch.cdist(points, self.density.modes).amin(1) for name, points in samples.items()}
        return {name: float((each > FAR * self.density.deviation).double().mean()) for name, each in distances.items()}

    def pictures(
        self, autoencoders: Mapping[int, Autoencoder], images: Tensor, truth: float, log_densities: Mapping[str, Tensor]
    ) -> dict[str, Picture]:
        """Pictures of the densities, the latents and the bounds."""
        spaces = []
        for number, each in autoencoders.items():
            over = latents(each.recipe, self.nodes[number])
            spaces.append((over, aggregate_posterior(each.recipe, images, over), each.recipe.prior.log_prob(over.points)))
        z = torch.special.ndtri(torch.linspace(0.001, 0.999, 999))[:, None]
        curve = points_of(autoencoders[1].recipe.decoder(z).detach(), self.density.extent)
        counts = sorted(self.importance)
        rising = {
            VAES[number]: (counts, [each.bounds[f"iwae_{count}"] for count in counts], each.exact) for number, each in autoencoders.items()
        }
        return {
            "densities": Picture(DENSITIES, (densities(log_densities, WIDER * self.density.extent, {VAES[1]: curve}),)),
            "latents": Picture(LATENTS, (latent_space(spaces[0], spaces[1]),)),
            "bounds": Picture(BOUNDS, (bounds(rising, truth),)),
        }
