"""The page of the original GAN: scores, samples, and when and why the generator stops learning."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from genlab.reports.adversarial import comparison, copy_pictures, family_results
from genlab.reports.artifacts import Project, Written, check_any, save_as_webp, trained
from genlab.reports.markdown import line, number
from genlab.reports.saturation import (
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
from genlab.training.health import COLLAPSED, SATURATED

if TYPE_CHECKING:
    from genlab.recipes.gan import GAN

PAGE = Path("docs/results/original.md")
MINIMAX = "MINIMAX"


class Findings(NamedTuple):
    """What the page says about a recipe, apart from its scores."""

    rows: Sequence[Row]  # of the history
    course: Course
    gradients: tuple[Gradients, Gradients]  # of the untrained and the trained networks


def write(project: Project) -> Written:
    """Write the page, and draw its curves and copy its samples to the folder next to it.

    Raises:
        MissingResultsError: no recipe has all its results.
        InputError: recipes on the same set were scored under different protocols.
    """
    from genlab.pictures.saturation import saturation

    entries, metrics, speeds, notes = family_results(project, "original", PAGE, ("samples",))
    found: dict[str, Findings] = {}
    for name in list(entries):
        missing = reason_to_leave_out(project, name)
        if missing:
            notes.append(f"{name} is left out: {missing}")
            del entries[name]
        else:
            found[name] = findings(project, name)
    check_any(PAGE, entries, notes)
    page = project.folder / PAGE
    copy_pictures(project, entries, page.with_suffix(""), ("samples",))
    for image_set, names in by_image_set(entries).items():
        save_as_webp(saturation({name: found[name].rows for name in names}), page.with_suffix("") / f"curves_{image_set}.webp")
    page.write_text("\n".join(describe(entries, metrics, speeds, found, page.stem)), encoding="utf-8")
    return Written(page, notes)


def reason_to_leave_out(project: Project, name: str) -> str:
    """Return why the page cannot show a recipe; "" if it can."""
    from genlab.recipes.gan import GAN

    for file in (f"data/08_reporting/{name}/history.csv", f"data/06_models/{name}/checkpoint.safetensors"):
        if not (project.folder / file).exists():
            return f"{file} is not there. Make it: `kedro run --pipeline={name}`."
    recipe = trained(project, name)
    if isinstance(recipe, GAN) and recipe.loss.probability and not recipe.classes:
        return ""
    return "the page shows unconditional GANs with the minimax or the non-saturating loss only. Remove its `family`, or choose another."


def findings(project: Project, name: str) -> Findings:
    """Read the history of a recipe, and measure the gradients of its networks before and after training."""
    import pandas

    from genlab.build import build
    from genlab.engine.seeding import seed_everything

    frame = pandas.read_csv(project.folder / f"data/08_reporting/{name}/history.csv")
    rows = [{str(term): float(value) for term, value in row.items() if pandas.notna(value)} for row in frame.to_dict("records")]
    entry = project.recipes[name]
    seed_everything(entry["seed"])  # as in training: the same untrained networks
    measured = gradients(build(entry["model"], "model")), gradients(cast("GAN", trained(project, name)))
    return Findings(rows, course(rows), measured)


def by_image_set(entries: Mapping[str, Any]) -> dict[str, list[str]]:
    """Group recipes by image set: set -> its recipes by name. The sets are in reverse order of their names."""
    sets = sorted({entry["images"] for entry in entries.values()}, reverse=True)
    return {image_set: [name for name, entry in entries.items() if entry["images"] == image_set] for image_set in sets}


def describe(
    entries: Mapping[str, Any],
    metrics: Mapping[str, Any],
    speeds: Mapping[str, Any],
    found: Mapping[str, Findings],
    folder: str,  # of the pictures
) -> list[str]:
    """Compose the lines of the page: settings, then for each image set scores, course of the training, gradients and samples.

    Raises:
        InputError: recipes on the same set were scored under different protocols, so that their scores are not comparable.
    """
    lines = introduction(entries)
    for image_set, names in by_image_set(entries).items():
        scores, order = comparison(f"On `{image_set}`", {name: entries[name] for name in names}, metrics, speeds)
        lines += ["#" + scores[0], *scores[1:], f"### When the critic wins, on `{image_set}`", ""]
        lines += [summary({name: found[name].course for name in order}), ""]
        lines += [f"![curves of the recipes on {image_set}]({folder}/curves_{image_set}.webp)", ""]
        lines += [*course_table({name: found[name].course for name in order}), ""]
        lines += [*(told(name, loss_of(entries[name]), found[name], metrics[name]) for name in order), ""]
        lines += [f"### The gradient that each loss gives, on `{image_set}`", ""]
        lines += [*gradient_table({name: found[name].gradients for name in order}), ""]
        lines += [part for name in order for part in (f"### {name}", "", f"![samples of {name}]({folder}/{name}.webp)", "")]
    return lines


def summary(courses: Mapping[str, Course]) -> str:
    """Tell in one sentence which critics have won at the end of the training."""
    won = [f"`{name}`" for name, each in courses.items() if each.saturated and each.saturated.ends]
    others = [f"`{name}`" for name in courses if f"`{name}`" not in won]
    if not won:
        return f"At the end of the training the critic has won in none of the recipes: {', '.join(others)}."
    return f"At the end of the training the critic has won in {', '.join(won)}" + (f", and not in {', '.join(others)}." if others else ".")


def introduction(entries: Mapping[str, Any]) -> list[str]:
    """Compose the title, the settings of all recipes, and explanations of all tables."""
    return [
        "# The original GAN",
        "",
        "Algorithm 1 of Goodfellow et al. 2014 (arXiv:1406.2661), and what changes with the loss and the optimizer. The explanations are",
        "in [Adversarial models](../families/adversarial.md#the-original-gan).",
        "",
        line(("recipe", "image set", "loss", "optimizer of the generator", "of the critic", "k", "batch")),
        "|---|---|---|---|---|---:|---:|",
        *(line(settings(name, entry)) for name, entry in entries.items()),
        "",
        "How to read the sections of each image set:",
        "",
        "- When the critic wins: from the history of the training, with dropout. The table has the longest stretch of the training in",
        f"  which the critic's loss was at most {SATURATED}, so that it separates samples from training images almost perfectly, and the",
        f"  longest in which the samples had at most {COLLAPSED:.0%} of the diversity of training images. The other columns have the mean",
        "  over the first tenth of the training → the mean over the last tenth.",
        "- The gradient that each loss gives: norms of the gradient by the generator's weights, of both losses, for the same networks and",
        f"  the same {LATENTS:,} latents, without dropout. By the critic's logit, the derivative of log(1 - D(G(z))) is -D(G(z)), and that",
        "  of -log D(G(z)) is D(G(z)) - 1: the first vanishes when the critic wins, the second does not. At D(G(z)) = 1/2 they are equal.",
        "",
    ]


def settings(name: str, entry: Mapping[str, Any]) -> list[str]:
    """Return the table row with the settings of a recipe, from its description."""
    model = entry["model"]
    optimizers = [optimizer(model[f"{network}_optimizer"]) for network in ("generator", "critic")]
    loss = loss_of(entry).lower().replace("_", "-")
    return [f"`{name}`", f"`{entry['images']}`", loss, *optimizers, str(model.get("critic_steps", 1)), str(entry["budget"]["batch_size"])]


def optimizer(description: Mapping[str, Any]) -> str:
    """Describe an optimizer in a table cell."""
    shown = [f"{key} {number(description[key])}" for key in ("lr", "momentum") if key in description]
    return ", ".join([str(description["class"]).rpartition(".")[2], *shown])


def loss_of(entry: Mapping[str, Any]) -> str:
    """Return the name of the loss in the description of a recipe."""
    return str(entry["model"]["loss"]["class"]).rpartition(".")[2]


def told(name: str, loss: str, found: Findings, scored: Mapping[str, Any]) -> str:
    """Tell in one paragraph what happened in the training of a recipe, and why."""
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
    return f"- `{name}`: {text} {variety(own.collapsed, late[DIVERSITY])} {coverage(scored)}"


def coverage(scored: Mapping[str, Any]) -> str:
    """Tell in one sentence how much of the held-out images the samples cover."""
    recall, possible = (scored["samples"][row]["recall"] for row in ("generated", "training images"))
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
