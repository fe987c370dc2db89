"""What a run says at its end: what was made, how long it took, the scores, where to look."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from kedro.io import CatalogProtocol

from pipelines.release.card import groups_of
from pipelines.tracking import Run

GENERATED = "generated"  # in the protocol's counts of images


def summary(runs: Mapping[str, Run], catalog: CatalogProtocol, seconds: float) -> str:
    """A block of text about every model of the run."""
    lines = [""]
    for owner, run in runs.items():
        record = run.client.get_run(run.id)
        lines.append(f"{record.info.run_name}  ({clock(seconds)} in all)")
        if run.trained_here and "training_seconds" in record.data.metrics:
            trained = record.data.metrics
            share = 1 - trained["turn_seconds"] / seconds
            lines.append(
                f"  trained    {clock(trained['training_seconds'])} at {trained['images_per_second']:.1f} images/s; "
                f"{share:.0%} of the run was spent outside training steps"
            )
        metrics = catalog.get(f"{owner}.metrics")
        if "headline.value" in record.data.metrics and metrics is not None and metrics.exists():
            lines += tables(metrics.load())
        image_set = record.data.tags["image_set"]
        for title, name in (("samples", f"{owner}.samples"), ("curves", f"{owner}.curves"), ("data", f"{image_set}.validation_report")):
            dataset = catalog.get(name)
            if dataset is not None and dataset.exists():
                lines.append(f"  {title:<10} {dataset._describe()['filepath']}")
        version = catalog.get(f"{owner}.model_version")
        if version is not None and version.exists() and (facts := version.load())["run_id"] == run.id:
            lines.append(f"  model      {facts['name']} version {facts['version']}: {', '.join(facts['aliases'])}")
    lines.append("  browse     make ui, then http://127.0.0.1:5000")
    return "\n".join(lines)


def tables(metrics: Mapping[str, Any]) -> list[str]:
    """Groups that have the same scores side by side, such as two directions; others below."""
    alike: dict[tuple[str, ...], dict[str, Any]] = {}
    for title, rows in groups_of(metrics).items():
        alike.setdefault(tuple(next(iter(rows.values()))), {})[title] = rows
    lines = [line for groups in alike.values() for line in table(groups)]
    headline = metrics["headline"]
    return [*lines, f"  headline   {headline['name']} = {headline['value']:.4f}, on {counted(metrics['protocol']['images'])}"]


def table(groups: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    """A line a score, a column a row of a group: the model's own first, its baselines beside it."""
    columns = list(chain.from_iterable(rows.values() for rows in groups.values()))
    names = [name for name in dict.fromkeys(chain.from_iterable(columns)) if not name.endswith("_spread")]
    lines = [
        ["scores", *(title if index == 0 else "" for title, rows in groups.items() for index in range(len(rows)))],
        ["", *chain.from_iterable(groups.values())],
        *([name, *(f"{scores[name]:,.4f}" if name in scores else "-" for scores in columns)] for name in names),
    ]
    first, *widths = (max(map(len, cells)) for cells in zip(*lines, strict=True))
    return [
        f"  {name:<{first}}  {'  '.join(f'{cell:>{width}}' for cell, width in zip(cells, widths, strict=True))}".rstrip()
        for name, *cells in lines
    ]


def counted(images: Mapping[str, int]) -> str:
    """What was compared: the held-out images of each domain, and what was generated where that is counted apart."""
    held_out = " + ".join(f"{count:,}" for name, count in images.items() if name != GENERATED) + " held-out"
    return f"{held_out} and {images[GENERATED]:,} generated images" if GENERATED in images else f"{held_out} images"


def clock(seconds: float) -> str:
    """61 -> `1:01`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
