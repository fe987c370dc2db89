"""Where expectation-maximisation begins: it climbs to the next maximum, so that the start decides which."""

from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from genlab.errors import InputError
from genlab.mixtures.gaussian_mixture import GaussianMixture, fit
from genlab.mixtures.k_means import k_means
from genlab.mixtures.projection import PrincipalComponents


class Start(Protocol):
    """How a mixture begins."""

    images: int  # how many it looks at, at most

    def project(self, projection: PrincipalComponents, x: Tensor) -> None:
        """Give the projection in front of the mixture its axes, with images as vectors (N, D)."""

    def initialise(self, mixture: GaussianMixture, x: Tensor) -> float:
        """Give the mixture its first parameters, with images as vectors (N, D) -> their mean log-likelihood."""


class _Restarts:
    """Begin several times, go a few steps each, and keep the best."""

    def __init__(
        self,
        restarts: int = 1,
        steps: int = 5,  # of EM that decide which start is best
        images: int = 10_000,  # that it looks at: the first batches', which the stream has shuffled
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
        raise NotImplementedError


class KMeans(_Restarts):
    """The clusters of k-means, which itself begins with k-means++."""

    def centres(self, x: Tensor, count: int) -> Tensor:
        seed = int(torch.randint(2**31 - 1, ()))
        return torch.from_numpy(k_means(x.cpu().numpy(), count, seed, iterations=30))


class Random(_Restarts):
    """Random images as centres."""

    def centres(self, x: Tensor, count: int) -> Tensor:
        distinct = torch.unique(x, dim=0)  # of two equal centres one would have no image
        return distinct[torch.randperm(len(distinct))[:count].to(x.device)]


class Checkpoint:
    """A mixture trained before, of as many components and the same covariance: a warm start."""

    def __init__(
        self,
        file: str,  # checkpoint.safetensors of a Mixture, from the working directory
    ):
        self.file, self.images = Path(file), 0

    def project(self, projection: PrincipalComponents, x: Tensor) -> None:
        """The mixture's parameters are numbers along the axes that it was trained on: they are taken over with it.

        Raises:
            InputError: no such file, or no such projection in it.
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
        """Parameters alone are taken over: the sums, and whether it had converged, are not.

        Raises:
            InputError: no such file, or no such mixture in it.
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
        from safetensors.torch import load_file

        if not self.file.exists():
            raise InputError(f"start: there is no file {self.file}. Train the mixture that it is to begin from, or take another start.")
        return load_file(self.file)


def is_parameter(name: str) -> bool:
    """Whether a part of a mixture's state is one of the numbers that EM fits."""
    return name in ("means", "log_weights") or (name.startswith("covariance.") and ".sum_" not in name)
