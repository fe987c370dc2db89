"""Kedro datasets for what genlab makes."""

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from genlab.errors import InputError
from pipelines.folders import FolderDataset, replace


class _File(AbstractDataset):
    """One file, written whole or not at all."""

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None):
        self.filepath, self.metadata = Path(filepath), metadata

    def _exists(self) -> bool:
        return self.filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}

    def _partial(self) -> Path:
        self.filepath.parent.mkdir(parents=True, exist_ok=True)
        return self.filepath.with_suffix(f".part{self.filepath.suffix}")


class PreparedSetFolder(_File):
    """A genlab.images.prepared_set.PreparedSet in its folder; its pixels stay on disk until they are used."""

    def load(self) -> Any:
        from genlab.images.prepared_set import PreparedSet

        return PreparedSet.load(self.filepath)

    def save(self, data: Any) -> None:
        data.save(self.filepath)


class Weights(_File):
    """A state_dict as safetensors: the same weights give the same bytes."""

    def load(self) -> dict[str, Any]:
        from safetensors.torch import load_file

        return load_file(self.filepath)

    def save(self, data: dict[str, Any]) -> None:
        from safetensors.torch import save_file

        partial = self._partial()
        save_file(data, partial)
        os.replace(partial, self.filepath)


class Picture(_File):
    """A PIL image as PNG."""

    def load(self) -> Any:
        from PIL import Image

        return Image.open(io.BytesIO(self.filepath.read_bytes()))

    def save(self, data: Any) -> None:
        partial = self._partial()
        data.save(partial)
        os.replace(partial, self.filepath)


class Pictures(FolderDataset):
    """Name -> PIL image, as PNG files of these names. The listing is next to the folder, which is an output of DVC: `<folder>.json`."""

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None):
        super().__init__(filepath, Path(f"{filepath}.json"), metadata)

    def load(self) -> dict[str, Any]:
        """The current pictures. Without a listing, as after `dvc pull`, all PNG files of the folder."""
        from PIL import Image

        if not self.listing.exists():
            return {file.stem: Image.open(io.BytesIO(file.read_bytes())) for file in sorted(self.filepath.glob("*.png"))}
        return {Path(name).stem: Image.open(io.BytesIO(content)) for name, content in self._read().items()}

    def save(self, data: dict[str, Any]) -> None:
        contents = {f"{name}.png": png(picture) for name, picture in data.items()}
        self._write(contents)
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())}
        replace(self.listing, (json.dumps({"sha256": hashes}, indent=2) + "\n").encode())

    def _exists(self) -> bool:
        return self.filepath.is_dir()


class FileFolder(FolderDataset):
    """File name -> bytes. One of the files is the listing, in which the data name the others, as release.json does."""

    def __init__(self, filepath: str, listing: str, metadata: dict[str, Any] | None = None):
        super().__init__(filepath, Path(filepath) / listing, metadata)

    def files(self) -> list[Path]:
        return [*super().files(), *([self.listing] if self.listing.exists() else [])]

    def load(self) -> dict[str, bytes]:
        """The listed files and the listing.

        Raises:
            InputError: there is no listing, or it disagrees with a file.
        """
        if not self.listing.exists():
            raise InputError(f"{self.listing} does not exist. Make the folder: `kedro run --pipeline=<recipe>`.")
        return dict(sorted((self._read() | {self.listing.name: self.listing.read_bytes()}).items()))

    def save(self, data: dict[str, bytes]) -> None:
        listing = data[self.listing.name]
        self._write({name: content for name, content in data.items() if name != self.listing.name})
        replace(self.listing, listing)


def png(picture: Any) -> bytes:
    """A PIL image as the bytes of a PNG file."""
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


class _Maker(AbstractDataset):
    """Loads as something that makes what it is asked for, and keeps that in the folder."""

    def __init__(self, filepath: str):
        self.filepath = Path(filepath)

    def save(self, data: None) -> None:
        raise NotImplementedError(f"{type(self).__name__} is made from code and data that are there, not saved.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}


class FeatureExtractor(_Maker):
    """The extractor of KID and FID, by a package's weights; its ONNX file is made once."""

    def load(self) -> Any:
        from genlab.extractors.efficientnet import EfficientNetLite0

        return EfficientNetLite0(self.filepath)


class SetClassifiers(_Maker):
    """The classifiers of labelled image sets: each is trained when it is first asked for."""

    def load(self) -> Any:
        from genlab.extractors.classifier_cache import Classifiers

        return Classifiers(self.filepath)
