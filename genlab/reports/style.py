"""The page of ProGAN, StyleGAN and StyleGAN2: their scores side by side, what styles and noise do, and the networks' sizes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genlab.reports.adversarial import comparison, copy_pictures, family_results
from genlab.reports.artifacts import Project, Written
from genlab.reports.conditional import table, truncation_table
from genlab.reports.markdown import number

PAGE = Path("docs/results/style.md")
BENCHMARK = Path("data/08_reporting/benchmarks/style.json")
PICTURES = {  # what a recipe may have beside its samples -> what is said of it
    "truncation_curve": "KID, precision and recall by psi:",
    "truncation": "The same latents, nearer and nearer to the mean of W:",
    "style_mixing": "Style mixing: below each other the destinations with some of the sources' styles:",
    "noise": "What the noise does:",
    "ways": "From one latent to another, on a great circle in Z and straight in W:",
    "projection": "Held-out images, and what of them is found in W:",
}
STATED = {  # millions of parameters that the papers state, generator and critic, at 1024 px
    "progan": ("23.1", "23.1", "table 2"),
    "stylegan": ("26.2", "23.1", "section 2; the critic is ProGAN's"),
    "stylegan2": ("", "", "not stated"),
}
SIDES = (256, 1024)


def write(project: Project) -> Written:
    """Make the page, and its pictures in the folder next to it.

    Raises:
        MissingResultsError: no recipe has all its results.
        InputError: recipes on one set were scored under different protocols.
    """
    entries, metrics, speeds, notes = family_results(project, "style", PAGE, ("samples", "curves"), BENCHMARK)
    page = project.folder / PAGE
    shown = {name: [picture for picture in PICTURES if picture_file(project, name, picture).exists()] for name in entries}
    for name, pictures in shown.items():
        copy_pictures(project, [name], page.with_suffix(""), ["samples", "curves", *(f"pictures/{picture}" for picture in pictures)])
    page.write_text("\n".join(describe(entries, metrics, speeds, shown, sizes(), page.stem)), encoding="utf-8")
    return Written(page, notes)


def picture_file(project: Project, recipe: str, picture: str) -> Path:
    return project.folder / f"data/08_reporting/{recipe}/pictures/{picture}.png"


def sizes() -> dict[str, dict[int, tuple[int, int]]]:
    """Recipe -> side in pixels -> parameters of generator and critic with the papers' widths, in colour."""
    import torch

    from genlab.networks import progan, style, stylegan, stylegan2

    pairs = {
        "progan": lambda side: (progan.Generator(side, width=filters(side, 16)), progan.Critic(side, width=filters(side, 16))),
        "stylegan": lambda side: (
            style.Generator(style.Mapping(), stylegan.Synthesis(side, width=filters(side, 16))),
            progan.Critic(side, width=filters(side, 16)),
        ),
        "stylegan2": lambda side: (
            style.Generator(style.Mapping(), stylegan2.Synthesis(side, width=filters(side, 32))),
            stylegan2.Critic(side, width=filters(side, 32)),
        ),
    }
    with torch.device("meta"):
        return {name: {side: tuple(map(count, pair(side))) for side in SIDES} for name, pair in pairs.items()}


def filters(side: int, finest: int) -> int:
    """At the last side, where there are so many at 1024 px."""
    return finest * 1024 // side


def count(network: Any) -> int:
    return sum(weight.numel() for weight in network.parameters())


def describe(
    entries: Mapping[str, Any],
    metrics: Mapping[str, Any],
    speeds: Mapping[str, Any],
    shown: Mapping[str, list[str]],  # recipe -> its pictures that there are
    parameters: Mapping[str, Mapping[int, tuple[int, int]]],
    folder: str,  # of the pictures
) -> list[str]:
    """The page's lines: a table for each image set, paths, truncation, sizes, and each recipe's pictures.

    Raises:
        InputError: recipes on one set were scored under different protocols, and don't compare.
    """
    lines: list[str] = ["# ProGAN, StyleGAN and StyleGAN2", ""]
    order: list[str] = []
    for image_set in sorted({entry["images"] for entry in entries.values()}, reverse=True):
        some = {name: entry for name, entry in entries.items() if entry["images"] == image_set}
        found, best = comparison(f"On `{image_set}`", some, metrics, speeds, BENCHMARK.stem)
        lines += ["#" + found[0], *found[1:]]
        order += best
    styled = [name for name in order if "path_length" in metrics[name]]
    lines += [
        "## Is W less entangled than Z?",
        "",
        "The perceptual path length (arXiv:1812.04948, section 4.1): how fast images change on ways between latents, on a great circle in",
        "Z and on a straight line in W; lower is smoother. Distances of activations of EfficientNet-Lite0, not VGG's, so that the numbers",
        f"compare in this table alone. {metrics[styled[0]]['protocol']['path_length']}." if styled else "",
        "",
        "A ratio below 1 is no proof: an untrained mapping folds Z, too, and its generator has one as low (the README has numbers).",
        "",
        *table(("recipe", "Z", "W", "W / Z"), (paths(name, metrics[name]["path_length"]) for name in styled)),
        "",
        "## Truncation in W",
        "",
        "KID x 1000, precision and recall by psi, in the classifier's features where the set has labels.",
        "",
        *(truncation_table({name: metrics[name] for name in styled}, "psi") if styled else []),
        "",
        "## Parameters",
        "",
        "Of the networks with the papers' widths, in colour, beside what the papers state for 1024 px, in millions.",
        "",
        *table(
            ("", *(f"{player}, {side} px" for side in SIDES for player in ("generator", "critic")), "stated at 1024 px", "where"),
            (size_row(name, parameters[name]) for name in parameters),
        ),
        "",
    ]
    for name in order:
        lines += [f"## {name}", "", f"![samples of {name}]({folder}/{name}.png)", ""]
        for picture in shown[name]:
            lines += [PICTURES[picture], "", f"![{picture.replace('_', ' ')} of {name}]({folder}/{name}_{picture}.png)", ""]
        lines += ["How training went:", "", f"![curves of {name}]({folder}/{name}_curves.png)", ""]
    return lines


def paths(name: str, scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    """A row of path lengths with their standard errors."""
    cells = {space: (row["ppl_efflite0"], row["ppl_efflite0_spread"]) for space, row in scores.items()}
    shown = [f"{number(value)} ± {number(error)}" for value, error in (cells["Z"], cells["W"])]
    return [f"`{name}`", *shown, f"{cells['W'][0] / cells['Z'][0]:.2f}"]


def size_row(name: str, found: Mapping[int, tuple[int, int]]) -> list[str]:
    generator, critic, where = STATED[name]
    stated = f"{generator} and {critic}" if generator else ""
    return [f"`{name}`", *(f"{each / 1e6:.2f}" for side in SIDES for each in found[side]), stated, where]
