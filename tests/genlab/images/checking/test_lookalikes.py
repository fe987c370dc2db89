"""Held-out images that look like training images: copies are found, and sound sets of similar images are not taken for copies."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

from genlab.images.checking.lookalikes import averaged, close_pairs, local_range, pooled, with_lookalikes
from genlab.images.checking.manifest import make_manifest
from genlab.images.sources import Item

COUNT, HELD_OUT = 60, 20  # images of a set, the first of which are held out


def item(name: str, image: Image.Image, split: str, form: str = "PNG", **options) -> Item:
    file = io.BytesIO()
    image.save(file, form, **options)
    return Item(name, file.getvalue, name, split=split)


def drawings(random: np.random.Generator) -> list[Image.Image]:
    """Two thin straight lines, black on white."""
    images = []
    for _ in range(COUNT):
        image = Image.new("L", (256, 256), 255)
        draw = ImageDraw.Draw(image)
        for _ in range(2):
            draw.line(random.integers(80, 176, 4).tolist(), fill=0)
        images.append(image)
    return images


def nights(random: np.random.Generator) -> list[Image.Image]:
    """A dark sky, noise, and some lamps of a few pixels."""
    images, rows, columns = [], *np.mgrid[:256, :256]
    for _ in range(COUNT):
        sky = np.linspace(6, 2, 256)[:, None] + random.normal(0, 0.7, (256, 256))
        for row, column in random.integers(100, 256, (6, 2)):
            sky += random.uniform(80, 250) * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 4)
        images.append(Image.fromarray(sky.clip(0, 255).round().astype(np.uint8)))
    return images


def screenshots(random: np.random.Generator) -> list[Image.Image]:
    """One layout with other lines of text, which are bars of random lengths."""
    images = []
    for _ in range(COUNT):
        image = Image.new("RGB", (480, 320), (245, 245, 247))
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 0, 480, 30), fill=(36, 41, 47))
        draw.rectangle((0, 31, 100, 320), fill=(225, 228, 232))
        for line in range(8):
            for word in range(random.integers(1, 8)):
                draw.rectangle(
                    (120 + 45 * word, 50 + 30 * line, 120 + 45 * word + random.integers(8, 40), 60 + 30 * line), fill=(30, 30, 30)
                )
        images.append(image)
    return images


def icons(random: np.random.Generator) -> list[Image.Image]:
    """Two shapes of few colours on transparency."""
    images = []
    for _ in range(COUNT):
        image = Image.new("RGBA", (64, 64))
        draw = ImageDraw.Draw(image)
        for _ in range(2):
            left, top = random.integers(2, 40, 2).tolist()
            draw.ellipse((left, top, left + 20, top + 20), fill=(*random.choice([0, 128, 255], 3).tolist(), 255))
        images.append(image)
    return images


KINDS = {"drawings": drawings, "night photos": nights, "screenshots": screenshots, "icons": icons}


@pytest.fixture(params=KINDS)
def images(request) -> list[Image.Image]:
    return KINDS[request.param](np.random.default_rng(0))


def found(items: list[Item]) -> pd.DataFrame:
    return with_lookalikes(make_manifest(items), items)


def test_a_sound_set_of_similar_images_has_no_lookalikes(images):
    items = [item(str(number), image, "test" if number < HELD_OUT else "train") for number, image in enumerate(images)]
    table = found(items)
    assert (table["lookalike"] == "").all() and table["lookalike_bits"].isna().all()
    assert (table["std"].ge(2) | table["relief"].ge(2)).all()  # and none is blank


@pytest.mark.parametrize("scale", [1, 0.75])
def test_copies_saved_again_are_found_among_similar_images(images, scale):
    items = [item(str(number), image, "train") for number, image in enumerate(images)]
    for number, image in enumerate(images[:HELD_OUT]):
        plain = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")
        copy = plain.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
        items.append(item(f"copy of {number}", copy, "test", "JPEG", quality=75))
    table = found(items)[COUNT:]
    assert (table["lookalike"] == [str(number) for number in range(HELD_OUT)]).sum() >= HELD_OUT - 2
    assert table["lookalike_bits"].dropna().between(0, 16).all()


def test_blank_images_do_not_look_alike():
    items = [item(str(number), Image.new("L", (64, 64), 250 + number), split) for number, split in enumerate(("train", "test"))]
    assert list(close_pairs(make_manifest(items)))
    assert (found(items)["lookalike"] == "").all()


def test_copies_are_found_within_a_domain_and_across_splits_only():
    rows = [  # domain, split, sha256, perceptual hash
        ("a", "train", "s0", "00" * 32),
        ("a", "test", "s0", "00" * 32),  # the same bytes: no leak of this kind
        ("a", "test", "s1", "03" + "00" * 31),  # two bits from row 0
        ("b", "test", "s2", "00" * 32),  # another domain
        ("a", "", "s3", "00" * 32),  # unused
        ("a", "test", None, None),  # can't be read
    ]
    manifest = pd.DataFrame(rows, columns=["domain", "split", "sha256", "perceptual_hash"])
    assert [(pair.row, pair.training.tolist(), pair.bits.tolist()) for pair in close_pairs(manifest, 2)] == [(2, [0], [2])]
    assert list(close_pairs(manifest, 1)) == []


def test_the_search_equals_a_comparison_of_all_pairs():
    random = np.random.default_rng(0)
    hashes = [random.integers(0, 256, 32, dtype=np.uint8) for _ in range(300)]
    hashes += [each ^ np.eye(1, 32, random.integers(32), dtype=np.uint8)[0] for each in hashes[:150]]  # one bit changed
    numbers = [int(each.tobytes().hex(), 16) for each in hashes]
    split = random.choice(["train", "test"], len(hashes))
    manifest = pd.DataFrame(
        {"domain": "", "split": split, "sha256": map(str, range(450)), "perceptual_hash": [f"{n:064x}" for n in numbers]}
    )
    training = np.flatnonzero(split == "train")
    expected = {
        row: close for row in np.flatnonzero(split == "test")
        if (close := [other for other in training if (numbers[row] ^ numbers[other]).bit_count() <= 4])
    }  # fmt: skip
    assert {pair.row: pair.training.tolist() for pair in close_pairs(manifest, 4)} == expected
    assert expected


def test_cells_are_means():
    values = np.random.default_rng(0).integers(0, 256, (32, 64), dtype=np.uint8)
    cells = averaged(Image.fromarray(values), 16)
    assert np.allclose(cells, values.reshape(16, 2, 16, 4).mean((1, 3)), atol=1e-3)
    assert np.allclose(pooled(cells, 4), values.reshape(4, 8, 4, 16).mean((1, 3)), atol=1e-3)


def test_the_local_range_is_that_of_the_neighbours():
    cells = np.zeros((8, 8), np.float32)
    cells[2, 5] = 7
    expected = np.zeros((8, 8))
    expected[1:4, 4:7] = 7
    assert np.array_equal(local_range(cells), expected)
