"""Memory formats, torch.compile and CUDA graphs: the speed of each relative to the plain one."""

from collections.abc import Sequence

import torch

from benchmarks.device.cases import Case, case, enlarged, image_set
from benchmarks.device.report import Part
from benchmarks.device.runs import speed
from genlab.build import build
from genlab.engine.compute import Compute
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything

RECIPES = ("vae", "gan", "stylegan2", "cyclegan", "r3gan")
GRAPHED = ("vae",)  # every network is called once per turn, on tensors of fixed shapes
SIDE = 64  # pixels, on a GPU
IMAGES = 320  # of the image set

TITLE = "Memory format, compilation and CUDA graphs"
TEXT = """Images per second in each variant, and the speed relative to the first: contiguous memory, not compiled. `compile` compiles each
network (`compute.compile: true`). genlab does not capture CUDA graphs itself; `reduce-overhead` is torch's own compilation with CUDA
graphs, measured where every network is called once per turn on tensors of fixed shapes."""


def check(part: Part, device: torch.device, seconds: float, only: Sequence[str] = ()) -> None:
    """Add a row for each recipe and variant."""
    on_cuda = device.type == "cuda"
    for name in only or RECIPES:
        each, base = case(name).with_arguments(size=SIDE) if on_cuda else case(name), 0.0
        for variant, channels_last, compiled in (("contiguous", False, False), ("channels_last", True, False), ("compile", True, True)):
            if (on_cuda or not compiled) and part.has_time(f"{name}, {variant}"):
                with part.attempt(f"{name}, {variant}"):
                    compute = Compute(str(device), channels_last=channels_last, compile=compiled)
                    base = add(part, each, variant, compute, seconds, base)
        if on_cuda and name in GRAPHED and part.has_time(f"{name}, reduce-overhead"):
            with part.attempt(f"{name}, reduce-overhead"):
                compute = Compute(str(device), channels_last=True, compile=False)
                add(part, each, "reduce-overhead", compute, seconds, base, graphed(each, compute))
    if not on_cuda:
        part.skip("compile", "compilation takes one to two minutes per recipe on a CPU")
        part.skip("CUDA graphs", "they need a CUDA GPU")


def add(part: Part, each: Case, variant: str, compute: Compute, seconds: float, base: float, recipe: Recipe | None = None) -> float:
    """Measure a variant and add its row -> the speed that others are relative to."""
    images = image_set(each.images, IMAGES)
    if compute.device.type == "cuda":
        images = enlarged(image_set("emoji" if each.family == "translation" else "fashion", IMAGES), SIDE)
    found = speed(each, images, compute, seconds, recipe=recipe)
    base = base or found.images_per_second
    part.row(
        recipe=each.name,
        variant=variant,
        precision=compute.precision.name,
        images_per_second=found.images_per_second,
        relative=found.images_per_second / base,
    )
    return base


def graphed(each: Case, compute: Compute) -> Recipe:
    """Build a recipe whose networks are compiled with CUDA graphs."""
    seed_everything(0)
    recipe: Recipe = build(each.model, "model")
    compute.prepare(recipe)
    for part in recipe.children():
        if next(part.parameters(), None) is not None:
            part.compile(mode="reduce-overhead")
    return recipe
