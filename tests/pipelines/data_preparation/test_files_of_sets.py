"""Sets whose files have other depths, colours or extras than plain 8-bit sRGB: what validation reports, and what is prepared."""

import io
import logging
from pathlib import Path

import numpy as np
import pytest
import yaml
from colour_profiles import P3_TO_SRGB, black_ink, display_p3, encoded, linear
from PIL import Image, ImageDraw

from genlab.errors import DataValidationError, InputError
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.nodes import gate, prepare, read, validate

EXPECTATIONS = Path(__file__).parents[3] / "conf" / "base" / "expectations" / "unlabelled.yml"
COUNT = 24


@pytest.fixture
def values() -> np.ndarray:
    """Smooth pictures in 0 to 1, float (COUNT, 32, 32)."""
    coarse = np.random.default_rng(0).random((COUNT, 8, 8))
    return np.kron(coarse, np.ones((4, 4)))


def declare(root: Path, **more) -> ImageSet:
    source = {"class": "genlab.images.sources.Folder", "root": str(root)}
    return ImageSet(**{"name": "mine", "kind": "unlabelled", "source": source, "size": 32, "channels": 1} | more)


def checked(image_set: ImageSet) -> tuple[dict[str, str], np.ndarray, str]:
    """Validate and prepare a set -> (name of each failed expectation: summary, images, report)."""
    manifest = read(image_set)
    validation, report = validate(manifest, image_set, yaml.safe_load(EXPECTATIONS.read_text(encoding="utf-8")))
    failed = {finding["name"]: finding["summary"] for finding in validation["expectations"] if not finding["success"]}
    images = prepare(gate(manifest, validation, image_set)[0], image_set)
    return failed, images.images[np.argsort(images.manifest["stem"])], report


def test_a_set_of_12_bits_is_reported_and_right_once_it_is_declared(tmp_path, values, caplog):
    twelve = (values * 4095).round().astype(np.uint16)
    for number, image in enumerate(twelve):
        Image.fromarray(image).save(tmp_path / f"{number:02d}.png")
    with caplog.at_level(logging.WARNING):
        failed, images, report = checked(declare(tmp_path))
    words = f"values from {twelve.min()} to {twelve.max():,} in all 24 images of 16 bits, of 0 to 65,535: nearly black. "
    assert words + "If white is 4,095, set `bits: 12`" in failed["range is used"]
    assert "image set 'mine': range is used: 24 of 24 rows" in caplog.text and "set `bits: 12`" in caplog.text
    assert "nearly black" in report and "1 warning" in report
    failed, images, report = checked(declare(tmp_path, bits=12))
    assert failed == {}
    assert np.abs(images[..., 0] - twelve / 4095 * 255).max() <= 0.5
    assert "0 to 4,095 to 8 bits</td><td>24" in report


def test_a_depth_that_no_file_needs_is_an_error(tmp_path, values):
    for number, image in enumerate(values):
        Image.fromarray((image * 255).astype(np.uint8)).save(tmp_path / f"{number:02d}.png")
    with pytest.raises(InputError, match="image set 'mine': bits: got 12, but no image has more than 8 bits per value"):
        read(declare(tmp_path, bits=12))


def test_a_depth_does_not_reach_images_that_a_layout_makes(tmp_path, values):
    Image.fromarray((values[0] * 4095).astype(np.uint16)).save(tmp_path / "0.png")
    source = {"class": "genlab.images.sources.edges.Canny", "root": str(tmp_path)}
    manifest = read(declare(tmp_path, kind="paired", source=source, bits=12))
    assert "made by the layout, with 8 bits; `bits: 12` is for image files" in manifest["decode_error"][0]
    assert manifest["decode_error"][1] == ""


def test_colour_profiles_are_converted_and_counted(tmp_path):
    colours = np.kron(np.random.default_rng(0).integers(0, 256, (COUNT, 4, 4, 3), np.uint8), np.ones((8, 8, 1), np.uint8))
    for number, image in enumerate(colours):
        profile = display_p3() if number < 20 else b"no profile" if number == 20 else None
        Image.fromarray(image).save(tmp_path / f"{number:02d}.png", icc_profile=profile)
    failed, images, report = checked(declare(tmp_path, channels=3))
    assert failed.keys() == {"nothing ignored"}
    assert "1 of 24 rows, e.g. 20.png: colour profile can't be read" in failed["nothing ignored"]
    assert np.abs(images[:20] - encoded(linear(colours[:20]) @ P3_TO_SRGB.T)).max() <= 2
    assert np.array_equal(images[20:], colours[20:])
    assert "colour profile &#x27;Display P3&#x27; to sRGB</td><td>20" in report


