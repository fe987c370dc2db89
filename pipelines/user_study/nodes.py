"""Nodes of the pipeline of a study, adapters of genlab.study and genlab.reports."""

import logging
from collections.abc import Mapping
from typing import Any

logger = logging.getLogger(__name__)


def make(
    entry: Mapping[str, Any],  # `user_study` in the parameters
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    *artefacts: Mapping[str, bytes],  # files of the models' releases
) -> Any:
    """Make the images of a study, and design it. Returns a genlab.study.design.Made."""
    from genlab.study.design import designed
    from genlab.study.material import gathered, released
    from genlab.study.settings import settings_of

    settings = settings_of(entry)
    releases = dict(zip(settings.models, map(released, artefacts), strict=True))
    return designed(settings, gathered(settings, releases, images))


def analyse(
    study: tuple[Mapping[str, Any], Mapping[str, Any]],  # study.json and study_key.json
    answers: Mapping[str, bytes],  # file name -> content
) -> tuple[dict[str, Any], str, str, Any]:
    """Analyse all answers -> results, report as HTML, report as Markdown, plot."""
    from genlab.reports.study import markdown
    from genlab.reports.study_page import page
    from genlab.reports.study_plot import plot
    from genlab.study.analysis import analysed

    results = analysed(*study, answers)
    for name, reason in results["skipped"].items():
        logger.error("%s is left out: %s", name, reason)
    picture = plot(results)
    return results, page(results, picture), markdown(results, "ranking.png"), picture
