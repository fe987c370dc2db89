"""Small fixtures of public image sets, byte for byte in the formats of their publishers. The pixels are random."""

import gzip
import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

CIFAR_10 = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
FINE = [f"fine_{number:02d}" for number in range(100)]
COARSE = [f"coarse_{number:02d}" for number in range(20)]


def pictures(count: int, side: int = 32, seed: int = 0, width: int = 0) -> np.ndarray:
    """Pictures of random squares, uint8 (count, side, width or side, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    sides = -(-side // 8), -(-(width or side) // 8)
    return coarse.repeat(sides[0], 1).repeat(sides[1], 2)[:, :side, : width or side]


def encoded(image: np.ndarray, form: str = "PNG", **options) -> bytes:
    """An image as a file."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, form, **options)
    return file.getvalue()


def file_in(path: Path, content: bytes | str) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# CIFAR


class Pickle2:
    """Opcodes of protocol 2 as cPickle of Python 2 writes them: text is SHORT_BINSTRING, and everything is memoised."""

    def __init__(self) -> None:
        self.memo = 0

    def put(self) -> bytes:
        self.memo += 1
        return b"q" + bytes([self.memo]) if self.memo < 256 else b"r" + struct.pack("<I", self.memo)

    def text(self, text: bytes) -> bytes:
        head = b"U" + bytes([len(text)]) if len(text) < 256 else b"T" + struct.pack("<i", len(text))
        return head + text + self.put()

    def number(self, number: int) -> bytes:
        if 0 <= number < 256:
            return b"K" + bytes([number])
        return b"M" + struct.pack("<H", number) if 0 <= number < 65536 else b"J" + struct.pack("<i", number)

    def list(self, items: Sequence) -> bytes:
        return b"]" + self.put() + b"(" + b"".join(self.value(item) for item in items) + b"e"

    def array(self, array: np.ndarray) -> bytes:
        head = b"cnumpy.core.multiarray\n_reconstruct\n" + self.put() + b"cnumpy\nndarray\n" + self.put()
        made = head + b"K\x00\x85" + self.put() + self.text(b"b") + b"\x87" + self.put() + b"R" + self.put()
        shape = self.number(array.shape[0]) + self.number(array.shape[1]) + b"\x86" + self.put()
        kind = b"cnumpy\ndtype\n" + self.put() + self.text(b"u1") + b"K\x00K\x01\x87" + self.put() + b"R" + self.put()
        kind += b"(K\x03" + self.text(b"|") + b"NNN" + self.number(-1) + self.number(-1) + b"K\x00t" + self.put() + b"b"
        return made + b"(K\x01" + shape + kind + b"\x89" + self.text(array.tobytes()) + b"t" + self.put() + b"b"

    def value(self, value) -> bytes:
        if isinstance(value, np.ndarray):
            return self.array(value)
        return {str: lambda: self.text(value.encode()), int: lambda: self.number(value), list: lambda: self.list(value)}[type(value)]()

    def dump(self, mapping: dict) -> bytes:
        head = b"\x80\x02}" + self.put() + b"("
        return head + b"".join(self.text(key.encode()) + self.value(value) for key, value in mapping.items()) + b"u."


def rows(images: np.ndarray) -> np.ndarray:
    """Images as CIFAR's rows: all red values, all green ones, all blue ones, uint8 (N, 3072)."""
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)).reshape(len(images), -1)


def cifar_10(folder: Path, each: int = 12) -> np.ndarray:
    """cifar-10-batches-py; image i of all has the class i % 10. Returns the images, in order."""
    images = pictures(6 * each)
    for number, name in enumerate([*(f"data_batch_{batch}" for batch in range(1, 6)), "test_batch"]):
        part = slice(number * each, (number + 1) * each)
        labels = [index % 10 for index in range(6 * each)][part]
        about = "testing batch 1 of 1" if number == 5 else f"training batch {number + 1} of 5"
        files = [f"{CIFAR_10[label]}_s_{index:06d}.png" for index, label in enumerate(labels)]
        batch = {"batch_label": about, "labels": labels, "data": rows(images[part]), "filenames": files}
        file_in(folder / name, Pickle2().dump(batch))
    file_in(folder / "batches.meta", Pickle2().dump({"num_cases_per_batch": each, "label_names": CIFAR_10, "num_vis": 3072}))
    file_in(folder / "readme.html", '<meta HTTP-EQUIV="REFRESH" content="0; url=http://www.cs.toronto.edu/~kriz/cifar.html">\n')
    return images


