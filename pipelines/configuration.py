"""Recipes, families and image sets in the parameters: those of the current session, else those on disk."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipelines import session

GAN, STYLEGAN = "genlab.recipes.gan.GAN", "genlab.recipes.stylegan.StyleGAN"
TRANSLATORS = ("genlab.recipes.pix2pix.Pix2Pix", "genlab.recipes.cyclegan.CycleGAN")
LATENT_VARIABLES = ("genlab.recipes.vae.VAE", "genlab.recipes.mixture.Mixture")

# Recipes that are put side by side: a pipeline that runs them all, and a page in docs/results. A recipe's parameters -> whether it is one.
FAMILIES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "adversarial": lambda entry: model_class(entry) == GAN and not is_told(entry) and not grows(entry),
    "conditional": lambda entry: model_class(entry) == GAN and is_told(entry),
    "style": lambda entry: model_class(entry) == STYLEGAN or (model_class(entry) == GAN and grows(entry)),
    "translation": lambda entry: model_class(entry) in TRANSLATORS,
    "latent_variables": lambda entry: model_class(entry) in LATENT_VARIABLES,
}


def project() -> Path:
    """The project's folder."""
    return session.current().project


def recipes(parameters: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """Recipe name -> its parameters, by name: every top-level entry that describes a model. Without `parameters`, the current session's."""
    parameters = session.current().parameters if parameters is None else parameters
    found = {name: entry for name, entry in parameters.items() if isinstance(entry, dict) and "model" in entry}
    return dict(sorted(found.items()))  # Kedro reads the files in any order


def family(name: str) -> dict[str, dict[str, Any]]:
    """Recipe name -> its parameters, of a family."""
    return {recipe: entry for recipe, entry in recipes().items() if FAMILIES[name](entry)}


def is_told(entry: dict[str, Any]) -> bool:
    """Whether a recipe's generator is described as one that is told labels."""
    generator = entry["model"].get("generator")
    return isinstance(generator, dict) and bool(generator.get("classes"))


def grows(entry: dict[str, Any]) -> bool:
    """Whether a recipe's players are described as ones that grow."""
    return bool(entry["model"].get("growth"))


def model_class(entry: dict[str, Any]) -> Any:
    """The class that a recipe's model is described with; None if it is described otherwise, which another check tells."""
    return entry["model"].get("class") if isinstance(entry["model"], dict) else None


def image_sets(parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Image set name -> its declaration."""
    return parameters.get("images", {})
