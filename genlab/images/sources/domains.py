"""Two domains, a and b: two folders, CycleGAN's four folders, or pix2pix's side-by-side images."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from genlab.errors import InputError
from genlab.images.sources.files import Item, list_images, without_extension

SPLITS = {"train": "train", "test": "test", "val": "test"}  # pix2pix's sets hold out `val`, `test` or both


@dataclass(frozen=True)
class TwoFolders:
    """`<root>/<a>/<stem>.*` and `<root>/<b>/<stem>.*`. Equal stems are pairs if the set is declared paired."""

    root: str  # folder or .zip
    a: str  # folder of domain a, relative to root
    b: str  # folder of domain b, relative to root

    def __post_init__(self) -> None:
        a, b = PurePosixPath(self.a), PurePosixPath(self.b)
        if a == b or a in b.parents or b in a.parents:
            raise InputError(f"Domains a and b must be two folders, neither inside the other; got '{self.a}' and '{self.b}'.")

    def items(self) -> Iterator[Item]:
        for domain, folder in self.domains().items():
            for path, read in list_images(self.root, PurePosixPath(folder).as_posix()).items():
                yield Item(path, read, without_extension(path, folder), domain)

    def domains(self) -> dict[str, str]:
        return {"a": self.a, "b": self.b}


@dataclass(frozen=True)
class TrainTestDomains:
    """The folders of CycleGAN's sets: `trainA`, `trainB`, `testA`, `testB`. They define the split.

    Stems are prefixed by the split (`test/0001`), since the same number in both splits is not the same image.
    """

    root: str  # folder or .zip

    def items(self) -> Iterator[Item]:
        for split in ("train", "test"):
            for domain in ("a", "b"):
                folder = f"{split}{domain.upper()}"
                for path, read in list_images(self.root, folder).items():
                    yield Item(path, read, f"{split}/{without_extension(path, folder)}", domain, split=split)

    def domains(self) -> dict[str, str]:
        return {"a": "trainA and testA", "b": "trainB and testB"}


@dataclass(frozen=True)
class SideBySide:
    """The images of pix2pix's sets: one file per pair, with one domain in the left half and the other in the right half.

    Subfolders `train`, `test` and `val` of the root are splits; `val` and `test` are held out.
    """

    root: str  # folder or .zip
    a: str = "left"  # half that is domain a, "left" or "right"; "right" reverses the direction of translation

    def __post_init__(self) -> None:
        if self.a not in ("left", "right"):
            raise InputError(f"SideBySide's `a` is the half that is domain a, 'left' or 'right'; got '{self.a}'.")

    def items(self) -> Iterator[Item]:
        halves = self.domains()
        for path, read in list_images(self.root).items():
            for domain, half in halves.items():
                yield Item(f"{path}#{half}", read, without_extension(path), domain, split=split_of(path), half=half)

    def domains(self) -> dict[str, str]:
        return {"a": self.a, "b": "left" if self.a == "right" else "right"}


def split_of(path: str) -> str:
    """Split of a path according to its first folder: "train", "test", or "" for neither."""
    return SPLITS.get(PurePosixPath(path).parts[0], "") if "/" in path else ""
