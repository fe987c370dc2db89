"""Library of generative image models. It imports no pipeline framework; the Kedro pipelines are in pipelines/.

images = genlab.prepare("photos/", size=32)
trained = genlab.fit(genlab.recipe("gan", size=32, channels=3), images, budget=48_000)
print(genlab.evaluate(trained, images).scores.headline)
genlab.release(trained, images, "release/")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from genlab.engine.portable import pin
from genlab.engine.waiting import choose_waiting

if TYPE_CHECKING:
    from genlab.api import compare, evaluate, fit, prepare, recipe, release, restore

__all__ = ["compare", "evaluate", "fit", "prepare", "recipe", "release", "restore"]
__version__ = "0.2.0"

pin()
choose_waiting()


def __getattr__(name: str) -> Any:
    """Import the functions of genlab.api on first use: torch takes a second to import, and training must not depend on evaluation code."""
    if name in __all__:
        return getattr(import_module("genlab.api"), name)
    raise AttributeError(f"module 'genlab' has no attribute '{name}'")
