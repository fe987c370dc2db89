"""Decides whether a stopped training is continued, and reports the differences if it is not."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from genlab.engine.compute import Compute
from genlab.engine.json_text import json_text
from genlab.engine.precision import device_of_states
from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.images.feeding.augment import Augmentation
from genlab.images.prepared_set import PreparedSet
from genlab.training.code import classes_in, code_of
from genlab.training.extension import check_budget, continued, differs_in_code
from genlab.training.initial import Initial
from genlab.training.selection import Scorer
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import Experiment, SavedState, States, Stopped

EXACT = "exact"  # value of `monitoring.resume`: only a training with the same settings is continued
FIT = "genlab.training.fit"  # every training depends on the imports of this module
Description = Mapping[str, Any]  # {class: ..., its arguments}, see genlab.build

logger = logging.getLogger(__name__)


def experiment_of(
    model: Recipe | Description,
    augmentation: Augmentation | Description | None,
    computing: Compute,
    budget: Budget,
    monitoring: Monitoring,
    seed: int,
    images: PreparedSet,
    states: States | None,
    scorer: Scorer | None = None,
    initial: Initial | None = None,
) -> Experiment:
    """Collect everything that determines the result of a training.

    Raises:
        InputError: states are to be saved, but the model or augmentation is an object, which cannot be compared, not a description.
    """
    for name, given in (("model", model), ("augmentation", augmentation)):
        if states is not None and given is not None and not isinstance(given, Mapping):
            raise InputError(
                f"{name}: got a {type(given).__name__}, expected its description, {{class: ..., its arguments}}, since a resumed training "
                "must be compared with the stopped one. Give the description, or leave out `states`."
            )
    settings = {"model": model, "augmentation": augmentation, "seed": seed, "budget": vars(budget), "compute": computing.settings()}
    settings["log_every"] = monitoring.log_every
    if initial is not None:
        settings["initial"] = initial.settings()
    if monitoring.restarts:  # they begin at multiples of `checkpoint_every`
        names = ("restarts", "restart_factor", "checkpoint_every")
        settings["restarts"] = {name: getattr(monitoring, name) for name in names}
    scored: list[str] = []
    if scorer is not None:  # `keep` is missing: it only chooses between the best and the last weights, and the state has both
        settings["selection"] = {**scorer.settings(), "every": monitoring.scores_every, "patience": monitoring.patience}
        scored = [type(scorer).__module__]
    code = code_of([FIT, *classes_in(model), *classes_in(augmentation), *scored]) if states is not None else {}
    comparable = json.loads(json_text(settings, default=str)) if states is not None else {}  # equal to what is read back from JSON
    return Experiment(comparable, images.content_hash, code)


def saved_state(
    states: States | None,
    state: SavedState | None,
    experiment: Experiment,
    resume: str,  # key of another experiment to continue; "": one that differs in its budget only; EXACT: none
    computing: Compute,
    budget: Budget,
) -> dict[str, Any] | None:
    """Return the state to continue from, or None to train from the beginning; warns if a different training was stopped.

    The state of a training under another budget has its budget in images as the entry `former`.

    Raises:
        InputError: `resume` is not the key of a stopped training, that training has another batch size, or it has seen more images than
            the budget.
    """
    if states is None or state is None:
        if resume not in ("", EXACT):
            raise InputError(f"monitoring.resume: got '{resume}', but no folder of states is given. Give `states`.")
        return None
    device = device_of_states(computing.device)
    saved = state.load(device)
    others = {each.experiment.key: each for each in states.stopped() if each.experiment.key != experiment.key}
    if saved is None and not resume:
        resume = continued(experiment, others, budget)
        if resume:
            return loaded(states, resume, others[resume], budget, device)
    if saved is not None or resume in ("", EXACT):
        if saved is None:
            warn_of_stopped(experiment, others)
            for folder in states.undescribed():
                logger.warning("%s contains a stopped training saved by an earlier version, which this version cannot continue.", folder)
        return saved
    if resume not in others:
        known = ", ".join(f"{key} ({each.images:,} images)" for key, each in others.items()) or "none"
        raise InputError(f"monitoring.resume: got '{resume}', expected the key of a stopped training in {states.folder}: {known}.")
    batch_sizes = [each.settings["budget"]["batch_size"] for each in (others[resume].experiment, experiment)]
    if len(set(batch_sizes)) > 1:
        raise InputError(
            f"monitoring.resume: the stopped training {resume} has batches of {batch_sizes[0]}, this one of {batch_sizes[1]}; expected the "
            "same, since the place in the data is counted in batches. Set `budget.batch_size` back."
        )
    differences = "; ".join(experiment.differences(others[resume].experiment))
    logger.warning("Continuing %s after %s images, as requested. It differs in %s.", resume, f"{others[resume].images:,}", differences)
    check_budget(others[resume].images, budget)
    return loaded(states, resume, others[resume], budget, device)


def loaded(states: States, key: str, stopped: Stopped, budget: Budget, device: Any) -> dict[str, Any]:
    """Load the state of another experiment; its entry `former` is the former budget in images, if that differs."""
    with states.locked(key) as other:
        state = other.load(device)
    assert state is not None  # `States.stopped` lists only trainings that have one
    former = stopped.experiment.settings["budget"]["images"]
    return state if former == budget.images else {**state, "former": former}


def warn_of_stopped(experiment: Experiment, others: Mapping[str, Stopped]) -> None:
    """Warn that an unfinished training is not continued, with the reason and how to continue it."""
    continuable = {key: each for key, each in others.items() if not each.finished or differs_in_code(experiment, each.experiment)}
    for key, stopped in list(continuable.items())[:1]:  # the most recent one
        logger.warning(
            "A training that %s after %s images is not continued; this one starts from 0. It differs in %s. To continue the "
            "%s one, undo these changes, or keep them and set `monitoring.resume` to %s.",
            "was complete" if stopped.finished else "was stopped",
            f"{stopped.images:,}",
            "; ".join(experiment.differences(stopped.experiment)),
            "complete" if stopped.finished else "stopped",
            key,
        )
