"""Compare genlab's expectation-maximisation with scikit-learn's in speed and likelihood, and measure how its memory grows with the data.

    python benchmarks/mixtures.py [share]

`share` is the share of the rows to use, for a quick trial. With all rows, the results are also written to
data/08_reporting/benchmarks/mixtures.json. Both implementations start from the true means, unit covariances and equal weights. The data
are samples of a random mixture: K means from N(0, 1), K covariances A A^T with A (D, D) from N(0, 0.49 / D), equal weights, float32.
Times are medians over rounds, each of which times every implementation once. The time of an iteration is the difference between a longer
and a shorter fit, divided by the number of further iterations, so that initialisation does not count. Memory is read from /proc, which
requires Linux.
"""

import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture as Theirs

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from genlab.engine.json_text import json_text  # noqa: E402
from genlab.mixtures.covariances import Covariance, Diagonal, Full  # noqa: E402
from genlab.mixtures.fitting import fit  # noqa: E402
from genlab.mixtures.gaussian_mixture import GaussianMixture  # noqa: E402

MEMORY = 16.0  # MiB per chunk, as in the recipe
REGULARISATION = 1.0e-6  # scikit-learn's default
TOLERANCE = 1.0e-4  # nats per row
OUT = ROOT / "data/08_reporting/benchmarks/mixtures.json"


class Case(NamedTuple):
    """The data, the model and the number of iterations of one comparison."""

    rows: int
    size: int  # values per row
    components: int
    covariance: type[Covariance]
    scikit: str  # scikit-learn's name of the covariance
    iterations: tuple[int, int]  # of the shorter and the longer fit
    most: int  # maximum number of iterations of the fits that are compared by likelihood
    rounds: int


CASES = (
    Case(100_000, 32, 16, Full, "full", (2, 5), 15, 3),
    Case(100_000, 32, 16, Diagonal, "diag", (2, 10), 20, 3),
    Case(20_000, 784, 10, Full, "full", (1, 2), 2, 1),
)
FLAT = Case(5_000, 64, 5, Full, "full", (1, 2), 10, 1)
FLAT_NAME = "5000 x 64 of rank 8, 5 full"


def draws(rows: int, size: int, components: int) -> tuple[Tensor, Tensor]:
    """Sample from a random mixture -> data (rows, size), float32, and the means (components, size), float64."""
    random = np.random.default_rng(0)
    means = random.normal(size=(components, size))
    roots = random.normal(size=(components, size, size)) / np.sqrt(size) * 0.7
    which = random.integers(components, size=rows)
    x = random.normal(size=(rows, size)).astype(np.float32)
    for k in range(components):
        x[which == k] = x[which == k] @ roots[k].T.astype(np.float32) + means[k].astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(means)


def ours(case: Case, x: Tensor, means: Tensor, most: int, tolerance: float = -math.inf) -> GaussianMixture:
    """Fit genlab's mixture to the rows of x, with at most `most` iterations."""
    mixture = GaussianMixture(case.components, case.size, case.covariance(REGULARISATION), tolerance, memory=MEMORY)
    unit = torch.eye(case.size).expand(case.components, -1, -1)
    mixture.set(torch.full((case.components,), 1 / case.components), means, unit)
    fit(mixture, x, most)
    return mixture


def scikit(case: Case, x: np.ndarray, means: Tensor, most: int, tolerance: float = 0.0) -> "Theirs":
    """Fit scikit-learn's mixture to the rows of x from the same start, with at most `most` iterations."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture as Theirs

    unit = np.ones((case.components, case.size)) if case.scikit == "diag" else np.eye(case.size)[None].repeat(case.components, 0)
    given = {"weights_init": np.full(case.components, 1 / case.components), "means_init": means.numpy(), "precisions_init": unit}
    given = {name: value.astype(x.dtype) for name, value in given.items()}
    found = Theirs(case.components, covariance_type=case.scikit, reg_covar=REGULARISATION, max_iter=most, tol=tolerance, **given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return found.fit(x)


def seconds(work: Callable[[], object]) -> float:
    """Measure the seconds that a call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def an_iteration(fitted: Callable[[int], object], iterations: tuple[int, int]) -> float:
    """Measure the seconds per iteration: the difference between a longer and a shorter fit, per further iteration."""
    few, many = (seconds(partial(fitted, count)) for count in iterations)
    return (many - few) / (iterations[1] - iterations[0])


