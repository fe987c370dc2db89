"""Variational autoencoders. Kingma & Welling 2013 (arXiv:1312.6114); Rezende et al. 2014 (arXiv:1401.4082).

The arguments in the YAML file specify the variant: the likelihood (of binary, continuous or discrete pixel values), the prior (one normal
or a mixture), the weight of the divergence (beta, free bits), and, by its networks, whether the model is conditional on labels.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from genlab.engine.precision import at_least_fp32
from genlab.engine.recipe import Recipe
from genlab.engine.schedules import linear_decay
from genlab.engine.stream import Batch
from genlab.engine.updates import GradientUpdate, Terms, parameters_of
from genlab.errors import InputError
from genlab.networks.contracts import Coder
from genlab.networks.evaluation_mode import evaluation_mode
from genlab.networks.labels import check_labels
from genlab.variational.activity import ACTIVE, active_units, activity
from genlab.variational.bounds import free_bits, gaussian_log_density, importance_bound, slab_sizes
from genlab.variational.checks import check_arguments, check_coders, check_parts, shape_text
from genlab.variational.inference import Decoder, Encoder, Generator
from genlab.variational.likelihoods import Likelihood
from genlab.variational.priors import Prior, StandardNormal

SHOWN = 64  # number of fixed latents


class VAE(Recipe):
    """Variational autoencoder: encoder q(z | x) and decoder p(x | z), trained to maximise a lower bound of log p(x).

    arXiv:1312.6114, equation 3; beta: Higgins et al. 2017. With free bits or beta other than 1, the loss is not the negative bound; the
    bound is logged in addition as `elbo`. The input of the encoder is the image as the likelihood scores it: binarised or dequantised.

    Raises:
        InputError: a number is out of range, or a network lacks an attribute of a Coder.
    """

    kinds = ("unlabelled", "labelled")
    shown: Tensor  # fixed latents

    def __init__(
        self,
        encoder: nn.Module,  # a Coder: scored image (N, C, H, W) [, label (N,)] -> mean, log-variance (N, 2 latent_size)
        decoder: nn.Module,  # a Coder: latent (N, latent_size) [, label (N,)] -> (N, parameters_per_value * C, H, W)
        likelihood: Likelihood,
        optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        prior: Prior | None = None,  # None: N(0, I)
        beta: float = 1.0,  # weight of the divergence
        beta_warm_up: float = 0.0,  # share of the budget over which beta rises linearly from 0
        free_bits: float = 0.0,  # nats of divergence per latent without cost
        decay_start: float = 1.0,  # share of the budget after which the learning rate decays linearly to 0
        importance_samples: Sequence[int] = (1, 10, 100, 1000, 5000),  # K of the importance-weighted bounds; each divides the next
    ):
        super().__init__()
        check_coders(encoder, decoder)
        check_arguments(beta, beta_warm_up, free_bits, importance_samples)
        self.encoder, self.decoder, self.likelihood = encoder, decoder, likelihood
        coder = cast(Coder, decoder)
        self.prior: Prior = StandardNormal(coder.latent_size) if prior is None else prior
        self.beta, self.beta_warm_up, self.free_bits, self.decay_start = beta, beta_warm_up, free_bits, decay_start
        self.importance_samples = tuple(sorted(importance_samples, reverse=True))
        self.latent_size, self.classes, self.preparation = self.prior.noise_size, coder.classes, likelihood.preparation
        self.register_buffer("shown", torch.randn(SHOWN, self.latent_size))
        parameters = parameters_of(cast(list[nn.Module], [encoder, decoder, likelihood, self.prior]))
        self.updates = {"vae": GradientUpdate(self.objective, optimizer(parameters))}
        self.set_progress(0.0)

    @property
    def components(self) -> int:
        """Number of components of the prior; 0: a single normal."""
        return self.prior.components

    def set_progress(self, progress: float) -> None:
        """Set beta and the learning rate for this share of the budget, in [0, 1]."""
        self.beta_now = self.beta * (min(1.0, progress / self.beta_warm_up) if self.beta_warm_up else 1.0)
        for update in self.gradient_updates().values():
            update.scale_learning_rate(linear_decay(progress, self.decay_start))

    def schedules(self) -> dict[str, float]:
        """Return the learning rate and beta, as set by `set_progress`."""
        return super().schedules() | {"beta": self.beta_now}

    def scored(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Return the images as the likelihood scores them, with a new random draw if it binarises or dequantises, and the labels.

        The labels are None if the model is unconditional.
        """
        return self.likelihood.target(batch["image"]), batch["label"] if self.classes else None

    def posterior(self, target: Tensor, label: Tensor | None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z | x), (N, D) each, in at least fp32."""
        mean, log_variance = at_least_fp32(self.encoder(target, label)).chunk(2, 1)
        return mean, log_variance

    def objective(self, batch: Batch) -> Terms:
        """Objective: the negative bound in nats per image, with one sample z per image; arXiv:1312.6114, equation 7."""
        target, label = self.scored(batch)
        mean, log_variance = self.posterior(target, label)
        z = drawn(mean, log_variance)
        reconstruction = self.likelihood.log_prob(at_least_fp32(self.decoder(z, label)), target).mean()
        parts = self.prior.divergence(mean, log_variance, z)
        divergence = parts.mean(0).sum()
        paid = free_bits(parts, self.free_bits * mean.shape[1] / parts.shape[1]) if self.free_bits else divergence
        return {
            "loss": self.beta_now * paid - reconstruction,
            "elbo": reconstruction - divergence,
            "reconstruction": reconstruction,
            "divergence": divergence,
            "beta": divergence.new_tensor(self.beta_now),
            "active_units": (activity(mean.detach()) > ACTIVE).sum(),
        }

    def check(self, batch: Batch) -> None:
        """Raise an InputError unless the networks, the likelihood, the prior and the images are compatible."""
        check_parts(self.encoder, self.decoder, self.prior)
        images = batch["image"][:2]
        if self.classes:
            check_labels(batch.get("label"), self.classes)
        shape, wanted, numbers = shape_text(images), self.likelihood.parameters_per_value, 2 * self.prior.latent_size
        with evaluation_mode(self), torch.no_grad():
            target, label = self.scored({name: value[:2] for name, value in batch.items()})
            try:
                encoded = self.encoder(target, label)
            except (RuntimeError, ValueError) as error:
                raise InputError(f"the encoder cannot take images of {shape}: {error}. Change its `size` and `channels`.") from error
            outputs = self.decoder(images.new_zeros(len(images), self.prior.latent_size), label)
        if encoded.shape[1:] != (numbers,):
            raise InputError(
                f"the encoder gives {shape_text(encoded)} numbers per image, expected {numbers}: mean and log-variance of each latent. "
                "Change it."
            )
        expected = images.repeat(1, wanted, 1, 1)
        if outputs.shape != expected.shape:
            raise InputError(
                f"the decoder gives {shape_text(outputs)} (maps, height, width), expected {shape_text(expected)} for images of {shape}: "
                f"{type(self.likelihood).__name__} takes {wanted} per value. Change the decoder's `outputs`, `channels` and `size`."
            )

    def generators(self) -> dict[str, nn.Module]:
        """Return the sampling network, i.e. prior, decoder and mean of the likelihood, under the name `generator`."""
        return {"generator": Generator(self.prior, self.decoder, self.likelihood)}

    @torch.no_grad()
    def sample(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (N, latent_size) from N(0, 1) [, labels (N,)] -> images (N, C, H, W) in [-1, 1], the means of p(x | z)."""
        with evaluation_mode(self):
            images: Tensor = Generator(self.prior, self.decoder, self.likelihood)(latents, labels)
            return images

    @torch.no_grad()
    def encode(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z | x), (N, D) each. Random dequantisation or binarisation is drawn once per image."""
        with evaluation_mode(self):
            return self.posterior(*self.scored(batch))

    @torch.no_grad()
    def decode(self, z: Tensor, label: Tensor | None) -> Tensor:
        """Latents z (N, D) [, labels (N,)] -> images (N, C, H, W) in [-1, 1], the means of p(x | z)."""
        with evaluation_mode(self):
            return self.likelihood.mean(at_least_fp32(self.decoder(z, label)))

    def reconstruct(self, batch: Batch) -> Tensor:
        """Reconstruct images (N, C, H, W) in [-1, 1]: the mean of p(x | z) at the mean of the posterior."""
        return self.decode(self.encode(batch)[0], batch["label"] if self.classes else None)

    @torch.no_grad()
    def responsibilities(self, batch: Batch) -> Tensor:
        """p(component | z) at the mean of the posterior, (N, K); K = 0 without a mixture prior."""
        return self.prior.responsibilities(self.encode(batch)[0])

    @torch.no_grad()
    def bounds(
        self,
        batch: Batch,
        latents_at_once: int = 2048,  # latents decoded in one call; limits memory
    ) -> Terms:
        """Lower bounds of log p(x), (N,) in nats, on the CPU: `iwae_K` with K importance samples, largest K first, then `elbo`.

        The bounds `iwae_K` use the same samples, so that those of an image never decrease with K. Burda et al. 2015 (arXiv:1509.00519),
        equation 8. The two terms of the ELBO are returned as well: `elbo` = `reconstruction` - `divergence`. The divergence is in closed
        form for a single normal, and estimated from the samples for a mixture prior.
        """
        samples, found = self.importance_samples[0], []
        with evaluation_mode(self):
            target, label = self.scored(batch)
            mean, log_variance = self.posterior(target, label)
            for images in torch.arange(len(target), device=target.device).split(max(1, latents_at_once // samples)):
                labels = None if label is None else label[images]
                part = (target[images], labels, mean[images], log_variance[images])
                slabs = [self.weights(*part, count) for count in slab_sizes(samples, max(1, latents_at_once // len(images)))]
                found.append(tuple(torch.cat(some).cpu().double() for some in zip(*slabs, strict=True)))
        reconstruction, excess = (torch.cat(some, 1) for some in zip(*found, strict=True))
        log_weights = reconstruction - excess
        terms = {f"iwae_{count}": importance_bound(log_weights, count) for count in self.importance_samples}
        closed_form = self.prior.divergence(mean, log_variance, mean).sum(1).cpu().double()
        divergence, reconstruction = excess.mean(0) if self.prior.components else closed_form, reconstruction.mean(0)
        return terms | {"elbo": reconstruction - divergence, "reconstruction": reconstruction, "divergence": divergence}

    def weights(self, target: Tensor, label: Tensor | None, mean: Tensor, log_variance: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """log p(x | z) and log q(z | x) - log p(z) at `count` samples from q, (count, N) each. Their difference is the log-weight."""
        z = drawn(mean.expand(count, -1, -1), log_variance)
        outputs = self.decoder(z.flatten(0, 1), None if label is None else label.repeat(count))
        reconstruction = self.likelihood.log_prob(at_least_fp32(outputs).unflatten(0, z.shape[:2]), target)
        return reconstruction, gaussian_log_density(z, mean, log_variance) - self.prior.log_prob(z)

    def measures(self, batch: Batch) -> dict[str, float]:
        """Return the number of active units, i.e. latents whose posterior mean varies between the images of the batch."""
        return {"active_units": float(active_units(self.encode(batch)[0]))}

    def inference(self) -> dict[str, nn.Module]:
        """Return the networks of a release that infer from images: `encoder` and `decoder`."""
        return {"encoder": Encoder(self.encoder), "decoder": Decoder(self.decoder, self.likelihood, self.prior)}

    def facts(self) -> dict[str, Any]:
        """Return the facts of a release: likelihood, prior, number of latents and of classes."""
        prior = f"mixture of {self.prior.components} normals" if self.prior.components else "standard normal"
        return {
            "likelihood": type(self.likelihood).__name__,
            "scored": self.likelihood.scored,
            "prior": prior,
            "latents": self.prior.latent_size,
            "classes": self.classes,
        }


def drawn(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Draw a differentiable sample from N(mean, exp(log_variance)) (reparameterisation); arXiv:1312.6114, section 2.4."""
    return mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
