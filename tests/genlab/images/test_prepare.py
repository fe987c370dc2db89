"""Preparation of image sets: decoding, resizing, pairs, content hash and storage."""

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from genlab.errors import InputError
from genlab.images.checking.manifest import CHECKED, make_manifest
from genlab.images.checking.splits import assign_splits
from genlab.images.decode import decode, resize
from genlab.images.prepare import prepare_images
from genlab.images.prepared_set import PreparedSet
from genlab.images.sources import Folder, TwoFolders
from genlab.serving.errors import DecodeError
from genlab.serving.images import convert

COLOURS = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)


def rgb(image: Image.Image, background=(255, 255, 255)) -> np.ndarray:
    return np.asarray(convert(image, 3, background)).astype(int)


def test_grey_and_rgb_keep_their_values():
    grey = COLOURS[..., 0]
    assert np.array_equal(rgb(Image.fromarray(COLOURS)), COLOURS)
    assert np.array_equal(rgb(Image.fromarray(grey)), np.stack([grey] * 3, -1))
    assert np.array_equal(np.asarray(convert(Image.fromarray(grey), 1)), grey)


def test_grey_equals_the_luma_of_opencv():
    assert np.abs(np.asarray(convert(Image.fromarray(COLOURS), 1)).astype(int) - cv2.cvtColor(COLOURS, cv2.COLOR_RGB2GRAY)).max() <= 1


def test_a_palette_is_looked_up():
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putdata([1, 0])
    assert rgb(palette)[0].tolist() == [[40, 50, 60], [10, 20, 30]]


def test_a_transparent_palette_entry_shows_the_background():
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putdata([1, 0])
    file = io.BytesIO()
    palette.save(file, "PNG", transparency=0)
    assert rgb(decode(file.getvalue()), (1, 2, 3))[0].tolist() == [[40, 50, 60], [1, 2, 3]]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_composited_with_the_over_operator(mode):
    alpha = np.linspace(0, 255, 35).reshape(5, 7, 1).round().astype(np.uint8)
    ink = COLOURS if mode == "RGBA" else COLOURS[..., :1]
    background = np.array([200, 100, 50])
    image = Image.fromarray(np.concatenate([ink, alpha], -1), mode=mode) if mode == "RGBA" else la(ink, alpha)
    expected = (alpha / 255) * ink + (1 - alpha / 255) * background
    assert np.abs(rgb(image, tuple(background.tolist())) - expected).max() <= 1


def la(ink: np.ndarray, alpha: np.ndarray) -> Image.Image:
    return Image.merge("LA", [Image.fromarray(ink[..., 0]), Image.fromarray(alpha[..., 0])])


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_to_eight(name):
    values = np.linspace(0, 65535, 35).reshape(5, 7).astype(np.uint16)
    data = cv2.imencode(f".{name.lower()}", values)[1].tobytes()  # written by another library
    assert np.abs(np.asarray(convert(decode(data), 1)) - values / 257).max() <= 0.5


def test_cmyk_is_mixed_as_ink_on_paper():
    ink = np.random.default_rng(1).integers(0, 256, (4, 4, 4), dtype=np.uint8)
    paper = (255 - ink[..., :3].astype(float)) * (255 - ink[..., 3:].astype(float)) / 255
    assert np.abs(rgb(Image.fromarray(ink, mode="CMYK")) - paper).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation):
    upright = Image.fromarray(COLOURS)
    # What a camera stores for each orientation: the inverse of the transform for display (EXIF 2.3, tag 0x0112).
    stored = {
        1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a, 1), 7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation](COLOURS)  # fmt: skip
    image = Image.fromarray(np.ascontiguousarray(stored))
    exif = image.getexif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    image.save(file, "PNG", exif=exif)
    assert np.array_equal(rgb(decode(file.getvalue())), rgb(upright))


def test_floating_point_pixels_are_refused():
    with pytest.raises(DecodeError, match="floating-point"):
        convert(Image.new("F", (2, 2)), 3)


def test_crop_cuts_the_sides_pad_fills_the_borders_and_stretch_keeps_everything():
    stripes = Image.new("RGB", (40, 20), "red")
    stripes.paste("blue", (10, 0, 30, 20))
    cropped, padded, stretched = (np.asarray(resize(stripes, 20, 20, fit, (255, 255, 255))) for fit in ("crop", "pad", "stretch"))
    assert (cropped == (0, 0, 255)).all()
    assert (padded[:4] == 255).all()
    assert (padded[-4:] == 255).all()
    assert (padded[9:11, :2] == (255, 0, 0)).all()
    assert (stretched[:, 0] == (255, 0, 0)).all()
    assert (stretched[:, 10] == (0, 0, 255)).all()
    assert cropped.shape == padded.shape == stretched.shape == (20, 20, 3)


def test_shrinking_is_antialiased():
    checkers = np.indices((64, 64)).sum(0) % 2 * 255
    small = np.asarray(resize(Image.fromarray(checkers.astype(np.uint8)), 8, 8, "crop"))
    assert np.abs(small.astype(int) - 128).max() <= 6  # picking pixels instead of averaging gives 0 or 255


def test_height_and_width_are_not_confused():
    assert resize(Image.new("RGB", (30, 30)), 10, 20, "pad").size == (20, 10)


