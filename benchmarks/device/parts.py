"""The parts of a run, in their order, and how large they are."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks.device import agreement, peak, precision, speed, training, variants
from benchmarks.device.report import Report

MODULES = {"recipes": agreement, "precision": precision, "peak": peak, "speed": speed, "variants": variants, "training": training}
CACHE = Path(".genlab")  # folder of feature extractors and features


class Sizes(NamedTuple):
    """How much of everything is measured; () stands for all recipes of a part."""

    precise: tuple[str, ...]  # recipes whose precision is measured
    environment: str  # of these recipes' sizes
    timed: tuple[str, ...]  # recipes whose speed is measured
    sides: tuple[int, ...]  # of their images, pixels
    batch_size: int | None  # None: 32 on a GPU, 8 on a CPU
    varied: tuple[str, ...]  # recipes whose memory formats are measured
    seconds: float  # of each measurement of speed
    peak_seconds: float  # of each measurement of the peak


NORMAL = Sizes((), "", (), speed.SIDES, None, (), 2.0, 0.3)
QUICK = Sizes(("wgan_gp", "stylegan2"), "test", ("stylegan2", "gmm"), (32,), 2, ("vae",), 0.1, 0.01)


def run_parts(
    report: Report,
    device: torch.device,
    shares: Mapping[str, float],  # of the time, by part
    seconds: float,  # longest time of each training
    quick: bool,
) -> None:
    """Run parts one after another; a failure ends neither its part nor the run."""
    sizes, whole, peaks = QUICK if quick else NORMAL, sum(shares.values()), dict[str, dict[str, float]]()
    for name, share in shares.items():
        module = MODULES[name]
        with report.part(name, module.TITLE, module.TEXT, share / whole) as part:
            if name == "recipes":
                agreement.check(part, device)
            elif name == "precision":
                precision.check(part, device, 8 if device.type == "cuda" else 1, sizes.precise, sizes.environment)
            elif name == "peak":
                peaks = peak.check(part, device, sizes.peak_seconds)
            elif name == "speed":
                speed.check(part, device, peaks, sizes.seconds, sizes.timed, sizes.sides, sizes.batch_size)
            elif name == "variants":
                variants.check(part, device, sizes.seconds, sizes.varied)
            else:
                training.check(part, device, 1.0 if quick else seconds, CACHE, quick=quick)
