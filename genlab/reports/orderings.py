"""Orderings of recipes that papers publish, as data, and whether they survive the scores of a table."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from genlab.evaluation.scores import GroupName, kid_of
from genlab.evaluation.significance import LEVEL, holm, welch
from genlab.evaluation.spread import SeedSpread, Spread


class Says(StrEnum):
    """What a paper says about a recipe, compared with another one."""

    BETTER = "better than"
    NO_BETTER = "no better than"


class Measure(StrEnum):
    """The score that an ordering is judged by."""

    QUALITY = "KID"  # lower is better
    DIVERSITY = "recall"  # higher is better


class Verdict(StrEnum):
    """What the scores of a table say about a published ordering."""

    SURVIVES = "survives"  # the difference is significant, in the direction of the paper
    REVERSED = "reversed"  # significant, in the other direction; of "no better than": better by a significant difference
    UNDECIDED = "undecided"  # not significant
    NOT_CONTRADICTED = "not contradicted"  # of "no better than": not better by a significant difference


class Ordering(NamedTuple):
    """A published ordering of two recipes."""

    subject: str
    says: Says
    other: str
    measure: Measure
    claim: str
    source: str


NO_EVIDENCE = "no evidence that any tested algorithm consistently outperforms the non-saturating GAN, given equal budgets for its settings"
PUBLISHED = (
    Ordering("lsgan", Says.BETTER, "gan", Measure.QUALITY, "images of higher quality than those of regular GANs", "arXiv:1611.04076"),
    Ordering(
        "wgan_gp",
        Says.BETTER,
        "wgan",
        Measure.QUALITY,
        "converges to better scores than with clipped weights",
        "arXiv:1704.00028, section 5",
    ),
    Ordering(
        "sngan",
        Says.BETTER,
        "wgan_gp",
        Measure.QUALITY,
        "better Inception Score and FID on CIFAR-10 and STL-10",
        "arXiv:1802.05957, table 2",
    ),
    Ordering(
        "r3gan",
        Says.BETTER,
        "gan",
        Measure.QUALITY,
        "the regularised relativistic loss surpasses StyleGAN2, whose loss is the non-saturating one",
        "arXiv:2501.05441",
    ),
    Ordering(
        "minibatch_gan",
        Says.BETTER,
        "gan",
        Measure.QUALITY,
        "the Inception Score falls without minibatch features",
        "arXiv:1606.03498, table 3",
    ),
    Ordering(
        "unrolled_gan", Says.BETTER, "gan", Measure.DIVERSITY, "unrolling increases diversity and coverage of the data", "arXiv:1611.02163"
    ),
    *(Ordering(name, Says.NO_BETTER, "gan", Measure.QUALITY, NO_EVIDENCE, "arXiv:1711.10337") for name in ("lsgan", "wgan", "wgan_gp")),
)


class Judged(NamedTuple):
    """A published ordering, judged by the scores of two recipes."""

    ordering: Ordering
    subject: Spread
    other: Spread
    single: float  # p-value of equal means of this test alone
    p: float  # adjusted for all tests of the table
    verdict: Verdict

    @property
    def agrees(self) -> bool:
        """Whether the means, significant or not, are in the direction of the paper."""
        return better(self.ordering, self.subject, self.other) is (self.ordering.says is Says.BETTER)


def judge(spreads: Mapping[str, SeedSpread]) -> list[Judged]:
    """Judge the published orderings whose two recipes have finite scores: Welch's test for each, with Holm's correction over them.

    Two papers on the same two recipes and the same measure share one test. The orderings come from papers and not from the scores, so
    no other pairs are corrected for.
    """
    found = {each: samples for each in PUBLISHED if (samples := measured(each, spreads)) is not None}
    tests = {(frozenset((each.subject, each.other)), each.measure): samples for each, samples in found.items()}
    single = {test: welch(one.values, other.values) for test, (one, other) in tests.items()}
    adjusted = dict(zip(single, holm([*single.values()]), strict=True))
    judged = []
    for each, (subject, other) in found.items():
        test = frozenset((each.subject, each.other)), each.measure
        judged.append(Judged(each, subject, other, single[test], adjusted[test], verdict(each, subject, other, adjusted[test])))
    return judged


def measured(ordering: Ordering, spreads: Mapping[str, SeedSpread]) -> tuple[Spread, Spread] | None:
    """The values of the ordering's measure for both recipes; None if a recipe or a finite value is missing."""
    found = []
    for recipe in (ordering.subject, ordering.other):
        spread = spreads.get(recipe)
        name = kid_of(spread.protocol.extractor) if spread and ordering.measure is Measure.QUALITY else str(ordering.measure)
        values = spread.score(GroupName.SAMPLES, name) if spread else None
        if values is None or not values.finite:
            return None
        found.append(values)
    return found[0], found[1]


def verdict(ordering: Ordering, subject: Spread, other: Spread, p: float) -> Verdict:
    """Compare the direction and significance of a difference with what the paper says."""
    ahead = better(ordering, subject, other)
    if ordering.says is Says.NO_BETTER:
        return Verdict.REVERSED if p < LEVEL and ahead else Verdict.NOT_CONTRADICTED
    if p >= LEVEL:
        return Verdict.UNDECIDED
    return Verdict.SURVIVES if ahead else Verdict.REVERSED


def better(ordering: Ordering, subject: Spread, other: Spread) -> bool:
    """Whether the mean of the subject is the better one: the lower KID, or the higher recall."""
    difference = subject.mean - other.mean
    return difference < 0 if ordering.measure is Measure.QUALITY else difference > 0
