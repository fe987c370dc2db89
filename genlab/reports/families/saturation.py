"""When the critic of a GAN wins, and what is then left of the generator's gradient: measured in a history, and in the networks."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from genlab.reports.markdown import line, number
from genlab.training.health import COLLAPSED, ROWS, SATURATED

if TYPE_CHECKING:
    from genlab.recipes.gan import GAN

CRITIC_LOSS, REAL, FAKE, NORM, DIVERSITY = (
    "critic/adversarial",
    "critic/real",
    "critic/fake",
    "generator/gradient_norm",
    "health/diversity",
)
TERMS = (CRITIC_LOSS, REAL, FAKE, NORM, DIVERSITY)  # of the history
PART = 0.1  # share of the rows of a history that are early, and that are late
LATENTS, SEED = 1000, 0  # of the measured gradients

Row = Mapping[str, float]  # of a history: {"images": images seen, "<update>/<term>": mean}


class Stretch(NamedTuple):
    """A part of a training in which a condition holds in every row of the history."""

    first: int  # images, of the first row
    last: int  # images, of the last row
    ends: bool  # True if it ends with the training


class Course(NamedTuple):
    """Summary of a history."""

    saturated: Stretch | None  # the longest stretch in which the critic's loss is at most 0.02
    collapsed: Stretch | None  # the longest stretch in which the diversity of the samples is at most 30 % of that of real images
    early: Mapping[str, float]  # mean of each of TERMS over the first tenth of the rows
    late: Mapping[str, float]  # the same over the last tenth


class Gradients(NamedTuple):
    """Norms of the gradient of both losses by the same generator's weights, for the same critic and latents."""

    fake: float  # mean of D(G(z))
    minimax: float
    non_saturating: float


def course(rows: Sequence[Row]) -> Course:
    """Summarise a history with the thresholds of genlab.training.health."""
    part = max(1, round(PART * len(rows)))
    return Course(
        stretch(rows, CRITIC_LOSS, lambda loss: abs(loss) <= SATURATED),
        stretch(rows, DIVERSITY, lambda diversity: diversity <= COLLAPSED),
        {term: mean(rows[:part], term) for term in TERMS},
        {term: mean(rows[-part:], term) for term in TERMS},
    )


def stretch(rows: Sequence[Row], term: str, holds: Callable[[float], bool]) -> Stretch | None:
    """Find the longest run of at least 8 rows in which a condition on a term holds, the first of equally long ones; None without one."""
    known = [row for row in rows if term in row]
    best: list[Row] = []
    run: list[Row] = []
    for row in known:
        run = [*run, row] if holds(row[term]) else []
        best = run if len(run) > len(best) else best
    if len(best) < ROWS:
        return None
    return Stretch(int(best[0]["images"]), int(best[-1]["images"]), best[-1] is known[-1])


def mean(rows: Sequence[Row], term: str) -> float:
    """Mean of a term over the rows that have it; NaN if there are none."""
    values = [row[term] for row in rows if term in row]
    return sum(values) / len(values) if values else math.nan


def gradients(recipe: "GAN") -> Gradients:
    """Measure the gradients of both losses for an unconditional GAN in evaluation mode, without dropout, for fixed latents."""
    import torch

    from genlab.losses.adversarial import MINIMAX, NON_SATURATING
    from genlab.networks.latents import normal

    recipe.eval()
    logits = recipe.critic(recipe.generator(normal(LATENTS, recipe.latent_size, SEED)))
    weights = list(recipe.generator.parameters())

    def norm(value: torch.Tensor) -> float:
        return float(torch.nn.utils.get_total_norm(torch.autograd.grad(value, weights, retain_graph=True)))

    losses = (loss.generator(logits, lambda: logits).mean() for loss in (MINIMAX, NON_SATURATING))
    return Gradients(float(logits.detach().sigmoid().mean()), *map(norm, losses))


def course_table(courses: Mapping[str, Course]) -> list[str]:
    """Compose a table with one row per recipe: when it was saturated and collapsed, and its terms early and late."""
    columns = (
        "recipe",
        f"critic's loss at most {SATURATED}",
        f"diversity at most {COLLAPSED}",
        "D(x)",
        "D(G(z))",
        "gradient norm of the generator",
        "diversity",
    )
    return [
        line(columns),
        "|---|---|---|" + "---:|" * 4,
        *(
            line([f"`{name}`", when(each.saturated), when(each.collapsed), *(change(each, term) for term in (REAL, FAKE, NORM, DIVERSITY))])
            for name, each in courses.items()
        ),
    ]


def when(found: Stretch | None) -> str:
    """Describe a stretch in a table cell."""
    if found is None:
        return "never"
    return f"from {found.first:,} images to {'the end' if found.ends else f'{found.last:,}'}"


def change(found: Course, term: str) -> str:
    """Describe the early and the late mean of a term in a table cell."""
    return f"{number(found.early[term])} → {number(found.late[term])}"


def gradient_table(measured: Mapping[str, tuple[Gradients, Gradients]]) -> list[str]:
    """Compose a table with two rows per recipe, of the untrained and of the trained networks."""
    return [
        line(("networks", "D(G(z))", "minimax", "non-saturating", "ratio")),
        "|---|" + "---:|" * 4,
        *(
            line([f"`{name}`, {state}", *(f"{value:.2g}" for value in (*found, found.minimax / found.non_saturating))])
            for name, both in measured.items()
            for state, found in zip(("untrained", "trained"), both, strict=True)
        ),
    ]
