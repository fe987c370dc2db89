"""Weights of an earlier training, from which another one may start: a checkpoint or a release."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from torch import Tensor

from genlab.engine.files import sha256
from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.moved import current_name

FACTS, WEIGHTS, PARAMETERS = "release.json", ".safetensors", "parameters.yml"


class Source(NamedTuple):
    """Weights, and where they come from."""

    name: str  # as the user has given it
    sha256: str  # of the checkpoint; of a release, that of the checkpoint that was released
    recipe: str  # name of the recipe's class, genlab.recipes.gan.GAN; "" if nothing near a checkpoint describes it
    checkpoint: Mapping[str, Tensor] | None  # the recipe's state_dict; None for a release
    networks: Mapping[str, Mapping[str, Tensor]]  # of a release, by name: their state_dicts

    @property
    def kind(self) -> str:
        """`checkpoint`, which may hold everything that was trained, or `release`, which holds what is used after training."""
        return "release" if self.checkpoint is None else "checkpoint"


def read(
    path: str | Path,  # a release folder or its release.json, or a checkpoint.safetensors
    name: str = "",  # for messages and records; "": the path
) -> Source:
    """Read the weights at a path.

    Raises:
        InputError: there is no such file, it is of another kind, it is damaged, or a file differs from its hash in release.json.
    """
    place, name = expanded(path), name or str(path)
    if (place / FACTS).is_file() or place.name == FACTS:
        return of_release(place if place.is_dir() else place.parent, name)
    if place.is_dir() or not place.exists():
        what = f"a folder without {FACTS}" if place.is_dir() else "there is no such file or folder"
        if name.startswith("models:"):
            what = "only `kedro run` looks up registered models"
        raise InputError(
            f"initial.from: {name}: {what}; expected a release folder (with {FACTS}), or a checkpoint ({WEIGHTS}). `kedro run` writes "
            "both to data/06_models/<recipe>/."
        )
    if place.suffix != WEIGHTS:
        raise InputError(
            f"initial.from: {name}: got a {place.suffix or 'file without suffix'}, expected a checkpoint ({WEIGHTS}) or a release "
            "folder. Files of other programs are not read: their layers have other names, and a pickle can run code."
        )
    if (place.parent / FACTS).is_file():  # one of the networks of a release
        return of_release(place.parent, name)
    digest = sha256(place)
    return Source(name, digest, described(place, digest), tensors(place), {})


def of_checkpoint(
    weights: Mapping[str, Tensor],  # the recipe's state_dict
    sha256: str,
    recipe: str,  # name of the recipe's class
    name: str,
) -> Source:
    """Source of a checkpoint that was read already."""
    return Source(name, sha256, current_name(recipe), weights, {})


def of_release(folder: Path, name: str) -> Source:
    """Read the networks of a release.

    Raises:
        InputError: release.json cannot be read, a file is missing, or it differs from its hash.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        recipe, hashes = facts["model"]["class"], {file: str(value) for file, value in facts["sha256"].items() if file.endswith(WEIGHTS)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"initial.from: {folder / FACTS} cannot be read ({type(error).__name__}: {error}). Release the model again."
        ) from None
    for file, expected in hashes.items():
        if not (folder / file).is_file():
            raise InputError(f"initial.from: {name}: {file} is missing. Copy the whole folder, or release the model again.")
        if (found := sha256(folder / file)) != expected:
            raise InputError(
                f"initial.from: {name}: {file} has changed since it was released: its hash is {found[:16]}..., {FACTS} has "
                f"{expected[:16]}.... Copy the release again."
            )
    networks = {file.removesuffix(WEIGHTS): tensors(folder / file) for file in hashes}
    return Source(name, str(facts.get("checkpoint") or sha256(folder / FACTS)), current_name(recipe), None, networks)


def described(checkpoint: Path, digest: str) -> str:
    """Class of the recipe of a checkpoint: from the release made from it, next to it, or from a run's parameters.yml; "" if unknown."""
    facts = checkpoint.parent / "release" / FACTS
    try:
        if facts.is_file() and (content := json.loads(facts.read_text(encoding="utf-8"))).get("checkpoint") == digest:
            return current_name(content["model"]["class"])
        for place in (checkpoint.parent / PARAMETERS, checkpoint.parent.parent / PARAMETERS):  # as among the artifacts of an MLflow run
            if place.is_file():
                return current_name(yaml.safe_load(place.read_text(encoding="utf-8"))["model"]["class"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError):
        pass  # the description only serves an early message; names and shapes decide
    return ""


def tensors(file: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        InputError: it is none, or it is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found: dict[str, Tensor] = load_file(file)
    except (OSError, SafetensorError) as error:
        raise InputError(f"initial.from: {file} is damaged, or is no safetensors file ({error}). Copy it again.") from None
    return found
