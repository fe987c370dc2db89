"""Inference with released variational autoencoders and mixtures: latents, reconstructions, log-likelihoods, components.

A variational autoencoder has the networks `encoder` and `decoder`, a mixture has `inference`; see genlab.variational.inference and
genlab.mixtures.inference. Images are inferred one by one, and all random numbers come from a seed, so that results depend on nothing else.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from .depth import SIXTEEN
from .errors import DecodeError, RequestError
from .images import REQUEST_FORMATS, WHITE, convert, to_bytes, upright
from .preparation import Preparation, prepared, unit
from .release import Network, Release, release_at

AT_ONCE = 128  # samples of a latent that are decoded in one call


class Score(NamedTuple):
    """Log-likelihood of an image."""

    nats: float  # a lower bound of log p(image), in nats
    bits_per_dimension: float


class Inference:
    """The networks of a release that infer from images, given as uint8 (H, W, C) of the training size."""

    def __init__(self, release: str | Path | Release):
        opened = release_at(release)
        self.facts = opened.facts
        if "inference" not in self.facts:
            raise RequestError("the model can't infer from images: only variational autoencoders and mixtures can.")
        self.preparation = Preparation(**self.facts["inference"]["preparation"])
        self.networks: dict[str, tuple[Network, tuple[str, ...]]] = {
            name: (opened.open(name), tuple(outputs)) for name, outputs in self.facts["inference"]["networks"].items()
        }
        self.classes: list[str] = self.facts["classes"]
        self.encodes = "encoder" in self.networks
        self.has_components = any("log_joint" in outputs for _, outputs in self.networks.values())

    def encode(self, pixels: np.ndarray, label: int = 0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Mean and log-variance of q(z | x), (D,) each.

        Raises:
            RequestError: the model has no encoder.
        """
        if not self.encodes:
            raise RequestError("the model has no encoder: a mixture has components instead of latents. See `genlab cluster`.")
        found = self.compute("encoder", {"image": prepared(pixels, self.preparation, np.random.default_rng([seed]))}, label)
        return found["mean"][0], found["log_variance"][0]

    @property
    def latent_size(self) -> int:
        """Number D of latents of an autoencoder: the latent of the decoder, which a mixture prior makes smaller than the sampler's."""
        return int(self.facts["latents"])

    def decode(self, z: np.ndarray, label: int = 0) -> np.ndarray:
        """Image of a latent z (D,), uint8 (H, W, C).

        Raises:
            RequestError: the model has no decoder.
        """
        if not self.encodes:
            raise RequestError("the model has no decoder: a mixture has components instead of latents.")
        height, width = self.facts["training_size"]
        image = np.zeros((1, self.facts["channels"], height, width), np.float32)  # has no effect on the mean
        return to_bytes(self.compute("decoder", {"z": z.astype(np.float32)[None], "image": image}, label)["decoded"][0])

    def reconstruct(self, pixels: np.ndarray, label: int = 0, seed: int = 0) -> np.ndarray:
        """Reconstruction from the latents or the component, uint8 (H, W, C)."""
        if not self.encodes:
            return to_bytes(self.compute("inference", {"image": unit(pixels)}, label)["reconstruction"][0])
        mean, _ = self.encode(pixels, label, seed)
        return to_bytes(self.compute("decoder", {"z": mean[None], "image": unit(pixels)}, label)["decoded"][0])

    def responsibilities(self, pixels: np.ndarray, label: int = 0, seed: int = 0) -> np.ndarray:
        """p(component | image), (K,).

        Raises:
            RequestError: the model has no components.
        """
        if not self.has_components:
            raise RequestError("the model has no components: its prior is a single normal.")
        inputs = {"image": unit(pixels)}
        if self.encodes:
            inputs["z"] = self.encode(pixels, label, seed)[0][None]
        joint = self.compute("decoder" if self.encodes else "inference", inputs, label)["log_joint"][0].astype(float)
        weights: np.ndarray = np.exp(joint - log_sum(joint))
        return weights

    def score(self, pixels: np.ndarray, label: int = 0, seed: int = 0, samples: int = 100) -> Score:
        """Lower bound of log p(image).

        For a variational autoencoder it is the importance-weighted bound of Burda et al. 2015 (arXiv:1509.00519), equation 8, with this
        number of samples; for a mixture, the mean log-likelihood of a few dequantisations.
        """
        random = np.random.default_rng([seed])
        nats = self.bound(pixels, label, random, samples) if self.encodes else self.likelihood(pixels, label, random)
        return Score(nats, -nats / (pixels.size * math.log(2)))

    def bound(self, pixels: np.ndarray, label: int, random: np.random.Generator, samples: int) -> float:
        """Importance-weighted bound of log p(image), in nats."""
        image = prepared(pixels, self.preparation, random)
        found = self.compute("encoder", {"image": image}, label)
        mean, log_variance = (found[name].astype(float) for name in ("mean", "log_variance"))
        weights = []
        for start in range(0, samples, AT_ONCE):
            noise = random.standard_normal((min(AT_ONCE, samples - start), mean.shape[1]))
            z = mean + np.exp(log_variance / 2) * noise
            decoded = self.compute("decoder", {"z": z.astype(np.float32), "image": image.repeat(len(z), 0)}, label)
            prior = log_sum(decoded["log_joint"].astype(float)) if self.has_components else log_normal(z)
            posterior = log_normal(noise) - log_variance.sum() / 2
            weights.append(decoded["log_likelihood"] + prior - posterior)
        return float(log_sum(np.concatenate(weights)) - math.log(samples))

    def likelihood(self, pixels: np.ndarray, label: int, random: np.random.Generator) -> float:
        """Mean log-likelihood of an image's dequantisations under a mixture, in nats."""
        images = np.concatenate([prepared(pixels, self.preparation, random) for _ in range(self.preparation.draws)])
        found = self.compute("inference", {"image": images}, label)
        return float((log_sum(found["log_joint"].astype(float)) + found["rest"]).mean())

    def compute(self, name: str, inputs: dict[str, np.ndarray], label: int) -> dict[str, np.ndarray]:
        """Run a network -> outputs by name."""
        network, outputs = self.networks[name]
        if self.classes:
            inputs = inputs | {"label": np.full(len(next(iter(inputs.values()))), label, np.int64)}
        return dict(zip(outputs, network.run(None, inputs), strict=True))


