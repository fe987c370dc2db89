"""`genlab info`: what a model is and how to use it, and its card."""

import argparse
import re
from collections.abc import Callable
from typing import Any

from genlab.commands.examples import examples
from genlab.commands.models import Model, open_model
from genlab.commands.parser import Parser, add_model
from genlab.serving.directions import named_directions

COLOURS = {1: "grey", 3: "RGB"}  # by number of channels
MOST_CLASSES = 30  # classes that are named
Facts = dict[str, Any]


def parser() -> Parser:
    """Parser of the command's arguments."""
    made = Parser("genlab info", "Show what a model is, how to use it, and its card.", "example: genlab info biggan-fashion")
    add_model(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code."""
    print(described(open_model(arguments.model, arguments.device, arguments.recipe)))
    return 0


def described(model: Model) -> str:
    """Describe a model: its facts, commands ready to copy, and the card if it has one."""
    facts = model.release.facts
    lines = [(name, text) for name, value in ROWS.items() if (text := value(facts))]
    lines += [("folder", str(model.folder))] if model.folder is not None else []
    width = max(len(name) for name, _ in lines)
    parts = [model.name, *(f"  {name:<{width}}  {text}" for name, text in lines), "", *(f"  {line}" for line in commands(model))]
    return "\n".join([*parts, "", without_pictures(model.card)] if model.card else parts)


def size(facts: Facts) -> str:
    """Size and colours of the images."""
    colours = COLOURS[facts["channels"]]
    if "training_size" not in facts:
        return colours
    height, width = facts["training_size"]
    return f"{height} x {width} px, {colours}" + ("; any size is translated" if facts["served_as"] == "translator" else "")


def network(facts: Facts) -> str:
    """Class of the recipe, and of the networks that are part of its description."""
    model = facts.get("model", {})
    inner = [value["class"] for value in model.values() if isinstance(value, dict) and ".networks." in str(value.get("class"))]
    short = [name.removeprefix("genlab.networks.") for name in inner]
    return str(model.get("class", "")).rpartition(".")[2] + (f" ({', '.join(short)})" if short else "")


def classes(facts: Facts) -> str:
    """Names of the classes with their numbers."""
    names = facts.get("classes", [])
    named = ", ".join(f"{name} ({number})" for number, name in enumerate(names[:MOST_CLASSES]))
    return named + (f" and {len(names) - MOST_CLASSES} more" if len(names) > MOST_CLASSES else "")


def directions(facts: Facts) -> str:
    """Directions of a translator with their names."""
    if facts["served_as"] != "translator":
        return ""
    return ", ".join(letters if letters == name else f"{letters} = {name}" for letters, name in named_directions(facts).items())


def latent(facts: Facts) -> str:
    """Size of the latents, and what truncation does."""
    if facts["served_as"] != "sampler":
        return ""
    by = "psi, 0 to 1 (as trained)" if facts.get("truncates") == "styles" else "a bound of the latents, 0 for none (as trained)"
    return f"{facts['latent_size']} numbers from N(0, 1); --truncation is {by}"


def noise(facts: Facts) -> str:
    """What the noise of a translator comes from."""
    return "dropout stays on: its noise comes from --seed" if facts.get("noise") else ""


def stated(key: str) -> Callable[[Facts], str]:
    """A function that returns the fact of this key as text; "" if there is none."""
    return lambda facts: str(facts.get(key, "") or "")


ROWS: dict[str, Callable[[Facts], str]] = {  # name of a row -> its text, "" for a row that is left out
    "kind": stated("served_as"),
    "recipe": network,
    "image set": stated("image_set"),
    "images": size,
    "directions": directions,
    "noise": noise,
    "classes": classes,
    "latent": latent,
    "likelihood": stated("likelihood"),
    "prior": stated("prior"),
    "components": stated("components"),
    "data hash": stated("data_hash"),
    "checkpoint": stated("checkpoint"),
}


def commands(model: Model) -> list[str]:
    """Commands that use a model, ready to copy."""
    name = f"'{model.name}'" if re.search(r"[^\w@%+=:,./-]", model.name) else model.name
    return examples(model.release.facts, name)


def without_pictures(card: str) -> str:
    """A card in Markdown without its pictures and the links to pages of MLflow's UI, which a terminal cannot show."""
    return re.sub(r"!\[[^\]]*\]\([^)]*\)\n*|^Other pictures: .*\n*", "", card, flags=re.MULTILINE).strip()