def speed(case: Case, x: Tensor, means: Tensor) -> dict[str, float]:
    """Measure seconds per iteration, and the speed relative to scikit-learn in float64."""
    double = x.double()
    runs = {
        "float32": lambda count: ours(case, x, means, count),
        "float64": lambda count: ours(case, double, means, count),
        "scikit_float64": lambda count: scikit(case, double.numpy(), means, count),
    }
    rounds = [{name: an_iteration(run, case.iterations) for name, run in runs.items()} for _ in range(case.rounds)]
    found = {f"seconds_{name}": statistics.median(each[name] for each in rounds) for name in runs}
    ratios = {
        f"faster_{name}": statistics.median(each["scikit_float64"] / each[name] for each in rounds) for name in ("float32", "float64")
    }
    return found | ratios


def quality(case: Case, x: Tensor, held_out: Tensor, means: Tensor) -> dict[str, float]:
    """Compute the mean log-likelihood of held-out rows in nats after a full fit: genlab's in float32, scikit-learn's in float64."""
    mine = ours(case, x, means, case.most, TOLERANCE)
    theirs = scikit(case, x.double().numpy(), means, case.most, TOLERANCE)
    reached = mine.log_prob(held_out).double().mean().item(), theirs.score(held_out.double().numpy())
    return {
        "held_out_float32": reached[0],
        "held_out_scikit_float64": reached[1],
        "relative_difference": abs(reached[0] - reached[1]) / abs(reached[1]),
        "iterations_float32": int(mine.passes),
        "iterations_scikit_float64": int(theirs.n_iter_),
    }


def in_float32(case: Case, x: Tensor, means: Tensor, most: int = 2) -> dict[str, str]:
    """Fit both in float32, and return for each "goes on", or its error message if it fails."""
    found = {"genlab": "goes on", "scikit": "goes on"}
    for name, run in (("genlab", lambda: ours(case, x, means, most)), ("scikit", lambda: scikit(case, x.numpy(), means, most))):
        try:
            run()
        except ValueError as error:
            found[name] = " ".join(f"{type(error).__name__}: {error}".split(". ")[0].split()[:14])
    return found


def flat(case: Case, rank: int = 8) -> tuple[Tensor, Tensor]:
    """Make rows in a subspace of this rank -> rows, and means for the start.

    Images with linearly dependent pixels lie in such a subspace. Rounding makes their covariances indefinite.
    """
    random = np.random.default_rng(0)
    x = torch.from_numpy((random.normal(size=(case.rows, rank)) @ random.normal(size=(rank, case.size))).astype(np.float32))
    return x, x[: case.components].double()


def m_step(case: Case, x: Tensor, means: Tensor) -> dict[str, float]:
    """Measure the seconds of an M step with and without skipping negligible responsibilities, and the share of these."""
    mixture = ours(case, x, means, 1)
    weights = mixture.responsibilities(x)
    covariance = mixture.covariance
    counts = weights.sum(0, dtype=torch.float64)

    def step(negligible: float) -> None:
        mixture.prepare(x)
        for some, share in zip(mixture.chunks(x), weights.split(len(mixture.chunks(x)[0])), strict=True):
            covariance.add(some, share, negligible)
        covariance.maximise(counts, mixture.means)

    rounds = [(seconds(lambda: step(mixture.negligible)), seconds(lambda: step(0.0))) for _ in range(case.rounds)]
    return {
        "negligible_share": (weights <= mixture.negligible).double().mean().item(),
        "seconds_skipping": statistics.median(skipping for skipping, _ in rounds),
        "seconds_all": statistics.median(everything for _, everything in rounds),
        "faster": statistics.median(everything / skipping for skipping, everything in rounds),
    }


def resident(name: str) -> float:
    """Return the resident memory of this process in MiB: now (VmRSS), or its peak since the last reset (VmHWM)."""
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None  # Linux states it
    return int(found[1]) / 1024


