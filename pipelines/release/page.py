"""Texts and tags of MLflow's registry: the page of a registered model, and of its versions."""

from collections.abc import Mapping
from string import Template

from genlab.evaluation.scores import Headline
from genlab.reports.few_digits import stated
from genlab.reports.markdown import number
from pipelines.tracking.description import picture
from pipelines.tracking.sections import short

DESCRIPTION_LIMIT = 5000  # characters, in MLflow's database
SAMPLES = "samples/samples.png"  # path in the run's artifacts


def filled(card: str, facts: Mapping[str, str], **places: str) -> str:
    """Fill in the placeholders of a card, which is an output of the pipeline, and so does not depend on the run."""
    return Template(card).safe_substitute(facts, **places)


def score_tags(headline: Headline, extractor: str) -> dict[str, str]:
    """Tag with the headline under its short name: {"kid": "0.0403"}."""
    return {short(headline.name, extractor): number(headline.value)}


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
