"""Finds the model that a command line names: a release folder, a checkpoint, or a registered name."""

import json
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

from genlab.build import suggestion
from genlab.errors import InputError
from genlab.serving.release import Release, provider_of, release_at

FACTS, WEIGHTS = "release.json", ".safetensors"
RESOLVERS = "genlab.models"  # entry points: functions from a registered name to (release folder, card in Markdown)


class Model(NamedTuple):
    """A model that a user has named."""

    name: str  # as it was given
    release: Release
    folder: Path | None  # of the release; None for a checkpoint
    card: str = ""  # Markdown; only registered versions have one

    def is_a(self, kind: str) -> bool:
        """Whether it is served as this kind, `sampler` or `translator`."""
        return bool(self.release.facts["served_as"] == kind)


def open_model(
    text: str,  # a registered name, a release folder, or a checkpoint
    device: str = "cpu",  # cpu or cuda
    recipe: str | None = None,  # of a checkpoint: name or YAML file
    kind: str | None = None,  # kind that the command needs, `sampler` or `translator`; None: any
) -> Model:
    """Find and open a model.

    A path that exists is taken for a path; anything else for a registered name.

    Raises:
        InputError: there is no such model, it cannot be read, or it is of another kind.
        RequestError: onnxruntime cannot use the device.
    """
    path = Path(text).expanduser()
    release = release_of(path) if path.exists() else None
    if path.exists() and release is None:
        from genlab.commands.checkpoints import open_checkpoint

        model = Model(text, open_checkpoint(path, recipe, device), None)
    else:
        if recipe is not None:
            raise InputError(f"--recipe: got '{recipe}', but {text} is no checkpoint: a release describes itself. Leave it out.")
        folder, card = (release, "") if release is not None else registered(text)
        provider_of(device)
        model = Model(text, release_at(checked(folder), device), folder, card)
    if kind is not None and not model.is_a(kind):
        raise InputError(f"{text} is a {model.release.facts['served_as']}, expected a {kind}. `genlab info {text}` tells what it can do.")
    return model


def release_of(path: Path) -> Path | None:
    """Folder of the release that a path names: the folder, its release.json, or one of its networks. None for a checkpoint.

    Raises:
        InputError: the path is neither a release nor a checkpoint.
    """
    if path.is_dir():
        if (path / FACTS).is_file():
            return path
        inside = [each.parent for each in (path / "release" / FACTS, path / "artifacts" / "release" / FACTS) if each.is_file()]
        hint = f" Did you mean {inside[0]}?" if inside else " `kedro run` writes it to data/06_models/<recipe>/release."
        raise InputError(f"{path}: a folder without {FACTS}, expected a release.{hint}")
    if path.name == FACTS or path.with_name(FACTS).is_file():
        return path.parent
    if path.suffix != WEIGHTS:
        raise InputError(f"{path}: got a {path.suffix or 'file without suffix'}, expected a release folder or a checkpoint ({WEIGHTS}).")
    return None


def checked(folder: Path) -> Path:
    """Return a release folder if its release.json can be read and lists files that exist.

    Raises:
        InputError: it cannot, or a file is missing.
    """
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        kind, listed = facts["served_as"], facts.get("sha256", {})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{folder / FACTS} cannot be read ({type(error).__name__}: {error}). Release the model again.") from None
    missing = [name for name in listed if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{folder}: {', '.join(missing)} of this {kind} is missing. Copy the whole folder, or release the model again.")
    return folder


def registered(text: str) -> tuple[Path, str]:
    """Ask the resolvers that are installed for a registered name -> (release folder, card in Markdown).

    Raises:
        InputError: there is no resolver, or no such model.
    """
    resolvers = list(entry_points(group=RESOLVERS))
    if text.endswith(WEIGHTS) or text.startswith((".", "~", "/")) or (text.count("/") > 1 and not text.startswith("models:")):
        near = Path(text).expanduser().parent
        names = sorted(each.name for each in near.iterdir()) if near.is_dir() else []
        raise InputError(f"{text}: there is no such file or folder.{suggestion(Path(text).name, names)}")
    if not resolvers:
        raise InputError(
            f"{text}: there is no such folder, and registered models cannot be looked up: no package offers entry points of the group "
            f"'{RESOLVERS}'. Name a release folder, or install the pipelines: pip install 'genlab[pipelines]' (in a clone: make setup)."
        )
    found: tuple[Path, str] = resolvers[0].load()(text)
    return found
