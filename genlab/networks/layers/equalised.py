"""The equalised learning rate: weights from N(0, 1), scaled at run time (Karras et al. 2017, arXiv:1710.10196, section 4.1).

The size of Adam's steps does not depend on the scale of the gradient. Weights of the same range therefore all learn equally fast.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from genlab.engine.precision import at_least_fp32

SLOPE = 0.2  # negative slope of the leaky ReLU
GAIN = math.sqrt(2)  # He's gain of a layer followed by a (leaky) ReLU


class EqualisedLinear(nn.Linear):
    """Linear layer with an equalised learning rate: vectors (N, inputs) -> (N, outputs)."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        gain: float = 1.0,
        rate: float = 1.0,  # learning rate of this layer, as a share of the optimizer's
        bias: float | None = 0.0,  # initial value; None: no bias
    ):
        super().__init__(inputs, outputs, bias=bias is not None)
        self.scale, self.rate = gain / math.sqrt(inputs) * rate, rate
        nn.init.normal_(self.weight, std=1 / rate)
        if bias is not None:
            nn.init.constant_(self.bias, bias / rate)

    def forward(self, vectors: Tensor) -> Tensor:
        bias = self.bias if self.bias is None or self.rate == 1 else self.bias * self.rate
        return nn.functional.linear(vectors, self.weight * self.scale, bias)


class EqualisedConv2d(nn.Conv2d):
    """Convolution with an equalised learning rate: features (N, inputs, H, W) -> (N, outputs, H, W)."""

    def __init__(self, inputs: int, outputs: int, kernel_size: int, gain: float = GAIN, bias: bool = True):
        super().__init__(inputs, outputs, kernel_size, padding=kernel_size // 2, bias=bias)
        self.scale = gain / math.sqrt(inputs * kernel_size**2)
        nn.init.normal_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def scaled_weight(self) -> Tensor:
        """Weight that the convolution applies, (outputs, inputs, kernel_size, kernel_size)."""
        return self.weight * self.scale

    def forward(self, features: Tensor) -> Tensor:
        convolved: Tensor = self._conv_forward(features, self.scaled_weight(), self.bias)
        return convolved


def activate(features: Tensor) -> Tensor:
    """Leaky ReLU; the scale of the preceding layer's weights includes its gain, sqrt 2, as in the public code of ProGAN and StyleGAN.

    StyleGAN2's public code multiplies the activation by sqrt 2 instead, and so the bias, too. A bias there equals one of sqrt 2 times the
    value here, and learns sqrt 2 times as fast.
    """
    return leaky_relu(features, SLOPE)


def pixel_norm(features: Tensor) -> Tensor:
    """Scale features (N, C, ...) to root mean square 1 over the channels, at each position. Karras et al. 2017, section 4.2."""
    squares = at_least_fp32(features).square().mean(1, keepdim=True)  # in fp16, 1e-8 would be 0
    return features * torch.rsqrt(squares + 1e-8).to(features.dtype)