def cifar_10_binary(folder: Path, each: int = 12) -> np.ndarray:
    """cifar-10-batches-bin with the images and classes of `cifar_10`."""
    images = pictures(6 * each)
    for number, name in enumerate([*(f"data_batch_{batch}" for batch in range(1, 6)), "test_batch"]):
        part = range(number * each, (number + 1) * each)
        file_in(folder / f"{name}.bin", b"".join(bytes([index % 10]) + rows(images[index : index + 1]).tobytes() for index in part))
    file_in(folder / "batches.meta.txt", "\n".join(CIFAR_10) + "\n\n")
    file_in(folder / "readme.html", "")
    return images


def cifar_100(folder: Path) -> np.ndarray:
    """cifar-100-python: 24 training and 8 test images; image i of a file has the fine class 4i and the coarse class i % 4."""
    images = pictures(32)
    for name, part in (("train", images[:24]), ("test", images[24:])):
        count = range(len(part))
        labels = {"fine_labels": [4 * index for index in count], "coarse_labels": [index % 4 for index in count]}
        files = {"filenames": [f"bos_taurus_s_{index:06d}.png" for index in count], "batch_label": f"{name}ing batch 1 of 1"}
        file_in(folder / name, Pickle2().dump({**files, **labels, "data": rows(part)}))
    file_in(folder / "meta", Pickle2().dump({"fine_label_names": FINE, "coarse_label_names": COARSE}))
    file_in(folder / "file.txt~", "")
    return images


def cifar_100_binary(folder: Path) -> np.ndarray:
    """cifar-100-binary with the images and classes of `cifar_100`."""
    images = pictures(32)
    for name, part in (("train", images[:24]), ("test", images[24:])):
        records = (bytes([index % 4, 4 * index]) + rows(part[index : index + 1]).tobytes() for index in range(len(part)))
        file_in(folder / f"{name}.bin", b"".join(records))
    file_in(folder / "fine_label_names.txt", "\n".join(FINE) + "\n")
    file_in(folder / "coarse_label_names.txt", "\n".join(COARSE) + "\n")
    return images


# MNIST and EMNIST


def idx(array: np.ndarray) -> bytes:
    """A file of the IDX format."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(np.uint8).tobytes()


def mnist(folder: Path, packed: bool = True, train: int = 30, test: int = 10) -> np.ndarray:
    """MNIST's four files; image i of a split has the class i % 5. Returns the images, in order."""
    images = pictures(train + test, 28)[..., 0]
    for name, part in (("train", images[:train]), ("t10k", images[train:])):
        for what, array in (("images-idx3", part), ("labels-idx1", np.arange(len(part)) % 5)):
            content = idx(array)
            file_in(folder / f"{name}-{what}-ubyte{'.gz' if packed else ''}", gzip.compress(content) if packed else content)
    return images


def emnist(folder: Path, parts: Sequence[str] = ("letters", "digits")) -> np.ndarray:
    """EMNIST's `gzip.zip`, unpacked: images transposed, 30 + 10 per part. Letters have the classes 1 to 5, digits 0 to 4."""
    images = pictures(40, 28)[..., 0]
    for part in parts:
        first = 1 if part == "letters" else 0
        for name, chosen in (("train", images[:30]), ("test", images[30:])):
            file_in(folder / f"emnist-{part}-{name}-images-idx3-ubyte.gz", gzip.compress(idx(chosen.swapaxes(1, 2))))
            file_in(folder / f"emnist-{part}-{name}-labels-idx1-ubyte.gz", gzip.compress(idx(first + np.arange(len(chosen)) % 5)))
        codes = [f"{n + 1} {65 + n} {97 + n}" for n in range(26)] if part == "letters" else [f"{n} {48 + n}" for n in range(10)]
        file_in(folder / f"emnist-{part}-mapping.txt", "".join(f"{line}\n" for line in codes))
    return images


# CelebA

FACES = 30


