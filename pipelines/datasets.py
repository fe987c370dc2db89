"""Kedro datasets for genlab's prepared sets, weights, pictures, releases and cached networks."""

import hashlib
import io
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from genlab.engine.files import whole, write
from genlab.engine.json_text import json_text
from genlab.errors import InputError
from pipelines.folders import FolderDataset


class _File(AbstractDataset[Any, Any]):
    """Base class of datasets at one path."""

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None):
        self.filepath, self.metadata = Path(filepath), metadata

    def _exists(self) -> bool:
        return self.filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}


class PreparedSetFolder(_File):
    """Folder of a genlab.images.prepared_set.PreparedSet. After loading, the pixels stay on disk until they are used."""

    def load(self) -> Any:
        from genlab.images.prepared_set import PreparedSet

        return PreparedSet.load(self.filepath)

    def save(self, data: Any) -> None:
        data.save(self.filepath, share=True)


class Weights(_File):
    """A state_dict as a safetensors file. Equal weights give equal bytes."""

    def load(self) -> dict[str, Any]:
        """Load the state_dict.

        Raises:
            InputError: the file is damaged, or is no safetensors file.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(self.filepath)
        except SafetensorError as error:
            raise InputError(f"{self.filepath} is damaged, or is no safetensors file ({error}). Train again.") from error

    def save(self, data: dict[str, Any]) -> None:
        from genlab.engine.weights import to_bytes

        write(self.filepath, to_bytes(data))


class Whole(AbstractDataset[Any, Any]):
    """A dataset of Kedro that is one local file, written completely or not at all."""

    def __init__(self, dataset: dict[str, Any], filepath: str, metadata: dict[str, Any] | None = None):
        self.dataset, self.filepath, self.metadata = dataset, Path(filepath), metadata

    def load(self) -> Any:
        return self._at(self.filepath).load()

    def save(self, data: Any) -> None:
        with whole(self.filepath) as partial:
            self._at(partial).save(data)

    def _at(self, file: Path) -> AbstractDataset[Any, Any]:
        """The dataset of Kedro at this path."""
        return AbstractDataset.from_config(self.filepath.name, self.dataset | {"filepath": str(file)})

    def _exists(self) -> bool:
        return self.filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}


class Picture(_File):
    """A PIL image as a PNG file."""

    def load(self) -> Any:
        from PIL import Image

        return Image.open(io.BytesIO(self.filepath.read_bytes()))

    def save(self, data: Any) -> None:
        write(self.filepath, png(data))


class Pictures(FolderDataset):
    """Folder of PNG files: name -> PIL image. Its listing, `<folder>.json`, is next to the folder, because the folder is a DVC output."""

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None):
        super().__init__(filepath, Path(f"{filepath}.json"), metadata)

    def load(self) -> dict[str, Any]:
        """Load the listed pictures, or all PNG files of the folder if there is no listing, as after `dvc pull`."""
        from PIL import Image

        if not self.listing.exists():
            return {file.stem: Image.open(io.BytesIO(file.read_bytes())) for file in sorted(self.filepath.glob("*.png"))}
        return {Path(name).stem: Image.open(io.BytesIO(content)) for name, content in self._read().items()}

    def save(self, data: dict[str, Any]) -> None:
        contents = {f"{name}.png": png(picture) for name, picture in data.items()}
        self._write(contents)
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())}
        write(self.listing, (json_text({"sha256": hashes}, indent=2) + "\n").encode())

    def _exists(self) -> bool:
        return self.filepath.is_dir()


class FileFolder(FolderDataset):
    """Folder of files: file name -> bytes. One of the files, e.g. release.json, is part of the data and lists the others."""

    def __init__(self, filepath: str, listing: str, metadata: dict[str, Any] | None = None):
        super().__init__(filepath, Path(filepath) / listing, metadata)

    def files(self) -> list[Path]:
        """Paths of the listed files and of the listing."""
        return [*super().files(), *([self.listing] if self.listing.exists() else [])]

    def load(self) -> dict[str, bytes]:
        """Load the listed files and the listing.

        Raises:
            InputError: there is no listing, or a file does not match it.
        """
        if not self.listing.exists():
            raise InputError(f"{self.listing} does not exist. Make the folder: `kedro run --pipeline=<recipe>`.")
        return dict(sorted((self._read() | {self.listing.name: self.listing.read_bytes()}).items()))

    def save(self, data: dict[str, bytes]) -> None:
        listing = data[self.listing.name]
        self._write({name: content for name, content in data.items() if name != self.listing.name})
        write(self.listing, listing)


def png(picture: Any) -> bytes:
    """Encode a PIL image as the bytes of a PNG file."""
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


class CacheFolder(_File):
    """Folder of caches or of numbered checkpoints. Loads as its path; its content is never an input."""

    def load(self) -> Path:
        return self.filepath

    def save(self, data: None) -> None:
        raise NotImplementedError("CacheFolder is filled by what is cached in it, not saved.")

    def _exists(self) -> bool:
        return True
