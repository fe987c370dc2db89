"""The code that a model version ships: an adapter to MLflow, and a copy of genlab.serving."""

import shutil
from pathlib import Path
from typing import NamedTuple

PACKAGE = "genlab_serving"  # the copy's name: never that of an installed genlab


class Shipment(NamedTuple):
    """What mlflow.pyfunc.save_model copies into a model version; its arguments, by name."""

    python_model: str
    code_paths: list[str]


def ship(
    adapter: Path,  # served_sampler.py or served_translator.py
    folder: Path,  # gets the copies, and must last until the model is saved
) -> Shipment:
    """The adapter and the package `code/genlab_serving` in the folder, as they will lie in the version: saving runs the adapter, too.

    MLflow runs an adapter as a module with a new name (`code_model_<uuid>`) each time that it loads a version. The adapter imports the
    package below its own name, from the folder next to it: each loaded version runs its own code, whichever others, or whichever genlab,
    the process has loaded, and needs none of them. MLflow also puts `code` on sys.path; nothing imports from there.
    """
    from genlab import serving

    package = folder / "code" / PACKAGE
    shutil.copytree(Path(serving.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    return Shipment(shutil.copy(adapter, folder), [str(package)])
