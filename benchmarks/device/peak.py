"""The measured peak of a device: floating-point operations per second of matrix products and convolutions."""

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from benchmarks.device.precision import tf32
from benchmarks.device.report import Part

CONTIGUOUS, LAST = torch.contiguous_format, torch.channels_last
PRECISIONS = {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

TITLE = "Measured peak"
TEXT = """Floating-point operations per second, a multiplication and an addition counted as two: the fastest of several products of square
matrices, and of several 3 x 3 convolutions in both memory formats. They are the yardstick of the speeds below."""


def check(part: Part, device: torch.device, seconds: float) -> dict[str, dict[str, float]]:
    """Add a row for each precision -> {precision: {"gemm", "convolution": operations per second}}."""
    found: dict[str, dict[str, float]] = {}
    for name in PRECISIONS if device.type == "cuda" else ("fp32", "bf16"):
        with part.attempt(name), tf32(name == "tf32"):
            found[name] = {"gemm": gemm(device, PRECISIONS[name], seconds), "convolution": convolution(device, PRECISIONS[name], seconds)}
            part.row(precision=name, **{f"{kind} TFLOP/s": value / 1e12 for kind, value in found[name].items()})
    return found


def gemm(device: torch.device, dtype: torch.dtype, seconds: float) -> float:
    """Operations per second of the fastest product of two square matrices."""
    best = 0.0
    for side in (4096, 8192) if device.type == "cuda" else (512, 1024, 2048):
        a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
        best = max(best, 2 * side**3 / shortest(lambda a=a, b=b: a @ b, device, seconds))  # type: ignore[misc]
    return best


def convolution(device: torch.device, dtype: torch.dtype, seconds: float) -> float:
    """Operations per second of the fastest 3 x 3 convolution, (N, C, 32, 32) -> (N, C, 32, 32)."""
    best = 0.0
    for images, channels in ((64, 256), (64, 512)) if device.type == "cuda" else ((16, 64), (16, 128)):
        for layout in (CONTIGUOUS, LAST):
            x = torch.randn(images, channels, 32, 32, device=device).to(dtype, memory_format=layout)
            weight = torch.randn(channels, channels, 3, 3, device=device).to(dtype, memory_format=layout)
            count = 2 * images * 32**2 * channels**2 * 9
            best = max(best, count / shortest(lambda x=x, weight=weight: conv2d(x, weight, padding=1), device, seconds))  # type: ignore[misc]
    return best


@torch.no_grad()
def shortest(
    work: Callable[[], Tensor],
    device: torch.device,
    seconds: float,  # over which the work is repeated
    warm_up: int = 3,
) -> float:
    """Shortest time of a piece of work, in seconds."""
    for _ in range(warm_up):
        work()
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end or best == float("inf"):
        synchronise(device)
        began = time.perf_counter()
        for _ in range(4):
            work()
        synchronise(device)
        best = min(best, (time.perf_counter() - began) / 4)
    return best


def synchronise(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
