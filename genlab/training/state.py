"""Saved states of trainings, one per experiment; the key is a hash of everything that determines its result."""

import fcntl
import hashlib
import json
import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import torch

from genlab.errors import InputError
from genlab.paths import expanded

STATE, DESCRIPTION, LOCK = "state.pt", "experiment.json", "lock"


class Experiment(NamedTuple):
    """Everything that determines the result of a training."""

    settings: Mapping[str, Any]  # JSON-able: model, augmentation, seed, budget, compute, log_every
    data: str  # hash of the content of the image set
    code: Mapping[str, str]  # file -> hash, see genlab.training.code

    @property
    def key(self) -> str:
        """Hash of the experiment, 16 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self, sort_keys=True).encode()).hexdigest()[:16]

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


class SavedState:
    """The saved state of one experiment, in its folder. Files are written atomically."""

    def __init__(self, folder: Path):
        self.folder, self.file = folder, folder / STATE

    def save(self, state: dict[str, Any], experiment: Experiment) -> None:
        """Save a state of tensors and primitives only; its entry `images` is the number of images seen."""
        description = {**experiment._asdict(), "images": state["images"]}
        write(self.folder / DESCRIPTION, lambda file: file.write(json.dumps(description, indent=1).encode()))
        write(self.file, lambda file: torch.save(state, file))

    def load(self, device: torch.device | str) -> dict[str, Any] | None:
        """Return the last saved state, or None if there is none.

        Raises:
            InputError: the file is damaged.
        """
        if not self.file.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(self.file, map_location=device, weights_only=True)
            return state
        except (RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
            raise InputError(f"{self.file} cannot be read ({error}). Remove it to start this training from the beginning.") from error

    def stopped(self) -> Stopped | None:
        """Return the training that the state belongs to, or None if there is no state or its description cannot be read."""
        try:
            description = json.loads((self.folder / DESCRIPTION).read_text())
            found = Stopped(Experiment(*(description[name] for name in Experiment._fields)), description["images"])
        except (OSError, ValueError, KeyError):
            return None
        return found if self.file.exists() else None

    def forget(self) -> None:
        """Remove the state, e.g. once the result of the training is stored."""
        self.file.unlink(missing_ok=True)


class States:
    """The saved states of one recipe's experiments, in a folder."""

    def __init__(self, folder: str | Path):
        self.folder = expanded(folder)

    @contextmanager
    def locked(self, key: str) -> Iterator[SavedState]:
        """Context manager that yields the saved state of an experiment, locked for this process.

        Raises:
            InputError: another process is training the same experiment.
        """
        folder = self.folder / key
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK).open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise InputError(
                    f"Process {lock.read().strip() or '(unknown)'} is training this very experiment ({folder}). "
                    "Wait for it or stop it; or change a parameter, such as the seed, to train another one at the same time."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield SavedState(folder)

    def stopped(self) -> list[Stopped]:
        """Return all trainings that can be continued, most recent first."""
        states = sorted(self.folder.glob(f"*/{STATE}"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        return [found for file in states if (found := SavedState(file.parent).stopped())]

    def undescribed(self) -> list[Path]:
        """Return the folders of states without a readable description, as saved by earlier versions; they cannot be continued."""
        return sorted(file.parent for file in self.folder.glob(f"*/{STATE}") if SavedState(file.parent).stopped() is None)


def write(file: Path, content: Callable[[IO[bytes]], object]) -> None:
    """Write a file atomically; `content` is called with the open file."""
    partial = file.with_suffix(".part")
    with partial.open("wb") as opened:
        content(opened)
        opened.flush()
        os.fsync(opened.fileno())
    os.replace(partial, file)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested mappings: {"a": {"b": 1}} -> {"a.b": 1}."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found
