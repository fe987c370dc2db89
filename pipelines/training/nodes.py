"""The node of the training pipeline, an adapter of genlab.training."""

from pathlib import Path
from typing import Any

from pipelines.tracking import Journal
from pipelines.training.parameters import Budget, Initial, Monitoring


def fit(
    model: dict[str, Any],  # a description of a recipe
    budget: Budget,
    augmentation: dict[str, Any] | None,  # a description of a genlab.images.feeding.augment.Augmentation
    compute: dict[str, Any],  # a description of a genlab.engine.compute.Compute
    monitoring: Monitoring,
    seed: int,
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    journal: Journal,
    resumption: Any,  # a genlab.training.state.States
    caches: Path,  # folder of the feature extractor of the cheap score by which the checkpoint is selected
    kept: Path,  # folder of numbered checkpoints
    initial: Initial | None = None,  # which weights to start from; None: the recipe's own
    source: dict[str, Any]
    | None = None,  # the state_dict of the recipe that `initial` names; None if it names a path or a registered model
    source_model: dict[str, Any] | None = None,  # the description of that recipe
) -> tuple[dict[str, Any], Any, Any, dict[str, Any], str]:
    """Train a recipe on a prepared set with genlab.training.fit, and log to MLflow.

    Returns: the recipe's state_dict, with the best score; the history, a DataFrame with one row of mean terms per `log_every` images; a
    picture of its curves; the content of selection.json, see genlab.training.selection and .life; the key of the experiment.
    """
    from functools import partial

    from genlab.evaluation.selection import scorer_of
    from genlab.extractors.efficientnet import EfficientNetLite0
    from genlab.pictures.curves import curves
    from genlab.training import fit, settings
    from pipelines.training.initial import initial_values
    from pipelines.training.reporting import Reporter
    from pipelines.training.resumption import resumption_under_dvc

    frequencies = {**monitoring.model_dump(exclude={"score_samples"}), "resume": resumption_under_dvc(monitoring.resume)}
    length, frequency = settings.Budget(**budget.model_dump()), settings.Monitoring(**frequencies)
    reporter = Reporter(journal, images, budget.images)
    scorer = partial(scorer_of, images=images, extractor=EfficientNetLite0(caches / "extractors"), samples=monitoring.score_samples)
    values = None if initial is None else initial_values(initial, source, source_model)
    trained = fit.fit(model, images, length, seed, augmentation, compute, frequency, resumption, [reporter], scorer, values, kept)
    life = trained.life.to_json()
    selected = ({} if trained.selected is None else trained.selected.to_json()) | ({"life": life} if life else {})
    return trained.recipe.state_dict(), trained.history.frame(), curves(trained.history.rows), selected, trained.key
