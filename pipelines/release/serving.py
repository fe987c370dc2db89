"""How a release is served: its MLflow adapter, the requests it takes, and their description on the model card."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from genlab.errors import InputError

Facts = dict[str, Any]  # content of release.json
FACTS = "release.json"
ANY = "any"  # MLflow's other types change values before the model can check them: 7.5 and true become 7 and 1
MOST_NAMED = 20  # classes named on the card
TYPES = {str: "string", float: "double", int: "long"}  # MLflow's, by the type of a default
COLOURS = {1: "grey", 3: "RGB"}  # by number of channels
TRUNCATIONS = {  # what is truncated -> description of the param on the card
    "latents": "`truncation` bounds these (0: no bound)",  # JSON has no infinity
    "styles": "the noise comes from the seed, too. `truncation` is psi: 1 as trained; lower gives more typical, less varied images, "
    "nearer to the mean style",
}


class Serving(NamedTuple):
    """How a release is served. A response has one column `image` of PNG files, or the columns of its operation."""

    file: Path  # the MLflow adapter, which pipelines.release.shipping copies into the version
    column: tuple[str, str]  # the required column of a request: name, MLflow's type, or "any" for values that the served code checks itself
    params: tuple[tuple[str, str, Any], ...]  # the optional params of a request: name, MLflow's type, default
    example: Callable[[Any], list[Any]]  # a genlab.images.prepared_set.PreparedSet -> example values of the column
    sentence: str  # description of requests and responses for the card, in Markdown
    others: tuple[str, ...] = ()  # columns that a request can have instead of the first
    answers: tuple[str, ...] = ()  # columns that an answer can have instead of `image`


def translator(facts: Facts) -> Serving:
    """Serving of a recipe that translates images."""
    from genlab.serving.directions import named_directions
    from genlab.serving.images import png

    directions, (height, width) = facts["directions"], facts["training_size"]
    return Serving(
        file=Path(__file__).with_name("served_translator.py"),
        column=("image", ANY),
        params=(
            ("direction", "string", directions[0]),
            ("tile", "long", 0),  # px; 0: chosen by memory
            *((("seed", "long", 0),) if facts["noise"] else ()),
        ),
        example=lambda images: [png(images.images[0])],
        sentence=f"Translates {', '.join(map(called, named_directions(facts).items()))}: takes images of any size, "
        f"trained at {height} x {width} px, {COLOURS[facts['channels']]}. Large images are cut into tiles: `tile` is their side in px, "
        f"a multiple of {facts['stride']} (0: chosen by memory)." + "".join(f" {each}" for each in how_it_samples(facts)),
    )


def called(direction: tuple[str, str]) -> str:
    """A direction and its name, in Markdown: `a_to_b` (`high_contrast_to_3d`)."""
    letters, name = direction
    return f"`{letters}`" if name == letters else f"`{letters}` (`{name}`)"


def how_it_samples(facts: Facts) -> list[str]:
    """Sentences on dropout and batch norm in inference; none for recipes without these options."""
    sentences = {
        ("dropout", True): "Dropout stays on: its noise comes from `seed`.",
        ("dropout", False): "Dropout is off.",
        ("statistics", "batch"): "Batch norm uses the statistics of each image, or of each tile.",
        ("statistics", "running"): "Batch norm uses the statistics of training.",
    }
    sampling = facts.get("sampling", {})
    return [sentence for (name, value), sentence in sentences.items() if sampling.get(name) == value]


def sampler(facts: Facts) -> Serving:
    """Serving of a recipe that generates images from seeds, and infers from images if its release has networks for that."""
    from genlab.serving.operations import answers_of, columns_of, options_of

    height, width = facts["training_size"]
    classes = facts["classes"]
    truncation = TRUNCATIONS[facts.get("truncates", "latents")]
    known = ", ".join(f"{name} ({number})" for number, name in enumerate(classes[:MOST_NAMED]))
    known += f" and {len(classes) - MOST_NAMED} more" if len(classes) > MOST_NAMED else ""
    labels = f" `label` is one of {known}, by its name or its number as text; without it each seed determines its class." if classes else ""
    return Serving(
        file=Path(__file__).with_name("served_sampler.py"),
        column=("seed", ANY),
        params=tuple((name, TYPES[type(default)], default) for name, default in options_of(facts).items()),
        example=lambda images: [0, 1],
        sentence=f"Generates {COLOURS[facts['channels']]} images of {height} x {width} px from seeds. Each seed determines a latent of "
        f"{facts['latent_size']} numbers from N(0, 1); {truncation}. `count` is the number of images per seed: those of seed, seed + 1 "
        f"and so on.{labels} {answered(facts)}",
        others=tuple(columns_of(facts)[1:]),
        answers=tuple(answers_of(facts)[1:]),
    )


def answered(facts: Facts) -> str:
    """Sentence on the operations of a model, for the card."""
    from genlab.serving.operations import OPERATIONS, operations_of

    others = [f"`{name}` (column `{OPERATIONS[name].column}`)" for name in operations_of(facts)[1:]]
    return f"`operation` selects another answer than `sample`: {', '.join(others)}; see docs/how-to/serve.md."


WAYS = {"translator": translator, "sampler": sampler}


def facts_of(artefacts: Mapping[str, bytes]) -> Facts:
    """Read release.json from the files of a release."""
    facts: Facts = json.loads(artefacts[FACTS])
    return facts


def scored(facts: Facts, checkpoint: str) -> Facts:
    """Return the facts of a release if the scores are those of its checkpoint.

    Raises:
        InputError: the scores are those of another checkpoint.
    """
    if facts.get("checkpoint") != checkpoint:
        raise InputError(
            f"metrics.json has the scores of the checkpoint {checkpoint[:16] or '(none)'}..., and the release is of the checkpoint "
            f"{str(facts.get('checkpoint'))[:16]}...: they belong to different trainings. Run the stages evaluate and release again, "
            "with the settings of the training: `--tags=evaluate,release`."
        )
    return facts


def serving_of(facts: Facts) -> Serving:
    """Return how a release is served, by `served_as` in its release.json."""
    return WAYS[facts["served_as"]](facts)
