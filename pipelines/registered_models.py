"""Registered models for genlab's command line: a name in MLflow's registry -> the release of a version. Entry point `genlab.models`.

The library never imports MLflow; `genlab` finds this function by its entry point. Torch is not imported.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from genlab.build import suggestion
from genlab.errors import InputError
from pipelines.local_registry import version_in
from pipelines.release.promotion import CHAMPION
from pipelines.tracking.address import answering, probe, quieten, sqlite_file, tracking_uri

if TYPE_CHECKING:  # mlflow takes two seconds to import
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion as Version

DATABASE = "mlflow.db"
PREFIX, LOGGED = "models:/", "models:/m-"  # of MLflow's addresses of models, and of logged models
RELEASE = "artifacts/release"  # folder in a logged model
FORM = "name, name@alias or name/version"


def resolve(text: str) -> tuple[Path, str]:
    """Find a registered version -> (folder of its release, its card in Markdown).

    `text` is `name`, for the champion or without one the newest version, `name@alias`, or `name/3`; `models:/` may precede it. The registry
    is that of MLFLOW_TRACKING_URI, else mlflow.db in the working folder or the nearest one above.

    Raises:
        InputError: MLflow is not installed, or there is no registry, model or version of this name.
        TrackingError: MLflow does not answer.
    """
    name, alias, number = parse(text.removeprefix(PREFIX))
    database = sqlite_file(registry_uri(Path.cwd(), text))
    local = None if database is None else version_in(database.absolute(), name, alias, number, CHAMPION)
    if local is not None and (local.folder / RELEASE / "release.json").is_file():
        return local.folder / RELEASE, local.card
    with connected(text) as client:
        version = version_of(client, name, alias, number)
        return release_of(client, version, text), version.description or ""


@contextmanager
def connected(text: str) -> Iterator["MlflowClient"]:
    """Context manager that yields a client of the registry.

    Raises:
        InputError: MLflow is not installed, or there is no registry to look `text` up in.
        TrackingError: MLflow does not answer.
    """
    uri = registry_uri(Path.cwd(), text)
    client = client_of(uri)
    quieten()
    probe(uri)
    with answering(uri):
        yield client


def parse(text: str) -> tuple[str, str | None, str | None]:
    """Split the name of a model -> (name, alias, version).

    Raises:
        InputError: it has another form.
    """
    match = re.fullmatch(r"([^/@:]+)(?:@([^/@]+)|/(\d+))?", text)
    if match is None:
        raise InputError(f"{text}: neither a file or folder that exists, nor the name of a registered model ({FORM}).")
    return match[1], match[2], match[3]


def registry_uri(folder: Path, text: str) -> str:
    """Address of the registry: MLFLOW_TRACKING_URI, else the nearest mlflow.db in this folder or above.

    Raises:
        InputError: there is none.
    """
    project = next((each for each in (folder, *folder.parents) if (each / DATABASE).is_file()), folder)
    uri = tracking_uri(project)
    file = sqlite_file(uri)
    if file is not None and not file.is_file():
        where = "MLFLOW_TRACKING_URI names" if os.environ.get("MLFLOW_TRACKING_URI") else f"there is no {DATABASE} here or above:"
        raise InputError(
            f"{text}: there is no such file or folder, and no registry to look it up: {where} {file}. Go to the project's folder, or set "
            "MLFLOW_TRACKING_URI."
        )
    return uri


def client_of(uri: str) -> "MlflowClient":
    """Create a client of a registry.

    Raises:
        InputError: MLflow is not installed.
    """
    try:
        from mlflow import MlflowClient
    except ImportError as error:
        raise InputError(
            f"registered models need MLflow, which is not installed ({error}): pip install 'genlab[pipelines]'. Or name a release folder."
        ) from None
    return MlflowClient(uri, registry_uri=uri)


def version_of(client: "MlflowClient", name: str, alias: str | None, number: str | None) -> "Version":
    """Find a version of a model: of this number or alias, else the champion, else the newest.

    Raises:
        InputError: there is no such model, alias or version.
    """
    models = {each.name: each for each in client.search_registered_models(max_results=1000)}
    if name not in models:
        known = ", ".join(sorted(models)) or "none"
        raise InputError(f"{name}: no model of this name is registered.{suggestion(name, models)} Registered are: {known}.")
    aliases = {each: str(version) for each, version in models[name].aliases.items()}
    numbers = {str(each.version) for each in client.search_model_versions(f"name='{name}'")}
    if alias is not None and alias not in aliases:
        raise InputError(f"{name}: has no alias '{alias}'.{suggestion(alias, aliases)} It has: {', '.join(sorted(aliases)) or 'none'}.")
    chosen = number or aliases.get(alias or CHAMPION) or max(numbers, key=int, default="none")
    if chosen not in numbers:
        raise InputError(f"{name}: has no version {chosen}. It has: {', '.join(sorted(numbers, key=int)) or 'none'}.")
    return client.get_model_version(name, chosen)


def release_of(client: "MlflowClient", version: "Version", text: str) -> Path:
    """Folder of the release in a version. On this machine it is the registry's own; from a server, it is downloaded.

    Raises:
        InputError: the version has no release, or its files are gone.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        # Not by its address models:/<name>/<version>, which MLflow looks up in its global registry.
        place = client.get_model_version_download_uri(version.name, version.version)
        if place.startswith(LOGGED):
            place = client.get_logged_model(place.removeprefix(PREFIX)).artifact_location
        folder = Path(download_artifacts(place, tracking_uri=client.tracking_uri)) / RELEASE
    except (OSError, MlflowException) as error:
        reason = str(error).partition("\n")[0]
        where = f"{version.name} version {version.version}"
        raise InputError(f"{text}: the files of {where} cannot be read ({reason}). Restore them, or register again.") from None
    if not (folder / "release.json").is_file():
        raise InputError(f"{text}: version {version.version} was not registered by genlab: it has no {RELEASE}.")
    return folder
