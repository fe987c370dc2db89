"""Floating-point precision of the networks' arithmetic."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, NamedTuple

import torch


class Precision(NamedTuple):
    """Floating-point precision of the networks' arithmetic; weights and optimizer state stay fp32."""

    device: torch.device
    name: Literal["fp32", "bf16", "fp16"]

    def autocast(self) -> AbstractContextManager[object]:
        """Return a context manager in which networks compute in this precision."""
        if self.name == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16 if self.name == "bf16" else torch.float16)

    @property
    def scaled(self) -> bool:
        """Whether gradients need a scaler to avoid underflow (fp16)."""
        return self.name == "fp16"


FULL_PRECISION = Precision(torch.device("cpu"), "fp32")
