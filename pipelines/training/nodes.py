"""The node that trains."""

import logging
from typing import Any

from pipelines.tracking import Journal
from pipelines.training.interruption import Interrupted, stop_request
from pipelines.training.parameters import Budget, Monitoring
from pipelines.training.resumption import ResumeFolder

logger = logging.getLogger(__name__)


def fit(
    model: dict[str, Any],  # a description of a recipe
    budget: Budget,
    augmentation: dict[str, Any] | None,  # a description of a genlab.images.augment.Augmentation
    compute: dict[str, Any],  # a description of a genlab.compute.Compute
    monitoring: Monitoring,
    seed: int,
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    journal: Journal,
    resumption: ResumeFolder,
) -> tuple[dict[str, Any], Any, Any, str]:
    """Train a recipe on the images of a set, from its last saved state if it was stopped.

    Returns: the recipe's state_dict; a DataFrame, a row of mean terms every `log_every` images; the same as a picture; the
    experiment's key, whose saved state may now be forgotten.

    Raises:
        Interrupted: by Ctrl-C or SIGTERM, after saving; the same call goes on from there.
        NonFiniteLossError: a term is NaN or infinite; the last saved state is kept.
        InputError: the images do not fit the model, or the description is wrong.
    """
    from genlab.build import build
    from genlab.engine import Stream, finite, train, weight_sums
    from genlab.health import Watch
    from genlab.images.stream import ImageSource
    from genlab.labels import check_classes
    from genlab.pictures import curves, sample_sheet
    from genlab.seeding import seed_everything
    from pipelines.training.history import History
    from pipelines.training.progress import Progress

    place = build(compute, "compute")
    settings = {"model": model, "augmentation": augmentation, "seed": seed, "budget": budget.model_dump(), "compute": place.settings()}
    key = resumption.key(settings | {"log_every": monitoring.log_every}, images.content_hash)
    seed_everything(seed)
    recipe = place.place(build(model, "model"), budget.images)
    augment = build(augmentation, "augmentation")
    source = ImageSource(images, budget.batch_size, seed, augment, place.workers, place.device, place.channels_last, budget.sampling)
    recipe.use(place.precision)
    check_classes(recipe.classes, images.classes, images.name)
    recipe.check(next(source.batches(0)))
    with resumption.locked(key) as state, stop_request() as stop:
        saved = state.load(place.device)
        history = History(monitoring.log_every)
        seen = 0
        if saved:
            recipe.load_training_state(saved["training"])
            history.load_state_dict(saved["history"])
            seen = saved["images"]
            journal.resumed(saved["run"], seen, history.rows)
        stream = Stream(source, saved["position"] if saved else 0)

        def save() -> None:
            finite(weight_sums(recipe), seen)  # a bad step shows in the next turn's terms only: never save it over a good state
            state.save(
                {
                    "training": recipe.training_state(),
                    "history": history.state_dict(),
                    "images": seen,
                    "position": stream.position,
                    "run": journal.run.id,
                }
            )

        def draw() -> None:
            journal.picture("samples", sample_sheet(recipe, images, place.device), seen)

        if not saved:
            recipe.at(0.0)
            draw()
        watch = Watch(history.rows)
        progress = Progress(seen, budget.images)
        for turn in progress.watch(train(recipe, stream, seen, budget.images, budget.batch_size, seed, place.precision)):
            before, seen = seen, turn.images
            if row := history.add(turn):
                journal.metrics(row | {"images_per_second": progress.images_per_second}, seen)
                for finding in watch.new():
                    logger.warning("After %s images: %s.", f"{seen:,}", finding.message)
                    journal.tag({f"health.{finding.name}": f"since {seen:,} images: {finding.message}"})
            if crossed(monitoring.pictures_every, before, seen):
                draw()
            if crossed(monitoring.checkpoint_every, before, seen):
                save()
            if stop.signal:
                save()
                raise Interrupted(stop.signal, seen, budget.images)
        if seen < budget.images:
            logger.info("Nothing more to learn after %s of %s images.", f"{seen:,}", f"{budget.images:,}")
        finite(weight_sums(recipe), seen)
        journal.finished(progress.summary(), seen)
    checkpoint = {name: tensor.detach().cpu().contiguous() for name, tensor in recipe.state_dict().items()}
    return checkpoint, history.frame(), curves(history.rows), key


def crossed(every: int, before: int, now: int) -> bool:
    """Whether a multiple of `every` lies in (before, now]."""
    return now // every > before // every
