"""Saved states of trainings: one per experiment, keyed by everything that decides its result."""

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

STATE, DESCRIPTION, LOCK = "state.pt", "experiment.json", "lock"


class Experiment(NamedTuple):
    """Everything that decides the result of a training."""

    settings: Mapping[str, Any]  # JSON-able: model, augmentation, seed, budget, compute
    data: str  # hash of the image set's content
    code: Mapping[str, str]  # file -> hash, see genlab.training.code

    @property
    def key(self) -> str:
        """16 hexadecimal digits, equal for equal experiments."""
        return hashlib.sha256(json.dumps(self, sort_keys=True).encode()).hexdigest()[:16]

    def differences(self, other: "Experiment") -> list[str]:
        """What another experiment has instead: `model.loss.class: HINGE (was WASSERSTEIN)`, `image set`, `code genlab/recipes/gan.py`."""
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
    images: int  # seen


class SavedState:
    """The state of one experiment in its folder; each file is written whole or not at all."""

    def __init__(self, folder: Path):
        self.folder, self.file = folder, folder / STATE

    def save(self, state: dict[str, Any], experiment: Experiment) -> None:
        """State: tensors and primitives only; `images` is the number of images seen."""
        description = {**experiment._asdict(), "images": state["images"]}
        write(self.folder / DESCRIPTION, lambda file: file.write(json.dumps(description, indent=1).encode()))
        write(self.file, lambda file: torch.save(state, file))

    def load(self, device: torch.device | str) -> dict[str, Any] | None:
        """Return the state that was saved last; None if there is none.

        Raises:
            InputError: the file is damaged.
        """
        if not self.file.exists():
            return None
        try:
            return torch.load(self.file, map_location=device, weights_only=True)
        except (RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
            raise InputError(f"{self.file} cannot be read ({error}). Remove it to start this training from the beginning.") from error

    def stopped(self) -> Stopped | None:
        """What the state is of; None if there is no state, or its description cannot be read."""
        try:
            description = json.loads((self.folder / DESCRIPTION).read_text())
            found = Stopped(Experiment(*(description[name] for name in Experiment._fields)), description["images"])
        except (OSError, ValueError, KeyError):
            return None
        return found if self.file.exists() else None

    def forget(self) -> None:
        """Remove the state of a training whose result is safe."""
        self.file.unlink(missing_ok=True)


class States:
    """The saved states of one recipe's experiments, in a folder."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)

    @contextmanager
    def locked(self, key: str) -> Iterator[SavedState]:
        """The state of an experiment, for one process at a time.

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
        """All trainings that can be continued, the one saved last first."""
        states = sorted(self.folder.glob(f"*/{STATE}"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        return [found for file in states if (found := SavedState(file.parent).stopped())]

    def undescribed(self) -> list[Path]:
        """Folders of states without a readable description, as earlier versions saved them: they cannot be compared or continued."""
        return sorted(file.parent for file in self.folder.glob(f"*/{STATE}") if SavedState(file.parent).stopped() is None)


def write(file: Path, content: Callable[[IO[bytes]], object]) -> None:
    """Write a file whole or not at all; `content` is given the open file."""
    partial = file.with_suffix(".part")
    with partial.open("wb") as opened:
        content(opened)
        opened.flush()
        os.fsync(opened.fileno())
    os.replace(partial, file)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"a": {"b": 1}} -> {"a.b": 1}."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found
