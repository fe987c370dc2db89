"""The chapter on when and why the generator of the original GAN stops learning: its critic wins."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from genlab.evaluation.scores import GroupName, RowName
from genlab.reports.artifacts import Project, save_as_webp, trained, trained_on
from genlab.reports.comparison.runs import ScoredRun
from genlab.reports.families.saturation import (
    DIVERSITY,
    FAKE,
    LATENTS,
    NORM,
    REAL,
    Course,
    Gradients,
    Row,
    Stretch,
    course,
    course_table,
    gradient_table,
    gradients,
)
from genlab.reports.markdown import number
from genlab.training.health import COLLAPSED, SATURATED

if TYPE_CHECKING:
    from genlab.recipes.gan import GAN

MINIMAX = "MINIMAX"


class Findings(NamedTuple):
    """What the chapter says about a recipe."""

    rows: Sequence[Row]  # of the history
    course: Course
    gradients: tuple[Gradients, Gradients]  # of the untrained and the trained networks


def chapter(project: Project, runs: Sequence[ScoredRun], folder: Path) -> list[str]:
    """Course of the trainings, and the gradients that both losses give, of the unconditional GANs whose critic gives probabilities."""
    from genlab.pictures.saturation import saturation

    some = {run.name: run for run in runs if run.history and (project.folder / trained_on(run.name, "")[0]).exists()}
    found = {name: findings(project, run) for name, run in some.items() if gives_probabilities(project, name)}
    if not found:
        return []
    curves = f"curves_{runs[0].images}.webp"
    save_as_webp(saturation({name: found[name].rows for name in sorted(found)}), folder / curves)
    courses = {name: each.course for name, each in found.items()}
    return [
        "### When the critic wins",
        "",
        summary(courses),
        "",
        f"![curves of the recipes on {runs[0].images}]({folder.name}/{curves})",
        "",
        *course_table(courses),
        "",
        *(told(some[name], each) for name, each in found.items()),
        "",
        "The table is made from the history of the training, with dropout. It has the longest stretch in which the critic's",
        f"loss was at most {SATURATED}, so that it separates samples from training images almost perfectly, and the longest in which the",
        f"samples had at most {COLLAPSED:.0%} of the diversity of training images. The other columns have the mean over the first tenth of",
        "the training → the mean over the last tenth.",
        "",
        "### The gradient that each loss gives",
        "",
        *gradient_table({name: each.gradients for name, each in found.items()}),
        "",
        "Norms of the gradient by the generator's weights, of both losses, for the same networks and the same "
        f"{LATENTS:,} latents, without dropout. By the critic's logit, the derivative of log(1 - D(G(z))) is -D(G(z)), and that",
        "of -log D(G(z)) is D(G(z)) - 1: the first vanishes when the critic wins, the second does not. At D(G(z)) = 1/2 they are equal.",
        "",
    ]


def gives_probabilities(project: Project, name: str) -> bool:
    """Return whether a trained recipe is an unconditional GAN with the minimax or the non-saturating loss."""
    from genlab.recipes.gan import GAN

    recipe = trained(project, name)
    return isinstance(recipe, GAN) and recipe.loss.probability and not recipe.classes


def findings(project: Project, run: ScoredRun) -> Findings:
    """Summarise the history of a recipe, and measure the gradients of its networks before and after training."""
    from genlab.build import build
    from genlab.engine.seeding import seed_everything

    seed_everything(run.entry["seed"])  # as in training: the same untrained networks
    measured = gradients(build(run.entry["model"], "model")), gradients(cast("GAN", trained(project, run.name)))
    return Findings(run.history, course(run.history), measured)


def summary(courses: Mapping[str, Course]) -> str:
    """Tell in one sentence which critics have won at the end of the training."""
    won = [f"`{name}`" for name, each in courses.items() if each.saturated and each.saturated.ends]
    others = [f"`{name}`" for name in courses if f"`{name}`" not in won]
    if not won:
        return f"At the end of the training the critic has won in none of the recipes: {', '.join(others)}."
    return f"At the end of the training the critic has won in {', '.join(won)}" + (f", and not in {', '.join(others)}." if others else ".")


def loss_of(entry: Mapping[str, Any]) -> str:
    """Return the name of the loss in the description of a recipe."""
    return str(entry["model"]["loss"]["class"]).rpartition(".")[2]


def told(run: ScoredRun, found: Findings) -> str:
    """Tell in one paragraph what happened in the training of a recipe, and why."""
    loss = loss_of(run.entry)
    own, late = found.course, found.course.late
    real, fake, norm = (number(late[term]) for term in (REAL, FAKE, NORM))
    end = f"In the last tenth D(x) is {real}, D(G(z)) {fake}, and the norm of the generator's gradient {norm}."
    if own.saturated and own.saturated.ends:
        factor, peak = (late[FAKE] if loss == MINIMAX else 1 - late[FAKE]), max(found.rows, key=lambda row: row.get(NORM, 0.0))
        effect = (
            f"The derivative of the minimax loss by a logit has shrunk to {factor:.1g}: the generator has stopped learning."
            if loss == MINIMAX
            else f"The derivative of the non-saturating loss by a logit is still {factor:.2g}: the gradient does not vanish by the loss."
        )
        first = f"the critic wins from {own.saturated.first:,} images on. {end}"
        text = f"{first} The largest norm was {number(peak[NORM])}, at {int(peak['images']):,} images. {effect}"
    elif own.saturated:
        text = f"the critic wins from {own.saturated.first:,} to {own.saturated.last:,} images, and the generator recovers. {end}"
    else:
        text = f"the critic never wins for long. {end}"
    return f"- `{run.name}`: {text} {variety(own.collapsed, late[DIVERSITY])} {coverage(run)}"


def coverage(run: ScoredRun) -> str:
    """Tell in one sentence how much of the held-out images the samples cover; "" without recall."""
    group = run.evaluation.group(GroupName.SAMPLES)
    real = next((row for row in group.baselines if row.name == RowName.TRAINING_IMAGES), None) if group else None
    if group is None or real is None or "recall" not in group.own.values:
        return ""
    recall, possible = (row.values["recall"].value for row in (group.own, real))
    return f"They cover {recall:.0%} of the held-out images (recall); training images cover {possible:.0%}."


def variety(collapsed: Stretch | None, late: float) -> str:
    """Tell in one sentence how varied the samples are."""
    if collapsed is None:
        return f"The samples were never alike for long; at the end their diversity is {late:.0%} of that of training images."
    if collapsed.ends:
        return (
            f"From {collapsed.first:,} images to the end the samples are alike: their diversity is {late:.0%} of that of training images."
        )
    return (
        f"The samples are alike until {collapsed.last:,} images; at the end their diversity is {late:.0%} of that of training images."
        if collapsed.first <= collapsed.last // 2
        else f"The samples were alike from {collapsed.first:,} to {collapsed.last:,} images; at the end their diversity is {late:.0%}."
    )