def celeba(root: Path, packed: bool = False) -> None:
    """CelebA's folders Img, Anno and Eval: 30 faces, 1 to 20 for training, 21 to 25 for validation, 26 to 30 for test.

    Male are those with an even number, Smiling those with a number that 3 divides.
    """
    faces = [(f"{index + 1:06d}.jpg", encoded(image, "JPEG", quality=95)) for index, image in enumerate(pictures(FACES, 218, width=178))]
    if packed:
        (root / "Img").mkdir(parents=True)
        with zipfile.ZipFile(root / "Img" / "img_align_celeba.zip", "w") as archive:
            for name, content in faces:
                archive.writestr(f"img_align_celeba/{name}", content)
    else:
        for name, content in faces:
            file_in(root / "img_align_celeba" / name, content)
    lines = [f"{FACES}", "5_o_Clock_Shadow Male Smiling "]
    for number in range(1, FACES + 1):
        values = (-1, 1 if number % 2 == 0 else -1, 1 if number % 3 == 0 else -1)
        lines.append(f"{number:06d}.jpg" + "".join(f" {value:2d}" for value in values))
    file_in(root / "Anno" / "list_attr_celeba.txt", "\n".join(lines) + "\n")
    parts = [f"{number:06d}.jpg {0 if number <= 20 else 1 if number <= 25 else 2}" for number in range(1, FACES + 1)]
    file_in(root / "Eval" / "list_eval_partition.txt", "\n".join(parts) + "\n")
    file_in(root / "Anno" / "identity_CelebA.txt", "".join(f"{number:06d}.jpg {number}\n" for number in range(1, FACES + 1)))


# pix2pix and CycleGAN


def facades(archive: Path) -> np.ndarray:
    """facades.tar.gz of pix2pix: photo left, label map right, 12 + 2 + 3 pairs of 256 px. Returns the pictures, uint8 (34, 256, 256, 3)."""
    images = pictures(34, 256)
    with tarfile.open(archive, "w:gz") as packed:
        for split, numbers in (("train", range(12)), ("val", range(12, 14)), ("test", range(14, 17))):
            for count, number in enumerate(numbers, 1):
                content = encoded(np.concatenate([images[2 * number], images[2 * number + 1]], 1), "JPEG", quality=100, subsampling=0)
                info = tarfile.TarInfo(f"facades/{split}/{count}.jpg")
                info.size = len(content)
                packed.addfile(info, io.BytesIO(content))
    return images


def edges2shoes(root: Path) -> None:
    """edges2shoes of pix2pix: edges left, photo right, `train/1_AB.jpg`, `val/1_AB.jpg`."""
    images = pictures(30, 256, seed=1)
    for split, numbers in (("train", range(12)), ("val", range(12, 15))):
        for count, number in enumerate(numbers, 1):
            edges = np.where(images[2 * number + 1] > 127, 255, 0).astype(np.uint8)
            both = np.concatenate([edges, images[2 * number]], 1)
            file_in(root / split / f"{count}_AB.jpg", encoded(both, "JPEG", quality=100))


def horse2zebra(archive: Path) -> None:
    """horse2zebra.zip of CycleGAN: trainA, trainB, testA, testB, with equal numbers of images in none of them."""
    with zipfile.ZipFile(archive, "w") as packed:
        for folder, count, seed in (("trainA", 11, 1), ("trainB", 12, 2), ("testA", 3, 3), ("testB", 4, 4)):
            packed.writestr(f"horse2zebra/{folder}/", "")
            for number, image in enumerate(pictures(count, 256, seed)):
                packed.writestr(f"horse2zebra/{folder}/n0238146{folder[-1] == 'B':d}_{number}.jpg", encoded(image, "JPEG", quality=95))


# Folders of classes, dataset_tool.py, LSUN, Hugging Face, WebDataset


def imagenet(root: Path) -> None:
    """ImageNet's folders after the validation images are sorted: `train/<wnid>/<wnid>_<n>.JPEG`, `val/<wnid>/ILSVRC2012_val_*.JPEG`."""
    images = iter(pictures(30, 80, width=100))
    for wnid in ("n01440764", "n02102040"):
        for number in range(11):
            file_in(root / "train" / wnid / f"{wnid}_{number * 7}.JPEG", encoded(next(images), "JPEG"))
        for number in range(4):
            name = f"ILSVRC2012_val_{number * 2 + (wnid > 'n02') + 1:08d}.JPEG"
            file_in(root / "val" / wnid / name, encoded(next(images), "JPEG"))


