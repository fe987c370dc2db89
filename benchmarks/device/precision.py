"""bf16, fp16 and TF32 next to fp32, in recipes with penalties and second derivatives."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import torch

from benchmarks.device.agreement import FLOOR, differences
from benchmarks.device.cases import Case, case, image_set
from benchmarks.device.draws import DrawnOnCPU
from benchmarks.device.report import Part
from benchmarks.device.runs import run
from genlab.engine.compute import Compute

RECIPES = ("r3gan", "wgan_gp", "progan", "stylegan2", "stylegan2_ada", "biggan", "cyclegan", "pix2pix", "vae", "vae_mixture")
PENALTIES = ("gradient_penalty", "r1", "r2", "path_length")  # terms with second derivatives
IMAGES = 320  # of each image set
BATCH_SIZE = 8
TF32 = "tf32"
Name = Literal["fp32", "bf16", "fp16"]

TITLE = "bf16, fp16 and TF32 against fp32"
TEXT = f"""Recipes of `conf/base` with {BATCH_SIZE} images per turn, from the same weights and the same random numbers. `loss` and
`penalty` are the largest differences from fp32 in the first turn, of a loss and of a penalty that is itself a gradient (R1, R2, gradient
penalty, path length), relative to the value in fp32 (absolute below {FLOOR:g}). Every term of every turn must be finite. bf16 has 8 bits
of precision, fp16 and TF32 have 11: one rounding is 0.4 % and 0.05 %. Weights, optimizers, moving averages and likelihoods are fp32 in all
of them, and so is the gradient of which a penalty takes the norm; its derivative runs through the network in half precision."""


def check(part: Part, device: torch.device, turns: int, only: Sequence[str] = (), environment: str = "") -> None:
    """Add a row for each recipe and precision."""
    for name in only or RECIPES:
        if part.has_time(name):
            with part.attempt(name):
                check_recipe(part, case(name, environment), device, turns)
    if device.type != "cuda":
        part.skip("fp16 and TF32", "they need a CUDA GPU")


def check_recipe(part: Part, each: Case, device: torch.device, turns: int) -> None:
    """Add the rows of one recipe; a term that is not finite is a failure."""
    expected = rows(each, device, "fp32", turns)
    for name in ("bf16", "fp16", TF32) if device.type == "cuda" else ("bf16",):
        with part.attempt(f"{each.name} in {name}"):
            found = rows(each, device, name, turns)
            # Gradient norms are not logged with fp16, because scaled gradients may overflow.
            first = [{term: row[term] for term in row.keys() & other.keys()} for row, other in zip(found[:1], expected[:1], strict=True)]
            there = [{term: row[term] for term in first[0]} for row in expected[:1]]
            apart = differences(first, there)
            losses = {term: value for term, value in apart.items() if term.endswith(("/loss", "/adversarial", "/elbo"))}
            penalties = {term: value for term, value in apart.items() if term.endswith(PENALTIES)}
            finite = all(math.isfinite(value) for row in found for value in row.values())
            part.row(
                recipe=each.name,
                precision=name,
                turns=len(found),
                loss=max(losses.values()),
                penalty=max(penalties.values(), default=None),
                finite=finite,
            )


def rows(each: Case, device: torch.device, name: str, turns: int) -> list[dict[str, float]]:
    """Train for a few turns in one precision -> rows of the history."""
    precision: Name = "fp32" if name == TF32 else name  # type: ignore[assignment]  # one of the three
    compute = Compute(str(device), precision, channels_last=True, compile=False, workers=0)
    with tf32(name == TF32), DrawnOnCPU():
        return run(each, image_set(each.images, IMAGES), compute, turns * BATCH_SIZE, batch_size=BATCH_SIZE).history.rows


@contextmanager
def tf32(allowed: bool) -> Iterator[None]:
    """Context manager in which products and convolutions of fp32 numbers may use TF32, or not."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = allowed
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before
