"""Encoders and decoders of variational autoencoders: from images to posteriors of latents, and from latents to images.

An encoder outputs mean and log-variance of q(z | x), (N, 2 latent_size); a decoder outputs the unconstrained parameters of p(x | z). With
`classes`, both are conditional on the label (N,), as in Kingma et al. 2014 (arXiv:1406.5298, M2) and Sohn et al. 2015.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from genlab.errors import InputError
from genlab.networks.labels import class_weights
from genlab.networks.layers.initialise import he
from genlab.networks.layers.residual import SLOPE, Doubling, Halving, stages

LAST_LAYER_DEVIATION = 0.01  # initial standard deviation of a last layer's weights
Activation = Literal["relu", "tanh"]


class FullyConnectedEncoder(nn.Module):
    """Image (N, C, size, size) [, label (N,)] -> mean and log-variance, (N, 2 latent_size). Kingma & Welling 2013, appendix C.2.

    The posterior of a linear model has the same covariance for all images, so that an encoder without hidden layers and with a constant
    variance is sufficient: the VAE is then probabilistic PCA. Lucas et al. 2019 (arXiv:1911.02469), section 4.
    """

    def __init__(
        self,
        size: int,  # of the images, pixels
        channels: int = 1,
        latent_size: int = 20,
        hidden: Sequence[int] = (512, 256),  # units per hidden layer, from the image to the latent; none: a linear network
        classes: int = 0,  # number of classes; 0: unconditional
        activation: Activation = "relu",
        constant_variance: bool = False,  # learn one log-variance per latent, the same for all images
    ):
        super().__init__()
        self.latent_size, self.classes, self.constant_variance = latent_size, classes, constant_variance
        units = [channels * size * size + classes, *hidden, latent_size if constant_variance else 2 * latent_size]
        self.layers = linear_layers(units, activation)
        self.log_variance = nn.Parameter(torch.zeros(latent_size)) if constant_variance else None

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        outputs = self.layers(append_label(image.flatten(1), label, self.classes))
        return outputs if self.log_variance is None else torch.cat([outputs, self.log_variance.expand_as(outputs)], 1)


class FullyConnectedDecoder(nn.Module):
    """Latent (N, latent_size) [, label (N,)] -> (N, outputs * C, size, size), without an output activation. Mirrors the encoder."""

    def __init__(
        self,
        size: int,
        channels: int = 1,
        latent_size: int = 20,
        outputs: int = 1,  # maps per channel: the likelihood's `parameters_per_value`
        hidden: Sequence[int] = (256, 512),  # units per hidden layer, from the latent to the image; none: a linear network
        classes: int = 0,
        activation: Activation = "relu",
    ):
        super().__init__()
        self.latent_size, self.classes, self.shape = latent_size, classes, (outputs * channels, size, size)
        self.layers = linear_layers([latent_size + classes, *hidden, math.prod(self.shape)], activation)

    def forward(self, latent: Tensor, label: Tensor | None = None) -> Tensor:
        outputs: Tensor = self.layers(append_label(latent, label, self.classes)).unflatten(1, self.shape)
        return outputs


class ConvolutionalEncoder(nn.Module):
    """Image (N, C, size, size) [, label (N,)] -> mean and log-variance, (N, 2 latent_size).

    Residual blocks without normalisation at each side (genlab.networks.layers.residual), with a halving from each side to the next. An
    embedding of the label is added to the first feature map.
    """

    def __init__(
        self,
        size: int,  # of the images, pixels: a multiple of patch * 2 ** halvings
        channels: int = 1,
        latent_size: int = 20,
        width: int = 32,  # filters at the finest side; doubled with each halving of the side
        most: int = 128,  # maximum number of filters at any side
        halvings: int = 2,
        blocks: int = 1,  # per side
        patch: int = 1,  # side of the square of pixels per position of the first layer; 2 omits the finest side
        hidden: int = 256,  # units between the last feature map and the latent, which combine the whole image
        classes: int = 0,
    ):
        super().__init__()
        coarsest = coarsest_side(size, halvings, patch, "ConvolutionalEncoder")
        self.latent_size, self.classes, self.patch = latent_size, classes, patch
        filters = [min(most, width * 2**level) for level in range(halvings + 1)]
        self.from_image = nn.Conv2d(channels * patch**2, width, 3, padding=1)
        self.from_label = nn.Embedding(classes, width) if classes else None
        self.stages = nn.Sequential(*stages(filters, Halving, blocks))
        first, last = nn.Linear(filters[-1] * coarsest**2, hidden), nn.Linear(hidden, 2 * latent_size)
        self.to_latent = nn.Sequential(nn.LeakyReLU(SLOPE), nn.Flatten(), first, nn.LeakyReLU(SLOPE), last)
        he(self.from_image, 1.0)
        he(self.to_latent, SLOPE)
        initialise_small(last)

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        features = self.from_image(pixel_unshuffle(image, self.patch))
        if self.from_label is not None:
            features = features + self.from_label(label)[:, :, None, None]
        outputs: Tensor = self.to_latent(self.stages(features))
        return outputs


class ConvolutionalDecoder(nn.Module):
    """Latent (N, latent_size) [, label (N,)] -> (N, outputs * C, size, size), without an output activation. Mirrors the encoder."""

    def __init__(
        self,
        size: int,
        channels: int = 1,
        latent_size: int = 20,
        outputs: int = 1,  # maps per channel: the likelihood's `parameters_per_value`
        width: int = 32,
        most: int = 128,
        halvings: int = 2,
        blocks: int = 1,
        patch: int = 1,  # side of the square of pixels per position of the last layer
        hidden: int = 256,  # units between the latent and the first feature map
        classes: int = 0,
    ):
        super().__init__()
        coarsest = coarsest_side(size, halvings, patch, "ConvolutionalDecoder")
        self.latent_size, self.classes, self.patch = latent_size, classes, patch
        filters = [min(most, width * 2**level) for level in reversed(range(halvings + 1))]
        self.from_latent = nn.Sequential(
            nn.Linear(latent_size + classes, hidden), nn.LeakyReLU(SLOPE), nn.Linear(hidden, filters[0] * coarsest**2)
        )
        self.coarsest = (filters[0], coarsest, coarsest)
        self.stages = nn.Sequential(*stages(filters, Doubling, blocks))
        last = nn.Conv2d(filters[-1], outputs * channels * patch**2, 3, padding=1)
        self.to_image = nn.Sequential(nn.LeakyReLU(SLOPE), last)
        he(self.from_latent, SLOPE)
        he(self.to_image, SLOPE)
        initialise_small(last)

    def forward(self, latent: Tensor, label: Tensor | None = None) -> Tensor:
        features = self.from_latent(append_label(latent, label, self.classes)).unflatten(1, self.coarsest)
        return pixel_shuffle(self.to_image(self.stages(features)), self.patch)


def initialise_small(layer: nn.Linear | nn.Conv2d) -> None:
    """Initialise a last layer with small weights: images start grey and codes near the prior, which makes high learning rates safe."""
    nn.init.normal_(layer.weight, 0.0, LAST_LAYER_DEVIATION)


def linear_layers(units: Sequence[int], activation: Activation) -> nn.Sequential:
    """Linear layers between consecutive numbers of units, with an activation between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(units):
        layers += [nn.Linear(inputs, outputs), nn.ReLU() if activation == "relu" else nn.Tanh()]
    network = nn.Sequential(*layers[:-1])
    he(network, 0.0 if activation == "relu" else 1.0)
    return network


def append_label(numbers: Tensor, label: Tensor | None, classes: int) -> Tensor:
    """Append labels (N,) or class weights (N, classes) to numbers (N, D) -> (N, D + classes); unchanged if `classes` is 0."""
    if not classes:
        return numbers
    return torch.cat([numbers, class_weights(cast(Tensor, label), classes).to(numbers.dtype)], 1)


def coarsest_side(size: int, halvings: int, patch: int, name: str) -> int:
    """Side of the coarsest feature map, pixels.

    Raises:
        InputError: `size` is not a multiple of patch * 2 ** halvings; the message starts with `name`.
    """
    stride: int = patch * 2**halvings
    if halvings < 0 or patch < 1 or size < 1 or size % stride:
        raise InputError(
            f"{name}: size: got {size}, expected a multiple of {stride:g} (patch {patch} x 2 ** {halvings} halvings). "
            "Change `halvings` or `patch`, or the image set's `size`."
        )
    return size // stride
