"""The page that compares class-conditional GANs: the comparison of the adversarial family, and how well samples match their labels.

It also shows the results of benchmarks/whole_fashion.py, which scores runs on the whole of Fashion-MNIST.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from genlab.reports.adversarial import comparison, copy_pictures, family_results
from genlab.reports.artifacts import Project, Written, check_any, thousandths
from genlab.reports.markdown import line, number

PAGE = Path("docs/results/conditional.md")
PICTURES = ("samples", "pictures/truncation_curve", "pictures/truncation", "pictures/class_interpolation")
GROUPS = ("in_domain", "classes", "kid_within_classes", "truncation")  # groups of scores that the page shows
WHOLE = "whole"  # subfolder of the page's folder: <recipe>.json and <recipe>.webp of runs on the whole of Fashion-MNIST


def write(project: Project) -> Written:
    """Write the page, and copy its pictures to the folder next to it.

    Raises:
        MissingResultsError: no recipe has all its results.
        InputError: the recipes were scored under different protocols.
    """
    entries, metrics, speeds, notes = family_results(project, "conditional", PAGE, PICTURES)
    for name in list(entries):
        if missing := [group for group in GROUPS if group not in metrics[name]]:
            notes.append(f"{name} is left out: its image set has no scores by class ({', '.join(missing)}).")
            del entries[name]
    check_any(PAGE, entries, notes)
    page = project.folder / PAGE
    copy_pictures(project, entries, page.with_suffix(""), PICTURES)
    whole = {file.stem: json.loads(file.read_text()) for file in sorted((page.with_suffix("") / WHOLE).glob("*.json"))}
    page.write_text("\n".join(describe(entries, metrics, speeds, whole, page.stem)), encoding="utf-8")
    return Written(page, notes)


def describe(
    entries: Mapping[str, Any],
    metrics: Mapping[str, Any],
    speeds: Mapping[str, Any],
    whole: Mapping[str, Any],  # recipe -> its scores on the whole of Fashion-MNIST
    folder: str,  # of the pictures
) -> list[str]:
    """Compose the lines of the page: protocol, tables, truncation, the whole set, and pictures, the best recipe first.

    Raises:
        InputError: the recipes were scored under different protocols, so that their scores are not comparable.
    """
    lines, order = comparison("Class-conditional GANs", entries, metrics, speeds)
    ordered = {name: metrics[name] for name in order}
    lines += [
        "## Are the labels obeyed?",
        "",
        *class_table(ordered),
        "",
        "- recognised: the share of samples that a classifier trained on the real training images assigns to the class they were",
        "  generated for (GAN-test, arXiv:1807.09499). CAS: the share of held-out images that the same kind of classifier, trained on",
        "  samples only, classifies correctly (arXiv:1905.10887). The row of real images is the accuracy of the real-trained classifier",
        "  on held-out images, which is the ceiling of CAS. Samples that are recognised more often are more clear-cut than real images,",
        "  not better.",
        "- KID within classes: the mean over the classes of the KID between samples and held-out images of one class. In-domain scores are",
        "  computed in the features of the classifier.",
        "",
        *within_table(ordered),
        "",
        "## Truncation",
        "",
        "The same latents, truncated to smaller and smaller bounds, scored in the features of the classifier. Precision measures whether",
        "samples are typical, recall how much of the variety of the real images they cover.",
        "",
        *truncation_table(ordered),
        "",
        *(f"![scores of {name} by truncation]({folder}/{name}_truncation_curve.webp)" for name in order),
        "",
    ]
    if whole:
        lines += whole_set(whole, folder)
    for name in order:
        lines += [f"## {name}", "", f"![samples of {name}, one row per class]({folder}/{name}.webp)", ""]
        lines += ["Interpolation between classes, and truncation:", ""]
        lines += [f"![{name} from class to class]({folder}/{name}_class_interpolation.webp)", ""]
        lines += [f"![{name}, truncated]({folder}/{name}_truncation.webp)", ""]
    return lines


def class_table(metrics: Mapping[str, Any]) -> list[str]:
    """Compose the table of class scores, one row per recipe: recognised samples, CAS, KID within classes, and in-domain scores."""
    titles = ("recipe", "recognised", "CAS", "KID x 1000 within classes", "in-domain FID", "in-domain precision", "in-domain recall")
    rows = []
    for name, scored in metrics.items():
        own, domain = scored["classes"]["generated"], scored["in_domain"]["generated"]
        within = f"kid_{scored['protocol']['extractor']}_within"
        rows.append([f"`{name}`", *obeyed(own), f"{1000 * own[within]:.0f}", *shares(domain)])
    scored = next(iter(metrics.values()))
    return table(
        titles, [*rows, ["real images", *obeyed(scored["classes"]["held-out images"]), "", *shares(scored["in_domain"]["training images"])]]
    )


def within_table(metrics: Mapping[str, Any]) -> list[str]:
    """Compose the table of KID within classes, one row per class."""
    scores = {f"`{name}`": scored["kid_within_classes"]["generated"] for name, scored in metrics.items()}
    scores["training images"] = next(iter(metrics.values()))["kid_within_classes"]["training images"]
    rows = [
        [title, *(f"{1000 * values[title]:.0f}" if title in values else "" for values in scores.values())]
        for title in next(iter(scores.values()))
    ]
    return table(["KID x 1000 within", *scores], rows)


def truncation_table(metrics: Mapping[str, Any], by: str = "bound") -> list[str]:
    """Compose the table of scores by truncation, one row per value: KID in the features of the scores, precision and recall per recipe."""
    rows = []
    for value in next(iter(metrics.values()))["truncation"]:
        scores = [scored["truncation"][value] for scored in metrics.values()]
        rows.append([value, *(f"{1000 * next(iter(row.values())):.0f}, {row['precision']:.2f}, {row['recall']:.2f}" for row in scores)])
    return table([by, *(f"`{name}`: KID x 1000, precision, recall" for name in metrics)], rows)


def whole_set(whole: Mapping[str, Any], folder: str) -> list[str]:
    """Compose the section on runs on the whole of Fashion-MNIST."""
    counts = next(iter(whole.values()))["images"]
    titles = (
        "recipe",
        "images seen",
        "in-domain KID x 1000",
        "in-domain FID",
        "in-domain precision",
        "in-domain recall",
        "recognised",
        "CAS",
    )
    rows = []
    for name, scored in whole.items():
        domain, own = scored["in_domain"]["generated"], scored["classes"]["generated"]
        rows.append([f"`{name}`", f"{scored['images']['seen']:,}", thousandths(domain, "in_domain"), *shares(domain), *obeyed(own)])
    rows.append(["real images", *[""] * 5, *obeyed(next(iter(whole.values()))["classes"]["held-out images"])])
    lines = [
        "## On the whole of Fashion-MNIST",
        "",
        f"{counts['training']:,} training images, {counts['held_out']:,} held out, scored by the classifier only "
        "(`benchmarks/whole_fashion.py` explains how, and why). The repository does not contain the original files, and these runs are "
        "not DVC stages.",
        "",
        *table(titles, rows),
    ]
    return [*lines, "", *(f"![samples of {name}, one row per class]({folder}/{WHOLE}/{name}.webp)" for name in whole), ""]


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Compose the lines of a Markdown table. The first column is aligned left, all others right."""
    return [line(titles), "|---|" + "---:|" * (len(titles) - 1), *map(line, rows)]


def obeyed(scores: Mapping[str, float]) -> list[str]:
    """Format the scores `recognised` and `cas` as table cells."""
    return [f"{scores['recognised']:.3f}", f"{scores['cas']:.3f}"]


def shares(domain: Mapping[str, float]) -> list[str]:
    """Format FID, precision and recall in the features of the classifier as table cells."""
    return [number(domain["fid_in_domain"]), f"{domain['precision']:.2f}", f"{domain['recall']:.2f}"]
