"""Pipeline that trains and evaluates a recipe under several seeds."""

import itertools
from collections.abc import Sequence

from kedro.pipeline import Node, Pipeline

from pipelines import evaluation, training
from pipelines.evaluation.parameters import EVALUATION
from pipelines.seeds.nodes import in_turn, spread
from pipelines.seeds.parameters import SEEDS, group, replica


def create_pipeline(
    recipe: str,
    image_set: str,
    seeds: Sequence[int],
    initial: bool = False,  # whether the recipe has a key `initial`
    ancestor: str = "",  # the recipe that this names, whose checkpoint all seeds start from; "" if it names none
) -> Pipeline:
    """Prepared images -> checkpoint, history and scores of each seed, one seed after another -> their spread.

    The nodes of a seed are those of the recipe's own pipeline, so that a seed's result is that of the recipe with this seed.
    """
    stages, names = (
        training.create_pipeline(initial, bool(ancestor)) + evaluation.create_pipeline(),
        [replica(recipe, seed) for seed in seeds],
    )
    images = [f"{image_set}.images", *(f"{name}.images" for name in names[1:])]
    shared = {"caches": "caches"} | ({"source": f"{ancestor}.checkpoint"} if ancestor else {})
    pipelines = [
        Pipeline(stages, namespace=name, inputs={"images": place, **shared}, parameters=parameters_of(stages, recipe, name, ancestor))
        for place, name in zip(images, names, strict=True)
    ]
    turns = [
        Node(in_turn, [images[0], f"{before}.metrics"], f"{name}.images", name="in_turn", namespace=name, tags=["train", "evaluate"])
        for before, name in itertools.pairwise(names)
    ]
    own = [f"params:{recipe}.{key}" for key in ("model", "images", "budget", "augmentation", "compute")]
    inputs = [*own, f"params:{EVALUATION}", f"params:{SEEDS}", *(f"{name}.metrics" for name in names)]
    outputs = [f"{group(recipe)}.{kind}" for kind in ("spread", "table", "page", "sheet")]
    summary = Node(
        spread, [*inputs, *(f"{name}.samples" for name in names)], outputs, name="spread", namespace=group(recipe), tags="evaluate"
    )
    return sum(pipelines, Pipeline([*turns, summary]))


def parameters_of(stages: Pipeline, recipe: str, name: str, ancestor: str = "") -> dict[str, str]:
    """Name -> name in the parameters: those of the recipe, but the seed of the replica with this namespace."""
    own = {"seed": f"params:{name}.seed", EVALUATION: f"params:{EVALUATION}", "source_model": f"params:{ancestor}.model"}
    keys = sorted(each.removeprefix("params:") for each in stages.inputs() if each.startswith("params:"))
    return {f"params:{key}": own.get(key, f"params:{recipe}.{key}") for key in keys}
