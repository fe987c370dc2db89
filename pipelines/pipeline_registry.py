"""Register one pipeline per recipe, per family and per image set in conf/."""

import re
import zlib
from collections.abc import Collection, Mapping
from functools import partial, update_wrapper
from typing import Any, get_args

from kedro.pipeline import Node, Pipeline

from genlab.build import suggestion
from genlab.errors import InputError
from genlab.study.settings import settings_of
from pipelines import comparison, data_preparation, evaluation, fetching, release, seeds, session, theory, training, user_study
from pipelines.comparison.parameters import COMPARE
from pipelines.comparison.parameters import wrong_entry as wrong_comparison
from pipelines.configuration import FAMILIES, image_sets, recipes
from pipelines.data_preparation.declaration import ImageSet
from pipelines.fetching.parameters import FETCH
from pipelines.fetching.parameters import wrong_entry as wrong_fetching
from pipelines.loader import WrongEntry
from pipelines.names import taken, wrong_form
from pipelines.seeds import parameters as of_seeds
from pipelines.seeds.parameters import SEEDS
from pipelines.theory.parameters import THEORY, chosen, wrong_entry
from pipelines.tracking.pipeline import SYNC
from pipelines.tracking.pipeline import create_pipeline as tracking_pipeline
from pipelines.training.initial import INITIAL, ancestor_of, wrong_initial
from pipelines.user_study.parameters import USER_STUDY
from pipelines.user_study.parameters import wrong_entry as wrong_study

DEFAULT = "cyclegan"
REFUSED = "refused"
STAGES = ("prepare", "train", "evaluate", "release", "measure", "page", "make", "analyse")  # tags of nodes; of the theory, of a study
KINDS = get_args(ImageSet.model_fields["kind"].annotation)


def register_pipelines() -> dict[str, Pipeline]:
    """Map pipeline names to pipelines: `prepare_<set>`, `<recipe>`, `<family>` (all of its recipes), `compare`, `fetch`, `seeds`,
    `theory`, `user_study`, `sync_tracking` and `__default__` (CycleGAN).

    The pipeline of a wrong entry raises an InputError when it is run; all others stay usable.
    """
    parameters_of_all = session.current().parameters  # read only once: outside a session this reads all of conf/
    declared, described = image_sets(parameters_of_all), recipes(parameters_of_all)
    names = [*declared, *described]
    preparations = {str(name): preparation(name, declaration, names) for name, declaration in declared.items()}
    prepared = {f"prepare_{name}": pipeline for name, pipeline in preparations.items()}
    of_recipes = {
        str(name): refused(name, f"{name}: {wrong}")
        if (wrong := wrong_form(name, "a recipe") or taken(name, names, [*prepared, SYNC, COMPARE, FETCH, SEEDS, THEORY, USER_STUDY]))
        else of_entry(name, parameters, preparations, described)
        for name, parameters in described.items()
    }
    of_others = {
        str(name): refused(name, f"{name}: got {value.value!r}, expected a mapping. Write its settings below it, or remove it.")
        for name, value in parameters_of_all.items()
        if isinstance(value, WrongEntry)
    }
    pipelines = prepared | of_recipes | of_others | {SYNC: tracking_pipeline()}
    if FETCH in parameters_of_all:
        pipelines[FETCH] = of_fetching(parameters_of_all[FETCH])
    if THEORY in parameters_of_all:
        pipelines[THEORY] = of_theory(parameters_of_all[THEORY])
    if USER_STUDY in parameters_of_all:
        pipelines[USER_STUDY] = of_study(parameters_of_all[USER_STUDY], described)
    if COMPARE in parameters_of_all:
        pipelines[COMPARE] = of_comparison(parameters_of_all[COMPARE], declared, described)
    if SEEDS in parameters_of_all:
        pipelines[SEEDS] = of_replicas(parameters_of_all[SEEDS], described, preparations, of_recipes)
    families = {
        family: sum((pipelines[str(name)] for name, parameters in described.items() if parameters.get("family") == family), Pipeline([]))
        for family in FAMILIES
    }
    pipelines |= {name: pipeline for name, pipeline in families.items() if pipeline.nodes and name not in pipelines}
    return pipelines | {"__default__": pipelines[DEFAULT] if DEFAULT in pipelines else Pipeline([])}


def of_entry(
    name: str,
    parameters: Mapping[str, Any],
    preparations: Mapping[str, Pipeline],
    described: Mapping[str, Mapping[str, Any]],  # all recipes -> their parameters
) -> Pipeline:
    """Pipeline of a recipe's entry, with the preparation of its image set; of a wrong entry, one that says what is wrong."""
    images, family = str(parameters.get("images")), parameters.get("family")
    if images not in preparations:
        return refused(
            name,
            f"{name}.images: '{images}' is not an image set.{suggestion(images, preparations)} Declared under 'images' in conf/base and "
            f"conf/local (which DVC's stages do not read): {', '.join(preparations)}.",
        )
    if family not in (None, *FAMILIES):
        expected = f"one of {', '.join(FAMILIES)}, or no `family` at all.{suggestion(str(family), FAMILIES)}"
        return refused(name, f"{name}.family: got '{family}', expected {expected}")
    if wrong := wrong_initial(name, parameters, described):
        return refused(name, wrong)
    if is_refused(preparations[images]):
        return preparations[images]
    return preparations[images] + of_recipe(name, images, bool(parameters.get(INITIAL)), ancestor_of(parameters, described))


