"""The chapter on class-conditional GANs on the whole of Fashion-MNIST, which benchmarks/whole_fashion.py trains and scores."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from genlab.reports.artifacts import Project
from genlab.reports.comparison.runs import ScoredRun
from genlab.reports.few_digits import few, shown
from genlab.reports.markdown import table

WHOLE = "whole"  # subfolder of the pictures: <recipe>.json and <recipe>.webp


def chapter(project: Project, runs: Sequence[ScoredRun], folder: Path) -> list[str]:
    """Scores and samples of the runs on the whole set; [] without any."""
    whole = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted((folder / WHOLE).glob("*.json"))}
    if not whole:
        return []
    counts = next(iter(whole.values()))["images"]
    titles = ("recipe", "images seen", "kid_in_domain x 1000", "fid_in_domain", "precision", "recall", "recognised", "cas")
    rows = []
    for name, scored in whole.items():
        domain, own = scored["in_domain"]["generated"], scored["classes"]["generated"]
        kid = shown("kid_in_domain", domain["kid_in_domain"], domain["kid_in_domain_spread"])
        cells = [few(domain[score]) for score in ("fid_in_domain", "precision", "recall")]
        rows.append([f"`{name}`", f"{scored['images']['seen']:,}", kid, *cells, *obeyed(own)])
    rows.append(["real images", *[""] * 5, *obeyed(next(iter(whole.values()))["classes"]["held-out images"])])
    return [
        "## On the whole of Fashion-MNIST",
        "",
        f"{counts['training']:,} training images, {counts['held_out']:,} held out, scored by the classifier only "
        "(`benchmarks/whole_fashion.py` explains how, and why). The repository does not contain the original files, and these runs are "
        "not DVC stages.",
        "",
        *table(titles, rows),
        "",
        *(f"![samples of {name}, one row per class]({folder.name}/{WHOLE}/{name}.webp)" for name in whole),
        "",
    ]


def obeyed(scores: Mapping[str, float]) -> list[str]:
    """Format the scores `recognised` and `cas` as table cells."""
    return [few(scores["recognised"]), few(scores["cas"])]
