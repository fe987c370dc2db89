"""Every recipe on the device and on the CPU: the same losses, and the same bits after a stop and a continuation."""

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from unittest.mock import patch

import torch

from benchmarks.device.cases import Case, case, image_set, names
from benchmarks.device.draws import DrawnOnCPU
from benchmarks.device.report import Part
from benchmarks.device.runs import run, run_with_stop
from genlab.engine.compute import Compute
from genlab.images.prepared_set import PreparedSet
from genlab.training import resumption
from genlab.training.code import code_of
from genlab.training.fit import Trained
from genlab.training.state import States

FIRST, ALL = 1e-4, 2e-2  # tolerances: of the losses of the first turn, and of all turns
FLOOR = 0.1  # losses below this value are compared absolutely
IMAGES = 80  # of each image set, a fifth of them held out
# Terms that are no losses and magnify rounding: they count images or units, or compare untrained samples that are almost equal.
UNSTEADY = ("accuracy", "active_units", "clipped", "diversity", "overfitting", "probability", "recovered")

TITLE = "Every recipe against the CPU"
TEXT = f"""Every recipe of `conf/` is trained at the size of its tests (`conf/test`: small networks, a few turns). **Losses**: on the
device, in fp32 and with its memory format, and on the CPU with contiguous memory. All random numbers are drawn on the CPU, since the
generator of a GPU gives others for the same seed. `first turn` and `all turns` are the largest differences of a term of a loss, relative
to its value on the CPU (absolute below {FLOOR:g}). Tolerances are {FIRST:g} and {ALL:g}: in one turn, sums of fp32 numbers in another
order differ by a few 1e-6; after that Adam's first steps, whose length does not depend on the size of a gradient, turn rounding errors of
gradients near 0 into steps of full length. **Resume**: on the device, with its own random numbers, a training that is stopped by SIGTERM
and continued has the same bits in all weights, buffers and losses as one that is not stopped."""


def check(part: Part, device: torch.device, only: Sequence[str] = ()) -> None:
    """Add a row for each recipe, or for those that are named."""
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    with patch.object(resumption, "code_of", partial(code_of, parsed={})):  # the code stays as it is: every file is read once
        for name in only or names():
            if part.has_time(name):
                with part.attempt(name):
                    check_recipe(part, case(name, "test"), device)


def check_recipe(part: Part, each: Case, device: torch.device) -> None:
    """Add the row of a recipe; losses that differ, or other bits after a continuation, are failures."""
    images, compute = image_set(each.images, IMAGES), of(device, channels_last=True)
    with DrawnOnCPU():
        there = run(each, images, compute)
        here = run(each, images, of(torch.device("cpu"), channels_last=False))
        draws_on_cpu = device.type == "cpu"
        resumed, why = is_resumed_exactly(each, images, compute, there) if draws_on_cpu else (False, "")
    if not draws_on_cpu:
        resumed, why = is_resumed_exactly(each, images, compute, run(each, images, compute))
    first, every = differences(there.history.rows[:1], here.history.rows[:1]), differences(there.history.rows, here.history.rows)
    equal = max(first.values(), default=0.0) <= FIRST and max(every.values(), default=0.0) <= ALL
    part.row(
        recipe=each.name,
        turns=len(here.history.rows),
        first_turn=max(first.values(), default=0.0),
        all_turns=max(every.values(), default=0.0),
        losses_equal=equal,
        resume_exact=resumed,
    )
    if not equal:
        worst = max(every, key=every.__getitem__)
        raise AssertionError(f"losses differ: {worst} by {every[worst]:.2g} over all turns, and by {first.get(worst, 0):.2g} in the first")
    if not resumed:
        raise AssertionError(why)


def of(device: torch.device, channels_last: bool) -> Compute:
    """Compute settings of the checks: fp32, not compiled, batches made in this process."""
    return Compute(str(device), "fp32", channels_last, compile=False, workers=0)


def differences(rows: Sequence[Mapping[str, float]], expected: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Largest difference of each term over the rows of two histories, relative to the expected value."""
    found: dict[str, float] = {}
    for row, other in zip(rows, expected, strict=True):
        if row.keys() != other.keys():
            raise AssertionError(f"terms differ: {sorted(row.keys() ^ other.keys())}")
        for term, value in other.items():
            if not term.endswith(UNSTEADY):
                found[term] = max(found.get(term, 0.0), abs(row[term] - value) / max(abs(value), FLOOR))
    return found


def is_resumed_exactly(each: Case, images: PreparedSet, compute: Compute, straight: Trained) -> tuple[bool, str]:
    """Whether a stopped and continued training equals one that was not stopped, and why not."""
    with tempfile.TemporaryDirectory() as folder:
        resumed = run_with_stop(each, images, compute, States(folder))
    if not (different := unequal(straight, resumed)):
        return True, ""
    if unequal(straight, run(each, images, compute)):
        return False, f"two equal trainings differ in {different}: an operation on this device is not deterministic"
    return False, f"a stopped and continued training differs in {different}, two equal trainings do not"


def unequal(one: Trained, other: Trained) -> str:
    """Name the first value in which two trainings differ; "" if there is none."""
    values, others = one.recipe.state_dict(), other.recipe.state_dict()
    if different := next((name for name, value in values.items() if not torch.equal(value, others[name])), ""):
        return different
    return "" if one.history.rows == other.history.rows else "the history"