def ffhq(archive: Path, labels: Sequence[int] | None = None, count: int = 30) -> np.ndarray:
    """A zip as dataset_tool.py writes it: uncompressed PNG, and dataset.json with labels or null. Returns the images, in order."""
    images = pictures(count, 64)
    names = [f"{number // 1000:05d}/img{number:08d}.png" for number in range(count)]
    with zipfile.ZipFile(archive, "w", compression=zipfile.ZIP_STORED) as packed:
        for name, image in zip(names, images, strict=True):
            packed.writestr(name, encoded(image, compress_level=0, optimize=False))
        metadata = {"labels": None if labels is None else [[name, label] for name, label in zip(names, labels, strict=True)]}
        packed.writestr("dataset.json", json.dumps(metadata))
    return images


def lsun(root: Path, categories: Sequence[str] = ("bedroom", "church_outdoor")) -> None:
    """LSUN's databases: WebP images, with hexadecimal hashes as keys; 12 training and 4 validation images per category."""
    import lmdb

    seed = 0
    for category in categories:
        for split, count in (("train", 12), ("val", 4)):
            seed += 1
            folder = root / f"{category}_{split}_lmdb"
            folder.mkdir(parents=True)
            with lmdb.open(str(folder), map_size=2**24) as environment, environment.begin(write=True) as transaction:
                for number, image in enumerate(pictures(count, 64, seed, width=80)):
                    transaction.put(f"{seed * 1000 + number:040x}".encode(), encoded(image, "WEBP", quality=90))


def hugging_face(root: Path, arrow: bool = False, names: Sequence[str] = ("cat", "dog"), group: int = 7) -> np.ndarray:
    """Files of `datasets` as to_parquet (`data/train-00000-of-00002.parquet`) or save_to_disk write them; row i has the class i % 2.

    24 training images in two files, 8 test images. Returns the images, in order of splits and files.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    images = pictures(32)
    features = {"image": {"_type": "Image"}, "label": {"names": list(names), "_type": "ClassLabel"}}
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    schema = pa.schema({"image": kind, "label": pa.int64()}, metadata)
    for split, shard, shards, part in (("train", 0, 2, range(12)), ("train", 1, 2, range(12, 24)), ("test", 0, 1, range(24, 32))):
        cells = [{"bytes": encoded(images[index]), "path": None} for index in part]
        table = pa.table({"image": pa.array(cells, kind), "label": [index % 2 for index in part]}, schema)
        if arrow:
            folder = root / split
            folder.mkdir(parents=True, exist_ok=True)
            file_in(folder / "state.json", "{}")
            file_in(folder / "dataset_info.json", json.dumps({"features": features}))
            with (
                pa.OSFile(str(folder / f"data-{shard:05d}-of-{shards:05d}.arrow"), "wb") as file,
                pa.ipc.new_stream(file, schema) as writer,
            ):
                writer.write_table(table, max_chunksize=5)
        else:
            (root / "data").mkdir(parents=True, exist_ok=True)
            pq.write_table(table, root / "data" / f"{split}-{shard:05d}-of-{shards:05d}.parquet", row_group_size=group)
    file_in(root / ("dataset_dict.json" if arrow else "README.md"), '{"splits": ["train", "test"]}')
    return images


def web_dataset(root: Path) -> np.ndarray:
    """Shards with .cls, .jpg and .json per sample: two for training with 12 samples each, one of 8 for validation; class i % 2."""
    images = pictures(32)
    root.mkdir(parents=True, exist_ok=True)
    for name, part in (("set-train-000000", range(12)), ("set-train-000001", range(12, 24)), ("set-val-000000", range(24, 32))):
        with tarfile.open(root / f"{name}.tar", "w", format=tarfile.USTAR_FORMAT) as archive:
            for index in part:
                sample = {
                    "cls": str(index % 2).encode(),
                    "jpg": encoded(images[index], "JPEG", quality=100, subsampling=0),
                    "json": b'{"a": 1}',
                }
                for extension, content in sample.items():
                    info = tarfile.TarInfo(f"sample{index:06d}.{extension}")
                    info.size, info.mode = len(content), 0o444
                    archive.addfile(info, io.BytesIO(content))
    return images
