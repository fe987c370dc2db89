"""The page that puts Gaussian mixtures and variational autoencoders side by side: one equation, two kinds of latent.

Scores and pictures are those of evaluation in data/08_reporting; two checks are computed from the checkpoints.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from genlab.reports import bridges
from genlab.reports.artifacts import Project, Written, complete, metrics_of, reports, thousandths, trained_on

PAGE = Path("docs/results/latent_variables.md")
BENCHMARK = Path("data/08_reporting/benchmarks/mixtures.json")
BOUNDS = ("iwae_", "elbo", "log_likelihood")  # in a row of the likelihood, the best first
PICTURES = ("samples", "reconstructions", "components", "choice", "latent_map", "latents", "traversals", "class_interpolation")
COLUMNS = (
    "bits/dim",
    "nats",
    "ELBO",
    "reconstruction",
    "KL",
    "training nats",
    "active units",
    "KID x 1000",
    "KID of reconstructions",
    "NDB",
    "purity",
)
# Test log-likelihoods as published, in nats an image: (data, model, value, source).
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


def write(project: Project) -> Written:
    """Make the page, and its pictures in the folder next to it; without the benchmark's section if it has not run.

    Raises:
        MissingResultsError: no recipe has all its results.
    """
    every = project.family("latent_variables")
    entries, notes = complete(project, PAGE, every, lambda name: needed(name, every[name]["images"]))
    metrics = {name: metrics_of(project, name) for name in entries}
    page = project.folder / PAGE
    folder = page.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {name: list(copied(project, name, folder)) for name in entries}
    lines = describe(entries, metrics, pictures, folder.name)
    lines += bridges.describe(project, entries)
    benchmark = project.folder / BENCHMARK
    if benchmark.exists():
        lines += speed(json.loads(benchmark.read_text(encoding="utf-8")))
    else:
        notes.append(f"no section on speed: {BENCHMARK} is not there. Make it: `python benchmarks/mixtures.py`.")
    page.write_text("\n".join(lines), encoding="utf-8")
    return Written(page, notes)


def needed(recipe: str, image_set: str) -> list[Path]:
    """The files that the page reads: scores, and what the checks are computed from."""
    return [*reports(recipe), *(trained_on(recipe, image_set) if recipe in (bridges.MIXTURE, bridges.LINEAR) else [])]


def copied(project: Project, recipe: str, folder: Path) -> Iterator[str]:
    """Copy a recipe's pictures to the page's folder -> their kinds."""
    reporting = project.folder / f"data/08_reporting/{recipe}"
    for kind in PICTURES:
        file = reporting / "samples.png" if kind == "samples" else reporting / f"pictures/{kind}.png"
        if file.exists():
            shutil.copyfile(file, folder / f"{recipe}_{kind}.png")
            yield kind


def describe(entries: Mapping[str, Any], metrics: Mapping[str, Any], pictures: Mapping[str, Sequence[str]], folder: str) -> list[str]:
    """The page's lines: what is compared, a table for each kind of data, pictures."""
    lines = [
        "# Latent variables, side by side",
        "",
        "Made by `make results` from what `dvc repro` and `python benchmarks/mixtures.py` have left.",
        "",
        "A mixture sums over finitely many components, p(x) = sum_k p(z = k) N(x; mu_k, Sigma_k); its posterior p(z = k | x) is exact,",
        "and expectation-maximisation climbs the likelihood itself. A variational autoencoder integrates over a continuous latent,",
        "p(x) = integral p(z) p(x | z) dz; its posterior is approximated by an encoder, and a gradient climbs a lower bound, the ELBO.",
        "A mixture of factor analysers (`gmm`) has both latents: a component, and within it a few numbers that enter linearly.",
        "",
        "## What may be compared",
        "",
        "- Nats (natural logarithms, an image; higher is better) and bits per dimension (a value; lower is better) compare within one",
        "  table only: the same held-out images, scored as the same thing. A density is scored on dequantised images and multiplied by the",
        "  volume of a level (arXiv:1511.01844, section 3.1): a lower bound of the probability of the stored image, which is what the",
        "  discretised logistic gives itself.",
        "- Binarised images are other data. Their nats compare with other models of binarised images, not with the grey ones'.",
        "- `nats` is the best bound there is: of a VAE the importance-weighted one (arXiv:1509.00519, equation 8) with K samples, still",
        "  below log p(x); of a mixture log p(x) itself, but for the dequantisation. A VAE that loses by little may not have lost.",
        "- A likelihood says little about samples, and KID little about a likelihood: read both.",
        "- A conditional model (`vae_labels`) is told the label: it scores p(x | label), which is up to log 10 = 2.3 nats easier.",
        "- purity: share of held-out images with the commonest label of their component; it grows with the number of components, so that",
        "  k-means on the pixels stands beside it, with as many. NDB: share of bins of pixel space that samples fill otherwise than",
        "  held-out images do.",
        "",
    ]
    for (image_set, scored), members in grouped(entries, metrics).items():
        protocol = metrics[members[0]]["protocol"]
        sides = " x ".join(map(str, protocol["size"]))
        lines += [
            f"## {image_set}, {scored}",
            "",
            f"{protocol['training_images']:,} training images, {protocol['images']['held_out']:,} held out, {sides} px.",
            "",
            "| recipe | " + " | ".join(COLUMNS) + " |",
            "|---|" + "---:|" * len(COLUMNS),
            *(row(name, metrics[name]) for name in members),
            *baselines(metrics[members[0]]),
            "",
        ]
    lines += [
        "## Published, for orientation",
        "",
        "28 x 28 binary images, 50,000 or 60,000 to train on, where there are 4,000 here: none of these compares with the tables above as",
        "it stands. Nearest is `vae_binarised`, the same kind of network and the same binarisation as the first two rows'.",
        "",
        "| data | model | nats | source |",
        "|---|---|---:|---|",
        *(f"| {' | '.join(published)} |" for published in PUBLISHED),
        "",
    ]
    for name, kinds in pictures.items():
        lines += [f"## {name}", "", *(line for kind in kinds for line in (f"![{kind} of {name}]({folder}/{name}_{kind}.png)", ""))]
    return lines


