"""p(x) = sum_k p(z = k) N(x; m_k, S_k): a mixture of Gaussians over vectors, fitted by expectation-maximisation (EM).

Dempster, Laird and Rubin 1977; Bishop 2006, section 9.2. Parameters and sums are float64; arithmetic on images uses their own dtype.
"""

import math
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from genlab.errors import InputError
from genlab.mixtures.covariances.base import ALONE, Covariance
from genlab.mixtures.covariances.quadratic import BLOCK
from genlab.mixtures.covariances.sums import squared_distances

WORST = 64  # number of images with the lowest likelihood that are kept, as new means for lost components
INFINITE = 1.0e30  # replaces an infinite log-likelihood: state must be finite, also in float32


class Step(NamedTuple):
    """Result of an M step, about the pass over the images that it ends."""

    log_likelihood: float  # mean over the images of the pass, in nats, under the parameters before the step
    gain: float  # of log-likelihood over the previous pass; infinite in the first
    recovered: int  # number of restarted components
    smallest: float  # smallest weight of a component


class GaussianMixture(nn.Module):
    """Densities and responsibilities of vectors x (N, D), float32 or float64; EM by `accumulate` (E step) and `maximise` (M step).

    genlab.mixtures.sampler.Sampler draws samples.
    """

    means: Tensor
    log_weights: Tensor
    sum_counts: Tensor
    sum_log_likelihood: Tensor
    worst: Tensor
    worst_log_likelihood: Tensor
    log_likelihood: Tensor
    passes: Tensor
    recoveries: Tensor
    disturbed: Tensor
    converged: Tensor

    def __init__(
        self,
        components: int,  # K
        size: int,  # D
        covariance: Covariance,
        tolerance: float = 1.0e-3,  # nats per image: EM has converged if a pass gains less
        negligible: float = 1.0e-6,  # responsibilities up to this value count as 0 in Full and the M step of LowRank; 0: exact EM
        memory: float = 16.0,  # MiB, maximum size of the largest intermediate result of a chunk
        most_recoveries: int = 100,  # maximum number of restarts; lost components then stay as they are
    ):
        super().__init__()
        if components < 1:
            raise InputError(f"components: got {components}, expected at least 1.")
        if not 0 <= negligible < 1 / components:
            raise InputError(f"negligible: got {negligible}, expected from 0 to less than 1 / components = {1 / components:g}.")
        self.components, self.size, self.covariance = components, size, covariance
        self.tolerance, self.negligible, self.memory, self.most_recoveries = tolerance, negligible, memory, most_recoveries
        covariance.allocate(components, size)
        self.register_buffer("means", torch.zeros(components, size, dtype=torch.float64))
        self.register_buffer("log_weights", torch.full((components,), -math.log(components), dtype=torch.float64))
        self.register_buffer("sum_counts", torch.zeros(components, dtype=torch.float64))
        self.register_buffer("sum_log_likelihood", torch.zeros((), dtype=torch.float64))
        self.register_buffer("worst", torch.zeros(WORST, size, dtype=torch.float64))
        self.register_buffer("worst_log_likelihood", torch.full((WORST,), INFINITE, dtype=torch.float64))
        self.register_buffer("log_likelihood", torch.tensor(-INFINITE, dtype=torch.float64))  # mean of the last pass
        self.register_buffer("passes", torch.zeros((), dtype=torch.int64))
        self.register_buffer("recoveries", torch.zeros((), dtype=torch.int64))
        self.register_buffer("disturbed", torch.zeros((), dtype=torch.bool))  # whether the last step restarted components
        self.register_buffer("converged", torch.zeros((), dtype=torch.bool))
        self.prepared: torch.dtype | None = None
        self.register_load_state_dict_post_hook(GaussianMixture.forget)  # type: ignore[no-untyped-call]  # without types in torch

    def forget(self, *_: object) -> None:
        """Discard the values derived from the parameters; `prepare` derives them again."""
        self.prepared = None

    def _apply(self, *arguments: object, **options: object) -> Self:
        """Move or convert the parameters, and discard the values derived from them, which do not move along."""
        self.forget()
        moved: Self = super()._apply(*arguments, **options)  # type: ignore[no-untyped-call]  # without types in torch
        return moved

    def prepare(self, x: Tensor) -> None:
        """Derive the covariance's factors from the parameters in the dtype of x, unless they are up to date."""
        if self.prepared != x.dtype:
            self.covariance.prepare(self.means, x.dtype)
            self.prepared = x.dtype

    def chunks(self, x: Tensor) -> tuple[Tensor, ...]:
        """Split vectors (N, D) into chunks small enough for `memory`."""
        widest = max(self.components * min(self.size, BLOCK), 2 * self.size) * x.element_size()
        chunks: tuple[Tensor, ...] = x.split(max(64, int(self.memory * 2**20 / widest)))
        return chunks

    def log_joint(self, x: Tensor) -> Tensor:
        """Chunk (N, D) -> log p(z = k) + log N(x; m_k, S_k), (N, K)."""
        self.prepare(x)
        return self.covariance.log_density(x) + self.log_weights.to(x.dtype)

    def log_prob(self, x: Tensor) -> Tensor:
        """Vectors (N, D) -> log p(x), (N,), in nats."""
        return torch.cat([torch.logsumexp(self.log_joint(some), 1) for some in self.chunks(x)])

    def responsibilities(self, x: Tensor) -> Tensor:
        """Vectors (N, D) -> p(z = k | x), (N, K)."""
        return torch.cat([normalised(self.log_joint(some))[0] for some in self.chunks(x)])

    def set(self, weights: Tensor, means: Tensor, covariances: Tensor) -> None:
        """Set weights (K,), means (K, D) and covariances (K, D, D)."""
        self.log_weights, self.means = weights.to(self.log_weights).log(), means.to(self.means, copy=True)
        self.covariance.assign(covariances)
        self.forget()

    def initialise(self, x: Tensor, centres: Tensor) -> None:
        """Initialise the components from clusters: each image (N, D) belongs to the nearest of the centres (K, D).

        Raises:
            InputError: a centre has no image nearest to it, or no covariance can be factorised.
        """
        centres = centres.to(x)
        component = torch.cat([squared_distances(some, centres).argmin(1) for some in self.chunks(x)])
        counts = torch.bincount(component, minlength=self.components).double()
        if (counts == 0).any():
            raise InputError(
                f"{int((counts == 0).sum())} of {self.components} centres have no image nearest to them. Take fewer components."
            )
        means = torch.zeros_like(self.means).index_add_(0, component, x.double()) / counts[:, None]
        self.means = self.covariance.initialise(x, component, means)
        self.log_weights = (counts / counts.sum()).log()
        valid = self.valid()
        self.require(valid)
        for k in (~valid).nonzero()[:, 0].tolist():
            self.covariance.set_to_average(valid, counts, k)
        self.forget()

    def accumulate(self, x: Tensor) -> None:
        """E step: add the statistics of images (N, D) to the sums of this pass."""
        for some in self.chunks(x):
            self.prepare(some)
            log_joint = self.covariance.likely(some, self.log_weights.to(some.dtype), self.negligible)
            weights, log_likelihood = normalised(log_joint)
            self.sum_counts += weights.sum(0, dtype=torch.float64)
            self.sum_log_likelihood += log_likelihood.sum(dtype=torch.float64)
            self.covariance.add(some, weights, self.negligible)
            self.keep_least_likely(some, log_likelihood)

    def keep_least_likely(self, x: Tensor, log_likelihood: Tensor) -> None:
        """Keep the images of this pass with the lowest likelihood."""
        if log_likelihood.min() >= self.worst_log_likelihood.max():
            return
        some = log_likelihood.topk(min(WORST, len(x)), largest=False)
        values = torch.cat([self.worst_log_likelihood, some.values.double()])
        kept = values.topk(WORST, largest=False, sorted=True)
        self.worst_log_likelihood = kept.values
        self.worst = torch.cat([self.worst, x[some.indices].double()])[kept.indices]

    def maximise(self) -> Step:
        """M step: update the parameters from the sums of a pass, and clear the sums.

        A component that holds fewer images than its covariance requires (`fewest`), or has a covariance that cannot be factorised, restarts
        at one of the images with the lowest likelihood, with the average covariance and a small weight. The gain of the next pass does not
        indicate convergence. Other steps never lower the likelihood, except for the variance that regularisation adds.

        Raises:
            InputError: the mean log-likelihood is not finite, or no component is valid.
        """
        total = self.sum_counts.sum()
        log_likelihood = self.sum_log_likelihood / total
        if not torch.isfinite(log_likelihood):
            raise InputError(
                f"the mean log-likelihood is {float(log_likelihood)}: an image holds a value that is not finite, or a variance is so small "
                "that it overflows. Raise the covariance's `regularisation` (or `least`)."
            )
        counts, exhausted = self.sum_counts.clone(), int(self.recoveries) >= self.most_recoveries
        former = self.covariance.parameters_by_name() if exhausted else None
        self.means = self.covariance.maximise(counts, self.means)
        self.log_weights = counts.clamp(min=torch.finfo(torch.float64).tiny).log() - total.log()
        recovered = self.recover(counts, former)
        gain = float(log_likelihood - self.log_likelihood) if self.passes else math.inf
        self.passes += 1
        settled = recovered == 0 and not self.disturbed
        self.converged = torch.tensor(settled and gain < self.tolerance, device=total.device)
        self.disturbed = torch.tensor(recovered > 0, device=total.device)
        self.log_likelihood = log_likelihood
        self.sum_counts.zero_()
        self.sum_log_likelihood.zero_()
        self.worst_log_likelihood.fill_(INFINITE)
        self.forget()
        return Step(float(log_likelihood), gain, recovered, float(self.log_weights.min().exp()))

    def recover(self, counts: Tensor, former: dict[str, Tensor] | None) -> int:
        """Restart lost components and return their number.

        After `most_recoveries` restarts, `former` holds the covariances before this step, which replace invalid ones; the number is 0.
        """
        valid = self.valid()
        if former is not None:
            self.covariance.restore(former, ~valid)
            return 0
        healthy = valid & (counts >= self.covariance.fewest)
        self.require(healthy)
        lost = (~healthy).nonzero()[:, 0].tolist()
        if not lost:
            return 0
        there = int((self.worst_log_likelihood < INFINITE).sum())
        for k in lost:
            # A different image for each restart: a component at an isolated outlier would be lost again and again.
            self.means[k] = self.worst[int(self.recoveries) % there]
            self.covariance.set_to_average(healthy, counts, k)
            # A small weight: the others lose next to nothing, and EM raises it if the component explains more than this image.
            self.log_weights[k] = math.log(min(1 / self.components, ALONE / float(counts.sum())))
            self.recoveries += 1
        self.log_weights = self.log_weights - torch.logsumexp(self.log_weights, 0)
        return len(lost)

    def valid(self) -> Tensor:
        """Whether each component's covariance can be factorised, (K,) bool, after a repair of rounding errors."""
        valid = self.covariance.valid()
        if not valid.all():
            self.covariance.repair(~valid)
            valid = self.covariance.valid()
        return valid

    def require(self, healthy: Tensor) -> None:
        """Check that at least one component is healthy, (K,) bool.

        Raises:
            InputError: none is.
        """
        if not healthy.any():
            raise InputError(
                f"no component holds {self.covariance.fewest:g} images and has a covariance that can be factorised. "
                "Raise the covariance's `regularisation`, or take fewer components."
            )


def normalised(log_joint: Tensor) -> tuple[Tensor, Tensor]:
    """log p(x, z = k) (N, K) -> p(z = k | x) (N, K) and log p(x) (N,). Overwrites its argument."""
    largest = log_joint.amax(1, keepdim=True)
    # Values below e^-80 would be denormal in float32, which makes arithmetic ten times slower.
    weights = log_joint.sub_(largest).clamp_(min=-80.0).exp_()
    total = weights.sum(1, keepdim=True)
    return weights.div_(total), (largest + total.log())[:, 0]
