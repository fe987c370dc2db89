"""The number format of the networks' arithmetic."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, NamedTuple

import torch


class Precision(NamedTuple):
    """The number format of the networks' arithmetic; weights and optimizer state stay fp32."""

    device: torch.device
    name: Literal["fp32", "bf16", "fp16"]

    def autocast(self) -> AbstractContextManager:
        if self.name == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16 if self.name == "bf16" else torch.float16)

    @property
    def scaled(self) -> bool:
        """Whether gradients would underflow without a scaler."""
        return self.name == "fp16"


FULL_PRECISION = Precision(torch.device("cpu"), "fp32")
