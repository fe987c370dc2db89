"""Make the Fashion-MNIST sample: the first images of each class, in the original four files' format, names and order.

    apt-get download dataset-fashion-mnist && dpkg -x dataset-fashion-mnist_*.deb package
    python scripts/fashion.py --source package/usr/share/datasets/fashion-mnist --out data/01_raw/fashion

Nothing is downloaded here: the four files come from that Debian package, or are your own from
https://github.com/zalandoresearch/fashion-mnist. The whole set needs no script: the image set reads the original files
as they are; `--train 60000 --test 10000` only packs them again.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genlab.errors import InputError
from genlab.images.sources.idx import decode_idx, encode_idx

CLASSES = 10
PARTS = {"train": "train", "test": "t10k"}  # what this script calls a part -> how its files' names begin


class Part(NamedTuple):
    """The training or the test images."""

    images: np.ndarray  # (N, 28, 28) uint8
    labels: np.ndarray  # (N,) uint8, 0..9


def file_names(part: str) -> tuple[str, str]:
    """Of the images and of the labels."""
    return f"{PARTS[part]}-images-idx3-ubyte.gz", f"{PARTS[part]}-labels-idx1-ubyte.gz"


def read_part(source: Path, part: str) -> Part:
    """The original files of a part.

    Raises:
        InputError: a file is missing or damaged, the two don't belong together, or hold other classes.
    """
    arrays = []
    for name, dimensions in zip(file_names(part), (3, 1), strict=True):
        path = source / name
        try:
            arrays.append(decode_idx(path.read_bytes(), path, (dimensions,)))
        except OSError as error:
            wanted = ", ".join(name for part in PARTS for name in file_names(part))
            raise InputError(
                f"Can't read {path}: {(error.strerror or str(error)).lower()}. --source is the folder that holds {wanted}: "
                "those of the Debian package dataset-fashion-mnist, or your own."
            ) from error
    images, labels = arrays
    if len(images) != len(labels):
        raise InputError(f"{source}: {len(images):,} {part} images, but {len(labels):,} labels. The two files must belong together.")
    if labels.max(initial=0) >= CLASSES:
        raise InputError(f"{source}: label {labels.max()} among the {part} labels, expected 0 to {CLASSES - 1}: this is not Fashion-MNIST.")
    return Part(images, labels)


def balanced(
    labels: np.ndarray,  # (N,)
    count: int,
    part: str,  # what messages call it
) -> np.ndarray:
    """Where the first count / 10 images of each class are, (count,), in the order of the file.

    Raises:
        InputError: `count` can't be had in equal shares.
    """
    most = CLASSES * int(np.bincount(labels, minlength=CLASSES).min())
    if count < CLASSES or count % CLASSES or count > most:
        raise InputError(f"--{part} is {count:,}; expected a multiple of {CLASSES} up to {most:,}, for as many images of each class.")
    return np.sort(np.concatenate([np.flatnonzero(labels == label)[: count // CLASSES] for label in range(CLASSES)]))


def make_sample(
    source: Path,  # folder of the four original files
    out: Path,
    counts: dict[str, int],  # part -> images
) -> None:
    """Write the four files of the sample. The same source and counts give the same bytes.

    Raises:
        InputError: the source or a count can't be used, or `out` can't be written to.
    """
    if out.resolve() == source.resolve():
        raise InputError(f"--out is the folder of the original files, {source}, which would be overwritten. Give another one.")
    files = {}
    for part, count in counts.items():
        images, labels = read_part(source, part)
        chosen = balanced(labels, count, part)
        files |= dict(zip(file_names(part), (encode_idx(images[chosen]), encode_idx(labels[chosen])), strict=True))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
    except OSError as error:
        raise InputError(f"Can't write to {out}: {(error.strerror or str(error)).lower()}. Give another --out.") from error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True, help="folder that holds the four original files")
    parser.add_argument("--out", type=Path, default=Path("data/01_raw/fashion"))
    parser.add_argument("--train", type=int, default=4000, help="how many training images, a multiple of 10")
    parser.add_argument("--test", type=int, default=1000, help="how many test images, a multiple of 10")
    arguments = parser.parse_args()
    try:
        make_sample(arguments.source, arguments.out, {"train": arguments.train, "test": arguments.test})
    except InputError as error:
        sys.exit(f"error: {error}")
    print(f"{arguments.train:,} training and {arguments.test:,} test images in {arguments.out}")


if __name__ == "__main__":
    main()
