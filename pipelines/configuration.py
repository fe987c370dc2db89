"""The parameters that pipelines are made from: those of the running session, else those on disk."""

from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from kedro.framework.context import KedroContext

# Recipes that are put side by side: a pipeline that runs them all, and a page in docs/results. By the class of the model and, of GANs, by
# whether the generator is told labels.
FAMILIES = {
    "adversarial": ("genlab.recipes.gan.GAN",),
    "conditional": ("genlab.recipes.gan.GAN, told labels",),
    "translation": ("genlab.recipes.pix2pix.Pix2Pix", "genlab.recipes.cyclegan.CycleGAN"),
    "latent_variables": ("genlab.recipes.vae.VAE", "genlab.recipes.mixture.Mixture"),
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
    return {recipe: entry for recipe, entry in recipes().items() if kind_of(entry) in FAMILIES[name]}


def kind_of(entry: dict[str, Any]) -> Any:
    """What FAMILIES knows a recipe by."""
    found, generator = model_class(entry), entry["model"].get("generator") if isinstance(entry["model"], dict) else None
    return f"{found}, told labels" if isinstance(generator, dict) and generator.get("classes") else found


def model_class(entry: dict[str, Any]) -> Any:
    """The class that a recipe's model is described with; None if it is described otherwise, which another check tells."""
    return entry["model"].get("class") if isinstance(entry["model"], dict) else None


def image_sets() -> dict[str, dict[str, Any]]:
    """Image set name -> its declaration."""
    return parameters().get("images", {})
