"""Nodes of the seeds pipeline, adapters of genlab.evaluation.spread and genlab.reports."""

from collections.abc import Mapping
from typing import Any

from pipelines.training.parameters import Budget


def in_turn(
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    before: Mapping[str, Any],  # scores of the previous seed
) -> Any:
    """Hand on the prepared set once the previous seed has its scores, so that seeds are finished one after another."""
    return images


def spread(
    model: dict[str, Any],  # the recipe's description
    image_set: str,
    budget: Budget,
    augmentation: dict[str, Any] | None,
    compute: dict[str, Any],
    evaluation: dict[str, Any],  # a description of genlab.evaluation.settings.Settings
    chosen: dict[str, Any],  # the entry `seeds`
    *results: Any,  # content of the metrics.json of each seed, then the sheet of samples of each seed
) -> tuple[dict[str, Any], str, str, Any]:
    """Summarise the scores of all seeds -> (content of spread.json, table in Markdown, page in HTML, sheet of samples of all seeds)."""
    from genlab.evaluation.scores import Evaluation
    from genlab.evaluation.spread import Replicate, SeedSpread
    from genlab.pictures.mosaic import titled
    from genlab.reports.seeds_page import page, table
    from pipelines.seeds.parameters import chosen as seeds_of

    seeds = seeds_of(chosen)
    metrics, samples = results[: len(seeds)], results[len(seeds) :]
    settings = {"model": model, "budget": budget.model_dump(), "augmentation": augmentation, "compute": compute, "evaluation": evaluation}
    replicates = [Replicate(seed, settings, Evaluation.from_json(each)) for seed, each in zip(seeds, metrics, strict=True)]
    found = SeedSpread.of(chosen["recipe"], image_set, replicates)
    sheet = titled({f"trained with seed {seed}": picture for seed, picture in zip(seeds, samples, strict=True)})
    return found.to_json(), table(found), page(found, sheet), sheet
