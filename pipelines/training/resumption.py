"""Where a stopped training goes on from: a saved state for each experiment, keyed by all that decides its result."""

import fcntl
import hashlib
import json
import os
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

import genlab
from genlab.errors import InputError


class ResumeFolder(AbstractDataset):
    """Loads as itself; saving an experiment's key says that its result is safe, and forgets its state.

    The folder is no output: neither git nor DVC knows it, so that old weights are never taken for a new experiment's.
    """

    def __init__(self, filepath: str):
        self.filepath = Path(filepath)

    def load(self) -> "ResumeFolder":
        return self

    def save(self, key: str) -> None:
        with self.locked(key) as state:
            state.file.unlink(missing_ok=True)

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}

    def key(self, settings: Mapping[str, Any], content_hash: str) -> str:
        """A hash of parameters, data and code: a changed experiment starts anew."""
        digest = hashlib.sha256(json.dumps([settings, content_hash], sort_keys=True, default=str).encode())
        for file in sorted(Path(genlab.__file__).parent.rglob("*.py")):
            digest.update(file.read_bytes())
        return digest.hexdigest()[:16]

    @contextmanager
    def locked(self, key: str) -> Iterator["SavedState"]:
        """The experiment's state, for one trainer at a time.

        Raises:
            InputError: another process is training the same experiment.
        """
        folder = self.filepath / key
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise InputError(
                    f"Process {lock.read().strip() or '(unknown)'} is training this very experiment ({folder}). "
                    "Wait for it or stop it; or change a parameter, such as the seed, to train another one beside it."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield SavedState(folder / "state.pt")


class SavedState:
    """One file, written whole or not at all."""

    def __init__(self, file: Path):
        self.file = file

    def save(self, state: dict[str, Any]) -> None:
        """Tensors and primitives only."""
        import torch

        partial = self.file.with_suffix(".part")
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, self.file)

    def load(self, device: Any) -> dict[str, Any] | None:
        """What was saved last, if anything was.

        Raises:
            InputError: the file is damaged.
        """
        import torch

        if not self.file.exists():
            return None
        try:
            return torch.load(self.file, map_location=device, weights_only=True)
        except (RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
            raise InputError(f"{self.file} cannot be read ({error}). Remove it to start this training anew.") from error
