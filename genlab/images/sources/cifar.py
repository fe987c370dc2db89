"""CIFAR-10 and CIFAR-100, 32 px (Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images).

https://www.cs.toronto.edu/~kriz/cifar.html describes the two versions of the files that are read here, for Python and in binary.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

import numpy as np

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.files import Item, Reader, Survey, all_files, list_files
from genlab.images.sources.names import Computed, kind_of
from genlab.images.sources.official import content_of, folders_with, only
from genlab.images.sources.pickles import array_of, numbers_of, read_pickled_dict, texts_of

SIDE, CHANNELS = 32, 3
VALUES = CHANNELS * SIDE * SIDE  # of an image: all red ones, all green ones, all blue ones, row by row


class Version(NamedTuple):
    """The files of a set in one of its versions."""

    name: str
    parts: Mapping[str, str]  # file of images -> split
    labels: Mapping[str, tuple[str, str]]  # kind of label -> (key in a pickle, or column of a binary record; file or key of the names)
    names: str  # file of all names of classes; "" for a file per kind of label
    columns: int = 0  # labels at the beginning of a binary record; 0 for pickles

    def marks(self) -> set[str]:
        """Names of files that no other version has together."""
        return {next(iter(self.parts)), self.names or next(iter(self.labels.values()))[1]}


BATCHES = dict.fromkeys([f"data_batch_{number}" for number in range(1, 6)], "train") | {"test_batch": "test"}
VERSIONS = (
    Version("CIFAR-10", BATCHES, {"fine": ("labels", "label_names")}, "batches.meta"),
    Version("CIFAR-10", {f"{name}.bin": split for name, split in BATCHES.items()}, {"fine": ("0", "batches.meta.txt")}, "", 1),
    Version(
        "CIFAR-100",
        {"train": "train", "test": "test"},
        {"fine": ("fine_labels", "fine_label_names"), "coarse": ("coarse_labels", "coarse_label_names")},
        "meta",
    ),
    Version(
        "CIFAR-100",
        {"train.bin": "train", "test.bin": "test"},
        {"fine": ("1", "fine_label_names.txt"), "coarse": ("0", "coarse_label_names.txt")},
        "",
        2,
    ),
)
UNUSED = ("readme.html", "file.txt~")  # files without data in the archives
EXPECTED = "data_batch_1 and batches.meta, data_batch_1.bin and batches.meta.txt, train and meta, or train.bin and fine_label_names.txt"


@dataclass(frozen=True)
class Cifar:
    """CIFAR-10 or CIFAR-100 in either version, unpacked or as the `.tar.gz` of the publisher. The test batch is held out.

    Pickles are read as data, so that a file of another origin cannot run code (genlab.images.sources.pickles).
    """

    root: str  # folder or archive, or a folder above
    labels: Literal["fine", "coarse"] = "fine"  # of CIFAR-100: 100 classes, or 20 superclasses

    def __post_init__(self) -> None:
        if self.labels not in ("fine", "coarse"):
            raise InputError(f"Cifar's `labels` are 'fine' or 'coarse'; got '{self.labels}'.")

    def items(self) -> Iterator[Item]:
        files = list_files(self.root)
        version, folder = self.found(files)
        if self.labels not in version.labels:
            raise InputError(f"{version.name} has no {self.labels} labels, only {', '.join(version.labels)} ones. Remove `labels`.")
        names, seen = self.class_names(version, folder, files), Counter[str]()
        for file, split in version.parts.items():
            pixels, numbers = self.batch(version, folder, file, files)
            self.check(numbers, names, self.place(folder, file))
            state = partial(str, files[PurePosixPath(folder, file).as_posix()].state())
            for index, number in enumerate(numbers):
                stem = f"{split}/{seen[split]:06d}"  # the same in both versions
                seen[split] += 1
                read = Computed(partial(pixels.__getitem__, index), state)
                yield Item(f"{PurePosixPath(folder, file)}#{index:06d}", read, stem, label=names[number], split=split)

    def domains(self) -> dict[str, str]:
        return {}

    def survey(self) -> Survey:
        version, folder = self.found(list_files(self.root))
        used = {*version.parts, version.names, *UNUSED, *(file for _, file in version.labels.values())}
        below = f"{folder}/" if folder else ""
        others = [path for path in all_files(self.root) if path.startswith(below) and path.removeprefix(below) not in used]
        return Survey(Counter(map(kind_of, others)))

    def found(self, files: Mapping[str, Reader]) -> tuple[Version, str]:
        """The version of the files, and the folder below the root that has them."""
        places = {folder: version for version in VERSIONS for folder in folders_with(files, version.marks())}
        folder = only(list(places), "files of CIFAR-10 or CIFAR-100", self.root, "root", EXPECTED)
        return places[folder], folder

    def place(self, folder: str, file: str) -> Path:
        """Path of a file, for messages."""
        return expanded(self.root).absolute() / folder / file

    def class_names(self, version: Version, folder: str, files: Mapping[str, Reader]) -> Sequence[str]:
        """Names of the classes, in the order of their numbers."""
        _, names = version.labels[self.labels]
        file = version.names or names
        content = content_of(files, PurePosixPath(folder, file).as_posix(), self.root, version.name)
        if version.columns:
            return content.decode("utf-8", "backslashreplace").split()
        path = self.place(folder, file)
        return texts_of(read_pickled_dict(content, path).get(names), path)

    def batch(self, version: Version, folder: str, file: str, files: Mapping[str, Reader]) -> tuple[np.ndarray, np.ndarray]:
        """Images uint8 (N, 32, 32, 3) and labels (N,) of a file."""
        content, path = content_of(files, PurePosixPath(folder, file).as_posix(), self.root, version.name), self.place(folder, file)
        key, _ = version.labels[self.labels]
        if version.columns:
            record = version.columns + VALUES
            if not content or len(content) % record:
                raise InputError(
                    f"{path} has {len(content):,} bytes, expected a multiple of {record:,}, one record per image of {version.name}: it is "
                    "truncated or damaged. Fetch it again."
                )
            records = np.frombuffer(content, np.uint8).reshape(-1, record)
            values, numbers = records[:, version.columns :], records[:, int(key)].astype(np.int64)
        else:
            found = read_pickled_dict(content, path)
            values, numbers = array_of(found.get("data"), path), numbers_of(found.get(key), path)
            if values.ndim != 2 or values.shape[1] != VALUES or len(values) != len(numbers):
                raise InputError(
                    f"{path} holds {len(numbers):,} labels and data of shape {values.shape}, expected {VALUES:,} values for each label of "
                    f"{version.name}. Fetch it again."
                )
        return values.reshape(-1, CHANNELS, SIDE, SIDE).transpose(0, 2, 3, 1), numbers

    def check(self, numbers: np.ndarray, names: Sequence[str], path: Path) -> None:
        """Raise an InputError for a label without a name."""
        wrong = numbers[(numbers < 0) | (numbers >= len(names))]
        if len(wrong):
            raise InputError(f"{path} has the label {wrong[0]}, expected 0 to {len(names) - 1}, the classes with names. Fetch it again.")