def test_cmyk_is_usable_with_its_profile_only(tmp_path, values):
    for number, image in enumerate(values):
        ink = np.zeros((32, 32, 4), np.uint8)
        ink[..., 3] = image * 255
        profile = {} if number == 7 else {"icc_profile": black_ink()}
        Image.fromarray(ink, mode="CMYK").save(tmp_path / f"{number:02d}.tif", **profile)
    manifest = read(declare(tmp_path))
    assert manifest["mode"].tolist() == ["CMYK" if number == 7 else "RGB" for number in range(COUNT)]
    assert (manifest["profile"] == "black ink").sum() == COUNT - 1


def test_frames_that_are_not_used_and_metadata_that_cannot_be_read_are_reported(tmp_path, values):
    pictures = [Image.fromarray((image * 255).astype(np.uint8)) for image in values]
    for number, picture in enumerate(pictures):
        picture.save(tmp_path / f"{number:02d}.png")
    pictures[3].save(tmp_path / "03.png", save_all=True, append_images=pictures[:2])
    file = io.BytesIO()
    pictures[5].save(file, "JPEG", exif=b"Exif\0\0" + b"no metadata" * 4)
    (tmp_path / "05.png").write_bytes(file.getvalue())
    failed, _, _ = checked(declare(tmp_path))
    assert failed == {
        "one frame": "1 of 24 rows, e.g. 03.png: the first of 3 frames or pages is used",
        "nothing ignored": "1 of 24 rows, e.g. 05.png: EXIF data can't be read, not rotated",
    }


def message(image_set: ImageSet) -> str:
    manifest = read(image_set)
    validation, _ = validate(manifest, image_set, yaml.safe_load(EXPECTATIONS.read_text(encoding="utf-8")))
    with pytest.raises(DataValidationError) as error:
        gate(manifest, validation, image_set)
    return str(error.value)


def test_white_icons_need_another_background(tmp_path, values):
    for number, image in enumerate(values):
        white = Image.new("RGBA", (32, 32), "white")
        white.putalpha(Image.fromarray((image * 255).astype(np.uint8)))
        white.save(tmp_path / f"{number:02d}.png")
    words = "00.png: it has the colour of the background, and only its transparency shows something; set another `background`"
    assert f"not blank 24 of 24 rows, e.g. {words}" in message(declare(tmp_path))
    failed, images, _ = checked(declare(tmp_path, background=(0, 0, 0)))
    assert failed == {}
    assert np.abs(images[..., 0] - values * 255).max() <= 1


def test_small_images_may_have_a_smaller_size(tmp_path, values):
    for number, image in enumerate(values):
        Image.fromarray((image * 255).astype(np.uint8)).save(tmp_path / f"{number:02d}.png")
    assert "e.g. 00.png: width 32; expected at least 64, or a smaller `size` of the set" in message(declare(tmp_path, size=64))


def test_night_photos_and_sparse_drawings_are_sound(tmp_path):
    random = np.random.default_rng(0)
    for number in range(COUNT):
        night = np.linspace(5, 1, 256)[:, None] + random.normal(0, 0.5, (256, 256))
        for row, column in random.integers(20, 236, (3, 2)):
            night[row : row + 3, column : column + 3] = 120
        Image.fromarray(night.clip(0, 255).round().astype(np.uint8)).save(tmp_path / f"night {number:02d}.png")
        sketch = Image.new("L", (256, 256), 255)
        left, top = random.integers(20, 200, 2).tolist()
        ImageDraw.Draw(sketch).line((left, top, *random.integers(20, 200, 2).tolist()), fill=100)
        sketch.save(tmp_path / f"sketch {number:02d}.png")
    failed, _, _ = checked(declare(tmp_path))
    assert failed == {}


def test_a_distance_beyond_the_search_is_an_error(tmp_path, values):
    for number, image in enumerate(values):
        Image.fromarray((image * 255).astype(np.uint8)).save(tmp_path / f"{number:02d}.png")
    image_set = declare(tmp_path)
    entry = {"type": "expect_held_out_images_to_look_new", "name": "new", "max_distance": 40}
    with pytest.raises(InputError, match=r"'new' .*can't be evaluated: .*max_distance: got 40, expected 0 to 16 bits"):
        validate(read(image_set), image_set, [entry])
