"""The arithmetic peak of this machine, as torch reaches it: the fastest of several convolutions and matrix products in fp32."""

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import conv2d

CONVOLUTIONS = ((16, 64, 64), (16, 128, 32), (16, 256, 16), (32, 512, 8))  # images, channels, side; kernels of 3 x 3
PRODUCTS = (512, 1024, 2048)  # rows and columns of both factors
SECONDS = 0.5  # for each size and memory format


def rate(compute: Callable[[], Tensor], operations: float, seconds: float) -> float:
    """Operations per second of the fastest of several calls within this time."""
    compute()
    best, end = float("inf"), time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end or best == float("inf"):
        compute()
        best = min(best, time.perf_counter() - begun)
    return operations / best


@torch.no_grad()
def convolution_peak(seconds: float = SECONDS) -> float:
    """Floating-point operations per second of the fastest convolution; a multiplication and an addition count as two."""
    rates = []
    for count, channels, side in CONVOLUTIONS:
        operations = 2 * 9 * count * (channels * side) ** 2
        for memory_format in (torch.contiguous_format, torch.channels_last):
            features = torch.randn(count, channels, side, side).contiguous(memory_format=memory_format)
            weight = torch.randn(channels, channels, 3, 3).contiguous(memory_format=memory_format)
            rates.append(rate(lambda features=features, weight=weight: conv2d(features, weight, padding=1), operations, seconds))  # type: ignore[misc]
    return max(rates)


@torch.no_grad()
def product_peak(seconds: float = SECONDS) -> float:
    """Floating-point operations per second of the fastest product of square matrices."""
    rates = []
    for size in PRODUCTS:
        factors = torch.randn(size, size), torch.randn(size, size)
        rates.append(rate(lambda factors=factors: factors[0] @ factors[1], 2 * size**3, seconds))  # type: ignore[misc]
    return max(rates)