def pixels_of(
    content: Any,  # bytes of an image file
    facts: Mapping[str, Any],  # content of release.json
    most: int,  # largest number of pixels
) -> tuple[np.ndarray, int]:
    """Pixels of an image file, uint8 (H, W, C) of the training size, and their number in the file.

    An image of another size is cropped at its centre and resized.

    Raises:
        DecodeError: it is not the bytes of an image file that can be read, or it has more pixels.
    """
    if not isinstance(content, bytes) or not content:
        raise DecodeError(f"got {type(content).__name__}, expected bytes" if not isinstance(content, bytes) else "the file is empty")
    height, width = facts["training_size"]
    stored = upright(content, most, REQUEST_FORMATS)
    count = stored.width * stored.height
    image = convert(stored, facts["channels"], tuple(facts.get("background", WHITE)), facts.get("bits", SIXTEEN))
    if image.size != (width, height):
        image = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    return np.asarray(image).reshape(height, width, facts["channels"]), count


def log_sum(values: np.ndarray) -> Any:
    """Log of the sum of exponentials along the last axis, without overflow."""
    largest = values.max(-1, keepdims=True)
    return np.log(np.exp(values - largest).sum(-1)) + largest[..., 0]


def log_normal(values: np.ndarray) -> np.ndarray:
    """log N(values; 0, I) along the last axis."""
    density: np.ndarray = -0.5 * (np.square(values) + math.log(2 * math.pi)).sum(-1)
    return density
