"""The chapter on mode collapse: tables with spreads, published orderings, pictures."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from torch import Tensor

from genlab.densities.base import Distribution, Modal
from genlab.densities.stacked_digits import CHANNELS, SIDE, StackedDigits
from genlab.pictures.draw import plotted
from genlab.pictures.sheets import sheet
from genlab.theory.claim import Claim, Measurement, Picture, Table
from genlab.theory.drawing import COLOURS, Plot
from genlab.theory.published import PUBLISHED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = {
    "modes": "modes caught",
    "high_quality": "high quality, %",
    "divergence": "KL to uniform, nats",
    "log_likelihood": "log-likelihood, nats",
    "mean_error": "error of the mean",
    "covariance_error": "error of the covariance",
}
# Published orderings: (score, the method that is better, the method that is worse, source). Better: more modes, lower KL.
ORDERINGS = (
    ("modes", "packing (2)", "non-saturating", "Lin et al. 2018 (arXiv:1712.04086), table 1"),
    ("modes", "unrolled, 5 steps", "non-saturating", "Metz et al. 2016 (arXiv:1611.02163), section 3.1"),
    ("modes", "unrolled, 10 steps", "unrolled, 1 step", "Metz et al. 2016 (arXiv:1611.02163), figure 6"),
    ("modes", "minibatch discrimination", "non-saturating", "Salimans et al. 2016 (arXiv:1606.03498), section 3.2"),
    ("modes", "WGAN-GP", "non-saturating", "Gulrajani et al. 2017 (arXiv:1704.00028), section 3"),
    ("modes", "WGAN-GP", "WGAN", "Gulrajani et al. 2017 (arXiv:1704.00028), figure 1a"),
    ("modes", "R3GAN", "non-saturating", "Huang et al. 2024 (arXiv:2501.05441), section 2.2"),
    ("modes", "LSGAN", "non-saturating", "Mao et al. 2016 (arXiv:1611.04076), section 4.4"),
)
TRUE, UNIFORM, EM = "true samples", "uniform samples", "mixture by EM"
SHOWN = 700  # samples of one picture


class Outcome(NamedTuple):
    """What one training of a method came to."""

    method: str
    seed: int
    scores: Mapping[str, float]  # by the keys of COLUMNS; none if the training diverged
    points: Tensor  # a few samples, (N, D), for pictures
    frames: Sequence[Tensor] = ()  # samples while training, for an animation


Outcomes = Mapping[str, Sequence[Outcome]]  # by method


def mean_and_spread(outcomes: Sequence[Outcome], score: str) -> tuple[float, float]:
    """Mean and standard deviation of a score over the seeds that have it; NaN without any."""
    values = [value for outcome in outcomes if math.isfinite(value := outcome.scores.get(score, math.nan))]
    if not values:
        return math.nan, math.nan
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def claim_of(outcomes: Outcomes, density: Distribution, published: str, settings: Mapping[str, Any], animated: Sequence[str]) -> Claim:
    """Compose the chapter of one distribution."""
    name = {"ring": "the ring", "grid": "the grid", "digits": "stacked digits"}[published]
    if isinstance(density, StackedDigits):
        modes, about = density.classes, ON_DIGITS.format(modes=density.classes, accuracy=density.accuracy, numbers=density.accuracy**3)
    else:
        modes = len(cast(Modal, density).modes)
        about = ON_POINTS.format(modes=modes)
    stated = ", ".join(f"{key}: {value}" for key, value in settings.items())
    return Claim(
        f"Mode collapse on {name}",
        f"{about}\n\nThe same for all methods: {stated}. Deviations of single methods stand in `genlab/theory/collapse_methods.py`.",
        r"\mathrm{KL}(\hat p \,\Vert\, u) = \sum_{k=1}^{K} \hat p_k \log(K\,\hat p_k)",
        "Srivastava et al. 2017 (arXiv:1705.07761), section 5",
        counted(outcomes, modes),
        (*by_chance(outcomes), *orderings(outcomes), *diverged(outcomes)),
        (table(outcomes), PUBLISHED[published]),
        pictures(outcomes, density, animated),
    )


ON_POINTS = """{modes} Gaussians in the plane. A sample is of high quality if it lies within 3 standard deviations of a mode; a mode is
caught if at least one high-quality sample is nearest to it. KL compares the frequencies of the modes among the high-quality samples with
equal ones. The log-likelihood is that of the samples under the true density: it rewards samples near modes, and not variety. Errors of the
mean are distances, those of the covariance are relative. The variational autoencoder samples the means of its decoder. Unrolling by 0
steps is the non-saturating loss. Each value is a mean over seeds with its standard deviation."""

ON_DIGITS = """Three digits are the channels of one image: {modes:,} modes. The mode of a sample is the number that a classifier reads,
which is right for {accuracy:.1%} of single real digits, and so for about {numbers:.1%} of numbers. It gives some mode to every
sample, however bad: a sample that looks like nothing counts as well, so that KL says more than the number of modes. Unrolling by 0 steps
is the non-saturating loss. Each value is a mean over seeds with its standard deviation."""


def counted(outcomes: Outcomes, modes: int) -> tuple[Measurement, ...]:
    """Values with a prediction: those of true samples, and of the mixture by EM, which is the true model."""
    found = []
    for method, tolerance in ((TRUE, 0.01), (EM, 0.03)):
        each = outcomes.get(method, ())
        if any("high_quality" in outcome.scores for outcome in each):
            reason = "finite number of samples" if method == TRUE else "finite number of samples and passes"
            found.append(Measurement(f"{method}: modes caught", modes, mean_and_spread(each, "modes")[0], 0.5, reason=reason))
            share = mean_and_spread(each, "high_quality")[0]
            found.append(Measurement(f"{method}: high quality, $1 - e^{{-4.5}}$", 1 - math.exp(-4.5), share, tolerance, reason=reason))
        elif method == TRUE:
            reason = "finite number of samples; wrong readings of the classifier"
            found.append(Measurement(f"{method}: modes caught", modes, mean_and_spread(each, "modes")[0], 0.15 * modes, reason=reason))
    return tuple(found)


def by_chance(outcomes: Outcomes) -> list[str]:
    """Methods whose samples lie near modes no more often than uniform ones: the number of modes says nothing about them."""
    if UNIFORM not in outcomes:
        return []
    share, caught = (mean_and_spread(outcomes[UNIFORM], score)[0] for score in ("high_quality", "modes"))
    blind = [f"{method} ({100 * mean_and_spread(outcomes[method], 'high_quality')[0]:.1f} %)" for method in lucky(outcomes)]
    text = f"Uniform samples of the square catch {caught:.1f} modes, with {100 * share:.1f} % of high quality."
    if not blind:
        return [f"{text} Every method has a larger share."]
    return [f"{text} At this budget, these methods have no larger share, and their modes are caught by chance: {', '.join(blind)}."]


def lucky(outcomes: Outcomes) -> list[str]:
    """Methods whose share of high-quality samples is at most that of uniform samples; none on stacked digits."""
    if UNIFORM not in outcomes:
        return []
    least = mean_and_spread(outcomes[UNIFORM], "high_quality")[0]
    found = {method: mean_and_spread(each, "high_quality")[0] for method, each in outcomes.items() if method not in (TRUE, UNIFORM)}
    return [method for method, share in found.items() if share <= least]


def orderings(outcomes: Outcomes) -> list[str]:
    """Published orderings, and whether they are confirmed: by more than the standard error of the difference of means."""
    lines = []
    for score, better, worse, source in ORDERINGS:
        if better not in outcomes or worse not in outcomes:
            continue
        (high, high_spread), (low, low_spread) = (mean_and_spread(outcomes[name], score) for name in (better, worse))
        count = min(len(outcomes[better]), len(outcomes[worse]))
        error = math.sqrt((high_spread**2 + low_spread**2) / max(count, 1))
        verdict = "confirmed" if high - low > error else "reversed" if low - high > error else "not decided by these seeds"
        if better in lucky(outcomes):
            verdict = f"not decided, since {better} catches modes by chance"
        lines.append(
            f"**{better} catches more modes than {worse}** ({source}): {verdict}. Measured: {high:.1f} against {low:.1f}, "
            f"with a standard error of the difference of {error:.1f}."
        )
    return lines


def diverged(outcomes: Outcomes) -> list[str]:
    """Methods some of whose trainings ended with a loss that is not finite."""
    counts = {method: sum(not outcome.scores for outcome in each) for method, each in outcomes.items()}
    return [
        f"{method}: {count} of {len(outcomes[method])} trainings diverged and are not counted." for method, count in counts.items() if count
    ]


def table(outcomes: Outcomes) -> Table:
    """Table with a row per method, mean ± standard deviation over seeds."""
    present = [name for name in COLUMNS if any(name in outcome.scores for each in outcomes.values() for outcome in each)]
    rows = tuple((method, *(cell(each, name) for name in present)) for method, each in outcomes.items())
    return Table("Measured, mean ± standard deviation over seeds", ("method", *(COLUMNS[name] for name in present)), rows)


def cell(outcomes: Sequence[Outcome], score: str) -> str:
    """Mean ± spread of a score, with few digits."""
    mean, spread = mean_and_spread(outcomes, score)
    if math.isnan(mean):
        return "-"
    if score == "high_quality":
        return f"{100 * mean:.1f} ± {100 * spread:.1f}"
    return f"{mean:,.1f} ± {spread:,.1f}" if score in ("modes", "log_likelihood") else f"{mean:.2f} ± {spread:.2f}"


def pictures(outcomes: Outcomes, density: Distribution, animated: Sequence[str]) -> dict[str, Picture]:
    """Samples of every method under the first seed, and the animation."""
    first = {method: each[0] for method, each in outcomes.items() if len(each[0].points)}
    if isinstance(density, StackedDigits):
        rows = {method: each.points[:16].float().unflatten(1, (CHANNELS, SIDE, SIDE)).clamp(-1, 1) for method, each in first.items()}
        return {"samples": Picture("Samples of every method under the first seed: three digits in red, green and blue.", (sheet(rows),))}
    modal = cast(Modal, density)
    plots = [scatter(each.points[:SHOWN], modal, title(each, method)) for method, each in first.items()]
    caption = f"{SHOWN} samples (blue) of every method under the first seed, and the modes (orange)."
    found = {"samples": Picture(caption, (plotted(*plots, width=2.6, height=2.6, columns=4),))}
    moving = {method: first[method].frames for method in animated if method in first and first[method].frames}
    if moving:
        frames = zip(*moving.values(), strict=True)
        drawn = tuple(
            plotted(*(scatter(points, modal, method) for method, points in zip(moving, each, strict=True)), width=2.8, height=2.8)
            for each in frames
        )
        names = " and ".join(moving)
        found["training"] = Picture(f"Samples of {names} while they are trained, from the same latents in every frame.", drawn)
    return found


def title(outcome: Outcome, method: str) -> str:
    """Title of a scatter plot: the method and the number of modes."""
    return f"{method}: {outcome.scores['modes']:.0f}"


def scatter(points: Tensor, density: Modal, text: str) -> Plot:
    """Plot samples over the modes of a density."""

    def plot(axes: "Axes") -> None:
        axes.scatter(density.modes[:, 0].numpy(), density.modes[:, 1].numpy(), s=40, color=COLOURS[1], alpha=0.5, linewidths=0)
        axes.scatter(points[:, 0].numpy(), points[:, 1].numpy(), s=2, color=COLOURS[0], linewidths=0, alpha=0.6)
        limit = 1.15 * density.extent
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xticks=[], yticks=[])
        axes.set_title(text, fontsize=9)

    return plot
