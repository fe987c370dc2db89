"""Texts and tags of MLflow's registry: the page of a registered model, and of its versions."""

from collections.abc import Iterable, Mapping
from string import Template
from types import MappingProxyType
from urllib.parse import quote

from genlab.evaluation.scores import Headline
from genlab.reports.few_digits import few, stated
from genlab.reports.markdown import number
from pipelines.tracking.description import ANCESTOR, ANCESTOR_HASH, picture
from pipelines.tracking.experiments import MODE

DESCRIPTION_LIMIT = 5000  # characters, in MLflow's database
SAMPLES = "samples/samples.png"  # path in the run's artifacts


def filled(card: str, facts: Mapping[str, str], **places: str) -> str:
    """Fill in the placeholders of a card, which is an output of the pipeline, and so does not depend on the run."""
    return Template(card).safe_substitute(facts, **places)


def fitting(card: str) -> str:
    """Shorten a card to what the registry can store, at the end of a line; the whole is an artifact of the run."""
    if len(card) <= DESCRIPTION_LIMIT:
        return card
    rest = "\n\nThe rest is in card.md, among the artifacts of the source run."
    return card[: DESCRIPTION_LIMIT - len(rest)].rpartition("\n")[0] + rest


def artifact_page(experiment: str, run_id: str, path: str) -> str:
    """Address of the page in MLflow's UI that shows an artifact of a run; relative to the UI's own. `/get-artifact` downloads it."""
    return f"#/experiments/{experiment}/runs/{run_id}/artifacts/{quote(path)}?{MODE}"


def links(
    experiment: str,
    run_id: str,
    paths: Iterable[str],  # of the run's artifacts
) -> str:
    """Markdown links to the pictures among artifacts, except the sheet of samples: `Other pictures: [curves](...), [neighbours](...)`."""
    pictures = [path for path in paths if path.endswith((".png", ".webp")) and path != SAMPLES]
    shown = [
        f"[{path.rpartition('/')[2].rpartition('.')[0].replace('_', ' ')}]({artifact_page(experiment, run_id, path)})" for path in pictures
    ]
    sheets = f"[slider of samples]({run_page(experiment, run_id, 'model-metrics')})"
    return f"Other pictures: {', '.join([*shown, sheets])}"


def run_page(experiment: str, run_id: str, tab: str = "") -> str:
    """Address of the page of a run in MLflow's UI, relative to the UI's own."""
    return f"#/experiments/{experiment}/runs/{run_id}{f'/{tab}' if tab else ''}?{MODE}"


def trained(
    metrics: Mapping[str, float],
    params: Mapping[str, str],
    ancestor: Mapping[str, str] = MappingProxyType({}),  # tags of the source of its first weights; empty if it was not fine-tuned
) -> str:
    """How long a run has trained, and from what, in words: `48,000 images in 3:01 min, 267 images/s`; empty parts are left out."""
    images, seconds, speed = params.get("budget.images", ""), metrics.get("speed/training_seconds"), metrics.get("speed/images_per_second")
    text = f"{int(images):,} images" if images.isdigit() else "unknown number of images"
    text += f" in {few(seconds)} s" if seconds is not None and seconds < 60 else ""
    text += f" in {int(seconds) // 60}:{int(seconds) % 60:02d} min" if seconds is not None and seconds >= 60 else ""
    text += f", {speed:,.0f} images/s" if speed is not None else ""
    return text + (f"; fine-tuned from `{ancestor[ANCESTOR]}` (checkpoint `{ancestor[ANCESTOR_HASH]}`)" if ancestor else "")


def score_tags(headline: Headline) -> dict[str, str]:
    """Tag with the headline: {"kid_efflite0": "0.0403"}."""
    return {headline.name: number(headline.value)}


def describe_model(kind: str, image_set: str, version: int | str, headline: Headline, run_id: str, is_champion: bool = True) -> str:
    """Description of a registered model: what it is, and the score and picture of the champion, or of the first candidate."""
    return "\n".join(
        [
            f"**{kind}** on the image set **{image_set}**. {'Champion' if is_champion else 'No champion; candidate'}: version {version}, "
            f"{stated(headline)}.",
            "",
            picture(SAMPLES, run_id),
        ]
    )
