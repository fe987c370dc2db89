"""Gaussian mixtures of images, fitted by expectation-maximisation, i.e. without gradients.

The mixture is the finite counterpart of the variational autoencoder: p(x) = sum_k p(z = k) p(x | z = k), with an exact posterior.
"""

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from genlab.engine import ranks
from genlab.engine.recipe import Recipe
from genlab.engine.stream import Batch, Stream
from genlab.engine.updates import Terms
from genlab.errors import InputError
from genlab.images.levels import BYTE, dequantised, log_volume, within_range
from genlab.mixtures.covariances.base import Covariance
from genlab.mixtures.criteria import CRITERIA, free_parameters
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.inference import MixtureInference, facts_of
from genlab.mixtures.over_ranks import accumulate
from genlab.mixtures.projection import PrincipalComponents
from genlab.mixtures.sampler import Sampler, latent_size_of
from genlab.mixtures.starts import Start
from genlab.serving.preparation import Preparation

SHOWN = 64  # number of fixed latents
DEQUANTISATIONS = 4  # dequantisations of each image over which its log-likelihood is averaged
DTYPES = {"float32": torch.float32, "float64": torch.float64}


class Mixture(Recipe):
    """Gaussian mixture over flattened images.

    One pass over the image set is one EM step: the statistics of all batches are accumulated in float64. They are part of the state, so a
    run can stop in the middle of a pass. Where the device has no float64, the mixture stays on the CPU, and images are moved there.
    Training has finished when a pass increases the log-likelihood by less than `tolerance`.

    Raises:
        InputError: `components` is empty or has duplicates.
    """

    kinds = ("unlabelled", "labelled")
    begun: Tensor
    images: Tensor
    shown: Tensor  # fixed latents

    def __init__(
        self,
        size: int | Sequence[int],  # image side, or [height, width], in pixels
        components: int | Sequence[int],  # K; a list fits one mixture per value on the same batches, and `criterion` selects one
        covariance: Callable[[], Covariance],  # returns the covariance of a new mixture
        start: Start,  # initialisation
        channels: int = 1,
        projection: PrincipalComponents | None = None,  # applied to images before the mixture
        criterion: Literal["bic", "aic"] = "bic",
        tolerance: float = 1.0e-3,  # nats per image
        negligible: float = 1.0e-6,  # responsibilities up to this value count as 0 in Full and the M step of LowRank; 0: exact EM
        memory: float = 16.0,  # MiB, limit for the largest intermediate result
        dtype: Literal["float32", "float64"] = "float32",  # of the arithmetic on images; sums and parameters are float64
        levels: int | None = BYTE,  # number of intensity levels, of which the log-likelihood is; None: real numbers, e.g. points
    ):
        super().__init__()
        height, width = (size, size) if isinstance(size, int) else size
        self.shape, self.values = (channels, height, width), channels * height * width
        counts = [components] if isinstance(components, int) else list(components)
        if not counts or len(set(counts)) != len(counts):
            raise InputError(f"components: got {components}, expected a number, or a list of different ones.")
        self.start, self.projection, self.criterion, self.levels, self.dtype = start, projection, criterion, levels, DTYPES[dtype]
        self.preparation = Preparation() if levels is None else Preparation("dequantise", levels, DEQUANTISATIONS)
        if projection is not None:
            projection.allocate(self.values)
        inside = self.values if projection is None else projection.dimensions
        mixtures = nn.ModuleList(GaussianMixture(count, inside, covariance(), tolerance, negligible, memory) for count in counts)
        self.mixtures = cast(Sequence[GaussianMixture], mixtures)  # a ModuleList does not state the type of its items
        self.register_buffer("begun", torch.zeros((), dtype=torch.bool))
        self.register_buffer("images", torch.zeros((), dtype=torch.int64))  # number per pass
        self.register_buffer("shown", torch.randn(SHOWN, max(latent_size_of(mixture) for mixture in self.mixtures)))
        self.updates = {"em": self.expectation_maximisation, "components": self.available_components}

    @property
    def best(self) -> GaussianMixture:
        """The mixture with the lowest criterion."""
        return self.mixtures[min(range(len(self.mixtures)), key=self.criteria(self.criterion).__getitem__)]

    def criteria(self, name: str) -> list[float]:
        """Return the criterion, `bic` or `aic`, of each mixture; lower is better."""
        images = max(int(self.images), 1)
        return [CRITERIA[name](mixture, images) for mixture in self.mixtures]

    @property
    def components(self) -> int:
        """Number of components of the best mixture."""
        return self.best.components

    def choices(self) -> dict[int, dict[str, float]]:
        """Map the number of components of each mixture to {criterion: value}; lower is better."""
        values = zip(self.mixtures, self.criteria("bic"), self.criteria("aic"), strict=True)
        return {mixture.components: {"BIC": bic, "AIC": aic} for mixture, bic, aic in values}

    @property
    def latent_size(self) -> int:
        """Size of the latents of the best mixture."""
        return latent_size_of(self.best)

    def finished(self) -> bool:
        """Whether all mixtures have converged."""
        return all(bool(mixture.converged) for mixture in self.mixtures)

    def vectors(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) -> vectors (N, D): flattened, and projected if there is a projection."""
        flat = images.flatten(1).to(self.shown.device).to(self.dtype)
        return flat if self.projection is None else self.projection(flat)

    @torch.no_grad()
    def expectation_maximisation(self, stream: Stream) -> Terms:
        """Accumulate the E-step statistics of this turn's images; run an M step at the end of each pass, even in the middle of a batch."""
        if not self.begun:
            self.initialise(stream)
        if not self.images:
            self.images = torch.full_like(self.images, stream.epoch)
        images = stream.batch["image"]
        # Places in the whole batch: each rank holds `images`, which begin at `offset`.
        begin, offset, place = 0, ranks.number() * len(images), stream.first_batch * stream.images % stream.epoch
        terms: Terms = {}
        while begin < stream.images:
            end = min(stream.images, begin + stream.epoch - place)
            ends, place = place + end - begin == stream.epoch, 0
            x = self.vectors(images[max(0, begin - offset) : max(0, end - offset)])
            begin = end
            for mixture in self.mixtures:
                if not mixture.converged:
                    accumulate(mixture, x)
                    if ends:
                        terms |= self.maximise(mixture)
        return terms

    def maximise(self, mixture: GaussianMixture) -> Terms:
        """Run the M step of a mixture and return the mean log-likelihood of its last pass."""
        several = f"_{mixture.components}" if len(self.mixtures) > 1 else ""
        return {f"log_likelihood{several}": torch.tensor(mixture.maximise().log_likelihood)}

    def available_components(self, stream: Stream) -> Terms:
        """Update that changes no state: log the extreme weights and the recoveries of the best mixture's components after each pass."""
        seen = stream.first_batch * stream.images
        if seen // stream.epoch == (seen + stream.images) // stream.epoch:
            return {}
        weights = self.best.log_weights.exp()
        return {"smallest_weight": weights.min(), "largest_weight": weights.max(), "recovered": self.best.recoveries.float()}

    def initialise(self, stream: Stream) -> None:
        """Initialise projection and mixtures with the images of this turn and of the next batches, without taking these from the stream."""
        wanted = max(self.start.images, 0 if self.projection is None else self.projection.images)
        seen: list[Tensor] = []
        for batch in itertools.chain([stream.batch], stream.peek()):
            left = min(wanted, stream.epoch) - sum(map(len, seen))
            if left <= 0:
                break
            seen.append(ranks.gather(batch["image"])[:left])
        images = (torch.cat(seen) if seen else stream.batch["image"][:0]).to(self.shown.device)
        if self.projection is not None:
            self.start.project(self.projection, images[: self.projection.images].flatten(1))
        x = self.vectors(images[: self.start.images])
        for mixture in self.mixtures:
            self.start.initialise(mixture, x)
        self.begun = torch.ones_like(self.begun)

    def learnt(self) -> dict[str, Tensor]:
        """Return the parameters of mixtures and projection; sums and counters of passes do not belong to them."""
        state = self.state_dict(keep_vars=True)
        owners = [f"mixtures.{number}." for number in range(len(self.mixtures))]
        names = [f"{owner}{name}" for owner in owners for name in ("means", "log_weights", "covariance.value", "covariance.loadings")]
        return {name: value for name, value in state.items() if name in names or name.startswith("projection.")}

    def begin_from(self, missing: Collection[str]) -> None:
        """Mark the mixtures as initialised: EM goes on from the values that were loaded.

        Raises:
            InputError: some of the parameters are missing: EM cannot start from a part of them.
        """
        if missing:
            raise InputError(
                f"initial: {', '.join(sorted(missing))} cannot be taken from the source, but EM starts from all parameters of a mixture or "
                "from none. Give the mixture the source's components, covariance, projection and image size, or remove `initial`."
            )
        self.begun = torch.ones_like(self.begun)
        for mixture in self.mixtures:
            mixture.forget()

    def check(self, batch: Batch) -> None:
        """Raise an InputError unless the images have the specified size and number of channels."""
        got, expected = (" x ".join(map(str, shape)) for shape in (batch["image"].shape[1:], self.shape))
        if got != expected:
            raise InputError(
                f"the image set has images of {got} (channels, height, width), the mixture is of {expected}. "
                "Change the mixture's `size` and `channels`, or the image set's."
            )

    def generators(self) -> dict[str, nn.Module]:
        """Return the sampler of the best mixture under the name `generator`."""
        return {"generator": Sampler(self.best, self.projection, self.shape, self.levels)}

    def inference(self) -> dict[str, nn.Module]:
        """Return the network of a release that infers from images, `inference`, of the best mixture."""
        return {"inference": MixtureInference(self.best, self.projection, self.shape, self.levels)}

    @torch.no_grad()
    def sample(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (N, latent_size) from N(0, 1) -> images (N, C, H, W) in [-1, 1]; labels are ignored."""
        images: Tensor = self.generators()["generator"].to(latents.device)(latents)
        return images

    @torch.no_grad()
    def bounds(self, batch: Batch) -> Terms:
        """Lower bound of the log-likelihood of discrete images, (N,) in nats: the mean log-likelihood of 4 dequantisations.

        Without levels, the log-density of real numbers, exactly.
        """
        drawn = torch.zeros(len(batch["image"]), dtype=torch.float64)
        for _ in range(self.preparation.draws):
            images = dequantised(batch["image"], self.levels).to(self.shown.device)
            density = self.best.log_prob(self.vectors(images))
            if self.projection is not None:
                density = density + self.projection.rest_log_density(images.flatten(1).to(self.dtype))
            drawn += density.double().cpu() / self.preparation.draws
        return {"log_likelihood": drawn + log_volume(self.values, self.levels)}

    @torch.no_grad()
    def responsibilities(self, batch: Batch) -> Tensor:
        """p(component | image) of the best mixture, (N, K)."""
        return self.best.responsibilities(self.vectors(batch["image"]))

    @torch.no_grad()
    def reconstruct(self, batch: Batch) -> Tensor:
        """Reconstruct images (N, C, H, W) in [-1, 1]: the mean of the most likely component, plus the deviation its factors explain."""
        x, mixture = self.vectors(batch["image"]), self.best
        parts = []
        for some in mixture.chunks(x):
            component = mixture.log_joint(some).argmax(1)
            parts.append(mixture.means[component].to(some) + mixture.covariance.explained(some, component))
        return self.images_of(torch.cat(parts))

    def images_of(self, vectors: Tensor) -> Tensor:
        """Vectors (N, D) -> images (N, C, H, W), clipped to [-1, 1] unless values are real numbers. The inverse of `vectors`."""
        flat = vectors if self.projection is None else self.projection.inverse(vectors)
        return within_range(flat.float().unflatten(1, self.shape), self.levels)

    def component_log_weights(self) -> Tensor:
        """Logarithms of the component weights, (K,)."""
        return self.best.log_weights

    @torch.no_grad()
    def component_means(self, components: Tensor | None = None) -> Tensor:
        """Means of the given components (default: all) as images (N, C, H, W) in [-1, 1]; (0, C, H, W) before training has begun."""
        means = self.best.means if components is None else self.best.means[components]
        return self.images_of(means) if self.begun else torch.zeros(0, *self.shape)

    @torch.no_grad()
    def component_images(self, components: Sequence[int], count: int) -> Iterator[Tensor]:
        """Yield (count, C, H, W) in [-1, 1] for each given component: its mean, followed by samples with fixed noise."""
        mixture = self.best
        deviations = mixture.covariance.deviations().to(mixture.means.device)
        noise = self.shown[: count - 1, 1 : self.latent_size]
        for k in components:
            away = deviations(noise, torch.full((len(noise),), k, device=noise.device))
            yield self.images_of(torch.cat([mixture.means[k : k + 1].float(), mixture.means[k].float() + away]))

    def measures(self, batch: Batch) -> dict[str, float]:
        """Return the numbers of components and free parameters, and, after the first pass, BIC and AIC of the training images' vectors."""
        mixture, images = self.best, int(self.images)
        criteria = {name: criterion(mixture, images) for name, criterion in CRITERIA.items()} if mixture.passes else {}
        return {"components": float(mixture.components), "free_parameters": float(free_parameters(mixture)), **criteria}

    def facts(self) -> dict[str, Any]:
        """Return the facts of a release: components, covariance, weights, parameters and convergence of the best mixture."""
        return facts_of(self.best, self.levels)
