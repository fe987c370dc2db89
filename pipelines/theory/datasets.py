"""Kedro datasets of measured claims."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from genlab.engine.json_text import json_text
from pipelines.bound import BoundDataset
from pipelines.configuration import claims
from pipelines.folders import FolderDataset

LISTING = "claim.json"  # genlab.reports.theory.LISTING


class MeasuredClaim(FolderDataset):
    """Folder of a measured claim: claim.json, which lists its pictures, and one WebP file per picture."""

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None):
        super().__init__(filepath, Path(filepath) / LISTING, metadata)

    def files(self) -> list[Path]:
        """Paths of the pictures and of claim.json."""
        return [*super().files(), *([self.listing] if self.listing.exists() else [])]

    def load(self) -> Any:
        """Load a genlab.theory.claim.Recorded: the claim without its pictures."""
        from genlab.theory.claim import Recorded

        return Recorded.from_json(json.loads(self.listing.read_text(encoding="utf-8"))["claim"])

    def save(self, data: Any) -> None:
        import hashlib

        from genlab.engine.files import write
        from genlab.pictures.animation import webp
        from genlab.theory.claim import Recorded

        contents = {f"{name}.webp": webp(picture.frames, picture.milliseconds) for name, picture in data.pictures.items()}
        self._write(contents)
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())}
        write(self.listing, (json_text({"claim": Recorded.of(data).to_json(), "sha256": hashes}, indent=1) + "\n").encode())


class MeasuredClaims(BoundDataset):
    """All claims that have been measured. Loads as a function that reads them: (claims, pictures), each by claim."""

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None):
        self.filepath, self.metadata = Path(filepath), metadata

    def load(self) -> Callable[[], tuple[Mapping[str, Any], Mapping[str, Mapping[str, bytes]]]]:
        def read() -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, bytes]]]:
            from genlab.reports.theory import measured

            found = measured(self.filepath, claims(self.session.parameters))
            pictures = {
                name: {file: (self.filepath / name / file).read_bytes() for file in claim.captions} for name, claim in found.items()
            }
            return found, pictures

        return read

    def save(self, data: None) -> None:
        raise NotImplementedError("Claims are saved one by one.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}
