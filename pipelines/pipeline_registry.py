"""Register one pipeline per recipe, per family and per image set in conf/."""

from kedro.pipeline import Pipeline

from genlab.errors import InputError
from pipelines import data_preparation, evaluation, release, session, training
from pipelines.configuration import FAMILIES, image_sets, recipes

DEFAULT = "cyclegan"


def register_pipelines() -> dict[str, Pipeline]:
    """Map pipeline names to pipelines: `prepare_<set>`, `<recipe>`, `<family>` (all of its recipes) and `__default__` (CycleGAN).

    Raises:
        InputError: a recipe names an image set that is not declared, or an unknown family.
    """
    parameters_of_all = session.current().parameters  # read only once: outside a session this reads all of conf/
    declared, described = image_sets(parameters_of_all), recipes(parameters_of_all)
    preparations = {name: preparation(name, declaration["kind"]) for name, declaration in declared.items()}
    pipelines = {f"prepare_{name}": pipeline for name, pipeline in preparations.items()}
    for name, parameters in described.items():
        if parameters.get("images") not in preparations:
            raise InputError(
                f"{name}.images: '{parameters.get('images')}' is not an image set. Declared in conf/base/parameters/images.yml: "
                f"{', '.join(preparations)}."
            )
        if parameters.get("family") not in (None, *FAMILIES):
            raise InputError(f"{name}.family: got '{parameters['family']}', expected one of {', '.join(FAMILIES)}, or no `family` at all.")
        pipelines[name] = preparations[parameters["images"]] + of_recipe(name, parameters["images"])
    families = {
        family: sum((pipelines[name] for name, parameters in described.items() if parameters.get("family") == family), Pipeline([]))
        for family in FAMILIES
    }
    pipelines |= {name: pipeline for name, pipeline in families.items() if pipeline.nodes}
    return pipelines | {"__default__": pipelines[DEFAULT] if DEFAULT in pipelines else Pipeline([])}


def preparation(image_set: str, kind: str) -> Pipeline:
    """Pipeline that prepares one image set, in the namespace of the set."""
    return Pipeline(
        data_preparation.create_pipeline(),
        namespace=image_set,
        inputs={"expectations": f"{kind}_expectations", "project": "project"},
        parameters={"params:image_set": f"params:images.{image_set}"},
        prefix_datasets_with_namespace=True,
    )


def of_recipe(name: str, image_set: str) -> Pipeline:
    """Pipeline that trains, evaluates and releases one recipe, in its namespace. Other recipes may share its image set."""
    stages = training.create_pipeline() + evaluation.create_pipeline() + release.create_pipeline()
    shared = {"images": f"{image_set}.images", "extractor": "extractor", "classifiers": "classifiers"}
    return Pipeline(stages, namespace=name, inputs=shared)
