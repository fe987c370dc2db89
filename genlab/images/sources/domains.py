"""Two domains, a and b: two folders, CycleGAN's four folders, or pix2pix's side-by-side images."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from genlab.errors import InputError
from genlab.images.sources.files import (
    Item,
    Reader,
    Survey,
    exists,
    inner_root,
    list_images,
    listing,
    subfolders,
    survey,
)
from genlab.images.sources.names import without_extension
from genlab.images.sources.splits import domain_of, find_splits, quoted, split_of
from genlab.serving.images import MAX_PIXELS


class Place(NamedTuple):
    """A folder of images of one domain."""

    domain: str
    folder: str  # relative to root
    split: str  # folder of the split that the folder is in, or part of its name: `train` of `train/photo` and of `trainA`; "" for none


@dataclass(frozen=True)
class TwoFolders:
    """`<root>/<a>/<stem>.*` and `<root>/<b>/<stem>.*`. Equal stems are pairs if the set is declared paired.

    Folders `train` and `test`, above or below a and b, are the split: `train/<a>/1.png` and `<a>/train/1.png` have the stem `train/1`.
    """

    root: str  # folder or archive
    a: str  # folder of domain a, relative to root
    b: str  # folder of domain b, relative to root
    max_pixels: int = MAX_PIXELS  # largest width x height of a file; larger ones are not decoded

    def __post_init__(self) -> None:
        a, b = PurePosixPath(self.a), PurePosixPath(self.b)
        if a == b or a in b.parents or b in a.parents:
            raise InputError(f"Domains a and b must be two folders, neither inside the other; got '{self.a}' and '{self.b}'.")

    def items(self) -> Iterator[Item]:
        found = self.found()
        splits = find_splits(name for _, name, _, _ in found)
        for path, name, read, domain in found:
            yield Item(path, read, without_extension(name), domain, split=splits.of(name), max_pixels=self.max_pixels)

    def domains(self) -> dict[str, str]:
        return {"a": self.a, "b": self.b}

    def survey(self) -> Survey:
        root = self.inner()
        passed_over = sum((listing(root, place.folder).passed_over for place in self.places(root)), Counter[str]())
        remarks = find_splits(name for _, name, _, _ in self.found()).remarks
        return Survey(passed_over, [*remarks, *unused(root, {place.folder for place in self.places(root)})])

    def found(self) -> list[tuple[str, str, Reader, str]]:
        """Path, name within the domain with the folder of the split in front, reader and domain of each image."""
        root = self.inner()
        return [
            (path, PurePosixPath(place.split, PurePosixPath(path).relative_to(place.folder)).as_posix(), read, place.domain)
            for place in self.places(root)
            for path, read in list_images(root, place.folder).items()
        ]

    def inner(self) -> str:
        """The root, or the only folder in it if that has the folder of domain a, in itself or in a folder of a split."""
        return inner_root(self.root, lambda root: any(exists(root, place.folder) for place in self.places(root) if place.domain == "a"))

    def places(self, root: str) -> list[Place]:
        """Folders of the domains: those that are named or, if there is none of that name, those below the folders of the split."""
        splits = [folder for folder in subfolders(root) if split_of(folder)]
        places = []
        for domain, name in self.domains().items():
            folder = PurePosixPath(name).as_posix()
            below = [] if exists(root, folder) else [split for split in splits if exists(root, f"{split}/{folder}")]
            places += [Place(domain, f"{split}/{folder}", split) for split in below] or [Place(domain, folder, "")]
        return places


@dataclass(frozen=True)
class TrainTestDomains:
    """The folders of CycleGAN's sets: `trainA`, `trainB`, `testA`, `testB`. They define the split; `valA` and `valB` are held out, too.

    Stems are prefixed by the split (`test/0001`), since the same number in both splits is not the same image.
    """

    root: str  # folder or archive
    max_pixels: int = MAX_PIXELS  # largest width x height of a file; larger ones are not decoded

    def items(self) -> Iterator[Item]:
        root = self.inner()
        for domain, folder, split in self.places(root):
            for path, read in list_images(root, folder).items():
                stem = f"{split}/{without_extension(path, folder)}"
                yield Item(path, read, stem, domain, split=split_of(split), max_pixels=self.max_pixels)

    def domains(self) -> dict[str, str]:
        return {"a": "trainA and testA", "b": "trainB and testB"}

    def survey(self) -> Survey:
        root = self.inner()
        places = self.places(root)
        passed_over = sum((listing(root, place.folder).passed_over for place in places), Counter[str]())
        return Survey(passed_over, unused(root, {place.folder for place in places}))

    def inner(self) -> str:
        """The root, or the only folder in it if that has the folders of the domains."""
        return inner_root(self.root, lambda root: any(domain_of(folder)[0] for folder in subfolders(root)))

    def places(self, root: str) -> list[Place]:
        """Folders of the domains, training first.

        Raises:
            InputError: a domain has no training folder or no held-out folder.
        """
        folders = subfolders(root)
        places = [Place(domain_of(name)[1], name, name[:-1].rstrip(" _-").lower()) for name in folders if domain_of(name)[0]]
        for split in ("train", "test"):
            for domain in ("a", "b"):
                if not any((split_of(place.split), place.domain) == (split, domain) for place in places):
                    list_images(root, f"{split}{domain.upper()}")  # raises the error of the missing folder
        return sorted(places, key=lambda place: (split_of(place.split) != "train", place.split, place.domain))


@dataclass(frozen=True)
class SideBySide:
    """The images of pix2pix's sets: one file per pair, with one domain in the left half and the other in the right half.

    Folders `train`, `test` and `val` are the split; `val` and `test` are held out.
    """

    root: str  # folder or archive
    a: str = "left"  # half that is domain a, "left" or "right"; "right" reverses the direction of translation
    max_pixels: int = MAX_PIXELS  # largest width x height of a file; larger ones are not decoded

    def __post_init__(self) -> None:
        if self.a not in ("left", "right"):
            raise InputError(f"SideBySide's `a` is the half that is domain a, 'left' or 'right'; got '{self.a}'.")

    def items(self) -> Iterator[Item]:
        halves, images = self.domains(), list_images(self.root)
        splits = find_splits(images)
        for path, read in images.items():
            stem, split = without_extension(path), splits.of(path)
            for domain, half in halves.items():
                yield Item(f"{path}#{half}", read, stem, domain, split=split, half=half, max_pixels=self.max_pixels)

    def domains(self) -> dict[str, str]:
        return {"a": self.a, "b": "left" if self.a == "right" else "right"}

    def survey(self) -> Survey:
        return survey(self.root)


def unused(root: str, used: Collection[str]) -> list[str]:
    """Remark on folders of the root that look like a split and that the layout does not read."""
    read = {PurePosixPath(folder).parts[0] for folder in used}
    names = [name for name in subfolders(root) if (split_of(name) or domain_of(name)[0]) and name not in read]
    if not names:
        return []
    return [
        f"{quoted(names)} looks like a part of the set, but the layout reads only {quoted(sorted(used))}. `trainA`, `trainB`, `testA` and "
        "`testB` are read by TrainTestDomains; `train` and `test` are a split if both have the folders of both domains."
    ]
