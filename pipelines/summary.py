"""Summary printed at the end of a run: models, durations, scores and paths."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from genlab.evaluation.scores import Evaluation, Group, RowName
from genlab.evaluation.spread import SeedSpread
from genlab.reports.few_digits import shown, title
from genlab.reports.seeds_page import stated
from pipelines.comparison.parameters import COMPARE
from pipelines.session import Catalog
from pipelines.tracking.description import CLAIM
from pipelines.tracking.run import Run
from pipelines.tracking.store import CHECKPOINT_TAG, SEEDS_TAG
from pipelines.user_study.parameters import USER_STUDY


def summary(runs: Mapping[str, Run], catalog: Catalog, seconds: float) -> str:
    """Describe every model of the run in a block of text."""
    lines = [""]
    for owner, run in runs.items():
        lines.append(f"{run.name}  ({clock(seconds)} in all)")
        if trained := run.training:
            share = 1 - trained["turn_seconds"] / seconds
            lines.append(
                f"  trained    {clock(trained['training_seconds'])} at {trained['images_per_second']:.1f} images/s; "
                f"{share:.0%} of the run was spent outside training steps"
            )
        metrics = catalog.get(f"{owner}.metrics") if run.tags.get("recipe") else None  # None for an image set
        if metrics is not None and metrics.exists():
            scores = Evaluation.from_json(metrics.load())
            lines += tables(scores) if scores.checkpoint == run.tags.get(CHECKPOINT_TAG) else []
        spread = catalog.get(f"{owner}.spread") if SEEDS_TAG in run.tags else None
        if spread is not None and spread.exists():
            lines.append(f"  scores     {stated(SeedSpread.from_json(spread.load()))}")
        verdicts = {name.removeprefix(CLAIM): verdict for name, verdict in run.tags.items() if name.startswith(CLAIM)}
        lines += [f"  claim      {name} {verdict}" for name, verdict in verdicts.items()]
        for heading, name in (
            ("samples", f"{owner}.sheet" if SEEDS_TAG in run.tags else f"{owner}.samples"),
            ("curves", f"{owner}.curves"),
            ("data", f"{run.tags.get('image_set', owner)}.validation_report"),
            ("page", f"{owner}.page"),
            ("report", f"{owner}.{run.tags.get(USER_STUDY)}.report"),
        ):
            dataset = catalog.get(name)
            if dataset is not None and dataset.exists():
                lines.append(f"  {heading:<10} {dataset._describe()['filepath']}")
        compared = catalog.get(f"{COMPARE}.{run.tags[COMPARE]}") if COMPARE in run.tags else None
        if compared is not None:
            lines.append(f"  page       {compared._describe()['filepath']}/compare.html")
        lines += registered(run, catalog.get(f"{owner}.model_version") if run.tags.get("recipe") else None)
    lines.append("  browse     make ui")
    return "\n".join(lines)


def registered(run: Run, version: Any) -> list[str]:
    """Lines about the registered version of the run's model, and about records that MLflow has not received yet."""
    lines = []
    if run.outbox:
        lines.append(f"  mlflow     {len(run.outbox):,} records wait in {run.outbox.folder}: `kedro run --pipeline=sync_tracking`")
    elif version is not None:
        with suppress(Exception):  # MLflow does not answer: the run itself is complete
            if version.exists() and (facts := version.load())["run_id"] == run.id:
                lines.append(f"  model      {facts['name']} version {facts['version']}: {', '.join(facts['aliases'])}")
    return lines


def tables(scores: Evaluation) -> list[str]:
    """Tables of all scores, and the headline. Groups with the same scores, such as two directions, share one table."""
    alike: dict[tuple[str, ...], list[Group]] = {}
    for group in scores.groups:
        alike.setdefault(tuple(group.own.values), []).append(group)
    lines = [line for groups in alike.values() for line in table(groups)]
    name, value = scores.headline[:2]
    return [*lines, f"  headline   {title(name)} = {shown(name, value)}, on {counted(scores.protocol.images)}"]


def table(groups: Sequence[Group]) -> list[str]:
    """Table with one line per score and one column per row of each group: first the model, then its baselines."""
    rows = [(group, row, {name: score.value for name, score in row.values.items()}) for group in groups for row in group.rows]
    names = dict.fromkeys(name for _, row, _ in rows for name in row.values)
    lines = [
        ["scores", *(title(group.name) if row is group.own else "" for group, row, _ in rows)],
        ["", *(row.name for _, row, _ in rows)],
        *([title(name), *(shown(name, values.get(name), group=group.name) for group, _, values in rows)] for name in names),
    ]
    first, *widths = (max(map(len, cells)) for cells in zip(*lines, strict=True))
    return [
        f"  {name:<{first}}  {'  '.join(f'{cell:>{width}}' for cell, width in zip(cells, widths, strict=True))}".rstrip()
        for name, *cells in lines
    ]


def counted(images: Mapping[str, int]) -> str:
    """Numbers of the compared images: held-out images per domain, and generated images if they are counted separately."""
    held_out = (
        " + ".join(f"{count:,}" for name, count in images.items() if name not in (RowName.GENERATED, RowName.UNTRAINED)) + " held-out"
    )
    generated = images.get(RowName.GENERATED)
    return f"{held_out} images" if generated is None else f"{held_out} and {generated:,} generated images"


def clock(seconds: float) -> str:
    """Format seconds as minutes and seconds: 61 -> `1:01`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
