"""Layouts of one domain: a folder of images, a folder per class, or a folder and a table of labels."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genlab.errors import InputError
from genlab.images.sources.files import EXTENSIONS, Item, Reader, list_files, list_images, without_extension


@dataclass(frozen=True)
class Folder:
    """All images below a folder, at any depth, without labels."""

    root: str  # folder or .zip

    def items(self) -> Iterator[Item]:
        for path, read in list_images(self.root).items():
            yield Item(path, read, without_extension(path))

    def domains(self) -> dict[str, str]:
        return {}


@dataclass(frozen=True)
class FolderPerClass:
    """Images with one folder per class, `<root>/<label>/.../<image>`. An image outside the class folders has the label ''."""

    root: str  # folder or .zip

    def items(self) -> Iterator[Item]:
        for path, read in list_images(self.root).items():
            parts = PurePosixPath(path).parts
            yield Item(path, read, without_extension(path), label=parts[0] if len(parts) > 1 else "")

    def domains(self) -> dict[str, str]:
        return {}


@dataclass(frozen=True)
class LabelsFile:
    """Images in a folder, with labels in a CSV table with the columns `stem` and `label`.

    Neither a missing row nor a missing image is ignored: an image without a row has the label '', and a row without an image yields an
    item that cannot be read.
    """

    root: str  # folder or .zip
    labels: str = "labels.csv"  # file of the table, relative to root
    folder: str = ""  # folder of the images, relative to root; '': root

    def items(self) -> Iterator[Item]:
        images = list_images(self.root, self.folder)
        labels = self.read_labels()
        stems = {path: without_extension(path, self.folder) for path in images}
        for path, read in images.items():
            yield Item(path, read, stems[path], label=labels.get(stems[path], ""))
        for stem in sorted(labels.keys() - set(stems.values())):
            yield Item(PurePosixPath(self.folder, stem).as_posix(), absent, stem, label=labels[stem])

    def domains(self) -> dict[str, str]:
        return {}

    def read_labels(self) -> dict[str, str]:
        """Read the table as {stem: label}.

        Raises:
            InputError: no such table, no such columns, not UTF-8, or a stem with two labels.
        """
        table = Path(self.root, self.labels)
        files: dict[str, Reader] = list_files(self.root)
        if self.labels not in files:
            raise InputError(f"No table of labels {table.absolute()}. Write one with the columns stem,label, or change the set's `labels`.")
        try:
            rows = list(csv.DictReader(files[self.labels]().decode("utf-8-sig").splitlines()))
        except (UnicodeDecodeError, OSError) as error:
            raise InputError(f"Can't read {table.absolute()}: {error}. Save it as CSV in UTF-8.") from error
        columns = list(rows[0]) if rows else []
        if rows and not {"stem", "label"} <= set(columns):
            raise InputError(f"{table.absolute()} has the columns {', '.join(map(str, columns))}; expected at least stem,label.")
        labels: dict[str, str] = {}
        for line, row in enumerate(rows, start=2):
            stem, label = (row["stem"] or "").strip(), (row["label"] or "").strip()
            stem = without_extension(stem) if PurePosixPath(stem).suffix.lower() in EXTENSIONS else stem
            if labels.setdefault(stem, label) != label:
                raise InputError(
                    f"{table.absolute()}, line {line}: '{stem}' is '{label}', but '{labels[stem]}' above. Keep one of the rows."
                )
        return labels


def absent() -> bytes:
    """Reader of an item whose image does not exist."""
    raise FileNotFoundError("no such file")
