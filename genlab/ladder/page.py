"""Text of docs/metrics.md."""

from collections.abc import Sequence

from genlab.damage.damages import DAMAGES
from genlab.ladder.measure import REPEATS, Measured
from genlab.ladder.metrics import METRICS, Metric
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
| bold | the metric claims to measure this damage, see the first table |

*efflite0* are features of EfficientNet-Lite0, *in_domain* those of a classifier that was trained on the training images of the set;
*pixels* are scores without a network. FID-infinity needs more images than features, the Inception Score uses the classes of the
respective network, and memorisation is the share of samples whose nearest training image is at most a third as far as the second nearest.
Scores of patches: [`genlab.metrics.pyramid`](api/index.md).
"""
CLAIMS = """A claim is what the authors argue for, as far as it holds on the ladder. Precision and density do not claim to measure blur and
JPEG, and the Vendi score and the Inception Score claim to measure dropped classes in the features of a classifier of the set
(*in_domain*) only. A test checks that every claim holds.
"""
REASONS = {
    "blur": "Distances see half a pixel of blur. Precision and density may take weak blur for an improvement (see the dip below 0 "
    "on the emoji, and in the features of the classifier): smooth images lie near the manifold of real ones. They lack "
    "variety, which recall and the Vendi score see. Patches show at which scale detail is lost: the finest level reacts at "
    "once, the coarsest hardly.",
    "noise": "Noise takes images off the manifold, which all distances and shares see. It is variety, too: the Vendi score takes "
    "weak noise on the emoji for an improvement. A classifier of the set is robust to weak noise, and so are all scores in "
    "its features: they do not see what they were trained to ignore.",
    "jpeg": "Features learnt on photographs react to slight blocks and ringing; those of the classifier only to the lowest "
    "qualities. On the emoji, precision and density improve again at the lowest quality: little more than flat blocks is "
    "left, and plain images lie in dense regions.",
    "colours": "A cast over all images moves their mean, and little else. KID, MMD and the sliced Wasserstein distance see it at 32 "
    "levels, FID, which is biased at this N, at 64. Patches are normalised per channel and cannot see it; of the shares, "
    "only coverage reacts.",
    "collapse": "Each image that is left is real, so that precision does not see the collapse, and even rises at its end. Recall, "
    "coverage and all distances see it early. Without recall or coverage, a collapsed sampler with high precision looks "
    "good.",
    "classes": "The images are real, and all different: precision and density are blind. FID and coverage see that one of ten classes "
    "is missing. The Vendi score and the Inception Score see it only in the features of a classifier that separates the "
    "classes; with the classes of ImageNet they are blind to missing kinds of garments.",
    "memorised": "Copies of training images are real images of the right distribution: by almost every other score, a sampler that "
    "copies is perfect. Only the distance to the training images shows it; report it together with a good KID. The "
    "classifier was trained on the copied images and is more certain of them than of new ones: in its features, copies have "
    "the *better* Inception Score, and a lower recall.",
}


def page(results: Sequence[Measured]) -> str:
    """The page of all results; its pictures are in the folder `metrics` next to it."""
    parts = [
        INTRODUCTION,
        claims(),
        HOW.format(repeats=REPEATS, certain=CERTAIN),
        *(tables(each) for each in results),
        blind_spots(results),
    ]
    return "\n".join([*parts, *(pictures(name, results) for name in DAMAGES)])


def claims() -> str:
    """Table of the metrics: direction, claims and source."""
    rows = [line([about.title, "higher" if about.worse > 0 else "lower", claimed(about), about.source]) for about in METRICS.values()]
    return "\n".join(
        ["## What the metrics claim\n", line(["metric", "worse is", "claims to measure", "source"]), "|---|---|---|---|", *rows, ""]
    )


def claimed(about: Metric) -> str:
    """What a metric claims to measure, in one line."""
    titles = [DAMAGES[name].title for name in about.claims]
    return ", ".join([*titles, *(f"{DAMAGES[name].title} (in_domain)" for name in about.in_domain)]) or "nothing"


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
    held = ["Every claim holds on these sets."] if not broken else ["Claims that do not hold on these sets:\n", *broken]
    lines = [
        "## Where metrics fail\n",
        *held,
        "",
        "Damaged images that are scored better than undamaged ones:\n",
        *(preferred or ["- none."]),
        "",
    ]
    return "\n".join(lines)


def pictures(name: str, results: Sequence[Measured]) -> str:
    """Section of one damage: what it looks like, and the reactions of all metrics."""
    lines = [f"## {DAMAGES[name].title[0].upper()}{DAMAGES[name].title[1:]}\n", f"{REASONS[name]}\n"]
    for measured in results:
        if all(name in rungs.damaged for metrics in measured.spaces.values() for rungs in metrics.values()):
            lines += [
                f"![{DAMAGES[name].title}, {measured.images}](metrics/{measured.images}_{name}.webp)\n",
                f"![Reactions to {DAMAGES[name].title}, {measured.images}](metrics/{measured.images}_{name}_scores.webp)\n",
            ]
    return "\n".join(lines)
