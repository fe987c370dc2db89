"""MNIST, EMNIST and sets with the same names of files, such as Fashion-MNIST and KMNIST.

MNIST: LeCun et al. 1998 (doi:10.1109/5.726791). EMNIST: Cohen et al. 2017 (arXiv:1702.05373); its files have the columns of an image
first, and six parts with their own classes.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.files import Item, Reader, Survey, all_files, list_files
from genlab.images.sources.idx import Idx
from genlab.images.sources.names import kind_of
from genlab.images.sources.official import content_of, only

# Also `train-images.idx3-ubyte`, which some archivers make of it
NAME = re.compile(r"(?:(?P<emnist>emnist)-(?P<part>\w+)-)?(?P<split>train|test|t10k)-(?P<what>images|labels)[-.]idx[13]-ubyte(?:\.gz)?")
EXPECTED = "train-images-idx3-ubyte or emnist-<part>-train-images-idx3-ubyte, also with .gz"


@dataclass(frozen=True)
class Mnist:
    """The published files of MNIST or EMNIST, 28 px in grey, white on black; gzipped or not. The test images are held out.

    EMNIST's images are transposed, and its classes have the characters of `emnist-<part>-mapping.txt` as names: `A`, or `Aa` if one class
    is both.
    """

    root: str  # folder or archive, or a folder above
    part: str = ""  # of EMNIST: balanced, byclass, bymerge, digits, letters or mnist; '': the only one
    names: Sequence[str] = ()  # names of the classes, in the order of their numbers; empty: the digits, or EMNIST's characters
    pad: int = 0  # pixels of value 0 added on every side; 2 pads 28 to 32 px

    def items(self) -> Iterator[Item]:
        return self.layout().items()

    def domains(self) -> dict[str, str]:
        return {}

    def survey(self) -> Survey:
        layout = self.layout()
        used = {layout.images, layout.labels, layout.test_images, layout.test_labels}
        others = [path for path in all_files(layout.root) if path not in used and not known(path)]
        return Survey(Counter(map(kind_of, others)))

    def layout(self) -> Idx:
        """The files of the set as a layout of IDX files.

        Raises:
            InputError: there are no such files, the part is not there, or files are missing.
        """
        files = list_files(self.root)
        places = sorted({PurePosixPath(path).parent.as_posix() for path in files if is_images(path)})
        folder = only(places, "training images of MNIST or EMNIST", self.root, "root", EXPECTED)
        here = {path.removeprefix(f"{folder}/"): read for path, read in files.items() if PurePosixPath(path).parent.as_posix() == folder}
        parts = sorted({found["part"] or "" for name in here if (found := NAME.fullmatch(name)) and found["what"] == "images"})
        if self.part and self.part not in parts:
            there = ", ".join(filter(None, parts)) or "MNIST, which has no parts"
            raise InputError(f"`part`: got '{self.part}', but {expanded(self.root).absolute()} has: {there}.")
        part = self.part or only(parts, "parts of EMNIST", self.root, "part", EXPECTED)
        named = {key: of_part(here, part, key) for key in ("train images", "train labels", "test images", "test labels")}
        root = self.root if folder == "." else (PurePosixPath(self.root) / folder).as_posix()
        if not all(named.values()):
            missing = ", ".join(key for key, file in named.items() if not file)
            raise InputError(f"{expanded(root).absolute()} lacks the {missing} of {part or 'MNIST'}; there is: {', '.join(here)}.")
        names = self.names or (self.characters(here, part, root) if part else [])
        images, labels, test_images, test_labels = named.values()
        return Idx(root, images, labels, test_images, test_labels, names, self.pad, transpose=bool(part))

    def characters(self, files: Mapping[str, Reader], part: str, root: str) -> Sequence[str]:
        """Characters of the classes of a part of EMNIST; "" for a number that is not a class."""
        file = f"emnist-{part}-mapping.txt"
        lines = content_of(files, file, root, "EMNIST").decode("ascii", "replace").splitlines()
        try:
            rows = [[int(word) for word in line.split()] for line in lines if line.strip()]
            found = {number: "".join(map(chr, codes)) for number, *codes in rows}
        except ValueError as error:
            path = expanded(root).absolute() / file
            raise InputError(f"{path} is no mapping of EMNIST: expected a class and its ASCII codes per line. Fetch it again.") from error
        return [found.get(number, "") for number in range(max(found, default=-1) + 1)]


def is_images(path: str) -> bool:
    """Whether a file is the training images of MNIST or of a part of EMNIST."""
    found = NAME.fullmatch(PurePosixPath(path).name)
    return bool(found and found["split"] == "train" and found["what"] == "images")


def known(path: str) -> bool:
    """Whether a file belongs to one of the sets, such as another part of EMNIST."""
    name = PurePosixPath(path).name
    return bool(NAME.fullmatch(name) or re.fullmatch(r"emnist-\w+-mapping\.txt", name))


def of_part(names: Mapping[str, Reader], part: str, key: str) -> str:
    """File of a part, e.g. of `test images`; one that is not gzipped first. "" if there is none."""
    split, what = key.split()
    found = [name for name in names if (match := NAME.fullmatch(name)) and (match["part"] or "") == part and match["what"] == what]
    found = [name for name in found if (split == "train") == NAME.fullmatch(name)["split"].startswith("train")]  # type: ignore[index]
    return min(found, key=lambda name: name.endswith(".gz"), default="")
