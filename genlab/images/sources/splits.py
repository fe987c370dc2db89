"""Official splits: folders, or words in a table, that separate training images from held-out images."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# Sets hold out `val`, `test` or both; both are held out here, since neither is trained on.
SPLITS = dict.fromkeys(("train", "training"), "train") | dict.fromkeys(("val", "valid", "validation", "test", "testing"), "test")
WORDS = ", ".join(SPLITS)
DOMAIN_FOLDER = re.compile(rf"({'|'.join(sorted(SPLITS, key=len, reverse=True))})[ _-]?([ab])", re.IGNORECASE)  # trainA, test_b
SHOWN = 3  # folders or images named in a remark


def split_of(word: str) -> str:
    """Split that a word means, in any case: `Training` -> "train"; `val`, `test` -> "test"; any other word -> ""."""
    return SPLITS.get(word.lower(), "")


def domain_of(folder: str) -> tuple[str, str]:
    """Split and domain of a folder of CycleGAN's sets: `trainA` -> ("train", "a"); ("", "") for any other folder."""
    found = DOMAIN_FOLDER.fullmatch(folder)
    return (split_of(found[1]), found[2].lower()) if found else ("", "")


class Splits(NamedTuple):
    """Position of the split's folder in the paths of a set."""

    depth: int  # index of the folder that is the split: 0 for `train/x.png`, 1 for `set/train/x.png`; -1: no official split
    shared: int  # number of folders at the top, other than the split, that hold all images and hence are no classes
    remarks: Sequence[str]  # what looks like a split and is not used as one

    def of(self, path: str) -> str:
        """Split of an image: "train", "test", or "" if the layout does not determine it."""
        folders = folders_of(path)
        return either(folders[self.depth])[0] if 0 <= self.depth < len(folders) else ""

    def label_of(self, path: str) -> str:
        """Class of an image: the first folder that is neither the split nor shared by all images; "" if there is none."""
        folders = [*self.rest(path), ""]
        return folders[min(self.shared, len(folders) - 1)]

    def rest(self, path: str) -> list[str]:
        """Folders of an image without that of the split; of `trainA`, the domain `A` is kept."""
        folders = folders_of(path)
        if not self.of(path):
            return folders
        return [*folders[: self.depth], *either(folders[self.depth])[1:], *folders[self.depth + 1 :]]


def find_splits(paths: Iterable[str]) -> Splits:
    """Find the official split in the paths of images.

    It is the first level of folders with both a training folder and a held-out folder: `train/cat/1.png`, `set/train/1.png`,
    `cat/train/1.png`. If there is only one of the two, nothing tells which images to hold out, and the folder is an ordinary folder.
    """
    paths = list(paths)
    folders = [folders_of(path) for path in paths]
    seen = [{each[depth] for each in folders if len(each) > depth} for depth in range(max(map(len, folders), default=0))]
    kinds = [{either(name)[0] for name in names} for names in seen]
    depth = next((depth for depth, found in enumerate(kinds) if {"train", "test"} <= found), -1)
    splits = Splits(depth, 0, ())
    inside = [path for path in paths if splits.of(path)] or paths
    remarks = lonely(seen) if depth < 0 else outside(splits, paths)
    return Splits(depth, shared_folders([splits.rest(path) for path in inside]), remarks)


def either(folder: str) -> list[str]:
    """[split] of `train`, [split, domain] of `trainA`, [""] of any other folder."""
    split, _ = domain_of(folder)
    return [split, folder[-1]] if split else [split_of(folder)]


def folders_of(path: str) -> list[str]:
    """Folders of a path, from the top."""
    return path.split("/")[:-1]


def shared_folders(folders: Sequence[Sequence[str]]) -> int:
    """Number of folders at the top that hold all images and have further folders below, so that each image has a folder left."""
    least = min((len(each) for each in folders), default=0) - 1
    return next((depth for depth in range(max(0, least)) if len({each[depth] for each in folders}) > 1), max(0, least))


def lonely(seen: Sequence[set[str]]) -> list[str]:
    """Remark on folders that look like a split but have no counterpart; `seen` has the names of the folders per level."""
    names = sorted({name for level in seen for name in level if either(name)[0]})
    if not names:
        return []
    missing = "training" if either(names[0])[0] == "test" else "held-out"
    return [
        f"{quoted(names)} looks like a split, but there is no {missing} folder next to it: it is used as an ordinary folder, and `test` "
        f"and `seed` of the set determine the held-out images. Folders that are splits: {WORDS}."
    ]


def outside(splits: Splits, paths: Sequence[str]) -> list[str]:
    """Remark on images outside the folders of the official split."""
    others = [path for path in paths if not splits.of(path)]
    if not others:
        return []
    names = sorted({folders_of(path)[splits.depth] for path in paths if splits.of(path)})
    return [
        f"{len(others):,} of {len(paths):,} images are outside the folders of the split, {quoted(names)}, e.g. {others[0]}: `test` and "
        "`seed` of the set determine which of these are held out."
    ]


def quoted(names: Sequence[str]) -> str:
    """The first names in quotes, with the number of the others."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + more
