"""The parameters that pipelines are made from: those of the running session, else those on disk."""

from pathlib import Path
from typing import Any, NamedTuple

from kedro.config import OmegaConfigLoader
from kedro.framework.context import KedroContext


class Family(NamedTuple):
    """Recipes that are put side by side: a pipeline that runs them all, and a page in docs/results."""

    models: tuple[str, ...]  # by the class of the model
    told: bool | None = None  # whether the generator is told labels; None: either way


FAMILIES = {
    "adversarial": Family(("genlab.recipes.gan.GAN",), told=False),
    "conditional": Family(("genlab.recipes.gan.GAN",), told=True),
    "translation": Family(("genlab.recipes.pix2pix.Pix2Pix", "genlab.recipes.cyclegan.CycleGAN")),
    "latent_variables": Family(("genlab.recipes.vae.VAE", "genlab.recipes.mixture.Mixture")),
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
    models, told = FAMILIES[name]
    members = {recipe: entry for recipe, entry in recipes().items() if model_class(entry) in models}
    return {recipe: entry for recipe, entry in members.items() if told in (None, is_told(entry))}


def is_told(entry: dict[str, Any]) -> bool:
    """Whether a recipe's generator is described as one that is told labels."""
    generator = entry["model"].get("generator")
    return isinstance(generator, dict) and bool(generator.get("classes"))


def model_class(entry: dict[str, Any]) -> Any:
    """The class that a recipe's model is described with; None if it is described otherwise, which another check tells."""
    return entry["model"].get("class") if isinstance(entry["model"], dict) else None


def image_sets() -> dict[str, dict[str, Any]]:
    """Image set name -> its declaration."""
    return parameters().get("images", {})