def grouped(entries: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    """(Image set, what of it is scored) -> recipes, the best likelihood first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name in sorted(entries, key=lambda name: metrics[name]["headline"]["value"]):
        scored = metrics[name]["protocol"]["likelihood"].partition(" of ")[2].partition(";")[0]
        groups.setdefault((entries[name]["images"], scored), []).append(name)
    return dict(sorted(groups.items(), reverse=True))


def row(name: str, metrics: Mapping[str, Any]) -> str:
    """A recipe's line of the table."""
    own, training = metrics["likelihood"]["held-out images"], metrics["likelihood"]["training images"]
    best = next(key for key in own if key.startswith(BOUNDS))
    samples, returned = metrics["samples"]["generated"], metrics["reconstructions"]["reconstructed"]
    cells = {
        "bits/dim": f"{own['bits_per_dimension']:.3f}",
        "nats": f"**{own[best]:,.1f}**" + (f" (K = {int(best[5:]):,})" if best.startswith("iwae") else ""),
        "ELBO": f"{own['elbo']:,.1f}" if "elbo" in own else "exact",
        "reconstruction": f"{own['reconstruction']:,.1f}" if "reconstruction" in own else "",
        "KL": f"{own['divergence']:.1f}" if "divergence" in own else "",
        "training nats": f"{training[best]:,.1f}",
        "active units": f"{own['active_units']:.0f}" if "active_units" in own else "",
        "KID x 1000": thousandths(samples),
        "KID of reconstructions": thousandths(returned),
        "NDB": f"{samples['ndb']:.2f}",
        "purity": purity(metrics),
    }
    return f"| `{name}` | " + " | ".join(cells[column] for column in COLUMNS) + " |"


def purity(metrics: Mapping[str, Any]) -> str:
    """That of the components, and how many there are; of k-means with as many beside it."""
    if "clusters" not in metrics:
        return ""
    own, by_pixels = (metrics["clusters"][row]["purity"] for row in ("components", "k-means"))
    return f"{own:.2f} (k-means {by_pixels:.2f})"


def baselines(metrics: Mapping[str, Any]) -> Iterator[str]:
    """The lines of training images in the samples' place, and of the untrained recipe."""
    real, untrained = metrics["samples"]["training images"], metrics["samples"]["untrained"]
    for title, samples in (("training images", real), ("untrained", untrained)):
        cells = {"KID x 1000": thousandths(samples), "NDB": f"{samples['ndb']:.2f}"}
        yield f"| {title} | " + " | ".join(cells.get(column, "") for column in COLUMNS) + " |"


def speed(found: Mapping[str, Any]) -> list[str]:
    """The benchmark's lines: EM beside scikit-learn's."""
    cases = {name: each for name, each in found.items() if isinstance(each, dict) and "seconds_float32" in each}
    memory, step = found["memory"], found["m_step"]
    return [
        "## Expectation-maximisation beside scikit-learn",
        "",
        f"`python benchmarks/mixtures.py`, {found['threads']} threads, one run, by turns, from one start; rows x numbers, components.",
        "Seconds an iteration; scikit-learn's in float64.",
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
        f"- A pass over {memory['rows_once']:.0f} MiB of rows takes {memory['growth_once']:.0f} MiB of memory, over "
        f"{memory['rows_ten_times']:.0f} MiB {memory['growth_ten_times']:.0f} MiB.",
        "",
    ]
