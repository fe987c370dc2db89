"""Saved states of trainings, one per experiment; the key is a hash of everything that determines its result."""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch

from genlab.engine.files import write
from genlab.engine.json_text import json_text
from genlab.engine.locks import locked
from genlab.engine.paths import expanded
from genlab.errors import InputError

STATE, DESCRIPTION, LOCK = "state.pt", "experiment.json", "lock"


class Experiment(NamedTuple):
    """Everything that determines the result of a training."""

    settings: Mapping[str, Any]  # JSON-able: model, augmentation, seed, budget, compute, log_every
    data: str  # hash of the content of the image set
    code: Mapping[str, str]  # file -> hash, see genlab.training.code

    @property
    def key(self) -> str:
        """Hash of the experiment, 16 hexadecimal digits."""
        return hashlib.sha256(json_text(self, sort_keys=True).encode()).hexdigest()[:16]

    def differences(self, other: "Experiment") -> list[str]:
        """List the differences from another, earlier experiment.

        Example: `model.loss.class: HINGE (was WASSERSTEIN)`, `the image set's content`, `code genlab/recipes/gan.py`.
        """
        ours, theirs = flat(self.settings), flat(other.settings)
        found = [
            f"{name}: {ours.get(name, 'not set')} (was {theirs.get(name, 'not set')})"
            for name in {**theirs, **ours}
            if ours.get(name) != theirs.get(name)
        ]
        found += ["the image set's content"] if self.data != other.data else []
        return found + [f"code {file}" for file in sorted({*self.code, *other.code}) if self.code.get(file) != other.code.get(file)]


class Stopped(NamedTuple):
    """A training that was stopped and can be continued."""

    experiment: Experiment
    images: int  # number of images seen
    finished: bool  # whether the training is complete


class SavedState:
    """The saved state of one experiment, in its folder. Files are written atomically."""

    def __init__(self, folder: Path):
        self.folder, self.file = folder, folder / STATE

    def save(self, state: dict[str, Any], experiment: Experiment, finished: bool = False) -> None:
        """Save a state of tensors and primitives only; its entry `images` is the number of images seen."""
        description = {**experiment._asdict(), "images": state["images"], "finished": finished}
        write(self.folder / DESCRIPTION, json_text(description, indent=1).encode())
        write(self.file, lambda file: torch.save({**state, "finished": finished}, file))

    def load(self, device: torch.device | str) -> dict[str, Any] | None:
        """Return the last saved state, or None if there is none.

        Raises:
            InputError: the file is damaged, or is no saved state. Every byte is covered by a checksum.
        """
        if not self.file.exists():
            return None
        try:
            if damaged := zipfile.ZipFile(self.file).testzip():  # torch does not verify the checksums that it writes
                raise ValueError(f"the checksum of {damaged} is wrong")
            state: Any = torch.load(self.file, map_location=device, weights_only=True)
            if not isinstance(state, dict) or "images" not in state:
                raise ValueError(f"it holds a {type(state).__name__} without the number of images seen")
        except Exception as error:  # zipfile, zlib, pickle and torch raise almost anything for damaged bytes
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise InputError(f"{self.file} cannot be read ({reason}). Remove it to start this training from the beginning.") from error
        return dict(state)

    def stopped(self) -> Stopped | None:
        """Return the training that the state belongs to, or None if there is no state or its description cannot be read."""
        try:
            description = json.loads((self.folder / DESCRIPTION).read_text())
            experiment = Experiment(*(description[name] for name in Experiment._fields))
            found = Stopped(experiment, description["images"], description.get("finished", False))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return found if self.file.exists() else None

    def forget(self) -> None:
        """Remove the state."""
        self.file.unlink(missing_ok=True)


class States:
    """The saved states of one recipe's experiments, in a folder."""

    def __init__(self, folder: str | Path):
        self.folder = expanded(folder)

    @contextmanager
    def locked(self, key: str) -> Iterator[SavedState]:
        """Context manager that yields the saved state of an experiment, locked for this process.

        Raises:
            LockedError: another process is training the same experiment.
        """
        folder = self.folder / key
        with locked(folder / LOCK, "is training this very experiment", "Wait for it or stop it."):
            yield SavedState(folder)

    def keep_only(self, key: str) -> None:
        """Remove the states of all complete trainings but one. Stopped trainings keep theirs."""
        for file in self.folder.glob(f"*/{STATE}"):
            state = SavedState(file.parent)
            if file.parent.name != key and (found := state.stopped()) and found.finished:
                state.forget()

    def stopped(self) -> list[Stopped]:
        """Return all trainings that can be continued, most recent first."""
        states = sorted(self.folder.glob(f"*/{STATE}"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        return [found for file in states if (found := SavedState(file.parent).stopped())]

    def undescribed(self) -> list[Path]:
        """Return the folders of states without a readable description, as saved by earlier versions; they cannot be continued."""
        return sorted(file.parent for file in self.folder.glob(f"*/{STATE}") if SavedState(file.parent).stopped() is None)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested mappings: {"a": {"b": 1}} -> {"a.b": 1}."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found
