"""The page of ProGAN, StyleGAN and StyleGAN2: their scores, the effects of styles and noise, and the sizes of the networks."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from genlab.reports.adversarial import comparison, copy_pictures, family_results
from genlab.reports.artifacts import Project, Written
from genlab.reports.conditional import table, truncation_table
from genlab.reports.markdown import number

PAGE = Path("docs/results/style.md")
BENCHMARK = Path("data/08_reporting/benchmarks/style.json")
PICTURES = {  # picture that a recipe may have in addition to its samples -> caption
    "truncation_curve": "KID, precision and recall by psi:",
    "truncation": "Truncation of the same latents, from the strongest to none:",
    "style_mixing": "Style mixing; each row shows the destinations with some styles of one source:",
    "noise": "The effect of the noise:",
    "ways": "Interpolation between latents, on a great circle in Z and on a straight line in W:",
    "projection": "Held-out images, and their projections into W:",
}
STATED = {  # parameters that the papers state for 1024 px, in millions: generator, critic, where
    "progan": ("23.1", "23.1", "table 2"),
    "stylegan": ("26.2", "23.1", "section 2; the critic is ProGAN's"),
    "stylegan2": ("", "", "not stated"),
}
SIDES = (256, 1024)


def write(project: Project) -> Written:
    """Write the page, and copy its pictures to the folder next to it.

    Raises:
        MissingResultsError: no recipe has all its results.
        InputError: recipes on the same set were scored under different protocols.
    """
    entries, metrics, speeds, notes = family_results(project, "style", PAGE, ("samples", "curves"), BENCHMARK)
    page = project.folder / PAGE
    shown = {name: [picture for picture in PICTURES if picture_file(project, name, picture).exists()] for name in entries}
    for name, pictures in shown.items():
        copy_pictures(project, [name], page.with_suffix(""), ["samples", "curves", *(f"pictures/{picture}" for picture in pictures)])
    page.write_text("\n".join(describe(entries, metrics, speeds, shown, sizes(), page.stem)), encoding="utf-8")
    return Written(page, notes)


def picture_file(project: Project, recipe: str, picture: str) -> Path:
    """Return the path of a picture of the evaluation."""
    return project.folder / f"data/08_reporting/{recipe}/pictures/{picture}.png"


def sizes() -> dict[str, dict[int, tuple[int, int]]]:
    """Count the parameters of generator and critic for colour images, with the widths of the papers: recipe -> side in pixels -> counts."""
    import torch
    from torch import nn

    from genlab.networks import progan, style, stylegan, stylegan2

    pairs: dict[str, Callable[[int], tuple[nn.Module, nn.Module]]] = {
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
        return {
            name: {side: (count(generator), count(critic)) for side in SIDES for generator, critic in [pair(side)]}
            for name, pair in pairs.items()
        }


def filters(side: int, finest: int) -> int:
    """Return the number of filters at the last side, for networks with `finest` filters at 1024 px."""
    return finest * 1024 // side


def count(network: Any) -> int:
    """Count the parameters of a network."""
    return sum(weight.numel() for weight in network.parameters())


def describe(
    entries: Mapping[str, Any],
    metrics: Mapping[str, Any],
    speeds: Mapping[str, Any],
    shown: Mapping[str, list[str]],  # recipe -> those of its pictures that exist
    parameters: Mapping[str, Mapping[int, tuple[int, int]]],  # as returned by `sizes`
    folder: str,  # of the pictures
) -> list[str]:
    """Compose the lines of the page: one table per image set, path lengths, truncation, sizes, and the pictures of each recipe.

    Raises:
        InputError: recipes on the same set were scored under different protocols, so that their scores are not comparable.
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
        "The perceptual path length (arXiv:1812.04948, section 4.1) measures how fast images change along paths between latents, on a",
        "great circle in Z and on a straight line in W; lower is smoother. Distances are between activations of EfficientNet-Lite0, not of",
        "VGG, so the numbers are comparable within this table only.",
        f"Protocol: {metrics[styled[0]]['protocol']['path_length']}." if styled else "",
        "",
        "A ratio below 1 is no proof: an untrained mapping also folds Z, and its generator has an equally low ratio (see the README).",
        "",
        *table(("recipe", "Z", "W", "W / Z"), (paths(name, metrics[name]) for name in styled)),
        "",
        "## Truncation in W",
        "",
        "KID x 1000, precision and recall by psi, in the features of the classifier if the set has labels.",
        "",
        *(truncation_table({name: metrics[name] for name in styled}, "psi") if styled else []),
        "",
        "## Parameters",
        "",
        "Parameters in millions of the networks for colour images with the widths of the papers, and the numbers that the papers state for",
        "1024 px.",
        "",
        *table(
            ("", *(f"{network}, {side} px" for side in SIDES for network in ("generator", "critic")), "stated at 1024 px", "where"),
            (size_row(name, parameters[name]) for name in parameters),
        ),
        "",
    ]
    for name in order:
        lines += [f"## {name}", "", f"![samples of {name}]({folder}/{name}.webp)", ""]
        for picture in shown[name]:
            lines += [PICTURES[picture], "", f"![{picture.replace('_', ' ')} of {name}]({folder}/{name}_{picture}.webp)", ""]
        lines += ["Training curves:", "", f"![curves of {name}]({folder}/{name}_curves.webp)", ""]
    return lines


def paths(name: str, scored: Mapping[str, Any]) -> list[str]:
    """Format the path lengths of a recipe with their standard errors, and their ratio, as table cells."""
    length = f"ppl_{scored['protocol']['extractor']}"
    cells = {space: (row[length], row[f"{length}_spread"]) for space, row in scored["path_length"].items()}
    shown = [f"{number(value)} ± {number(error)}" for value, error in (cells["Z"], cells["W"])]
    return [f"`{name}`", *shown, f"{cells['W'][0] / cells['Z'][0]:.2f}"]


def size_row(name: str, found: Mapping[int, tuple[int, int]]) -> list[str]:
    """Format the numbers of parameters of a recipe, counted and stated, as table cells."""
    generator, critic, where = STATED[name]
    stated = f"{generator} and {critic}" if generator else ""
    return [f"`{name}`", *(f"{each / 1e6:.2f}" for side in SIDES for each in found[side]), stated, where]
