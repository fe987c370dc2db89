"""Kedro datasets for what genlab makes."""

import os
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset


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

        return Image.open(self.filepath)

    def save(self, data: Any) -> None:
        partial = self._partial()
        data.save(partial)
        os.replace(partial, self.filepath)


class Pictures(_File):
    """Name -> PIL image, as PNG files of these names in a folder that holds nothing else."""

    def load(self) -> dict[str, Any]:
        from PIL import Image

        return {file.stem: Image.open(file) for file in sorted(self.filepath.glob("*.png"))}

    def save(self, data: dict[str, Any]) -> None:
        for name, picture in data.items():
            Picture(str(self.filepath / f"{name}.png")).save(picture)
        for file in self.filepath.iterdir():
            if file.stem not in data or file.suffix != ".png":
                file.unlink()


class FileFolder(AbstractDataset):
    """File name -> bytes, as a folder that holds nothing else."""

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None):
        self.filepath, self.metadata = Path(filepath), metadata

    def load(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in sorted(self.filepath.iterdir())}

    def save(self, data: dict[str, bytes]) -> None:
        self.filepath.mkdir(parents=True, exist_ok=True)
        for name, content in data.items():
            partial = self.filepath / f"{name}.part"
            partial.write_bytes(content)
            os.replace(partial, self.filepath / name)
        for file in self.filepath.iterdir():
            if file.name not in data:
                file.unlink()

    def _exists(self) -> bool:
        return self.filepath.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self.filepath)}


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
        from genlab.metrics.features import EfficientNetLite0

        return EfficientNetLite0(self.filepath)


class SetClassifiers(_Maker):
    """The classifiers of labelled image sets: each is trained when it is first asked for."""

    def load(self) -> Any:
        from genlab.metrics.classifier import Classifiers

        return Classifiers(self.filepath)
