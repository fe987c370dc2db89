"""Initialisation of expectation-maximisation, which converges to a local maximum that depends on the start."""

from typing import Protocol

import torch
from torch import Tensor

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.mixtures.fitting import fit
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.k_means import k_means
from genlab.mixtures.projection import PrincipalComponents


class Start(Protocol):
    """A method to initialise a mixture."""

    images: int  # maximum number of images that it uses

    def project(self, projection: PrincipalComponents, x: Tensor) -> None:
        """Set the axes of the projection in front of the mixture, from images as vectors (N, D)."""

    def initialise(self, mixture: GaussianMixture, x: Tensor) -> float:
        """Set the initial parameters of the mixture from images as vectors (N, D), and return their mean log-likelihood."""


class _Restarts:
    """Initialise several times, run a few steps of EM from each start, and keep the best start."""

    def __init__(
        self,
        restarts: int = 1,
        steps: int = 5,  # EM steps after which the starts are compared
        images: int = 10_000,  # maximum number of images to use: those of the first batches, which the stream has shuffled
    ):
        if restarts < 1 or steps < 1:
            raise InputError(f"restarts: got {restarts} with {steps} steps; expected at least 1 of each.")
        self.restarts, self.steps, self.images = restarts, steps, images

    def project(self, projection: PrincipalComponents, x: Tensor) -> None:
        projection.fit(x)

    def initialise(self, mixture: GaussianMixture, x: Tensor) -> float:
        if len(x) < mixture.components:
            raise InputError(
                f"{len(x)} images for {mixture.components} components. Take fewer components, or let the start see more `images`."
            )
        best, state = -torch.inf, {}
        for _ in range(self.restarts):
            mixture.initialise(x, self.centres(x, mixture.components))
            began = {name: value.clone() for name, value in mixture.state_dict().items()}
            reached = fit(mixture, x, self.steps)[-1].log_likelihood
            mixture.load_state_dict(began)
            if reached > best:
                best, state = reached, began
        mixture.load_state_dict(state)
        return best

    def centres(self, x: Tensor, count: int) -> Tensor:
        """Images as vectors (N, D) -> `count` centres of clusters, (count, D)."""
        raise NotImplementedError


class KMeans(_Restarts):
    """Start from the clusters of k-means, which starts with k-means++."""

    def centres(self, x: Tensor, count: int) -> Tensor:
        """Centres of k-means, (K, D)."""
        seed = int(torch.randint(2**31 - 1, ()))
        return torch.from_numpy(k_means(x.cpu().numpy(), count, seed, iterations=30))


class Random(_Restarts):
    """Start from random images as centres."""

    def centres(self, x: Tensor, count: int) -> Tensor:
        """K images drawn at random, (K, D)."""
        distinct = torch.unique(x, dim=0)  # one of two equal centres would have no image
        centres: Tensor = distinct[torch.randperm(len(distinct))[:count].to(x.device)]
        return centres


class Checkpoint:
    """Warm start from a trained mixture with the same number of components and the same covariance."""

    def __init__(
        self,
        file: str,  # checkpoint.safetensors of a Mixture recipe, relative to the working directory; `~` is the home folder
    ):
        self.file, self.images = expanded(file), 0

    def project(self, projection: PrincipalComponents, x: Tensor) -> None:
        """Load the projection of the checkpoint, since the mixture's parameters are coordinates along its axes. `x` is not used.

        Raises:
            InputError: the file is missing, or has no projection to the same number of dimensions.
        """
        saved = self.saved()
        own = projection.state_dict()
        found = {name: saved.get(f"projection.{name}") for name in own}
        if any(value is None or value.shape != own[name].shape for name, value in found.items()):
            raise InputError(
                f"start: {self.file} holds no projection to {projection.dimensions} dimensions. Name another file, or change `projection`."
            )
        projection.load_state_dict(found)

    def initialise(self, mixture: GaussianMixture, x: Tensor) -> float:
        """Load the parameters of the checkpoint's mixture, without its sums and state of convergence, and return nan. `x` is not used.

        Raises:
            InputError: the file is missing, or has no mixture of the same shapes.
        """
        saved = self.saved()
        own = {name: value for name, value in mixture.state_dict().items() if is_parameter(name)}
        for prefix in sorted({name.removesuffix("means") for name in saved if name.endswith("means")}):
            found = {name: saved.get(prefix + name) for name in own}
            if all(value is not None and value.shape == own[name].shape for name, value in found.items()):
                mixture.load_state_dict(mixture.state_dict() | found)
                return float("nan")
        wanted = f"{mixture.components} components of {mixture.size} values, {type(mixture.covariance).__name__}"
        raise InputError(f"start: {self.file} holds no mixture of {wanted}. Name another file, or change `components` or `covariance`.")

    def saved(self) -> dict[str, Tensor]:
        """Load all tensors of the checkpoint.

        Raises:
            InputError: the file is missing.
        """
        from safetensors.torch import load_file

        if not self.file.exists():
            raise InputError(f"start: there is no file {self.file}. Train the mixture that it is to begin from, or take another start.")
        return load_file(self.file)


def is_parameter(name: str) -> bool:
    """Whether a key of a mixture's state dict is a parameter fitted by EM, as opposed to sums and progress."""
    return name in ("means", "log_weights") or (name.startswith("covariance.") and ".sum_" not in name)
