"""Layouts of one domain: a folder of images, a folder per class, or a folder and a table of labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from genlab.images.sources.files import Item, Survey, absent, list_images, listing, survey, without_wrapper
from genlab.images.sources.names import without_extension
from genlab.images.sources.splits import find_splits
from genlab.images.sources.tables import Row, read_table
from genlab.serving.images import MAX_PIXELS


@dataclass(frozen=True)
class Folder:
    """All images below a folder, at any depth, without labels. Folders `train` and `test` are the split (genlab.images.sources.splits)."""

    root: str  # folder or archive
    max_pixels: int = MAX_PIXELS  # largest width x height of a file; larger ones are not decoded

    def items(self) -> Iterator[Item]:
        images = list_images(self.root)
        splits = find_splits(images)
        for path, read in images.items():
            yield Item(path, read, without_extension(path), split=splits.of(path), max_pixels=self.max_pixels)

    def domains(self) -> dict[str, str]:
        return {}

    def survey(self) -> Survey:
        return survey(self.root)


@dataclass(frozen=True)
class FolderPerClass:
    """Images with one folder per class: `<label>/.../<image>`, `<split>/<label>/.../<image>` or `<label>/<split>/.../<image>`.

    A folder that holds all others is no class. An image outside the class folders has the label ''.
    """

    root: str  # folder or archive
    max_pixels: int = MAX_PIXELS  # largest width x height of a file; larger ones are not decoded

    def items(self) -> Iterator[Item]:
        images = list_images(self.root)
        splits = find_splits(images)
        for path, read in images.items():
            label, split = splits.label_of(path), splits.of(path)
            yield Item(path, read, without_extension(path), label=label, split=split, max_pixels=self.max_pixels)

    def domains(self) -> dict[str, str]:
        return {}

    def survey(self) -> Survey:
        return survey(self.root)


@dataclass(frozen=True)
class LabelsFile:
    """Images in a folder, with labels in a table with the columns `stem`, `label` and, if the set has one, `split`.

    Without a column `split`, folders `train` and `test` are the split. Neither a missing row nor a missing image is ignored: an image
    without a row has the label '', and a row without an image yields an item that cannot be read.
    """

    root: str  # folder or archive
    labels: str = "labels.csv"  # file of the table, relative to root
    folder: str = ""  # folder of the images, relative to root; '': root
    max_pixels: int = MAX_PIXELS  # largest width x height of a file; larger ones are not decoded

    def items(self) -> Iterator[Item]:
        root = without_wrapper(self.root, self.labels)
        images, table = list_images(root, self.folder), read_table(root, self.labels)
        splits = find_splits(images)
        stems = {path: without_extension(path, self.folder) for path in images}
        for path, read in images.items():
            row = table.rows.get(stems[path], Row("", ""))
            split = row.split if table.has_splits else splits.of(path)
            yield Item(path, read, stems[path], label=row.label, split=split, max_pixels=self.max_pixels)
        for stem in sorted(table.rows.keys() - set(stems.values())):
            row = table.rows[stem]
            yield Item(PurePosixPath(self.folder, stem).as_posix(), absent, stem, label=row.label, split=row.split)

    def domains(self) -> dict[str, str]:
        return {}

    def survey(self) -> Survey:
        root = without_wrapper(self.root, self.labels)
        found, table = listing(root, self.folder, used=self.labels), read_table(root, self.labels)
        return Survey(found.passed_over, [*table.remarks, *(() if table.has_splits else find_splits(found.images).remarks)])
