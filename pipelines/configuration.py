"""The parameters that pipelines are made from: those of the running session, else those on disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from kedro.framework.context import KedroContext

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

_here = Path(__file__).resolve().parent.parent
_of_session: dict[str, Any] = {}


def remember(context: KedroContext) -> None:
    """Use this session's parameters and folder from now on: it knows the environment and `--params`."""
    global _here
    _here = context.project_path
    _of_session.clear()
    _of_session.update(named(context.config_loader["parameters"]))
    context.config_loader["parameters"] = _of_session


def project() -> Path:
    """The project's folder."""
    return _here


def parameters() -> dict[str, Any]:
    """All parameters, not validated."""
    if _of_session:
        return _of_session
    from pipelines.settings import CONFIG_LOADER_ARGS

    return named(OmegaConfigLoader(str(project() / "conf"), **CONFIG_LOADER_ARGS)["parameters"])


def named(parameters: dict[str, Any]) -> dict[str, Any]:
    """Each image set knows its name, so that messages can say it."""
    for name, declaration in parameters.get("images", {}).items():
        if isinstance(declaration, dict):
            declaration.setdefault("name", name)
    return parameters


def recipes() -> dict[str, dict[str, Any]]:
    """Recipe name -> its parameters, by name: every top-level entry that describes a model."""
    found = {name: entry for name, entry in parameters().items() if isinstance(entry, dict) and "model" in entry}
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


def image_sets() -> dict[str, dict[str, Any]]:
    """Image set name -> its declaration."""
    return parameters().get("images", {})
