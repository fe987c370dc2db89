"""Gaussian mixtures of images, by expectation-maximisation: the one recipe without a gradient.

The finite counterpart of the variational autoencoder: p(x) = sum_k p(z = k) p(x | z = k), whose posterior is exact.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from genlab.engine.recipe import Recipe
from genlab.engine.stream import Batch, Stream
from genlab.engine.updates import Terms
from genlab.errors import InputError
from genlab.images.levels import BYTE, dequantised, log_volume
from genlab.mixtures.covariances.base import Covariance
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.projection import PrincipalComponents
from genlab.mixtures.sampler import Sampler
from genlab.mixtures.starts import Start

SHOWN = 64  # samples whose latents are fixed
DRAWN = 4  # dequantisations of each image that its likelihood is the mean of
DTYPES = {"float32": torch.float32, "float64": torch.float64}


class Mixture(Recipe):
    """A Gaussian mixture over whole images as vectors.

    Sums over images are kept from batch to batch, in float64, so that a pass over the set is one step of EM, whatever its size; they are
    state, and a run may stop in the middle of a pass. It is done when a pass gains less than `tolerance`.
    """

    kinds = ("unlabelled", "labelled")

    def __init__(
        self,
        size: int | Sequence[int],  # of the images, pixels: a side, or [height, width]
        components: int | Sequence[int],  # K; several: a mixture each, on the same batches, and `criterion` chooses one
        covariance: Callable[[], Covariance],  # makes that of a mixture
        start: Start,
        channels: int = 1,
        projection: PrincipalComponents | None = None,  # in front of the mixture
        criterion: Literal["bic", "aic"] = "bic",
        tolerance: float = 1.0e-3,  # nats an image
        negligible: float = 1.0e-6,  # responsibilities up to this may be taken for 0 in the M step
        memory: float = 16.0,  # MiB that the largest intermediate result may take
        dtype: Literal["float32", "float64"] = "float32",  # of the arithmetic on images; sums and parameters are float64
        levels: int = BYTE,  # of intensity that the images have: their log-likelihood is one of levels
    ):
        super().__init__()
        height, width = (size, size) if isinstance(size, int) else size
        self.shape, self.values = (channels, height, width), channels * height * width
        counts = [components] if isinstance(components, int) else list(components)
        if not counts or len(set(counts)) != len(counts):
            raise InputError(f"components: got {components}, expected a number, or a list of different ones.")
        self.start, self.projection, self.criterion, self.levels, self.dtype = start, projection, criterion, levels, DTYPES[dtype]
        if projection is not None:
            projection.allocate(self.values)
        inside = self.values if projection is None else projection.dimensions
        self.mixtures = nn.ModuleList(GaussianMixture(count, inside, covariance(), tolerance, negligible, memory) for count in counts)
        self.register_buffer("begun", torch.zeros((), dtype=torch.bool))
        self.register_buffer("images", torch.zeros((), dtype=torch.int64))  # of a pass
        self.register_buffer("shown", torch.randn(SHOWN, max(mixture_latents(mixture) for mixture in self.mixtures)))
        self.updates = {"em": self.expectation_maximisation, "components": self.available_components}

    @property
    def best(self) -> GaussianMixture:
        """The mixture that the criterion chooses."""
        return self.mixtures[min(range(len(self.mixtures)), key=self.criteria(self.criterion).__getitem__)]

    def criteria(self, name: str) -> list[float]:
        """Of each mixture, lower is better."""
        images = max(int(self.images), 1)
        return [mixture.bic(images) if name == "bic" else mixture.aic(images) for mixture in self.mixtures]

    @property
    def components(self) -> int:
        """Number of components of the best mixture."""
        return self.best.components

    def choices(self) -> dict[int, dict[str, float]]:
        """Number of components -> name of a criterion: its value, lower is better; one entry per mixture."""
        values = zip(self.mixtures, self.criteria("bic"), self.criteria("aic"), strict=True)
        return {mixture.components: {"BIC": bic, "AIC": aic} for mixture, bic, aic in values}

    @property
    def latent_size(self) -> int:
        return mixture_latents(self.best)

    def finished(self) -> bool:
        return all(bool(mixture.converged) for mixture in self.mixtures)

    def vectors(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) -> what the mixtures are over, (N, D)."""
        flat = images.flatten(1).to(self.dtype)
        return flat if self.projection is None else self.projection(flat)

    @torch.no_grad()
    def expectation_maximisation(self, stream: Stream) -> Terms:
        """The turn's images into the sums; an M step wherever a pass ends, which may be in the middle of a batch."""
        if not self.begun:
            self.initialise(stream)
        images = stream.batch["image"]
        place = stream.first_batch * len(images) % stream.epoch
        terms: Terms = {}
        while len(images):
            now, images = images[: stream.epoch - place], images[stream.epoch - place :]
            ends, place = place + len(now) == stream.epoch, 0
            x = self.vectors(now)
            for mixture in self.mixtures:
                if not mixture.converged:
                    mixture.accumulate(x)
                    if ends:
                        terms |= self.maximise(mixture)
        return terms

    def maximise(self, mixture: GaussianMixture) -> Terms:
        several = f"_{mixture.components}" if len(self.mixtures) > 1 else ""
        return {f"log_likelihood{several}": torch.tensor(mixture.maximise().log_likelihood)}

    def available_components(self, stream: Stream) -> Terms:
        """An update that changes nothing: what has become of the best mixture's components, wherever a pass ends."""
        seen = stream.first_batch * len(stream.batch["image"])
        if seen // stream.epoch == (seen + len(stream.batch["image"])) // stream.epoch:
            return {}
        weights = self.best.log_weights.exp()
        return {"smallest_weight": weights.min(), "largest_weight": weights.max(), "recovered": self.best.recoveries.float()}

    def initialise(self, stream: Stream) -> None:
        """Start from the turn's images and the next, which are not taken from the stream."""
        wanted = max(self.start.images, 0 if self.projection is None else self.projection.images)
        seen: list[Tensor] = []
        for batch in itertools.chain([stream.batch], stream.peek()):
            left = min(wanted, stream.epoch) - sum(map(len, seen))
            if left <= 0:
                break
            seen.append(batch["image"][:left])
        images = torch.cat(seen) if seen else stream.batch["image"][:0]
        if self.projection is not None:
            self.start.project(self.projection, images[: self.projection.images].flatten(1))
        x = self.vectors(images[: self.start.images])
        for mixture in self.mixtures:
            self.start.initialise(mixture, x)
        self.begun, self.images = torch.ones_like(self.begun), torch.full_like(self.images, stream.epoch)

    def check(self, batch: Batch) -> None:
        """The images must be of the described size.

        Raises:
            InputError: they are not.
        """
        got, expected = (" x ".join(map(str, shape)) for shape in (batch["image"].shape[1:], self.shape))
        if got != expected:
            raise InputError(
                f"the image set has images of {got} (channels, height, width), the mixture is of {expected}. "
                "Change the mixture's `size` and `channels`, or the image set's."
            )

    def generators(self) -> dict[str, nn.Module]:
        return {"generator": Sampler(self.best, self.projection, self.shape)}

    @torch.no_grad()
    def sample(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (N, latent_size) from N(0, 1) -> images (N, C, H, W) in [-1, 1]."""
        return self.generators()["generator"].to(latents.device)(latents)

    @torch.no_grad()
    def bounds(self, batch: Batch) -> Terms:
        """The log-likelihood of images moved within their levels, mean of a few draws: a lower bound of that of the stored image."""
        drawn = torch.zeros(len(batch["image"]), dtype=torch.float64)
        for _ in range(DRAWN):
            images = dequantised(batch["image"], self.levels)
            density = self.best.log_prob(self.vectors(images))
            if self.projection is not None:
                density = density + self.projection.rest_log_density(images.flatten(1).to(self.dtype))
            drawn += density.double().cpu() / DRAWN
        return {"log_likelihood": drawn + log_volume(self.values, self.levels)}

    @torch.no_grad()
    def responsibilities(self, batch: Batch) -> Tensor:
        return self.best.responsibilities(self.vectors(batch["image"]))

    @torch.no_grad()
    def reconstruct(self, batch: Batch) -> Tensor:
        """The mean of the likeliest component, with what its factors explain of the rest."""
        x, mixture = self.vectors(batch["image"]), self.best
        parts = []
        for some in mixture.chunks(x):
            component = mixture.log_joint(some).argmax(1)
            parts.append(mixture.means[component].to(some) + mixture.covariance.explained(some, component))
        return self.images_of(torch.cat(parts))

    def images_of(self, vectors: Tensor) -> Tensor:
        """The inverse of `vectors`, within [-1, 1]."""
        flat = vectors if self.projection is None else self.projection.inverse(vectors)
        return flat.float().unflatten(1, self.shape).clamp(-1, 1)

    def component_log_weights(self) -> Tensor:
        """Logarithms of the components' weights, (K,)."""
        return self.best.log_weights

    @torch.no_grad()
    def component_means(self, components: Tensor | None = None) -> Tensor:
        """Means of these components, or of all, as images (N, C, H, W) in [-1, 1]; none, (0, C, H, W), before training has begun."""
        means = self.best.means if components is None else self.best.means[components]
        return self.images_of(means) if self.begun else torch.zeros(0, *self.shape)

    @torch.no_grad()
    def component_images(self, components: Sequence[int], count: int) -> Iterator[Tensor]:
        """For each of these components its mean and samples from it, `count` images (count, C, H, W) in [-1, 1]; noise is fixed."""
        mixture = self.best
        deviations = mixture.covariance.deviations().to(mixture.means.device)
        noise = self.shown[: count - 1, 1 : self.latent_size]
        for k in components:
            away = deviations(noise, torch.full((len(noise),), k, device=noise.device))
            yield self.images_of(torch.cat([mixture.means[k : k + 1].float(), mixture.means[k].float() + away]))

    def measures(self, batch: Batch) -> dict[str, float]:
        """The criteria, by the training images as EM saw them: they compare mixtures on one set only."""
        mixture, images = self.best, int(self.images)
        criteria = {"bic": mixture.bic(images), "aic": mixture.aic(images)} if mixture.passes else {}
        return {"components": float(mixture.components), "free_parameters": float(mixture.free_parameters()), **criteria}

    def facts(self) -> dict[str, Any]:
        mixture = self.best
        return {
            "components": mixture.components,
            "covariance": type(mixture.covariance).__name__,
            "scored": f"images in {self.levels} levels",
            "weights": [round(weight, 6) for weight in sorted(mixture.log_weights.exp().tolist(), reverse=True)],
            "free_parameters": mixture.free_parameters(),
            "recovered_components": int(mixture.recoveries),
            "converged": bool(mixture.converged),
        }


def mixture_latents(mixture: GaussianMixture) -> int:
    return 1 + mixture.covariance.noise_size(mixture.size)