def stream(file: str, components: int, batch_size: int = 500) -> None:
    """Run one EM pass over the rows of a .npy file, and print the memory before it and its growth in MiB. Run in a separate process."""
    rows, size = np.load(file, mmap_mode="r").shape
    mixture = GaussianMixture(components, size, Full(REGULARISATION), memory=MEMORY)
    mixture.set(
        torch.ones(components) / components, torch.from_numpy(np.load(f"{file}.means.npy")), torch.eye(size).repeat(components, 1, 1)
    )
    Path("/proc/self/clear_refs").write_text("5")  # reset the peak, which the imports have set
    before = resident("VmRSS")
    for start in range(0, rows, batch_size):
        # The file is mapped again for each batch, because pages that have been read would count as memory of this process.
        mixture.accumulate(torch.from_numpy(np.array(np.load(file, mmap_mode="r")[start : start + batch_size])))
    mixture.maximise()
    print(json_text({"before": before, "growth": resident("VmHWM") - before}))


def memory(case: Case, rows: int) -> dict[str, float]:
    """Measure the memory in MiB that a pass takes over this many rows, and over ten times as many."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, times in (("once", 1), ("ten_times", 10)):
            x, means = draws(rows * times, case.size, case.components)
            file = f"{folder}/{name}.npy"
            np.save(file, x.numpy())
            np.save(f"{file}.means.npy", means.numpy())
            run = subprocess.run(
                [sys.executable, __file__, "stream", file, str(case.components)], check=True, capture_output=True, text=True
            )
            found[f"growth_{name}"] = json.loads(run.stdout)["growth"]
            found[f"rows_{name}"] = x.nbytes / 2**20
    return found | {"ratio": found["growth_ten_times"] / found["growth_once"]}


def main(share: float = 1.0) -> None:
    """Run all comparisons on this share of the rows, print the results, and write them if all rows were used."""
    threads = torch.get_num_threads()
    results: dict[str, Any] = {"threads": threads}
    print(f"seconds per iteration, {threads} threads; scikit-learn in float64; held out: nats per row")
    head = ("", "float32", "float64", "scikit", "faster", "faster", "held out", "scikit", "difference")
    print("{:>26}{:>9}{:>9}{:>9}{:>8}{:>8}{:>12}{:>12}{:>12}".format(*head))
    for case in CASES:
        rows = int(case.rows * share)
        every, means = draws(rows + rows // 10, case.size, case.components)
        x, held_out = every[:rows], every[rows:]
        name = f"{rows} x {case.size}, {case.components} {case.scikit}"
        found = results[name] = speed(case, x, means) | quality(case, x, held_out, means)
        row = (
            "{:>26}{seconds_float32:>9.3f}{seconds_float64:>9.3f}{seconds_scikit_float64:>9.3f}{faster_float32:>8.1f}{faster_float64:>8.1f}"
        )
        row += "{held_out_float32:>12.4f}{held_out_scikit_float64:>12.4f}{relative_difference:>12.1e}"
        print(row.format(name, **found), flush=True)
    results["in_float32"] = {name: in_float32(case, x, means), FLAT_NAME: in_float32(FLAT, *flat(FLAT), most=10)}
    for which, found in results["in_float32"].items():
        print(f"in float32, {which}: genlab {found['genlab']}, scikit-learn {found['scikit']}", flush=True)
    results["m_step"] = m_step(case, x, means)
    line = (
        "M step, {negligible_share:.0%} of the responsibilities negligible: {seconds_skipping:.3f} s, with all of them {seconds_all:.3f} s"
    )
    print(line.format(**results["m_step"]), flush=True)
    results["memory"] = memory(CASES[0], int(CASES[0].rows * share))
    line = "a pass over {rows_once:.0f} MiB takes {growth_once:.0f} MiB, over {rows_ten_times:.0f} MiB it takes {growth_ten_times:.0f} MiB"
    print(line.format(**results["memory"]))
    if share == 1:
        OUT.parent.mkdir(parents=True, exist_ok=True)
        OUT.write_text(json_text(results, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["stream"]:
        stream(sys.argv[2], int(sys.argv[3]))
    else:
        main(*map(float, sys.argv[1:]))
