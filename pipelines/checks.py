"""Checks before a run, of everything that would otherwise stop it in the middle or mix up its results."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kedro.framework.project import pipelines
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from genlab.engine import portable
from genlab.engine.json_text import json_text
from genlab.errors import InputError
from pipelines.session import Catalog
from pipelines.tracking.run import Run, as_logged
from pipelines.tracking.store import SETTINGS_TAG

if TYPE_CHECKING:  # torch takes a second to import
    from genlab.images.prepared_set import PreparedSet

RUNNER = "SequentialRunner"
DECISIVE = ("model", "images", "seed", "budget", "augmentation", "initial")  # entries of a recipe that decide what is trained


def check(recipes: Mapping[str, Mapping[str, Any]], image_sets: Mapping[str, Mapping[str, Any]]) -> None:
    """Check the description of every recipe against the constructors that it names, and against the kind of its image set.

    Raises:
        ConfigurationError: a class, key or value is wrong, or the recipe cannot learn from sets of this kind.
    """
    from genlab import build
    from genlab.build import ConfigurationError
    from genlab.engine.recipe import Recipe

    for name, entry in recipes.items():
        if not isinstance(entry["model"], Mapping) or "class" not in entry["model"] or "partial" in entry["model"]:
            raise ConfigurationError(f"{name}.model: expected {{class: genlab.recipes...., its arguments}}, got {entry['model']}.")
        build.check(entry, name)
        recipe, named = build.find(entry["model"]["class"], f"{name}.model"), entry["model"]["class"].rpartition(".")[2]
        if not (isinstance(recipe, type) and issubclass(recipe, Recipe)):
            raise ConfigurationError(f"{name}.model.class: {entry['model']['class']} is no recipe. Name one of genlab.recipes.")
        kind = image_sets[entry["images"]]["kind"]
        if kind not in recipe.kinds:
            raise ConfigurationError(
                f"{name}.images: '{entry['images']}' is a set of kind {kind}; {named} learns from one of kind {' or '.join(recipe.kinds)}. "
                "Name another set, or declare its kind otherwise in conf/base/parameters/images.yml."
            )


def check_portable(recipes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Check whether this process computes what the recipes' `compute.portable` states -> recipe: "true" or "false", for the tag.

    Raises:
        NotPinnedError: a recipe wants portable digits, for which this process must be started again.
        InputError: portable digits cannot be had, see genlab.engine.portable.
    """
    for entry in recipes.values():
        portable.resolved(entry["compute"].get("portable", "auto"))  # before torch is imported
    from genlab.build import build

    return {name: str(build(entry["compute"], f"{name}.compute").portable).lower() for name, entry in recipes.items()}


def check_runner(runner: str) -> None:
    """Refuse runners that run nodes at the same time.

    Raises:
        InputError: the runner is none that runs one node after another.
    """
    name = runner.partition(" ")[0].rpartition(".")[2]  # `<kedro.runner.ThreadRunner object at 0x...>` from a session
    if name not in (RUNNER, "None", "NoneType"):
        raise InputError(
            f"--runner: got {name}, expected {RUNNER}, the default. Nodes that run at the same time share torch's random numbers, "
            "so that they would train other weights at each run. Run recipes at the same time as separate commands."
        )


def check_inputs(pipeline: Pipeline, catalog: Catalog) -> None:
    """Check that everything exists that the pipeline reads and does not make.

    Raises:
        InputError: a file is missing; the message has the command that makes it.
    """
    for name in sorted(pipeline.inputs()):
        dataset = None if name.startswith("params:") else catalog.get(name)
        if dataset is None or dataset.exists():
            continue
        maker, reader = maker_of(name), next(node.name for node in pipeline.nodes if name in node.inputs)
        place = dataset._describe().get("filepath", name)
        raise InputError(f"{reader} needs {place}, which does not exist. Make it: `{maker}`, or run without --tags.")


def maker_of(dataset: str) -> str:
    """The command that makes a dataset."""
    owner = dataset.split(".")[0]
    if f"prepare_{owner}" in pipelines:
        return f"kedro run --pipeline=prepare_{owner}"
    nodes = pipelines[owner].nodes if owner in pipelines else []
    tags = {tag for node in nodes if dataset in node.outputs for tag in node.tags}
    return f"kedro run --pipeline={owner}" + "".join(f" --tags={tag}" for tag in sorted(tags))


def settings_of(entry: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a recipe that decide what is trained, flattened, as text."""
    return as_logged({key: entry[key] for key in DECISIVE if key in entry})


def settings_hash(entry: Mapping[str, Any]) -> str:
    """Hash of the parameters that decide what is trained, 16 hexadecimal digits."""
    return hashlib.sha256(json_text(settings_of(entry), sort_keys=True).encode()).hexdigest()[:16]


def check_recorded(name: str, entry: Mapping[str, Any], run: Run) -> None:
    """Check that the checkpoint of a reopened run was trained with the settings of this command.

    Raises:
        InputError: settings differ; the message lists them.
    """
    if run.is_new or run.tags.get(SETTINGS_TAG) in (None, settings_hash(entry)):
        return
    now, then = settings_of(entry), settings_of(run.recorded())
    changed = [key for key in {**then, **now} if then.get(key) != now.get(key)]
    differences = [f"{key} was {then.get(key, 'not set')} and is {now.get(key, 'not set')}" for key in changed]
    raise InputError(
        f"{name}: the checkpoint was trained with other settings than those of this command: {'; '.join(differences)}. "
        "Scores and releases belong to one training: give the settings of the training, or train again."
    )


def check_data(node: Node, inputs: Mapping[str, Any], run: Run) -> str:
    """Return the content hash of the image set that a node uses; "" if it uses none.

    Raises:
        InputError: the checkpoint that the node uses was trained on other images.
    """
    found: list[PreparedSet] = [value for name, value in inputs.items() if name.endswith(".images") and not name.startswith("params:")]
    if not found:
        return ""
    images = found[0]
    if "train" not in node.tags and run.data and run.data != images.content_hash:
        raise InputError(
            f"{node.name}: the image set '{images.name}' has changed since the checkpoint was trained ({run.data[:16]}... then, "
            f"{images.content_hash[:16]}... now). Held-out images of now may be training images of then: train again, or prepare the set "
            "as it was."
        )
    return images.content_hash
