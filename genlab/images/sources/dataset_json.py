"""Images with a `dataset.json` of labels, as NVIDIA's dataset_tool.py writes FFHQ, AFHQ and others for StyleGAN2-ADA (arXiv:2006.06676)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.classes import class_names
from genlab.images.sources.files import Item, Survey, absent, list_files, list_images, listing, without_wrapper
from genlab.images.sources.names import without_extension
from genlab.images.sources.official import content_of
from genlab.images.sources.splits import find_splits
from genlab.serving.images import MAX_PIXELS

FILE = "dataset.json"


@dataclass(frozen=True)
class DatasetJson:
    """`<root>/00000/img00000000.png`, ... and `<root>/dataset.json`: {"labels": [[file, number], ...]}, or null for no labels.

    A vector instead of a number must be one-hot. An image without a label, and a label without an image, are reported.
    """

    root: str  # folder or archive; dataset_tool.py writes .zip archives
    names: Sequence[str] = ()  # names of the classes, in the order of their numbers; empty: the numbers
    max_pixels: int = MAX_PIXELS  # largest width x height of a file; larger ones are not decoded

    def items(self) -> Iterator[Item]:
        root = without_wrapper(self.root, FILE)
        images, labels = list_images(root), self.labels(root)
        splits = find_splits(images)
        for path, read in images.items():
            yield Item(path, read, without_extension(path), label=labels.get(path, ""), split=splits.of(path), max_pixels=self.max_pixels)
        for path in sorted(labels.keys() - images.keys()):
            yield Item(path, absent, without_extension(path), label=labels[path], split=splits.of(path))

    def domains(self) -> dict[str, str]:
        return {}

    def survey(self) -> Survey:
        found = listing(without_wrapper(self.root, FILE), used=FILE)
        return Survey(found.passed_over, find_splits(found.images).remarks)

    def labels(self, root: str) -> Mapping[str, str]:
        """Label of each file; empty if the set has none.

        Raises:
            InputError: the file is missing or no such JSON, or a class has no name.
        """
        path = expanded(root).absolute() / FILE
        try:
            rows = json.loads(content_of(list_files(root), FILE, root, "the set"))["labels"]
            numbers = {str(file).replace("\\", "/"): number_of(label) for file, label in rows or ()}
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise InputError(
                f'{path} is no description of dataset_tool.py: expected {{"labels": [["00000/img00000000.png", 0], ...]}} with whole '
                f"numbers or one-hot vectors, or null; {type(error).__name__}: {error}. Write it again."
            ) from error
        named = class_names(max(numbers.values(), default=0), self.names)
        return {file: named[number] for file, number in numbers.items()}


def number_of(label: Any) -> int:
    """Number of a class, from a number or a one-hot vector.

    Raises:
        ValueError: it is neither.
    """
    vector = label if isinstance(label, list) else None
    number = label if vector is None else vector.index(1)
    if type(number) is not int or number < 0 or (vector is not None and sum(map(abs, vector)) != 1):
        raise ValueError(f"got the label {label!r}")
    return number
