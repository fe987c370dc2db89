"""Text of docs/metrics.md."""

from collections.abc import Iterable, Sequence

from genlab.damage.damages import DAMAGES
from genlab.ladder.measure import REPEATS, Measured
from genlab.ladder.metrics import METRICS
from genlab.ladder.verdicts import CERTAIN, Sight, Verdict, verdicts
from genlab.reports.markdown import line

INTRODUCTION = """# Which metric sees which damage

Each metric is tried on real images that are damaged more and more: the ladder of damage. A metric is of use for a damage if it gets worse
with every step. Where it does not react, or prefers the damaged images, a good score says nothing about this kind of fault.

The page is made by `make metrics` (script `scripts/metrics_ladder.py`), in a few minutes on two cores. The numbers are in
`docs/metrics/ladder.json`.
"""
HOW = """## How it is measured

A set is divided at random into training images, N reference images and a pool. A *sample* is N images of the pool: real images that play
the part of generated ones. {repeats} undamaged samples give the mean and the standard deviation of each score where nothing is wrong. One
of them is then damaged in four strengths. A score is *certainly* worse if it is more than {certain:g} standard deviations worse than the
mean. Samples overlap, since they are drawn from one pool: the true deviation is somewhat larger.

| cell | meaning |
|---|---|
| **seen from 1**, 2, 3 or 4 | certainly worse from this strength on, and no step is a certain improvement |
| out of order | the strongest damage is certainly worse, but a stronger damage was scored better than a weaker one |
| blind | the strongest damage is within the scatter of undamaged samples |
| prefers it | the strongest damage is certainly *better* than undamaged images |
| bold | the metric claims to measure this damage |

*efflite0* are features of EfficientNet-Lite0, *in_domain* those of a classifier that was trained on the training images of the set;
*pixels* are scores without a network. FID-infinity needs more images than features, the Inception Score uses the classes of the
respective network, and memorisation is the share of samples whose nearest training image is at most a third as far as the second nearest.
Scores of patches: [`genlab.metrics.pyramid`](api/index.md).
"""


def page(results: Sequence[Measured]) -> str:
    """The page of all results; its pictures are in the folder `metrics` next to it."""
    parts = [INTRODUCTION, claims(), *(tables(each) for each in results), blind_spots(results)]
    parts += [pictures(name, results) for name in DAMAGES]
    return "\n".join([*parts, HOW.format(repeats=REPEATS, certain=CERTAIN)])


def claims() -> str:
    """Table of the metrics: direction, claims and source."""
    rows = [
        line([about.title, "higher" if about.worse > 0 else "lower", listed(about.claims) or "nothing", about.source])
        for about in METRICS.values()
    ]
    return "\n".join(
        ["## What the metrics claim\n", line(["metric", "worse is", "claims to measure", "source"]), "|---|---|---|---|", *rows, ""]
    )


def listed(names: Iterable[str]) -> str:
    """Titles of damages, in one line."""
    return ", ".join(DAMAGES[name].title for name in names)


def tables(measured: Measured) -> str:
    """One table per space of an image set: a row per metric, a column per damage."""
    height, width, channels = measured.size
    lines = [f"## `{measured.images}`\n", f"{height} x {width} px, {'colour' if channels == 3 else 'grey'}, N = {measured.count}.\n"]
    for space, metrics in measured.spaces.items():
        kinds = list(next(iter(metrics.values())).damaged)
        lines += [line([space, *(DAMAGES[kind].title for kind in kinds)]), "|---" * (1 + len(kinds)) + "|"]
        for metric in (name for name in METRICS if name in metrics):
            found = verdicts(measured, space, metric)
            lines.append(line([METRICS[metric].title, *(cell(found[kind]) for kind in kinds)]))
        lines.append("")
    return "\n".join(lines)


def cell(verdict: Verdict) -> str:
    """A verdict in a table; bold if the metric claims to measure the damage."""
    text = f"{verdict.sight} from {verdict.first}" if verdict.sight == Sight.SEEN and verdict.first else str(verdict.sight)
    return f"**{text}**" if verdict.claimed else text


def blind_spots(results: Sequence[Measured]) -> str:
    """Which claims do not hold, and which damages are preferred to undamaged images."""
    broken, preferred = [], []
    for measured in results:
        for space, metrics in measured.spaces.items():
            for metric in metrics:
                for damage, verdict in verdicts(measured, space, metric).items():
                    text = f"- {METRICS[metric].title} ({measured.images}, {space}): {DAMAGES[damage].title}"
                    if verdict.claimed and verdict.sight != Sight.SEEN:
                        broken.append(f"{text}: {verdict.sight}.")
                    elif verdict.sight == Sight.WRONG:
                        preferred.append(f"{text}.")
    lines = ["## Where metrics fail\n", "Claims that do not hold here:\n", *(broken or ["- none."]), ""]
    return "\n".join([*lines, "Damage that is scored better than no damage, outside of the claims:\n", *(preferred or ["- none."]), ""])


def pictures(name: str, results: Sequence[Measured]) -> str:
    """Section of one damage: what it looks like, and the reactions of all metrics."""
    lines = [f"## {DAMAGES[name].title[0].upper()}{DAMAGES[name].title[1:]}\n"]
    for measured in results:
        if all(name in rungs.damaged for metrics in measured.spaces.values() for rungs in metrics.values()):
            lines += [
                f"![{DAMAGES[name].title}, {measured.images}](metrics/{measured.images}_{name}.webp)\n",
                f"![Reactions to {DAMAGES[name].title}, {measured.images}](metrics/{measured.images}_{name}_scores.webp)\n",
            ]
    return "\n".join(lines)