def of_replicas(
    entry: Any,  # `seeds` in the parameters
    described: Mapping[str, Mapping[str, Any]],  # recipe -> its parameters
    preparations: Mapping[str, Pipeline],
    of_recipes: Mapping[str, Pipeline],
) -> Pipeline:
    """Pipeline of a recipe under several seeds, with the preparation of its images; of a wrong entry, one that says what is wrong."""
    if wrong := of_seeds.wrong_entry(entry, described):
        return refused(SEEDS, wrong)
    recipe = entry["recipe"]
    if is_refused(of_recipes[recipe]):
        return of_recipes[recipe]
    images = str(described[recipe]["images"])
    initial, ancestor = bool(described[recipe].get(INITIAL)), ancestor_of(described[recipe], described)
    return preparations[images] + seeds.create_pipeline(recipe, images, of_seeds.chosen(entry), initial, ancestor)


def of_fetching(entry: Any) -> Pipeline:
    """Pipeline that fetches a data set; of a wrong entry, one that says what is wrong."""
    if wrong := wrong_fetching(entry):
        return refused(FETCH, wrong)
    for name in entry["sets"]:
        if wrong := wrong_form(name, "a data set"):
            return refused(FETCH, f"{FETCH}.sets: {wrong}")
    return fetching.create_pipeline()


def of_theory(entry: Any) -> Pipeline:
    """Pipeline that measures the claims of the theory; of a wrong entry, one that says what is wrong."""
    wrong = wrong_entry(entry)
    return refused(THEORY, wrong) if wrong else theory.create_pipeline(chosen(entry))


def of_study(entry: Any, recipes: Mapping[Any, Mapping[str, Any]]) -> Pipeline:
    """Pipeline that makes and analyses a study; of a wrong entry, one that says what is wrong."""
    entry = entry.value if isinstance(entry, WrongEntry) else entry
    wrong = wrong_study(entry, recipes)
    return refused(USER_STUDY, wrong) if wrong else user_study.create_pipeline(settings_of(entry))


def of_comparison(entry: Any, sets: Mapping[str, Any], recipes: Mapping[str, Mapping[str, Any]]) -> Pipeline:
    """Pipeline that compares scored recipes; of a wrong entry, one that says what is wrong."""
    wrong = wrong_comparison(entry, sets, recipes)
    return refused(COMPARE, wrong) if wrong else comparison.create_pipeline(entry["images"])


def refused(name: object, message: str) -> Pipeline:
    """Pipeline of a wrong entry: one node that raises an InputError, so that all other pipelines stay usable."""
    label = f"{REFUSED}_{re.sub(r'[^A-Za-z0-9]', '_', str(name))}_{zlib.crc32(str(name).encode()):08x}"  # any name gives a valid one
    node = Node(update_wrapper(partial(refuse, message), refuse), None, label, name=label, tags=[REFUSED, *STAGES])
    return Pipeline([node])


def is_refused(pipeline: Pipeline) -> bool:
    """Whether a pipeline is that of a wrong entry."""
    return any(REFUSED in node.tags for node in pipeline.nodes)


def refuse(message: str) -> None:
    """Raise an InputError with the message."""
    raise InputError(message)


def preparation(
    image_set: str,
    declaration: Any,
    names: Collection[object],  # of all image sets and recipes
) -> Pipeline:
    """Pipeline that prepares one image set, in the namespace of the set; of a wrong name or declaration, one that says what is wrong."""
    wrong = wrong_form(image_set, "an image set") or taken(image_set, names, ())
    if wrong:
        return refused(image_set, f"images.{image_set}: {wrong}")
    if not isinstance(declaration, dict):
        return refused(image_set, f"images.{image_set}: got {declaration!r}, expected a mapping with `kind`, `source` and `size`.")
    kind = declaration.get("kind")
    if kind not in KINDS:
        return refused(
            image_set, f"images.{image_set}.kind: got {kind!r}, expected one of {', '.join(KINDS)}.{suggestion(str(kind), KINDS)}"
        )
    return Pipeline(
        data_preparation.create_pipeline(),
        namespace=image_set,
        inputs={"expectations": f"{kind}_expectations", "project": "project"},
        parameters={"params:image_set": f"params:images.{image_set}"},
        prefix_datasets_with_namespace=True,
    )


def of_recipe(
    name: str,
    image_set: str,
    initial: bool = False,  # whether it has a key `initial`
    ancestor: str = "",  # the recipe that it starts from
) -> Pipeline:
    """Pipeline that trains, evaluates and releases one recipe, in its namespace. Other recipes may share its image set."""
    stages = training.create_pipeline(initial, bool(ancestor)) + evaluation.create_pipeline() + release.create_pipeline()
    shared = {"images": f"{image_set}.images", "caches": "caches", "studies": "studies"}
    parameters = {"params:image_set": f"params:images.{image_set}", "params:evaluation": "params:evaluation"}
    if ancestor:
        shared["source"], parameters["params:source_model"] = f"{ancestor}.checkpoint", f"params:{ancestor}.model"
    return Pipeline(stages, namespace=name, inputs=shared, parameters=parameters)
