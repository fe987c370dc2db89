"""Compute settings of a recipe: devices, precision, memory format, compilation, workers and gradient accumulation."""

import copy
from typing import Literal, TypeVar

import torch
from torch import nn

from genlab.engine import portable as portability
from genlab.engine import ranks
from genlab.engine.precision import Precision, device_for
from genlab.errors import InputError

SHARE_OF_MEMORY = 0.25  # of the free memory of a GPU, that training images may take

Prepared = TypeVar("Prepared", bound=nn.Module)


class Compute:
    """Device, precision, memory format, compilation and workers. "auto" is resolved when the object is created.

    Raises:
        InputError: the device is not available, fp16 is requested without a CUDA GPU, or digits cannot be portable.
    """

    def __init__(
        self,
        device: str = "auto",  # auto: the first available of cuda, mps, cpu
        precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto",  # auto: bf16 on a CUDA GPU that supports it, else fp32
        channels_last: bool | Literal["auto"] = "auto",  # memory format; auto: True on CUDA; on a CPU, training measures which is faster
        compile: bool | Literal["auto"] = "auto",  # auto: False on a CPU; on CUDA, a long training measures what it gains
        workers: int | Literal["auto"] = "auto",  # data-loading processes on each device; auto: 4 on CUDA, else 0
        devices: int = 1,  # number of devices of this type, each with a process of its own, that share every batch
        accumulate: int = 1,  # parts, computed one after another, of the images of a batch on each device; more parts take less memory
        resident: bool | Literal["auto"] = "auto",  # training images in the device's memory; auto: on CUDA, up to a quarter of what is free
        # The same digits on every x86-64 processor with AVX2, see docs/how-to/reproduce.md. `device: auto` is the CPU then. auto: as
        # GENLAB_PORTABLE in the environment states (1 in `dvc repro`), and False with a named GPU, a half precision or compilation.
        portable: bool | Literal["auto"] = "auto",
    ):
        self.devices, self.accumulate, self.resident = devices, accumulate, resident
        check_division(device, compile, devices, accumulate)
        self.portable = portability.resolved(portable) and (portable is True or not unportable(device, precision, compile))
        if self.portable and (reason := unportable(device, precision, compile)):
            raise InputError(f"compute.{reason}. Change it, or set `portable: auto`.")
        self.device = self._device("cpu" if self.portable else device)
        on_cuda = self.device.type == "cuda"
        if precision == "auto":
            precision = "bf16" if on_cuda and torch.cuda.is_bf16_supported() else "fp32"
        if precision == "fp16" and not on_cuda:
            raise InputError(
                f"precision: fp16 on device '{self.device.type}': half precision needs a CUDA GPU. Set `precision: fp32` or `bf16`."
            )
        self.precision = Precision(self.device, precision)
        self.channels_last = on_cuda if channels_last == "auto" else channels_last
        self.format_is_open = channels_last == "auto" and self.device.type == "cpu" and not self.portable  # training chooses
        self.compile = compile is True
        self.compilation_is_open = compile == "auto" and on_cuda and devices * accumulate == 1  # training chooses it
        self.workers = (4 if on_cuda else 0) if workers == "auto" else workers

    @staticmethod
    def _device(name: str) -> torch.device:
        there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
        if name == "auto":
            return torch.device(next(kind for kind, is_there in there.items() if is_there))
        kind = name.split(":")[0]
        if not there.get(kind, False):
            raise InputError(
                f"device: '{name}' is not there. On this machine: {', '.join(k for k, is_there in there.items() if is_there)}."
            )
        return torch.device(name)

    def on_rank(self) -> None:
        """Use the device of this rank."""
        if self.devices > 1 and self.device.type == "cuda":
            self.device = torch.device("cuda", ranks.on_this_machine())
            self.precision = self.precision._replace(device=self.device)

    def holds(
        self,
        size: int,  # of the training images, bytes
        augmented: bool,  # on the CPU, for which the images must be there
    ) -> bool:
        """Whether the training images are kept in the memory of the device."""
        if self.resident != "auto":
            return self.resident
        return self.device.type == "cuda" and not augmented and size <= torch.cuda.mem_get_info(self.device)[0] * SHARE_OF_MEMORY

    def settings(self) -> dict[str, str | bool]:
        """Return all settings that may change the last digits of a result. The numbers of workers, devices and parts, and where images
        are kept, do not belong to them: a training may continue with others."""
        formats: dict[str, str | bool] = {
            "channels_last": "auto" if self.format_is_open else self.channels_last,
            "compile": "auto" if self.compilation_is_open else str(self.compile),
            "torch": str(torch.__version__),
        }
        if self.portable:  # not listed otherwise, so that trainings saved by earlier versions continue
            formats["portable"] = True
        return {"device": self.device.type, "precision": self.precision.name, **formats}

    def with_format(self, channels_last: bool) -> "Compute":
        """These settings with a memory format."""
        settings = copy.copy(self)
        settings.channels_last, settings.format_is_open = channels_last, False
        return settings

    def with_compilation(self, compile: bool) -> "Compute":
        """These settings with compiled networks, or without."""
        settings = copy.copy(self)
        settings.compile, settings.compilation_is_open = compile, False
        return settings

    def prepare(self, module: Prepared) -> Prepared:
        """Move a module to the device and memory format, and compile its networks. In place: optimizers keep their parameters.

        A module with float64 parameters stays on the CPU if the device has no float64, as Apple's GPU.
        """
        module.to(device_for(module, self.device))
        if self.channels_last:
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's overloads
        if self.compile:
            for part in module.children():
                if next(part.parameters(), None) is not None:  # networks only: pools and augmentations cause graph breaks
                    part.compile()
        return module


def check_division(device: str, compile: bool | Literal["auto"], devices: int, accumulate: int) -> None:
    """Check the numbers of devices and of accumulated parts.

    Raises:
        InputError: a number is below 1, or does not go with the other settings.
    """
    for name, number in (("devices", devices), ("accumulate", accumulate)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise InputError(f"compute.{name}: got {number!r}, expected a whole number from 1 on.")
    if compile is True and devices * accumulate > 1:
        raise InputError(
            f"compute.compile: got true with devices: {devices} and accumulate: {accumulate}; expected false: random draws inside compiled "
            "networks would differ from those of the whole batch. Set `compile: false`."
        )
    if devices > 1 and ":" in device:
        raise InputError(f"compute.device: got '{device}' with devices: {devices}, expected a type of device, e.g. 'cuda'. Change one.")
    if devices > 1 and device == "mps":
        raise InputError(f"compute.devices: got {devices} on mps, expected 1: there is one such device. Change it.")


def unportable(device: str, precision: str, compile: bool | Literal["auto"]) -> str:
    """The setting with which digits cannot be portable, in words; "" if there is none."""
    allowed = {"device": (device, ("auto", "cpu")), "precision": (precision, ("auto", "fp32")), "compile": (compile, ("auto", False))}
    found = [
        f"{name}: got {got!r} with portable digits, expected {values[1]!r} or 'auto': they are tested on CPUs, in fp32, not compiled"
        for name, (got, values) in allowed.items()
        if got not in values
    ]
    return found[0] if found else ""
