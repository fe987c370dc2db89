"""Make the Fashion-MNIST sample: the first images of each class, as four files with the format, names and order of the original files.

    apt-get download dataset-fashion-mnist && dpkg -x dataset-fashion-mnist_*.deb package
    python scripts/fashion.py --source package/usr/share/datasets/fashion-mnist --out data/01_raw/fashion

This script downloads nothing: the four files come from that Debian package, or are your own copies from
https://github.com/zalandoresearch/fashion-mnist. The whole set needs no script, because the image set reads the original files
directly; `--train 60000 --test 10000` would only compress them again.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.idx import decode_idx, encode_idx

CLASSES = 10
PARTS = {"train": "train", "test": "t10k"}  # name of a part in this script -> prefix of its file names


class Part(NamedTuple):
    """The training or the test images."""

    images: np.ndarray  # (N, 28, 28) uint8
    labels: np.ndarray  # (N,) uint8, 0..9


def file_names(part: str) -> tuple[str, str]:
    """Return the names of the files of a part: (images, labels)."""
    return f"{PARTS[part]}-images-idx3-ubyte.gz", f"{PARTS[part]}-labels-idx1-ubyte.gz"


def read_part(source: Path, part: str) -> Part:
    """Read the original files of a part, "train" or "test".

    Raises:
        InputError: a file is missing or damaged, the two files have different lengths, or a label is not in 0 to 9.
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
    part: str,  # name of the part in error messages
) -> np.ndarray:
    """Return the indices of the first count / 10 images of each class, (count,), in the order of the file.

    Raises:
        InputError: `count` is not a positive multiple of 10, or a class has fewer than count / 10 images.
    """
    most = CLASSES * int(np.bincount(labels, minlength=CLASSES).min())
    if count < CLASSES or count % CLASSES or count > most:
        raise InputError(f"--{part} is {count:,}; expected a multiple of {CLASSES} up to {most:,}, for as many images of each class.")
    return np.sort(np.concatenate([np.flatnonzero(labels == label)[: count // CLASSES] for label in range(CLASSES)]))


def make_sample(
    source: Path,  # folder with the four original files
    out: Path,
    counts: dict[str, int],  # part -> number of images
) -> None:
    """Write the four files of the sample. The same source and counts give the same bytes.

    Raises:
        InputError: the source or a count is invalid, `out` is the folder of the original files, or `out` can't be written to.
    """
    if out.resolve() == source.resolve():
        raise InputError(f"--out is the folder of the original files, {source}, which would be overwritten. Give another one.")
    files: dict[str, bytes] = {}
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
    """Run the command line. Exits with an error message if the sample can't be made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=expanded, required=True, help="folder with the four original files")
    parser.add_argument("--out", type=expanded, default=Path("data/01_raw/fashion"))
    parser.add_argument("--train", type=int, default=4000, help="number of training images, a multiple of 10")
    parser.add_argument("--test", type=int, default=1000, help="number of test images, a multiple of 10")
    arguments = parser.parse_args()
    try:
        make_sample(arguments.source, arguments.out, {"train": arguments.train, "test": arguments.test})
    except InputError as error:
        sys.exit(f"error: {error}")
    print(f"{arguments.train:,} training and {arguments.test:,} test images in {arguments.out}")


if __name__ == "__main__":
    main()
