"""Likelihoods p(x | z) of images given a decoder's unconstrained outputs, in nats per image, at the levels in which images are stored.

Outputs and targets may have any leading axes that broadcast, e.g. samples of the latent.
"""

import math
from typing import Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, softplus

from genlab.errors import InputError
from genlab.images.levels import BYTE, dequantised, log_volume, scored_text, step, within_range
from genlab.serving.preparation import Preparation

LEAST_LOG_SCALE = -7.0  # minimum of a logistic, as in the code of arXiv:1701.05517
MOST_LOG_SCALE = 3.0  # maximum of a logistic, ten times the range of images; avoids overflow if a network diverges
RATE_FACTOR = 10.0  # speed-up of the one learnt deviation: Adam's steps are limited to the learning rate, and this value has to move far


class Likelihood(Protocol):
    """p(x | z) of images (..., C, H, W) in [-1, 1], given outputs (..., parameters_per_value * C, H, W)."""

    parameters_per_value: int  # output maps per channel of the image
    scored: str  # description of the images that log_prob refers to
    preparation: Preparation  # what `target` does, for released models

    def target(self, images: Tensor) -> Tensor:
        """Images in [-1, 1] -> the images that log_prob takes, e.g. binarised or dequantised, same shape."""

    def log_prob(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Outputs (..., parameters_per_value * C, H, W), targets (..., C, H, W) -> log p(x | z), (...), in nats."""

    def mean(self, outputs: Tensor) -> Tensor:
        """Outputs -> mean images (..., C, H, W) in [-1, 1]."""


class Bernoulli(nn.Module):
    """Each value is white with probability sigmoid(output). Kingma & Welling 2013 (arXiv:1312.6114), appendix C.1.

    Scores binarised images, which are different data from grey images: its nats are comparable only with models of binarised images.
    """

    parameters_per_value = 1

    def __init__(
        self,
        binarise: Literal["threshold", "sample"] = "threshold",  # sample: white with the brightness as probability, redrawn each time
    ):
        super().__init__()
        self.binarise = binarise
        self.preparation = Preparation("binarise" if binarise == "threshold" else "draw")
        self.scored = "images binarised at mid-grey" if binarise == "threshold" else "images binarised at random, by their brightness"

    def target(self, images: Tensor) -> Tensor:
        """Images in [-1, 1] -> 0 or 1, same shape. Random binarisation: Salakhutdinov & Murray 2008, section 5."""
        return (images > 0).to(images.dtype) if self.binarise == "threshold" else torch.bernoulli(((images + 1) / 2).clamp(0, 1))

    def log_prob(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Logits (..., C, H, W), targets of 0 or 1 (..., C, H, W) -> log p(x | z), (...)."""
        return sum_over_image(logsigmoid(outputs * (2 * target - 1)))

    def mean(self, outputs: Tensor) -> Tensor:
        """Logits -> mean images 2p - 1, in [-1, 1]."""
        return (outputs / 2).tanh()


class Gaussian(nn.Module):
    """Each value is normal with its output as mean. One learnt deviation for all: the sigma-VAE of Rybkin et al. 2021 (arXiv:2006.13202).

    The density of dequantised images, multiplied by the volume of a level; without levels, the density.
    """

    def __init__(
        self,
        deviation: Literal["learnt", "predicted"] | float = "learnt",  # learnt: one for all; predicted: one per value, by the decoder
        levels: int | None = BYTE,  # number of intensity levels of the images; None: values are real numbers, e.g. points
        least: float = 1.0e-3,  # minimum deviation, for images of range 2; approached smoothly
    ):
        super().__init__()
        if isinstance(deviation, str) and deviation not in ("learnt", "predicted"):
            raise InputError(f"deviation: got {deviation!r}, expected learnt, predicted or a number.")
        if not least > 0 or not (isinstance(deviation, str) or deviation > 0):
            raise InputError(f"deviation and least: got {deviation} and {least}, expected positive numbers.")
        self.levels, self.least = levels, least
        self.parameters_per_value = 2 if deviation == "predicted" else 1
        self.scored = scored_text(levels)
        self.preparation = Preparation() if levels is None else Preparation("dequantise", levels)
        self.raw = nn.Parameter(torch.zeros(())) if deviation == "learnt" else None
        self.fixed = None if isinstance(deviation, str) else math.log(deviation)

    def target(self, images: Tensor) -> Tensor:
        """Dequantise images in [-1, 1]: draw each value uniformly within its level. Without levels, images are returned unchanged."""
        return dequantised(images, self.levels)

    def log_prob(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Means, and log-deviations if predicted, (..., P * C, H, W), dequantised images (..., C, H, W) -> log p(x | z), (...)."""
        mean, log_deviation = self.parameters_of(outputs)
        distance = (target - mean) * (-log_deviation).exp()
        log_density = -0.5 * (distance.square() + math.log(2 * math.pi)) - log_deviation
        return sum_over_image(log_density) + log_volume(target.shape[-3:].numel(), self.levels)

    def mean(self, outputs: Tensor) -> Tensor:
        """Outputs -> mean images, clamped to [-1, 1] unless values are real numbers."""
        return within_range(self.parameters_of(outputs)[0], self.levels)

    def parameters_of(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs -> mean (..., C, H, W), and log-deviation of the same shape or one for all values."""
        if self.fixed is not None:
            return outputs, torch.full_like(outputs[..., :1, :1, :1], self.fixed)
        mean, raw = (outputs, RATE_FACTOR * self.raw) if self.raw is not None else outputs.chunk(2, -3)
        return mean, above(raw, math.log(self.least))


class DiscretisedLogistic(nn.Module):
    """Each value has the probability that a logistic distribution gives to its level; the lowest and highest levels include the tails.

    Kingma et al. 2016 (arXiv:1606.04934), section 5.2; Salimans et al. 2017 (arXiv:1701.05517), equation 2, with one logistic.
    """

    parameters_per_value = 2  # location and log-scale

    def __init__(self, levels: int = BYTE):
        super().__init__()
        self.levels = levels
        self.scored, self.preparation = f"images in {levels} levels", Preparation()

    def target(self, images: Tensor) -> Tensor:
        """Return the images unchanged."""
        return images

    def log_prob(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Locations and log-scales (..., 2 * C, H, W), images in [-1, 1] (..., C, H, W) -> log p(x | z), (...).

        With a and b the upper and lower end of the level, minus the location and divided by the scale: sigmoid(a) - sigmoid(b) =
        sigmoid(a) sigmoid(-b) (1 - exp(b - a)), with a logarithm that never loses precision.
        """
        location, log_scale = self.parameters_of(outputs)
        inverse_scale = (-log_scale).exp()
        width, middle = step(self.levels) * inverse_scale, (target - location) * inverse_scale
        half = step(self.levels) / 2
        starts, ends = (target > half - 1).to(width.dtype), (target < 1 - half).to(width.dtype)  # 0 where a level is infinite
        log_probability = ends * logsigmoid(middle + width / 2) + starts * logsigmoid(width / 2 - middle)
        return sum_over_image(log_probability + starts * ends * (-torch.expm1(-width)).log())

    def mean(self, outputs: Tensor) -> Tensor:
        """Outputs -> means of logistics with their tails moved to -1 and 1: 1 - the integral of the distribution function from -1 to 1.

        The location would be no substitute: for wide scales, it may be far outside [-1, 1]. The integral has two forms, one precise for
        small scales, one for wide scales.
        """
        location, log_scale = self.parameters_of(outputs)
        scale = log_scale.exp()
        narrow = 1 - scale * (softplus((1 - location) / scale) - softplus((-1 - location) / scale))
        half = 0.5 / scale.clamp(min=1)
        wide = ((half * location).tanh() * half.tanh()).atanh() / half
        return torch.where(scale < 1, narrow, wide).clamp(-1, 1)

    def parameters_of(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs -> location, log-scale (..., C, H, W)."""
        location, raw = outputs.chunk(2, -3)
        return location, MOST_LOG_SCALE - softplus(MOST_LOG_SCALE - above(raw, LEAST_LOG_SCALE))


def above(value: Tensor, floor: float) -> Tensor:
    """Soft lower limit: floor + softplus(value - floor). Rybkin et al. 2021, appendix A."""
    return floor + softplus(value - floor)


def sum_over_image(values: Tensor) -> Tensor:
    """Sum over each image, (..., C, H, W) -> (...)."""
    return values.flatten(-3).sum(-1)
