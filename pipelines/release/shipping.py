"""The code in a model version: an MLflow adapter and a copy of genlab.serving."""

import shutil
from pathlib import Path
from typing import NamedTuple

PACKAGE = "genlab_serving"  # name of the copy, different from an installed genlab


class Shipment(NamedTuple):
    """Arguments of mlflow.pyfunc.save_model: the code to copy into a model version."""

    python_model: str
    code_paths: list[str]


def ship(
    adapter: Path,  # served_sampler.py or served_translator.py
    folder: Path,  # destination of the copies; must exist until the model is saved
) -> Shipment:
    """Copy an adapter and genlab.serving, as `code/genlab_serving`, into a folder. The layout is that of the model version, because saving
    a version also runs the adapter.

    MLflow runs an adapter as a module with a new name (`code_model_<uuid>`) each time that it loads a version. The adapter imports the
    package below its own name, from the folder next to it. So each loaded version runs its own code and does not depend on other loaded
    versions or on an installed genlab. MLflow also puts `code` on sys.path; nothing is imported from there.
    """
    from genlab import serving

    package = folder / "code" / PACKAGE
    shutil.copytree(Path(serving.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    return Shipment(str(shutil.copy(adapter, folder)), [str(package)])
