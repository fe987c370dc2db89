"""The node of the training pipeline, an adapter of genlab.training."""

from typing import Any

from pipelines.tracking import Journal
from pipelines.training.parameters import Budget, Monitoring


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
) -> tuple[dict[str, Any], Any, Any, str]:
    """Train a recipe on a prepared set with genlab.training.fit, and log to MLflow.

    Returns: the recipe's state_dict; the history, a DataFrame with one row of mean terms per `log_every` images; a picture of its curves;
    the key of the experiment.
    """
    from genlab.pictures.curves import curves
    from genlab.training import fit, settings
    from pipelines.training.reporting import Reporter

    length, frequency = settings.Budget(**budget.model_dump()), settings.Monitoring(**monitoring.model_dump())
    trained = fit.fit(model, images, length, seed, augmentation, compute, frequency, resumption, [Reporter(journal, images, budget.images)])
    return trained.recipe.state_dict(), trained.history.frame(), curves(trained.history.rows), trained.key