@pytest.fixture
def folder(tmp_path) -> Path:
    for domain, first in (("a", 0), ("b", 100)):
        (tmp_path / "set" / domain).mkdir(parents=True)
        for number in range(10):
            Image.new("RGB", (8, 8), (first + number, 0, 0)).save(tmp_path / "set" / domain / f"{number}.png")
    return tmp_path / "set"


def prepared(root: Path, kind="paired", truth=None, **options) -> PreparedSet:
    layout = TwoFolders(str(root), "a", "b")
    manifest = assign_splits(make_manifest(layout.items()), kind, 0.3, 0, truth)
    return prepare_images(layout.items(), manifest, "test", kind, (8, 8), 3, **options)


def test_row_i_describes_image_i(folder):
    found = prepared(folder)
    for index, row in enumerate(found.manifest.itertuples()):
        assert found.images[index, 0, 0, 0] == int(row.stem) + 100 * (row.domain == "b")


def test_pairs_are_aligned(folder):
    found = prepared(folder)
    a, b = found.pairs("train")
    assert len(a)
    assert (found.images[b].astype(int) - found.images[a])[:, 0, 0, 0].tolist() == [100] * len(a)
    assert a.tolist() == found.indices("train", "a").tolist()
    assert b.tolist() == found.indices("train", "b").tolist()
    assert sorted([*found.indices("train"), *found.indices("test")]) == list(range(20))


def test_an_unpaired_set_with_truth_has_pairs_in_the_test_split_only(folder):
    found = prepared(folder, "unpaired", "stem")
    a, b = found.pairs("test")
    assert (found.images[b].astype(int) - found.images[a])[:, 0, 0, 0].tolist() == [100] * len(a)
    assert len(found.images) == 10 + len(a)  # two images per held-out stem, one per training stem
    with pytest.raises(InputError, match="no pairs in 'train'"):
        found.pairs("train")


def test_the_content_hash_depends_only_on_the_content(folder, tmp_path):
    first = prepared(folder)
    assert prepared(folder, workers=1).content_hash == first.content_hash
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in folder.rglob("*.png"):
            archive.write(path, path.relative_to(folder))
    assert prepared(tmp_path / "set.zip").content_hash == first.content_hash
    image = Image.open(folder / "a" / "3.png")
    image.putpixel((5, 5), (4, 0, 0))
    image.save(folder / "a" / "3.png")
    changed = prepared(folder)
    assert changed.content_hash != first.content_hash
    assert (changed.images != first.images).sum() == 1


def test_a_saved_set_loads_back_and_equal_sets_give_equal_bytes(folder, tmp_path):
    found = prepared(folder)
    found.save(tmp_path / "one")
    prepared(folder).save(tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["images.npy", "manifest.parquet", "set.json"]
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in names)
    loaded = PreparedSet.load(tmp_path / "one")
    assert isinstance(loaded.images, np.memmap)
    assert np.array_equal(loaded.images, found.images)
    assert loaded.manifest.equals(found.manifest)
    assert (loaded.name, loaded.kind, loaded.classes, loaded.content_hash) == (found.name, found.kind, found.classes, found.content_hash)


def test_an_incomplete_set_is_not_loaded(folder, tmp_path):
    prepared(folder).save(tmp_path / "out")
    (tmp_path / "out" / "set.json").unlink()
    with pytest.raises(InputError, match="no prepared image set"):
        PreparedSet.load(tmp_path / "out")


def test_a_file_that_changed_after_validation_is_an_error(folder):
    layout = TwoFolders(str(folder), "a", "b")
    manifest = assign_splits(make_manifest(layout.items()), "paired", 0.3, 0)
    Image.new("RGB", (8, 8), "green").save(folder / "a" / "3.png")
    with pytest.raises(InputError, match=r"a/3.png has changed since it was validated"):
        prepare_images(layout.items(), manifest, "test", "paired", (8, 8), 3)


def test_the_depth_of_the_files_is_part_of_the_set(tmp_path):
    for number in range(10):
        Image.fromarray(np.full((8, 8), 4095 - number * 100, np.uint16)).save(tmp_path / f"{number}.png")
    layout = Folder(str(tmp_path))
    found = {}
    for bits in (12, 16):
        manifest = assign_splits(make_manifest(layout.items(), bits=bits), "unlabelled", 0.3, 0)
        found[bits] = prepare_images(layout.items(), manifest, "deep", "unlabelled", (8, 8), 1, bits=bits)
        found[bits].save(tmp_path / str(bits))
    assert found[12].images[:, 0, 0, 0].tolist() == [round(255 - number * 100 * 255 / 4095) for number in range(10)]
    assert found[12].content_hash != found[16].content_hash
    assert [PreparedSet.load(tmp_path / str(bits)).bits for bits in (12, 16)] == [12, 16]
    assert "bits" not in (tmp_path / "16" / "set.json").read_text()  # sets of ordinary files keep their description
    assert not set(CHECKED) & set(found[12].manifest)


def test_grey_images_have_one_channel(folder):
    layout = Folder(str(folder))
    manifest = assign_splits(make_manifest(layout.items()), "unlabelled", 0.3, 0)
    found = prepare_images(layout.items(), manifest, "grey", "unlabelled", (4, 6), 1)
    assert found.images.shape == (20, 4, 6, 1)
    assert found.images.dtype == np.uint8
    assert found.classes == ()
