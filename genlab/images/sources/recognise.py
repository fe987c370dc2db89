"""Recognises the layout of a folder or archive from names of files that no other format has."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.prepared_set import Kind
from genlab.images.sources.archives import find_archive, open_archive
from genlab.images.sources.celeba import CelebA
from genlab.images.sources.cifar import Cifar
from genlab.images.sources.dataset_json import DatasetJson
from genlab.images.sources.domains import TrainTestDomains
from genlab.images.sources.files import check_there
from genlab.images.sources.folders import Folder, FolderPerClass
from genlab.images.sources.hugging_face import HuggingFace
from genlab.images.sources.lsun import Lsun
from genlab.images.sources.mnist import Mnist
from genlab.images.sources.web_dataset import WebDataset

DEPTH = 2  # folders below the root in which marks are looked for
DOMAINS = ("paired", "unpaired")  # kinds of sets with two domains


Known = type[Cifar | Mnist | CelebA | DatasetJson | Lsun | HuggingFace | WebDataset | TrainTestDomains]
Plain = type[Folder | FolderPerClass]


class Mark(NamedTuple):
    """Names that give a format away if all of them are there."""

    layout: Known
    names: tuple[str, ...]  # regular expressions for files, and for folders with a slash at the end


MARKS = (
    Mark(Cifar, (r"data_batch_1(\.bin)?", r"batches\.meta(\.txt)?")),
    Mark(Cifar, ("train", "test", "meta")),
    Mark(Cifar, (r"train\.bin", r"fine_label_names\.txt")),
    Mark(Mnist, (r"(emnist-\w+-)?train-images[-.]idx3-ubyte(\.gz)?",)),
    Mark(CelebA, (r"list_attr_celeba\.(txt|csv)",)),
    Mark(CelebA, (r"img_align_celeba(\.zip|/)",)),
    Mark(DatasetJson, (r"dataset\.json",)),
    Mark(Lsun, (r"data\.mdb",)),
    Mark(HuggingFace, (r".+\.(parquet|arrow)",)),
    Mark(WebDataset, (r".*\d{4,}\.tar",)),
    Mark(WebDataset, (r".+\.cls",)),
    Mark(TrainTestDomains, ("trainA/", "trainB/")),
)
OTHERS = {
    "unlabelled": "Folder",
    "labelled": "FolderPerClass (folders are classes) or LabelsFile (a table)",
    "paired": "SideBySide (two halves of one file) or TwoFolders (the same names in two folders)",
    "unpaired": "TwoFolders (a folder per domain)",
}


def recognised(root: str, kind: Kind) -> list[Known]:
    """Layouts for a kind of set whose marks are in a folder or archive; empty if there are none, and for a missing root."""
    names = set(names_in(root))
    found = [mark.layout for mark in MARKS if all(any(re.fullmatch(word, name) for name in names) for word in mark.names)]
    return [layout for layout in dict.fromkeys(found) if (layout is TrainTestDomains) == (kind in DOMAINS)]


def layout_for(
    root: str,
    kind: Kind,
    otherwise: Plain | None = None,  # layout if the files have the marks of none
) -> Known | Plain:
    """The layout of a set for which only the root is given.

    Raises:
        InputError: the root is missing; or the files have the marks of none, or of several, and the message has the layouts to choose from.
    """
    found = recognised(root, kind)
    if len(found) == 1:
        return found[0]
    if otherwise is not None and not found:
        return otherwise
    if find_archive(expanded(root)) is None:
        check_there(expanded(root))
    what = f"has files of {' and '.join(each.__name__ for each in found)}" if found else "has no files of a format that is recognised"
    choice = " or ".join(each.__name__ for each in found) or OTHERS[kind]
    raise InputError(
        f"`source` has no class, and {expanded(root).absolute()} {what}. Add the layout of a set of kind {kind}: "
        f"`class: genlab.images.sources.<layout>` with {choice}."
    )


def names_in(root: str) -> Iterator[str]:
    """Names of the files and, with a slash at the end, of the folders in a root, at most DEPTH folders below it."""
    place = expanded(root)
    archive = find_archive(place)
    if archive is None:
        yield from ([place.name] if place.is_file() else names_on_disk(place, DEPTH))
        return
    files, folders = open_archive(archive[0])
    below = f"{archive[1]}/" if archive[1] else ""
    for paths, end in ((files, ""), (folders, "/")):
        for path in paths:
            if path.startswith(below) and path.removeprefix(below).count("/") <= DEPTH:
                yield path.rpartition("/")[2] + end


def names_on_disk(folder: Path, depth: int) -> Iterator[str]:
    """Names in a folder and in those below it; a folder that cannot be read has none."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                below = entry.is_dir()
                yield f"{entry.name}/" if below else entry.name
                if below and depth:
                    yield from names_on_disk(Path(entry.path), depth - 1)
    except OSError:
        return
