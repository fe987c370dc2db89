"""WebDataset shards: tar archives in which the files of a sample have one name, `<key>.jpg` and `<key>.cls`, and follow each other.

https://github.com/webdataset/webdataset
"""

import mmap
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.archives import TAR, check_end
from genlab.images.sources.classes import class_names
from genlab.images.sources.files import Item, Survey, all_files
from genlab.images.sources.names import Computed, extension_of, image_extensions, is_junk, kind_of, readable, shared_state
from genlab.images.sources.shards import shard_splits
from genlab.serving.images import MAX_PIXELS

LONGEST_LABEL = 1024  # bytes


class Part(NamedTuple):
    """A file in a shard: its place in bytes."""

    start: int
    size: int


Samples = dict[str, dict[str, Part]]  # key of a sample -> extension without the first dot -> file


@dataclass(frozen=True)
class WebDataset:
    """All `.tar` shards below a folder, or one. Nothing is unpacked; images are read in place when they are needed.

    The key of a sample is its name up to the first dot after the last slash. Words such as `train` and `val` in the names or folders of
    the shards are the split.
    """

    root: str  # folder of shards, or one shard
    image: str = ""  # extension of the image, e.g. jpg; '': the only one that Pillow reads
    label: str = "cls"  # extension of the label, a number or a name as text; samples without it have no label
    names: Sequence[str] = ()  # names of the classes, in the order of their numbers; empty: the numbers
    max_pixels: int = MAX_PIXELS  # largest width x height of an image; larger ones are not decoded

    def items(self) -> Iterator[Item]:
        shards = {name: (path, samples_of(path)) for name, path in self.shards().items()}
        splits = shard_splits(shards).splits
        labels = self.labels(shards)
        for name, (path, samples) in shards.items():
            state = shared_state(path)
            for key, parts in samples.items():
                extension = self.image_of(parts, f"{path}, sample {key}")
                if extension:
                    item = f"{name}#{key}.{extension}"
                    stem, label = f"{name.removesuffix(TAR)}/{key}", labels.get((name, key), "")
                    read = Computed(partial(read_part, path, *parts[extension]), state)
                    yield Item(item, read, stem, label=label, split=splits[name], max_pixels=self.max_pixels)

    def domains(self) -> dict[str, str]:
        return {}

    def survey(self) -> Survey:
        passed_over = Counter[str]()
        shards = self.shards()
        if expanded(self.root).is_dir():
            passed_over.update(kind_of(path) for path in all_files(self.root) if path not in shards)
        for path in shards.values():
            for parts in samples_of(path).values():
                passed_over.update(f".{other}" for other in parts.keys() - {self.image_of(parts, str(path)), self.label})
        return Survey(passed_over, shard_splits(shards).remarks)

    def shards(self) -> dict[str, Path]:
        """Shards by their path relative to the root, sorted.

        Raises:
            InputError: there is none, or they are compressed, so that a sample cannot be read without all samples before it.
        """
        root = expanded(self.root)
        files = {root.name: root} if root.is_file() else {path: root / path for path in all_files(self.root) if not is_junk(path)}
        found = {path: place for path, place in files.items() if path.lower().endswith(TAR)}
        if not found:
            packed = next((path for path in files if ".tar." in path or path.endswith(".tgz")), "")
            what = f"'{packed}' is compressed: decompress it (gunzip)" if packed else "put the shards there, unpacked, or change `root`"
            raise InputError(f"No .tar shards in {root.absolute()}; {what}.")
        return found

    def image_of(self, parts: Mapping[str, Part], where: str) -> str:
        """Extension of the image of a sample; "" if it has none.

        Raises:
            InputError: it has several, and the layout does not name one.
        """
        if self.image:
            return self.image if self.image in parts else ""
        found = [extension for extension in parts if extension_of(f"x.{extension}") in image_extensions()]
        if len(found) > 1:
            raise InputError(f"{where} has several images: {', '.join(found)}. Name the extension of one in `image` of the source.")
        return found[0] if found else ""

    def labels(self, shards: Mapping[str, tuple[Path, Samples]]) -> dict[tuple[str, str], str]:
        """Labels by shard and key. If all are whole numbers, they are numbers of classes."""
        texts: dict[tuple[str, str], str] = {}
        for name, (path, samples) in shards.items():
            with path.open("rb") as opened:
                for key, parts in samples.items():
                    if self.label in parts:
                        texts[name, key] = label_text(opened, parts[self.label], f"{path}, sample {key}.{self.label}")
        if not texts or not all(text.isdecimal() for text in texts.values()):
            return texts
        named = class_names(max(map(int, texts.values())), self.names)
        return {place: named[int(text)] for place, text in texts.items()}


def samples_of(path: Path) -> Samples:
    """Samples of a shard in the order of the file.

    Raises:
        InputError: the file is damaged, or two files of it have the same name.
    """
    samples: Samples = {}
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as opened:
            members = opened.getmembers()
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages:
                check_end(members, pages)
    except (OSError, ValueError, tarfile.TarError) as error:
        raise InputError(f"Can't read the shard {path.absolute()}: {error}. It is incomplete or damaged: fetch it again.") from error
    for member in members:
        folder, slash, name = member.name.removeprefix("./").rpartition("/")
        stem, dot, extension = name.partition(".")
        if not member.isreg() or not stem or not dot:
            continue
        parts = samples.setdefault(readable(f"{folder}{slash}{stem}"), {})
        if extension in parts:
            raise InputError(f"The shard {path.absolute()} has two files '{member.name}'. Rename one of them.")
        parts[extension] = Part(member.offset_data, member.size)
    return samples


def label_text(shard: IO[bytes], part: Part, where: str) -> str:
    """Label of a sample, as text.

    Raises:
        InputError: the file is no text of a label.
    """
    shard.seek(part.start)
    try:
        if part.size > LONGEST_LABEL:
            raise ValueError(f"{part.size:,} bytes")
        return shard.read(part.size).decode("utf-8").strip()
    except ValueError as error:
        raise InputError(f"{where} is no label as text ({error}). Name another extension in `label` of the source.") from error


def read_part(path: Path, start: int, size: int) -> bytes:
    """Read a part of a file."""
    with path.open("rb") as opened:
        opened.seek(start)
        return opened.read(size)
