"""CelebA (Liu et al. 2015, arXiv:1411.7766): 202,599 faces with 40 attributes each. https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genlab.build import suggestion
from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.files import Item, Reader, Survey, absent, all_files, list_files, list_images
from genlab.images.sources.names import kind_of, without_extension
from genlab.images.sources.official import only
from genlab.serving.images import MAX_PIXELS

ATTRIBUTES, PARTITION = "list_attr_celeba", "list_eval_partition"  # .txt of the publisher, .csv of Kaggle
SPLITS = {"0": "train", "1": "test", "2": "test"}  # 1 is validation: held out as well, since it is not trained on
ANNOTATIONS = ("list_", "identity_")  # beginnings of the names of the publisher's tables


@dataclass(frozen=True)
class CelebA:
    """CelebA's faces with the official split, and attributes as labels: `Male` or `not Male`, and of two, `Male, not Smiling`."""

    root: str  # folder that has, at any depth, the images (or their .zip), list_attr_celeba and list_eval_partition
    attributes: Sequence[str] = ()  # one label per combination of them; empty: no labels
    images: str = "img_align_celeba"  # folder or .zip of the images: of 178 x 218 px, or those in the wild, img_celeba
    max_pixels: int = MAX_PIXELS  # largest width x height of a file; larger ones are not decoded

    def items(self) -> Iterator[Item]:
        files = list_files(self.root)
        images = self.faces(files)
        labels, splits = self.labels(files), self.splits(files)
        for path, read in images.items():
            name = name_of(path)
            label, split = labels.get(name, ""), splits.get(name, "")
            yield Item(path, read, without_extension(name), label=label, split=split, max_pixels=self.max_pixels)
        for name in sorted((labels.keys() | splits.keys()) - set(map(name_of, images))):
            label, split = labels.get(name, ""), splits.get(name, "")
            yield Item(f"{self.images}/{name}", absent, without_extension(name), label=label, split=split)

    def domains(self) -> dict[str, str]:
        return {}

    def survey(self) -> Survey:
        files = all_files(self.root)
        images = self.faces(files)
        used = {path for path in files if name_of(path).startswith(ANNOTATIONS)} | {*images, *self.zips(files)}
        remark = f"There is no {PARTITION}.txt, CelebA's split: `test` and `seed` of the set determine the held-out images."
        return Survey(Counter(kind_of(path) for path in files if path not in used), [] if any(table_of(files, PARTITION)) else [remark])

    def zips(self, files: Mapping[str, Reader]) -> list[str]:
        """Zip archives of the images."""
        return [path for path in files if name_of(path) == f"{self.images}.zip"]

    def faces(self, files: Mapping[str, Reader]) -> Mapping[str, Reader]:
        """The images, in the folder that is unpacked, or else in its archive."""
        inside = f"/{self.images}/"
        folders = {f"/{path}".partition(inside)[0][1:] for path in files if inside in f"/{path}"}
        folders = {PurePosixPath(folder, self.images).as_posix() for folder in folders}
        if Path(self.root).stem == self.images and not folders:  # the root itself is that folder or archive
            return list_images(self.root)
        found = sorted(folders, key=len)[:1] or self.zips(files)
        expected = f"a folder {self.images} or {self.images}.zip"
        place = only(found, "images of CelebA", self.root, "root", expected)
        if place in folders:
            return list_images(self.root, place)
        return {f"{place}/{path}": read for path, read in list_images(str(Path(self.root, place))).items()}

    def labels(self, files: Mapping[str, Reader]) -> dict[str, str]:
        """Label of each image, by the name of its file; empty if no attributes are asked for."""
        if not self.attributes:
            return {}
        rows = self.table(files, ATTRIBUTES, self.attributes)
        words = {name: zip(self.attributes, values, strict=True) for name, values in rows.items()}
        return {
            name: ", ".join(attribute if value == "1" else f"not {attribute}" for attribute, value in each) for name, each in words.items()
        }

    def splits(self, files: Mapping[str, Reader]) -> dict[str, str]:
        """Split of each image, by the name of its file; empty if there is no table of them."""
        if not any(table_of(files, PARTITION)):
            return {}
        rows = self.table(files, PARTITION)
        for name, (word, *_) in rows.items():
            if word not in SPLITS:
                path, _ = table_of(files, PARTITION)
                raise InputError(
                    f"{expanded(self.root).absolute() / path}: {name} is in part '{word}', expected 0, 1 or 2. Fetch it again."
                )
        return {name: SPLITS[word] for name, (word, *_) in rows.items()}

    def table(self, files: Mapping[str, Reader], name: str, attributes: Sequence[str] = ()) -> dict[str, list[str]]:
        """Values of a table by the name of an image: those of the attributes, or all if none is named.

        Raises:
            InputError: there is no such table, or it is truncated or lacks an attribute.
        """
        path, read = table_of(files, name)
        if read is None:
            raise InputError(f"No {name}.txt in {expanded(self.root).absolute()}, which belongs to CelebA. Put it there.")
        return parse(read().decode("utf-8-sig", "replace"), f"{expanded(self.root).absolute() / path}", attributes)


def name_of(path: str) -> str:
    """Name of a file without its folders."""
    return path.rpartition("/")[2]


def table_of(files: Mapping[str, Reader], name: str) -> tuple[str, Reader | None]:
    """Path and reader of a table; ("", None) if there is none."""
    found = sorted(path for path in files if name_of(path) in (f"{name}.txt", f"{name}.csv"))
    return (found[-1], files[found[-1]]) if found else ("", None)


def parse(text: str, path: str, attributes: Sequence[str]) -> dict[str, list[str]]:
    """Values of a table of the publisher, `<count>`, `<columns>` and `<image> <values>` per line, or of Kaggle, as CSV; see `table`."""
    lines = [line.replace(",", " ") for line in text.splitlines() if line.strip()]
    csv = "," in text.partition("\n")[0]
    count = int(lines[0]) if lines and lines[0].strip().isdecimal() else None
    columns = lines[0].split()[1:] if csv else lines[1].split() if count is not None and len(lines) > 1 else []
    for attribute in attributes:
        if attribute not in columns:
            near = suggestion(attribute, columns)
            raise InputError(f"`attributes`: CelebA has no '{attribute}'.{near} It has: {', '.join(columns)}.")
    width, places = len(columns) or 1, [columns.index(attribute) for attribute in attributes]
    rows: dict[str, list[str]] = {}
    start = 1 if csv else 0 if count is None else 2
    for number, line in enumerate(lines[start:], start + 1):
        name, *values = line.split()
        if len(values) != width:
            raise InputError(f"{path}, line {number}: {name} has {len(values)} values, expected {width}. Fetch it again.")
        rows[name] = [values[place] for place in places] if places else values
    if not rows or count not in (None, len(rows)):
        raise InputError(f"{path} has {len(rows):,} rows, expected {'some' if count is None else f'{count:,}'}. Fetch it again.")
    return rows
