"""Texts of the claim about Wasserstein critics, its tables, and its findings, which the measured numbers select."""

from collections.abc import Mapping, Sequence

from genlab.theory.claim import Table
from genlab.theory.wasserstein_critics import InPlane, Judged, OnLine, best

EQUATION = (
    r"W_1(p, q) = \max_{\lVert f \rVert_L \leq 1} \mathbb{E}_p f - \mathbb{E}_q f = "
    r"\int \lvert F(x) - G(x) \rvert \, dx \text{ on the line}"
)
STATEMENT = r"""Among functions with slopes of at most 1, the largest difference of means between real and generated points is $W_1$. A
critic is such a function only if something limits its slope. Weight clipping limits it to an unknown constant $K$, so that the critic
estimates $K W_1$: the difference has to be divided by $K$, here the largest norm of the critic's gradient on a grid. The gradient penalty
$\lambda \, \mathbb{E} (\lVert \nabla f \rVert - 1)^2$, at points between real and generated ones, draws the norm to 1.

On the line, real and generated points are normal with equal deviations, so that $W_1 = \lvert \mu_1 - \mu_2 \rvert$. The optimal critic
under the penalty is known, too. With $r$ the density of the points at which the penalty acts, its slope is
$1 + (F - G) / (2 \lambda r)$, and its difference exceeds $W_1$ by $\int (F - G)^2 / (2 \lambda r) \, dx$. In the plane, generated points
are real ones with Gaussian noise, and $W_1$ is computed by optimal transport between samples. All critics are trained against a fixed
generator. $\lambda$ is that of points divided by the extent of the real distribution, as they are in training."""
HISTOGRAMS = (
    "Weights of the two critics in the plane. With clipping, most weights are at the two ends of the interval, as in Gulrajani et al., "
    "figure 1b (right); with the penalty they are not."
)
LEVELS = (
    "Level sets of the two critics in the plane, with real points in black, as in Gulrajani et al., figure 1a. Both distributions have the "
    "same mean, so that a critic has to represent higher moments. Compare how closely the level sets follow the real points."
)
LAMBDA = (
    r"Difference and largest slope over the weight of the penalty, on the line. Small weights let the slope exceed 1; both tend to the "
    r"exact values, 1 for the slope, as $\lambda$ grows."
)


def findings(
    found: Sequence[OnLine],
    by_weight: Mapping[float, Sequence[Judged]],  # starts of further weights of the penalty
    plane: InPlane,
    shares: tuple[float, float],  # of weights within 1 % of the largest, of both critics in the plane
) -> list[str]:
    """What the numbers show, in words that they select."""
    factors = [each.clipped.lipschitz for each in found]
    times = [each.clipped.difference / each.distance for each in found]
    texts = [
        f"Without division, the clipped critic's difference is {min(times):.2g} to {max(times):.2g} times $W_1$, since $K$ is "
        f"{min(factors):.3g} to {max(factors):.3g}. Divided by $K$, it is a lower bound, which is tight only if the critic has its largest "
        "slope everywhere."
    ]
    resolved = plane.clipped.normalised / plane.exact, plane.penalised.normalised / plane.exact
    if resolved[0] < resolved[1]:
        texts.append(
            f"In the plane, where the means agree, the clipped critic divided by $K$ resolves {resolved[0]:.0%} of $W_1$, and the "
            f"penalised one divided by its own $K$ {resolved[1]:.0%}. Clipping ignores most of what is beyond the lowest moments. "
            f"{shares[0]:.0%} of its weights are within 1 % of $\\pm c$, and {shares[1]:.2%} of the penalised critic's are within 1 % of "
            "its largest weight."
        )
    starts = [each for pair in found for each in pair.penalised] + [each for some in by_weight.values() for each in some]
    wrong = sum(each.difference < 0 for each in starts)
    if wrong:
        texts.append(
            f"{wrong} of {len(starts)} penalised critics on the line ended with a negative difference. The penalty is symmetric: slopes "
            "of 1 and of -1 cost nothing, and slope 0 between them costs $\\lambda$. On the line, a critic that starts with the wrong sign "
            "can stay there. The table has the better of the starts."
        )
    return texts


def line_table(found: Sequence[OnLine]) -> Table:
    """Table of the critics on the line, one row per distance."""
    columns = ("W1, exact", "clipping: difference", "clipping: K", "clipping: difference / K", "penalty: difference", "penalty: K")
    rows = []
    for pair in found:
        clipped, penalised = pair.clipped, best(pair.penalised)
        values = (pair.distance, clipped.difference, clipped.lipschitz, clipped.normalised, penalised.difference, penalised.lipschitz)
        rows.append(tuple(f"{value:.4g}" for value in values))
    return Table(
        "Normal distributions on the line", columns, tuple(rows), "K: largest slope of the critic within two deviations of the means."
    )


def lambda_table(rows: Sequence[tuple[float, float, float, float, float]]) -> Table:
    """Table over the weight of the penalty; rows as in genlab.theory.wasserstein_pictures.over_lambda."""
    columns = ("lambda", "difference", "of the optimal critic", "largest slope", "of the optimal critic")
    note = "The optimal critic is that of the closed form. A trained critic misses the steepest slopes where points are rare."
    return Table("Weight of the penalty, on the line", columns, tuple(tuple(f"{value:.4g}" for value in row) for row in rows), note)


def plane_table(plane: InPlane, shares: tuple[float, float]) -> Table:
    """Table of the critics in the plane."""
    columns = ("critic", "W1, transport", "difference", "K", "difference / K", "weights within 1 % of the largest")
    rows = [
        (name, *(f"{value:.4g}" for value in (plane.exact, each.difference, each.lipschitz, each.normalised)), f"{share:.2%}")
        for name, each, share in zip(("clipping", "gradient penalty"), (plane.clipped, plane.penalised), shares, strict=True)
    ]
    note = f"Two samples of the same distributions are {plane.floor:.3g} apart in sum, which bounds the error of transport between samples."
    return Table("A mixture in the plane against the same mixture with noise", columns, tuple(rows), note)
