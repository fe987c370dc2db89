"""Where a recipe's `initial` comes from: another recipe of the project, MLflow's registry, or a path."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from genlab.build import suggestion
from pipelines.training.parameters import Initial

if TYPE_CHECKING:  # torch takes a second to import
    from genlab.training.initial import Initial as InitialValues

INITIAL, FROM = "initial", "from"
REGISTERED = "models:/"


def ancestor_of(
    entry: Mapping[str, Any],  # a recipe's parameters
    known: Mapping[str, Any],  # all recipes, by name
) -> str:
    """Name of the recipe of this project whose checkpoint a recipe starts from; "" for a path, a registered model, or no `initial`."""
    initial = entry.get(INITIAL)
    named = initial.get(FROM) if isinstance(initial, Mapping) else None
    return named if isinstance(named, str) and named in known else ""


def wrong_initial(
    name: str,  # of the recipe
    entry: Mapping[str, Any],
    known: Mapping[str, Any],  # all recipes, by name
) -> str:
    """Why a recipe cannot start as its `initial` specifies, as far as its text shows; "" if it can."""
    initial = entry.get(INITIAL)
    if initial is None:
        return ""
    if not isinstance(initial, Mapping) or not isinstance(initial.get(FROM), str) or not initial[FROM]:
        return (
            f"{name}.{INITIAL}: got {initial!r}, expected {{from: ...}}: the name of a recipe, the address of a registered model, e.g. "
            "models:/stylegan2-fashion@champion, or the path of a release or checkpoint; or null for none."
        )
    if initial[FROM] == name:
        return f"{name}.{INITIAL}.{FROM}: got '{name}', the recipe itself, expected another one. Name its release or checkpoint by a path."
    if "/" not in initial[FROM] and "." not in initial[FROM] and initial[FROM] not in known:
        return (
            f"{name}.{INITIAL}.{FROM}: got '{initial[FROM]}', which is no recipe.{suggestion(initial[FROM], known)} Name a recipe, a "
            "registered model as models:/name@alias, or a path with a /, e.g. ./release."
        )
    return ""


def initial_values(
    initial: Initial,
    checkpoint: Mapping[str, Any] | None,  # of the recipe that `from` names; None if it names none
    model: Mapping[str, Any] | None,  # the description of that recipe
) -> "InitialValues":
    """Read the weights that `initial` names.

    Raises:
        InputError: there are none, or they cannot be read.
        TrackingError: MLflow does not answer.
    """
    from genlab.engine.weights import digest
    from genlab.training import initial as values
    from genlab.training import source

    if checkpoint is not None and model is not None:
        found = source.of_checkpoint(checkpoint, digest(checkpoint), model["class"], initial.from_)
    elif initial.from_.startswith(REGISTERED):
        from pipelines.registered_models import resolve

        found = source.read(resolve(initial.from_)[0], initial.from_)
    else:
        found = source.read(initial.from_)
    return values.Initial(found, initial.average, initial.freeze)
