"""The page that compares recipes that translate, with a table and a picture for each set of held-out pairs.

The scores are results of the evaluation in data/08_reporting; the pictures are drawn from the checkpoints.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from genlab.errors import InputError
from genlab.evaluation.comparable import check_comparable
from genlab.moved import current_name
from genlab.reports.artifacts import (
    MissingResultsError,
    Project,
    Written,
    complete,
    metrics_of,
    prepared,
    reports,
    save_as_webp,
    thousandths,
    trained,
    trained_on,
)
from genlab.reports.markdown import number

PAIRED = "genlab.recipes.pix2pix.Pix2Pix"
PAGE = Path("docs/results/translation.md")
SHOWN = 16  # held-out pairs in a picture
# Fields of the protocol that must be equal for all recipes of a table, in addition to the hashes of the held-out images.
COMPARED = ("extractor_sha256", "size", "kid", "ssim", "ms_ssim", "perceptual")
OF_FEATURES = ("perceptual", "kid", "fid")  # scores whose names end with that of the extractor
COLUMNS = {
    "l1": "L1",
    "psnr": "PSNR",
    "ssim": "SSIM",
    "ms_ssim": "MS-SSIM",
    "perceptual": "perceptual",
    "kid": "KID x 1000",
    "fid": "FID",
}
BASELINES = {"identity": "the source as it is", "untrained": "untrained generator"}


class Section(NamedTuple):
    """Recipes that were scored on the same held-out pairs, in the same direction."""

    image_set: str
    direction: str
    recipes: tuple[str, ...]  # the first is a paired recipe; its baselines are shown


def write(project: Project) -> Written:
    """Write the page, and draw its pictures in the folder next to it.

    Raises:
        MissingResultsError: no recipe has all its results, or no paired recipe has.
        InputError: two recipes were scored on the same images under different protocols.
    """
    every = project.family("translation")
    entries, notes = complete(project, PAGE, every, lambda name: [*reports(name), *trained_on(name, every[name]["images"])])
    metrics = {name: metrics_of(project, name) for name in entries}
    sections = sections_of(entries, metrics)
    if not sections:
        paired = "no recipe of class Pix2Pix in conf/ has all its results: there is nothing to put side by side."
        raise MissingResultsError("\n  ".join([f"{PAGE} is not written: {paired}", *notes]))
    page = project.folder / PAGE
    pictures = page.with_suffix("")
    pictures.mkdir(parents=True, exist_ok=True)
    for section in sections:
        save_as_webp(picture(project, section), pictures / f"{section.image_set}_{section.direction}.webp")
    names = {section: domain_names(project, section.image_set) for section in sections}
    page.write_text("\n".join(describe(sections, entries, metrics, names, pictures.name)), encoding="utf-8")
    return Written(page, notes)


def sections_of(entries: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Section]:
    """Make one section per set and direction of the paired recipes. Other recipes join the section with the same held-out images.

    Raises:
        InputError: recipes with the same held-out images were scored under different protocols.
    """
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}  # held-out source and target -> (recipe, direction)
    for name in sorted(entries, key=lambda name: (not is_paired(entries[name]), name)):  # the order of conf is not defined
        for direction in directions(metrics[name]):
            source, target = direction.split("_to_")
            held_out = metrics[name]["protocol"]["reference_sha256"]
            key = (held_out[source], held_out[target])
            if is_paired(entries[name]) or key in found:
                found.setdefault(key, []).append((name, direction))
    sections = []
    for members in found.values():
        (first, direction), *others = members
        for name, _ in others:
            check_comparable({each: compared(metrics[each]["protocol"]) for each in (first, name)})
        sections.append(Section(entries[first]["images"], direction, tuple(name for name, _ in members)))
    return sections


def compared(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a protocol that must be equal for all recipes of a table. Recipes of other directions may have further images."""
    return {key: value for key, value in protocol.items() if key in COMPARED}


def is_paired(entry: Mapping[str, Any]) -> bool:
    """Return whether a recipe learns from pairs."""
    return current_name(entry["model"]["class"]) == PAIRED


def directions(metrics: Mapping[str, Any]) -> list[str]:
    """Return the directions of translation that a recipe has scores for."""
    return [name for name in metrics if "_to_" in name]


