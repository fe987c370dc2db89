"""Chapters on latent variables: published likelihoods, checks of mixtures against VAEs, and the speed of expectation-maximisation."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from genlab.evaluation.scores import GroupName
from genlab.reports.artifacts import Project
from genlab.reports.comparison.runs import ScoredRun
from genlab.reports.families import bridges
from genlab.reports.few_digits import few

BENCHMARK = Path("data/08_reporting/benchmarks/mixtures.json")
CLOSEST = "vae_binarised"  # the recipe with the kind of network and the binarisation of the first two published rows
BOUNDS = ("iwae_", "elbo")  # beginnings of the names of its bounds, the tightest first
# Published test log-likelihoods in nats per image: (data, model, value, source).
PUBLISHED = (
    ("MNIST, binarised at random", "VAE, 50 latents, 1 importance sample", "-86.76", "Burda et al. 2015 (arXiv:1509.00519), table 1"),
    ("MNIST, binarised at random", "IWAE, 50 latents, 50 importance samples", "-84.78", "the same"),
    (
        "Fashion-MNIST, binarised at random",
        "VAE, normal prior",
        "-228.68",
        "Bauer and Mnih 2019 (arXiv:1810.11428), table 1; quoted from memory, not checked",
    ),
    ("MNIST, binarised once", "VAE with a VampPrior, 500 components", "-85.57", "Tomczak and Welling 2017 (arXiv:1705.07120), table 1"),
)


def published(project: Project, runs: Sequence[ScoredRun], folder: Path) -> list[str]:
    """Published likelihoods, next to that of the recipe that is closest to them."""
    own = next((group.own for run in runs if run.name == CLOSEST and (group := run.evaluation.group(GroupName.LIKELIHOOD))), None)
    rows = list(PUBLISHED)
    if own is not None:
        bound = next(name for name in own.values if name.startswith(BOUNDS))
        rows.append(
            ("garments here, 4,000 images, binarised at random", f"`{CLOSEST}`, {bound}", few(own.values[bound].value), "this page")
        )
    return [
        "## Published, for orientation",
        "",
        "These models were trained on 50,000 or 60,000 binary images of 28 x 28 px, compared with 4,000 here, so none of the values is",
        "directly comparable with the tables above. Nats per image; higher is better.",
        "",
        "| data | model | nats | source |",
        "|---|---|---:|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def checks(project: Project, runs: Sequence[ScoredRun], folder: Path) -> list[str]:
    """Where mixtures and VAEs coincide, computed from checkpoints."""
    return bridges.describe(project, runs)


def speed(project: Project, runs: Sequence[ScoredRun], folder: Path) -> list[str]:
    """The benchmark of EM against scikit-learn; [] if it was not run."""
    file = project.folder / BENCHMARK
    return measured_speed(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else []


def measured_speed(found: Mapping[str, Any]) -> list[str]:
    """Compose the section on the benchmark of EM against scikit-learn."""
    cases = {name: each for name, each in found.items() if isinstance(each, dict) and "seconds_float32" in each}
    memory, step = found["memory"], found["m_step"]
    return [
        "## Expectation-maximisation compared with scikit-learn",
        "",
        f"One run of `python benchmarks/mixtures.py` with {found['threads']} threads: seconds per iteration, all from the same start and",
        "timed alternately. Rows are named by rows x values per row, components, covariance; scikit-learn's runs are in float64.",
        "",
        "| | float32 | float64 | scikit-learn | faster in float32 | in float64 | held out, nats | scikit-learn | relative difference |",
        "|---|" + "---:|" * 8,
        *(
            f"| {name} | {each['seconds_float32']:.3f} | {each['seconds_float64']:.3f} | {each['seconds_scikit_float64']:.3f} | "
            f"**{each['faster_float32']:.1f}** | {each['faster_float64']:.1f} | {each['held_out_float32']:.3f} | "
            f"{each['held_out_scikit_float64']:.3f} | {each['relative_difference']:.1e} |"
            for name, each in cases.items()
        ),
        "",
        *(
            f"- In float32, {name}: {', '.join(f'{who} {what}' for who, what in each.items())}."
            for name, each in found["in_float32"].items()
        ),
        f"- M step with {step['negligible_share']:.0%} of the responsibilities negligible: {step['seconds_skipping']:.3f} s, "
        f"with all of them {step['seconds_all']:.3f} s.",
        f"- A pass over {memory['rows_once']:.0f} MiB of rows takes {memory['growth_once']:.0f} MiB of memory, a pass over "
        f"{memory['rows_ten_times']:.0f} MiB takes {memory['growth_ten_times']:.0f} MiB.",
        "",
    ]


CHAPTERS: tuple[Callable[[Project, Sequence[ScoredRun], Path], list[str]], ...] = (published, checks, speed)
