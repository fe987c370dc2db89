"""Doubling and halving of the side, alone and merged with a 3 x 3 convolution.

The low-pass filter is StyleGAN's [1, 3, 3, 1] (arXiv:1812.04948, appendix C: [1, 2, 1] and nearest neighbour).
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, interpolate, pad

TAPS = (1.0, 3.0, 3.0, 1.0)


def double(features: Tensor) -> Tensor:
    """Double the side, (N, C, H, W) -> (N, C, 2 H, 2 W), by bilinear interpolation, which equals the filter; borders are replicated."""
    return interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)


def halve(features: Tensor) -> Tensor:
    """Filter and halve the side, (N, C, H, W) -> (N, C, H / 2, W / 2); borders are padded with zeros."""
    return filtered(features, stride=2, padding=1)


def low_pass(features: Tensor) -> Tensor:
    """Filter, (N, C, H, W) -> (N, C, H + 1, W + 1); borders are padded with two zeros.

    A 3 x 3 convolution of stride 2 without padding then gives half the side. Its positions are those of `halve`.
    """
    return filtered(features, stride=1, padding=2)


def double_convolved(
    features: Tensor,  # (N, C, H, W)
    weight: Tensor,  # (C', C, 3, 3)
) -> Tensor:
    """Double the side and convolve, (N, C, H, W) -> (N, C', 2 H, 2 W): a transposed convolution of stride 2, then the filter.

    Away from the borders it equals a 3 x 3 convolution of `double`, with a quarter of its multiplications. Borders are padded with zeros,
    as in StyleGAN2's public code (`conv2d_resample` with up=2).
    """
    spread = conv_transpose2d(features, 4 * weight.transpose(0, 1).flip(2, 3), stride=2)
    return filtered(spread, stride=1, padding=1)


def nearest_convolved(
    features: Tensor,  # (N, C, H, W)
    weight: Tensor,  # (C', C, 3, 3)
    bias: Tensor | None = None,  # (C',)
) -> Tensor:
    """Double the side by nearest neighbour and convolve with padding 1, (N, C, H, W) -> (N, C', 2 H, 2 W).

    A single transposed convolution, with 4/9 of the multiplications.
    """
    return conv_transpose2d(features, over_squares(weight).transpose(0, 1).flip(2, 3), bias, stride=2, padding=1)


def convolved_mean(
    features: Tensor,  # (N, C, H, W)
    weight: Tensor,  # (C', C, 3, 3)
    bias: Tensor | None = None,  # (C',)
) -> Tensor:
    """Convolve with padding 1 and average squares of 2 x 2, (N, C, H, W) -> (N, C', H / 2, W / 2).

    A single convolution of stride 2, with 4/9 of the multiplications.
    """
    return conv2d(features, over_squares(weight) / 4, bias, stride=2, padding=1)


def over_squares(weight: Tensor) -> Tensor:
    """Kernel (..., 3, 3) -> kernel (..., 4, 4) whose application equals the sum of four of the former's, at a square of 2 x 2 positions."""
    return pad(weight, (1, 0, 1, 0)) + pad(weight, (0, 1, 1, 0)) + pad(weight, (1, 0, 0, 1)) + pad(weight, (0, 1, 0, 1))


def filtered(features: Tensor, stride: int, padding: int) -> Tensor:
    """Filter each channel, (N, C, H, W) -> (N, C, (H + 2 padding - 4) / stride + 1, ...)."""
    if not (torch.is_grad_enabled() and features.requires_grad):  # exporters need not know the function with the gradient
        return conv2d(features, binomial(features), stride=stride, padding=padding, groups=features.shape[1])
    result: Tensor = _Filter.apply(features, stride, padding)  # type: ignore[no-untyped-call]
    return result


class _Filter(torch.autograd.Function):
    """The filter. Its gradient is computed by its adjoint, and that of the adjoint by the filter.

    Gradients of gradients of a convolution of single channels are computed channel after channel by torch, several times slower.
    """

    @staticmethod
    def forward(context: Any, features: Tensor, stride: int, padding: int) -> Tensor:
        context.settings = (stride, padding, features.shape[2:])
        return conv2d(features, binomial(features), stride=stride, padding=padding, groups=features.shape[1])

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Any:
        return _Adjoint.apply(gradient, *context.settings), None, None  # type: ignore[no-untyped-call]


class _Adjoint(torch.autograd.Function):
    """The adjoint of the filter: filtered values (N, C, H', W') -> features (N, C, *sides)."""

    @staticmethod
    def forward(context: Any, values: Tensor, stride: int, padding: int, sides: torch.Size) -> Tensor:
        context.settings = (stride, padding)
        if stride == 1:  # the filter is symmetric
            return conv2d(values, binomial(values), padding=len(TAPS) - 1 - padding, groups=values.shape[1])
        rest = tuple((side + 2 * padding - len(TAPS)) % stride for side in sides)
        return conv_transpose2d(values, binomial(values), None, stride, padding, rest, values.shape[1])

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Any:
        return _Filter.apply(gradient, *context.settings), None, None, None  # type: ignore[no-untyped-call]


def binomial(features: Tensor) -> Tensor:
    """Filter [1, 3, 3, 1] / 8 in both directions as the kernel of a convolution of each channel of the features alone, (C, 1, 4, 4)."""
    taps = torch.tensor(TAPS, device=features.device, dtype=features.dtype) / 8
    return torch.outer(taps, taps).expand(features.shape[1], 1, -1, -1)