def describe(
    sections: Sequence[Section],
    entries: Mapping[str, Any],
    metrics: Mapping[str, Any],
    names: Mapping[Section, Mapping[str, str]],  # section -> domain -> name of the domain
    pictures: str,  # folder of the pictures
) -> list[str]:
    """Compose the lines of the page, for at least one section."""
    protocol = metrics[sections[0].recipes[0]]["protocol"]
    extractor = protocol["extractor"]
    lines = [
        "# Translation, side by side",
        "",
        "Generated by `make results` from the outputs of `dvc repro`. All rows of a table are scored on the same held-out pairs; the last",
        "two rows are baselines. `pix2pix_l1` is the ablation of the paper (section 4.2): the L1 term only, without a critic.",
        "",
        "- L1 on [-1, 1], PSNR in dB, SSIM, MS-SSIM: against the true images, means over the images. Blurred translations score well.",
        f"- perceptual: {protocol['perceptual']}, in {protocol['extractor']}.",
        f"- KID and FID: in the same features, which are not those of Inception; KID ± its {protocol['kid_spread']}.",
        "  FID is biased upwards for few images: prefer KID.",
        "",
    ]
    for section in sections:
        first = metrics[section.recipes[0]]
        source, target = (names[section][domain] for domain in section.direction.split("_to_"))
        count, sides = first["protocol"]["images"][section.direction[0]], " x ".join(map(str, first["protocol"]["size"]))
        rows = {f"`{name}`": metrics[name][section.direction]["translated"] for name in section.recipes}
        rows |= {title: first[section.direction][name] for name, title in BASELINES.items()}
        seen = [f"`{name}` {entries[name]['budget']['images']:,}" for name in section.recipes]
        lines += [
            f"## {source} → {target}",
            "",
            f"The set `{section.image_set}`: {count:,} held-out pairs of {sides} px. Pairs (or images per domain) seen in training: "
            f"{', '.join(seen)}. The untrained generator is that of `{section.recipes[0]}`.",
            "",
            "| | " + " | ".join(COLUMNS.values()) + " |",
            "|---|" + "---:|" * len(COLUMNS),
            *(f"| {title} | " + " | ".join(cell(scores, name, extractor) for name in COLUMNS) + " |" for title, scores in rows.items()),
            "",
            f"![{source}, its translations, and {target}]({pictures}/{section.image_set}_{section.direction}.webp)",
            "",
        ]
    return lines


def cell(scores: Mapping[str, float], column: str, extractor: str) -> str:
    """Format a score as a table cell; empty if it is missing."""
    name = f"{column}_{extractor}" if column in OF_FEATURES else column
    if name not in scores:
        return ""
    return thousandths(scores, extractor) if column == "kid" else number(scores[name])


def domain_names(project: Project, image_set: str) -> dict[str, str]:
    """Return the name of each domain of a prepared set, as shown in pictures: {"a": name, "b": name}."""
    from genlab.images.domain_names import domain_name

    images = prepared(project, image_set)
    return {domain: domain_name(images, domain) for domain in ("a", "b")}


def picture(project: Project, section: Section) -> Any:
    """Draw held-out source images, their translations by each recipe, and the true images.

    Raises:
        InputError: a recipe does not translate in the direction that it was scored in.
    """
    import torch

    from genlab.engine.capabilities import Translates
    from genlab.engine.seeding import seed_everything
    from genlab.pictures.sheets import sheet
    from genlab.pictures.training import fixed_inputs

    images = prepared(project, section.image_set)
    inputs = fixed_inputs(images, SHOWN, torch.device("cpu"))
    names = domain_names(project, section.image_set)
    source, target = section.direction.split("_to_")
    rows = {names[source]: inputs[source]}
    for name in section.recipes:
        recipe = cast(Translates, trained(project, name))
        if section.direction not in recipe.directions:
            raise InputError(
                f"{name}: scored as {section.direction}, described as {', '.join(recipe.directions)}. Train and score it again."
            )
        seed_everything(0)
        rows[name] = recipe.sample(inputs[source], section.direction)
    return sheet(rows | {names[target]: inputs[target]})
