"""Floating-point precision of the networks' arithmetic."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

NO_FLOAT64 = ("mps",)  # types of devices without float64: Apple's GPU


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


def at_least_fp32(values: Tensor) -> Tensor:
    """Convert half precision to fp32, e.g. for sums, which need more digits; other values are returned as they are."""
    return values.float() if values.dtype.itemsize < 4 else values


def in_float64(values: Tensor) -> Tensor:
    """Convert to float64; on the CPU if the values' device has no float64."""
    return (values.cpu() if values.device.type in NO_FLOAT64 else values).double()


def device_for(module: nn.Module, device: torch.device) -> torch.device:
    """Return the device, or the CPU if the device has no float64 and the module has float64 parameters or buffers, as mixtures do."""
    lacks = device.type in NO_FLOAT64 and any(value.dtype == torch.float64 for value in module.state_dict().values())
    return torch.device("cpu") if lacks else device


def device_of_states(device: torch.device) -> torch.device:
    """Return the device that saved states are loaded to: the CPU if the device has no float64, else the device itself."""
    return torch.device("cpu") if device.type in NO_FLOAT64 else device
