"""Training of a recipe on a prepared image set: build, resume, log, save, stop."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from genlab.build import build
from genlab.engine.compute import Compute
from genlab.engine.memory import reused
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything
from genlab.errors import InputError
from genlab.images.feeding.augment import Augmentation
from genlab.images.prepared_set import PreparedSet
from genlab.networks.labels import check_classes
from genlab.training import divided
from genlab.training.choices import chosen
from genlab.training.events import Callback
from genlab.training.group import group
from genlab.training.history import History
from genlab.training.initial import Initial, start
from genlab.training.interruption import stop_request
from genlab.training.job import TrainingJob
from genlab.training.kept import Kept
from genlab.training.life import Life
from genlab.training.resumption import Description, experiment_of, saved_state
from genlab.training.selection import MakeScorer, Selected, Selection
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import Experiment, SavedState, States
from genlab.training.training import Training
from genlab.training.trial import Trial


class Trained(NamedTuple):
    """The result of a training."""

    recipe: Recipe  # with the best weights if they were scored, see Monitoring.keep; else with the last ones
    model: Recipe | Description  # the argument of `fit`
    history: History
    key: str  # of the experiment, and of its saved state
    selected: Selected | None = None  # the best and the last score; None without scores
    life: Life = Life()  # other budgets, and warm restarts


def fit(
    model: Recipe | Description,  # with `states`, a description is required
    images: PreparedSet,
    budget: Budget,
    seed: int = 0,
    augmentation: Augmentation | Description | None = None,
    compute: Compute | Description | None = None,
    monitoring: Monitoring | None = None,
    states: States | None = None,  # where the state of a stopped training is saved; None: it is not saved
    callbacks: Sequence[Callback] = (),
    scorer: MakeScorer | None = None,  # makes the score by which the best weights are selected; None: the last weights are the result
    initial: Initial | None = None,  # weights of an earlier training to start from (fine-tuning); None: the recipe's own
    kept: Path | None = None,  # folder of numbered checkpoints, which stay, with `states` only; None: there are none
    launched: bool = False,  # whether the processes of all devices have been launched
) -> Trained:
    """Train a recipe on the training images of a set, continuing from the last saved state if there is one.

    If the only difference to a saved training is its budget, that training is continued: a larger budget trains it longer, and a budget of
    as many images as it has seen returns it as it is.

    With a scorer, the result has the weights with the best score. Scores do not change the training: the last weights are the same
    without them.

    A training that is stopped and continued gives bit for bit the same result as an uninterrupted one. With `states`, the state of a
    complete training stays: the same call returns its result without training again.

    Raises:
        Interrupted: Ctrl-C or SIGTERM was received; the state is saved, and the same call continues from there.
        NonFiniteLossError: a term is NaN or infinite, and no warm restart is left; the last saved state is kept.
        InputError: the budget is below the number of images seen, the images do not fit the model, the description is wrong, or a state
            cannot be saved or found.
    """
    if kept is not None and states is None:
        raise InputError(f"kept: got {kept} without `states`, expected both: a checkpoint is in the folder of its experiment's key.")
    settings: Compute = build(compute, "compute") if compute is not None else Compute()
    if settings.devices > 1 and not launched:
        divided.check_batch_size(settings, budget.batch_size)
        with group(TrainingJob.of(model, images, budget, seed, augmentation, settings)):
            arguments = (model, images, budget, seed, augmentation, compute, monitoring, states, callbacks, scorer, initial, kept)
            return fit(*arguments, launched=True)
    settings.on_rank()
    monitoring = monitoring or Monitoring()
    seed_everything(seed)
    recipe: Recipe = settings.prepare(build(model, "model"))
    selection = Selection(
        scorer(recipe) if scorer and monitoring.scores_every else None, monitoring.scores_every, monitoring.patience, monitoring.keep
    )
    experiment = experiment_of(model, augmentation, settings, budget, monitoring, seed, images, states, selection.scorer, initial)
    divided.divide(recipe, settings, budget.batch_size)
    recipe.use(settings.precision)
    check_classes(recipe.classes, images.classes, images.name)
    augment = build(augmentation, "augmentation")
    recipe.check(next(divided.source_of(images, budget, seed, augment, settings, may_stay=False).batches(0)))
    with locked(states, experiment) as state, stop_request() as stop, reused():
        saved = saved_state(states, state, experiment, monitoring.resume, settings, budget)
        if settings.format_is_open or settings.compilation_is_open:
            settings = chosen(Trial(recipe, model, images, budget, seed, augmentation), settings, saved)
            settings.prepare(recipe)
        source = divided.source_of(images, budget, seed, augment, settings)
        training = Training(recipe, source, budget, monitoring, seed, settings, experiment, state, callbacks, selection)
        training.kept = None if kept is None else Kept(kept, experiment.key, model)
        if initial is not None:
            training.begin(start(recipe, initial, is_new=saved is None), saved is None)
        training.resume(saved)
        training.run(stop)
    selection.select(recipe)
    return Trained(recipe, model, training.history, experiment.key, selection.selected(), training.life)


@contextmanager
def locked(states: States | None, experiment: Experiment) -> Iterator[SavedState | None]:
    """Context manager that locks the saved state of an experiment for this process; yields None if no states are kept."""
    if states is None:
        yield None
        return
    with states.locked(experiment.key) as state:
        yield state
