"""Kedro datasets of a study: the files that were made, and those that participants sent."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from genlab.engine.files import write
from genlab.engine.json_text import json_text
from genlab.errors import InputError
from pipelines.folders import FolderDataset

PAGE, STUDY, KEY, LISTING = "study.html", "study.json", "study_key.json", "study_files.json"

logger = logging.getLogger(__name__)


class StudyFolder(FolderDataset):
    """Folder of a study: study.html, study.json, study_key.json, and the listing study_files.json.

    A study with answers is never overwritten by another one. One without answers is moved to `<folder>.former/<number>/`, because its page
    may have been sent to somebody.
    """

    def __init__(
        self,
        filepath: str,
        answers: dict[str, str],  # {filepath: folder of the answers}
        metadata: dict[str, Any] | None = None,
    ):
        super().__init__(filepath, Path(filepath) / LISTING, metadata)
        self.answers = Answers(answers["filepath"])

    def load(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Load the contents of study.json and study_key.json.

        Raises:
            InputError: a file is missing or was changed.
        """
        contents = self._read()
        study, key = (json.loads(contents[name]) for name in (STUDY, KEY))
        return study, key

    def save(self, data: Any) -> None:
        """Write a genlab.study.design.Made.

        Raises:
            InputError: there are answers to another study in this folder.
        """
        from genlab.study.page import page

        former = self.hash()
        if former and former != data.key["hash"]:
            self.check_unanswered(former, data)
            self._set_aside([PAGE, STUDY, KEY])
        contents = {
            PAGE: page(data).encode(),
            STUDY: (json_text(data.study, indent=1) + "\n").encode(),
            KEY: (json_text(data.key, indent=1) + "\n").encode(),
        }
        self._write(contents)
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())}
        write(self.listing, (json_text({"sha256": hashes}, indent=1) + "\n").encode())
        logger.info("The study is %s. Answers belong in %s.", self.filepath / PAGE, self.answers.filepath)

    def hash(self) -> str:
        """Hash of the study that is in the folder; "" if there is none."""
        if not self._exists():
            return ""
        _, key = self.load()
        return str(key["hash"])

    def check_unanswered(self, former: str, data: Any) -> None:
        """Check that the study in the folder has no answers.

        Raises:
            InputError: it has some.
        """
        count = len(self.answers.files())
        if count:
            name = data.study["name"]
            raise InputError(
                f"user_study: the study '{name}' has {count} files of answers in {self.answers.filepath}, and its settings, models or "
                f"images have changed since it was made (hash {former[:12]}... then, {data.key['hash'][:12]}... now). Nothing was "
                "overwritten. Give the new study a name of its own, `user_study.name`; or analyse this one: "
                "`kedro run --pipeline=user_study --tags=analyse`."
            )


class Outcomes(AbstractDataset[None, Callable[[str], Sequence[Any]]]):
    """Results of all studies. Loads as a function: hash of a model's weights -> list of genlab.study.results.Outcome."""

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None):
        self.filepath, self.metadata = Path(filepath), metadata

    def load(self) -> Callable[[str], Sequence[Any]]:
        from genlab.study.results import outcomes

        return partial(outcomes, self.filepath)

    def save(self, data: None) -> None:
        raise NotImplementedError("Results are saved study by study.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}


class Answers(AbstractDataset[None, dict[str, bytes]]):
    """Folder of the files that participants sent: file name -> content. Without the folder there are none."""

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None):
        self.filepath, self.metadata = Path(filepath), metadata

    def files(self) -> list[Path]:
        """Paths of the files. Those that are being written are left out."""
        return sorted(file for file in self.filepath.glob("*.json") if file.is_file() and not file.stem.endswith(".part"))

    def load(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in self.files()}

    def save(self, data: None) -> None:
        raise NotImplementedError("Answers come from participants.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}
