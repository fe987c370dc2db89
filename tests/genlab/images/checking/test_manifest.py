"""Manifests of image files: a row per image, decoding errors, and duplicates."""

import hashlib
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from genlab.images.checking.duplicates import earlier_copies, training_copies
from genlab.images.checking.manifest import COLUMNS, make_manifest, perceptual_hash
from genlab.images.sources import Folder, Item, SideBySide
from genlab.serving.images import MAX_PIXELS


def picture(seed: int, side: int = 64) -> Image.Image:
    """A smooth image: a coarse grid of random colours, enlarged."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def saved(image: Image.Image, name: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def row(content: bytes | np.ndarray, **more) -> pd.Series:
    return make_manifest([Item("x", lambda: content, "x", **more)], workers=1).iloc[0]


def test_a_row_describes_its_file():
    content = saved(Image.new("RGB", (6, 4), (10, 20, 30)))
    found = row(content, label="dark", domain="a")
    assert found["sha256"] == hashlib.sha256(content).hexdigest()
    assert (found["bytes"], found["format"], found["mode"], found["width"], found["height"]) == (len(content), "PNG", "RGB", 6, 4)
    assert found["mean"] == 20
    assert found["std"] == 0
    assert (found["label"], found["domain"], found["decode_error"]) == ("dark", "a", "")


def test_std_is_the_deviation_of_pixels_from_the_mean_colour():
    halves = np.zeros((4, 4, 3), dtype=np.uint8)
    halves[:2] = (30, 60, 0)  # differs by 15, 30 and 0 from the mean colour
    assert row(halves)["std"] == pytest.approx(((15**2 + 30**2) / 3) ** 0.5)


def test_the_size_is_that_of_the_upright_image():
    image = Image.new("RGB", (6, 4))
    exif = image.getexif()
    exif[0x0112] = 6  # "rotate by 90 degrees to see it upright"
    assert tuple(row(saved(image, "JPEG", exif=exif))[["width", "height"]]) == (4, 6)


def test_transparent_pixels_show_the_background():
    content = saved(Image.new("RGBA", (4, 4), (0, 0, 0, 0)))
    assert row(content)["mean"] == 255
    assert make_manifest([Item("x", lambda: content, "x")], background=(1, 1, 1))["mean"][0] == 1


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_truncated_file_is_a_row_with_its_error(name):
    whole = saved(picture(0), name)
    assert row(whole)["decode_error"] == ""
    cut = row(whole[: len(whole) * 2 // 3])
    assert "truncated" in cut["decode_error"] or "damaged" in cut["decode_error"]
    assert pd.isna(cut["width"])
    assert cut["bytes"] == len(whole) * 2 // 3


@pytest.mark.parametrize(("content", "words"), [(b"hello", "not an image: it begins with b'hello'"), (b"", "it is empty")])
def test_a_file_that_is_no_image_is_a_row_with_its_error(content, words):
    assert words in row(content)["decode_error"]


def test_a_decompression_bomb_is_not_decoded():
    side = int(MAX_PIXELS**0.5) + 1
    expected = f"{side:,} x {side:,} pixels, more than {MAX_PIXELS:,}: downscale it, or raise `max_pixels` of the image set"
    assert row(saved(Image.new("1", (side, side))))["decode_error"] == expected


def test_an_unreadable_file_is_a_row_with_its_error(tmp_path):
    def refuse() -> bytes:
        raise PermissionError(13, "Permission denied")

    assert make_manifest([Item("x", refuse, "x")])["decode_error"][0] == "permission denied"


def test_pixels_of_unknown_range_are_an_error():
    assert "floating-point" in row(saved(Image.new("F", (4, 4)), "TIFF"))["decode_error"]
    assert "32-bit" in row(saved(Image.new("I", (4, 4), 70000), "TIFF"))["decode_error"]


def test_side_by_side_halves_are_separate_rows(tmp_path):
    both = Image.new("RGB", (8, 4), (200, 200, 200))
    both.paste((10, 10, 10), (0, 0, 4, 4))
    both.save(tmp_path / "1.png")
    Image.new("RGB", (7, 4)).save(tmp_path / "2.png")
    manifest = make_manifest(SideBySide(str(tmp_path)).items())
    assert manifest["mean"][:2].tolist() == [10, 200]
    assert manifest["width"][:2].tolist() == [4, 4]
    assert manifest["decode_error"].str.contains("odd width, 7").tolist() == [False, False, True, True]


def test_the_manifest_has_its_columns_and_types_even_when_nothing_decodes(tmp_path):
    (tmp_path / "x.png").write_text("no")
    manifest = make_manifest(Folder(str(tmp_path)).items())
    assert manifest.dtypes.astype(str).to_dict() == COLUMNS


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_the_perceptual_hash_recognises_a_recompressed_and_scaled_picture():
    one, other = picture(1), picture(2)
    again = Image.open(io.BytesIO(saved(one.resize((48, 48), Image.Resampling.LANCZOS), "JPEG", quality=75)))
    assert len(perceptual_hash(one)) * 4 == 256
    assert distance(perceptual_hash(one), perceptual_hash(again)) <= 8
    assert distance(perceptual_hash(one), perceptual_hash(other)) > 60


def test_copies_are_found_within_a_domain_and_across_splits():
    rows = [  # domain, split, sha256, perceptual hash
        ("a", "train", "s0", "00" * 32),
        ("a", "train", "s0", "00" * 32),  # a copy in the same split
        ("a", "test", "s0", "00" * 32),  # a leak
        ("a", "test", "s1", "03" + "00" * 31),  # two bits from row 0
        ("b", "test", "s2", "00" * 32),  # another domain
        ("a", "", "s0", "00" * 32),  # unused
        ("a", "test", None, None),  # can't be read
    ]
    manifest = pd.DataFrame(rows, columns=["domain", "split", "sha256", "perceptual_hash"])
    assert earlier_copies(manifest).tolist() == [-1, 0, -1, -1, -1, -1, -1]
    assert training_copies(manifest).tolist() == [-1, -1, 0, -1, -1, -1, -1]


def test_relief_tells_a_sparse_drawing_from_noise():
    noise = (250 + np.random.default_rng(0).normal(0, 1, (128, 128))).round().clip(0, 255).astype(np.uint8)
    dot = np.full((128, 128), 255, np.uint8)
    dot[60:64, 60:64] = 200  # a quarter of a cell of 8 x 8 px, which is darker by 55 / 4 in the mean
    assert row(noise)["relief"] < 2 and row(noise)["std"] < 2
    assert row(dot)["relief"] == pytest.approx(55 / 4) and row(dot)["std"] < 2


def test_a_drawing_in_the_colour_of_the_background_has_transparency_only():
    image = Image.new("RGBA", (8, 8), (255, 255, 255, 0))
    image.paste((255, 255, 255, 255), (0, 0, 4, 8))
    assert row(saved(image))[["std", "alpha_std"]].tolist() == [0, 127.5]
    assert row(saved(image.convert("RGB")))["alpha_std"] == 0
