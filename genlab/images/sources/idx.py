"""IDX files of the MNIST family: arrays with a header. http://yann.lecun.com/exdb/mnist/, "file format"."""

import gzip
import io
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.sources.classes import class_names
from genlab.images.sources.files import Item, Reader, Survey, all_files, list_files, without_wrapper
from genlab.images.sources.names import Computed, is_junk, kind_of
from genlab.images.sources.splits import SPLITS, quoted, split_of

UNSIGNED_BYTES = 0x08
HELD_OUT = re.compile(rf"(?<![a-z])(t10k|{'|'.join(word for word in SPLITS if split_of(word) == 'test')})(?![a-z])")


@dataclass(frozen=True)
class Idx:
    """Images and labels in IDX files, optionally gzipped. A second pair of files is the held-out split."""

    root: str  # folder or archive
    images: str  # file of (N, H, W) or (N, H, W, C) bytes, relative to root
    labels: str = ""  # file of (N,) bytes; '': no labels
    test_images: str = ""  # held-out images; '': none, the set's `test` fraction determines the split
    test_labels: str = ""  # labels of the held-out images
    names: Sequence[str] = ()  # names of the classes, in the order of their numbers; empty: the numbers
    pad: int = 0  # pixels of value 0 added on every side; 2 pads MNIST from 28 to 32 px (LeCun et al. 1998, section II.B)
    transpose: bool = False  # exchange rows and columns: EMNIST's files have the columns first

    def __post_init__(self) -> None:
        if self.pad < 0:
            raise InputError(f"Idx's `pad` is how many pixels to add on every side, 0 or more; got {self.pad}.")

    def items(self) -> Iterator[Item]:
        files = list_files(self.inner())
        parts = [("train" if self.test_images else "", self.images, self.labels)]
        parts += [("test", self.test_images, self.test_labels)] if self.test_images else []
        for split, images, labels in parts:
            pixels = self.read(files, images, dimensions=(3, 4))
            numbers = self.read(files, labels, dimensions=(1,)) if labels else None
            if numbers is not None and len(numbers) != len(pixels):
                raise InputError(f"{images} has {len(pixels):,} images, {labels} {len(numbers):,} labels. They must belong together.")
            names = () if numbers is None else class_names(int(numbers.max(initial=0)), self.names)
            border = [(0, 0), (self.pad, self.pad), (self.pad, self.pad), (0, 0)]
            pixels = np.pad(pixels, border[: pixels.ndim]) if self.pad else pixels
            pixels = pixels.swapaxes(1, 2) if self.transpose else pixels
            state = partial(str, files[images].state())
            for index in range(len(pixels)):
                label = "" if numbers is None else names[numbers[index]]
                stem = f"{split or 'image'}/{index:06d}"
                read = Computed(partial(pixels.__getitem__, index), state)
                yield Item(f"{images}#{index:06d}", read, stem, label=label, split=split)

    def domains(self) -> dict[str, str]:
        return {}

    def survey(self) -> Survey:
        used = {self.images, self.labels, self.test_images, self.test_labels}
        others = [path for path in all_files(self.inner()) if path not in used]
        held_out = [path for path in others if not is_junk(path) and HELD_OUT.search(PurePosixPath(path).name.lower())]
        remark = f"{quoted(held_out)} looks like held-out data and is not used. Name it in `test_images` and `test_labels`."
        return Survey(Counter(map(kind_of, others)), [remark] if held_out and not self.test_images else [])

    def inner(self) -> str:
        """The root or, if it lacks the file of the images and its only folder has it, that folder."""
        return without_wrapper(self.root, self.images)

    def read(self, files: Mapping[str, Reader], name: str, dimensions: tuple[int, ...]) -> np.ndarray:
        """Read an IDX file of the set as a read-only uint8 array.

        Raises:
            InputError: there is no such file, or it cannot be read or decoded.
        """
        path = (expanded(self.root) / name).absolute()
        if name not in files:
            raise InputError(f"No file {path}; there is: {', '.join(list(files)[:12]) or 'nothing'}.")
        try:
            content = files[name]()
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"Can't read {path}: {error}. Fetch it again.") from error
        return decode_idx(content, path, dimensions)


def decode_idx(
    content: bytes,  # optionally gzipped
    path: Path,  # for messages
    dimensions: tuple[int, ...],  # allowed numbers of dimensions
) -> np.ndarray:
    """Decode the content of an IDX file to a read-only uint8 array.

    Raises:
        InputError: the file is damaged, or is not an IDX file of bytes with these dimensions.
    """
    try:
        data = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"Can't read {path}: {error}. Fetch it again.") from error
    count = data[3] if len(data) >= 4 else 0
    if data[:3] != bytes([0, 0, UNSIGNED_BYTES]) or count not in dimensions or len(data) < 4 + 4 * count:
        wanted = " or ".join(map(str, dimensions))
        raise InputError(f"{path} is no IDX file of bytes with {wanted} dimensions: it begins with {data[:4].hex(' ')}.")
    shape = tuple(np.frombuffer(data, ">u4", count, offset=4).tolist())
    start = 4 + 4 * count
    if len(data) - start != math.prod(shape):
        raise InputError(f"{path} holds {len(data) - start:,} bytes where its header says {shape}: it is damaged. Fetch it again.")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def encode_idx(array: np.ndarray) -> bytes:
    """Encode a uint8 array as a gzipped IDX file. The header has no time and no name, so that equal arrays give equal bytes."""
    header = bytes([0, 0, UNSIGNED_BYTES, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    file = io.BytesIO()
    # Not gzip.compress: its header differs between versions of Python.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed:
        packed.write(header + array.astype(np.uint8, casting="safe").tobytes())
    return file.getvalue()
