"""Texts of the claim about parallel lines, and its findings, which the measured numbers select."""

import math
from collections.abc import Sequence

import torch

from genlab.theory.separation import Separation

TRANSPORTED = "the heights of the samples differ"
EQUATION = (
    r"\mathrm{JSD}(P_0, P_\theta) = \begin{cases} \log 2 & \theta \neq 0 \\ 0 & \theta = 0 \end{cases}, \qquad "
    r"\mathrm{KL}(P_0 \Vert P_\theta) = \begin{cases} \infty & \theta \neq 0 \\ 0 & \theta = 0 \end{cases}, \qquad "
    r"W_1(P_0, P_\theta) = \lvert \theta \rvert"
)
STATEMENT = r"""Real points are $(0, u)$ and generated points $(\theta, u)$ with $u$ uniform on $[0, 1]$: two parallel segments. For every
$\theta \neq 0$ their supports are disjoint, so that the side of $\theta / 2$ on which a point lies reveals its origin. Hence JSD has its
largest value, $\log 2$, and KL is infinite, however small $\theta$ is. Neither has a gradient that moves $\theta$ to 0. The Wasserstein-1
distance is the distance of the lines, with gradient 1.

The generator has one parameter, $\theta$. For each $\theta$, critics are trained while the generator is fixed. Then the derivative of each
generator loss with respect to $\theta$ is measured. The theory predicts 0 for minimax with an optimal critic, since the gradient is
$D(G(z))$ times the slope of the logit; the whole slope, which nothing limits, for the non-saturating loss; and 1 for the Wasserstein loss
with a critic of Lipschitz constant 1, at every $\theta$. $W_1$ is also measured without a critic, by optimal transport between samples."""
DISTANCES = (
    r"$W_1$ by optimal transport follows $\lvert \theta \rvert$. JSD is $\log 2$ everywhere except at $\theta = 0$; the trained critic's "
    "lower bound falls where the lines are so close that the critic cannot separate them."
)
GRADIENTS = (
    r"Derivative of the generator's loss with respect to $\theta$. Look at the two ends: minimax vanishes where the lines are far apart, "
    "only the Wasserstein losses have the same gradient everywhere, and with the gradient penalty it is 1."
)
BETWEEN = (
    "The generator's loss of a point at $(x, 1/2)$ for each critic. The real line is at the dotted, the generated line at the dashed "
    "position. The generator moves down the slope at the dashed position: minimax is flat there, Wasserstein is straight."
)


def findings(found: Sequence[Separation]) -> list[str]:
    """What a finite critic gives where it differs from the theory, in words that the numbers select."""
    nearest = found[-1]
    texts = [of_clipping(found), of_steepness(found)]
    if nearest.jsd < math.log(2) - 1e-2:
        texts.append(
            f"JSD is $\\log 2 = 0.693$ at every $\\theta > 0$, but the trained critic estimates {nearest.jsd:.3f} at $\\theta = "
            f"{nearest.offset:g}$: its bound is below the truth, since its slope is limited by its weights and its training."
        )
    far, near = (abs(each.gradients["minimax"]) for each in (found[0], nearest))
    if near > 1 > far:
        texts.append(
            f"The minimax gradient vanishes between lines that are far apart ({far:.1g} at $\\theta = {found[0].offset:g}$), as the "
            f"theory predicts for a critic near the optimum, but it is {near:.3g} at $\\theta = {nearest.offset:g}$. There the critic "
            "is not near its optimum, so that $D(G(z))$ is not near 0, and it is steep. The gradient vanishes because the critic wins, "
            "not because the supports are disjoint."
        )
    return texts[2:] + texts[:2]


def of_steepness(found: Sequence[Separation]) -> str:
    """How the gradients of the losses that are not Wasserstein grow as the lines approach each other."""
    first, last = found[0], found[-1]
    far, near = (each.gradients["non-saturating"] for each in (first, last))
    shortest = "Neither shrinks with the distance: the step is longest where the lines are closest." if near > far > 0 else ""
    return (
        f"With least squares, the gradient is proportional to about $\\theta^{{{exponent(found, 'least squares'):.2f}}}$; a critic that "
        "falls linearly from 1 to 0 between the lines gives the exponent $-1$. The non-saturating gradient is "
        f"{far:.3g} at $\\theta = {first.offset:g}$ and {near:.3g} at $\\theta = {last.offset:g}$. {shortest}"
    ).strip()


def of_clipping(found: Sequence[Separation]) -> str:
    """The gradient with clipping relative to the critic's Lipschitz constant."""
    relative = [each.gradients["Wasserstein, clipping"] / each.lipschitz for each in found]
    constants = [each.lipschitz for each in found]
    return (
        f"With clipping, the gradient is {min(relative):.2f} to {max(relative):.2f} times the critic's largest slope $K$, which is "
        f"{min(constants):.2g} to {max(constants):.2g} here: it follows from $c$ and the size of the critic, and the critic estimates "
        "$K W_1$. The gradient penalty sets $K$ to 1."
    )


def exponent(found: Sequence[Separation], name: str) -> float:
    """Slope of log(gradient) over log(theta), by least squares."""
    x, y = (torch.tensor(values).log() for values in ([e.offset for e in found], [abs(e.gradients[name]) for e in found]))
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / x.square().sum()) if len(found) > 1 else math.nan
