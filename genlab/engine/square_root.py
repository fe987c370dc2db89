"""Square root with the same digits on every processor."""

import torch
from torch import Tensor


def square_root(values: Tensor) -> Tensor:
    """Square roots of values >= 0; that of 0 is 0.

    torch.sqrt calls MKL, which refines an approximation of the processor (rsqrtps) that differs between vendors, so that a tenth of its
    last digits do. torch.rsqrt divides by an exact square root.
    """
    return values * torch.rsqrt(values.clamp(min=torch.finfo(values.dtype).tiny))
