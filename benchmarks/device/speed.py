"""Images per second from 32 to 256 px for one recipe of each family, as a share of the device's peak, and memory."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from benchmarks.device.cases import Case, case, enlarged, image_set
from benchmarks.device.report import Part
from benchmarks.device.runs import CYCLE, run, speed
from genlab.engine.compute import Compute
from genlab.images.prepared_set import PreparedSet

RECIPES = ("gan", "original_gan", "biggan", "stylegan2", "pix2pix", "cyclegan", "vae", "gmm")
SIDES = (32, 64, 128, 256)
IMAGES = 320  # of the image set
COUNTED = 2  # images per turn while operations are counted
MIB = 2**20

TITLE = "Images per second"
TEXT = """One recipe of each family, with everything that a turn does, in the precision that `precision: auto` chooses. Networks are those
of `conf/full` on a GPU, and those of `conf/base` on a CPU, for images of each side. `GFLOP per image` counts products and convolutions,
forward and backward, of all networks in a turn (with the formulas of `torch.utils.flop_counter`), lazy regularisation included; `share of
peak` compares them with the faster of the two measured peaks in that precision. Memory is the most that torch allocated on a GPU. `waits
per turn` counts the operations of a turn for which the host waits for the GPU: one is the transfer of the terms that are logged."""


def check(
    part: Part,
    device: torch.device,
    peaks: Mapping[str, Mapping[str, float]],
    seconds: float,  # of each measurement
    only: Sequence[str] = (),
    sides: Sequence[int] = SIDES,
    batch_size: int | None = None,
) -> None:
    """Add a row for each recipe and image side."""
    compute = Compute(str(device), channels_last="auto" if device.type == "cuda" else True, compile=False)
    for side in sides:
        for name in only or RECIPES:
            if part.has_time(f"{name} at {side} px"):
                with part.attempt(f"{name} at {side} px"):
                    check_recipe(part, case(name, "full" if device.type == "cuda" else ""), side, compute, peaks, seconds, batch_size)


def check_recipe(
    part: Part,
    each: Case,
    side: int,
    compute: Compute,
    peaks: Mapping[str, Mapping[str, float]],
    seconds: float,
    batch_size: int | None,
) -> None:
    """Add the row of a recipe at one image side."""
    images = enlarged(image_set({"translation": "emoji_pairs"}.get(each.family, "fashion"), IMAGES), side)
    channels, count = images.images.shape[-1], batch_size or (32 if compute.device.type == "cuda" else 8)
    sized = each.with_arguments(size=side)
    if each.family != "translation":
        sized = sized.with_arguments(channels=channels)
    if each.name == "biggan" and side > SIDES[0]:
        sized = sized.with_arguments(**large(side))
    if compute.device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(compute.device)
    found = speed(sized, images, compute, seconds, count)
    memory = torch.cuda.max_memory_allocated(compute.device) / MIB if compute.device.type == "cuda" else None
    operations = operations_per_image(sized, images, compute)
    peak = max(peaks.get(compute.precision.name, {"": 0.0}).values())
    part.row(
        recipe=each.name,
        side=side,
        batch_size=count,
        precision=compute.precision.name,
        images_per_second=found.images_per_second,
        turns=found.turns,
        GFLOP_per_image=operations / 1e9,
        share_of_peak=operations * found.images_per_second / peak if peak else None,
        memory_MiB=None if memory is None else round(memory),
        waits_per_turn=waits_per_turn(sized, images, compute, count) if compute.device.type == "cuda" else None,
    )


def large(side: int) -> dict[str, Any]:
    """Arguments of BigGAN beyond 32 px, as in conf/full, with the paper's 20 latents per level."""
    return {"multiples": None, "halvings": None, "attention": 16, "latent_size": 20 * (side.bit_length() - 2)}


def waits_per_turn(each: Case, images: PreparedSet, compute: Compute, batch_size: int) -> float:
    """Number of times per turn that the host waits for the GPU: those of 9 turns, less those of the first, by torch's own warnings."""
    found = []
    for turns in (1, 9):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                run(each, images, compute, turns * batch_size, batch_size=batch_size)
            finally:
                torch.cuda.set_sync_debug_mode("default")
        found.append(sum("synchronizing CUDA operation" in str(each.message) for each in caught))
    return (found[1] - found[0]) / 8


def operations_per_image(each: Case, images: PreparedSet, compute: Compute) -> float:
    """Floating-point operations per image over a cycle of lazy regularisation: those of 1 + n turns, less those of the first."""
    turns = CYCLE if any("regularisation" in update or "every" in update for update in each.model) else 2
    few, many = (operations(each, images, compute, 1 + more) for more in (0, turns))
    return (many - few) / (turns * COUNTED)


def operations(each: Case, images: PreparedSet, compute: Compute, turns: int) -> int:
    """Floating-point operations of a training of this many turns."""
    with Operations() as counted:
        run(each, images, compute, turns * COUNTED, batch_size=COUNTED)
    total: int = counted.total
    return total


class Operations(TorchDispatchMode):
    """Mode that adds up the floating-point operations of products and convolutions.

    torch's FlopCounterMode counts by module, too, for which it hooks into graphs; this fails on second derivatives.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(
        self, function: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        if (count := flop_registry.get(function._overloadpacket)) is not None:
            self.total += int(count(*args, **(kwargs or {}), out_val=result))
        return result
