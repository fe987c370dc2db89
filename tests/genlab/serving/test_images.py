"""Tests of reading images of any mode and format, upright and as grey or RGB, against known pixels."""

import io

import numpy as np
import pytest
from PIL import Image

from genlab.images.decode import decode
from genlab.serving.errors import DecodeError, TooLargeError
from genlab.serving.images import MAX_PIXELS, channels_first, convert, png, to_bytes, to_unit, upright

TURNED = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # orientation 6: to be rotated clockwise by 90 degrees


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def test_a_photo_is_turned_upright():
    gradient = Image.linear_gradient("L").resize((8, 9))  # dark at the top, bright at the bottom
    image = upright(encoded(gradient, "JPEG", exif=TURNED))
    pixels = np.asarray(image).astype(int)
    assert (image.size, image.format) == ((9, 8), "JPEG")
    assert pixels[:, 0].min() > 200 and pixels[:, -1].max() < 50  # the bottom is now at the left


def test_data_preparation_reads_the_same_pixels():
    for content in (encoded(Image.linear_gradient("L"), "JPEG", exif=TURNED), encoded(Image.linear_gradient("L"), "WEBP")):
        assert np.array_equal(np.asarray(decode(content)), np.asarray(upright(content)))


def test_too_large_an_image_is_an_error_before_its_pixels_are_read(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    side = int(MAX_PIXELS**0.5) + 1
    header = encoded(Image.new("1", (side, side)))[:60]
    with pytest.raises(DecodeError, match=f"{side:,} x {side:,} pixels, more than {MAX_PIXELS:,}"):
        upright(header)


def test_the_largest_number_of_pixels_may_be_given_and_pillows_own_does_not_count(monkeypatch):
    content = encoded(Image.new("L", (30, 20)))
    with pytest.raises(TooLargeError, match="30 x 20 pixels, more than 599"):
        upright(content, max_pixels=599)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert upright(content, max_pixels=600).size == (30, 20)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_only_named_formats_are_tried():
    content = encoded(Image.new("L", (3, 2)))
    assert upright(content, formats=("PNG",)).format == "PNG"
    with pytest.raises(DecodeError, match="not an image: it begins with"):
        upright(content, formats=("JPEG", "WEBP"))


IMAGES = {  # -> RGB on white, grey
    "rgba": (Image.new("RGBA", (8, 9), (200, 0, 0, 102)), (233, 153, 153)),  # 0.4 v + 0.6 * 255
    "grey": (Image.new("L", (8, 9), 77), (77, 77, 77)),
    "16 bits": (Image.fromarray(np.full((9, 8), 40_000, np.uint16)), (156, 156, 156)),  # 40000 / 257 = 155.6
    "one bit": (Image.new("1", (8, 9), 1), (255, 255, 255)),
    "cmyk": (Image.new("CMYK", (8, 9), (255, 0, 0, 0)), (0, 255, 255)),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_any_mode_becomes_rgb_or_grey(kind):
    image, colour = IMAGES[kind]
    luma = np.dot(colour, (0.299, 0.587, 0.114))
    rgb, grey = convert(image, 3, (255, 255, 255)), convert(image, 1)
    assert (rgb.mode, grey.mode, rgb.size, grey.size) == ("RGB", "L", image.size, image.size)
    assert np.abs(np.asarray(rgb).astype(int) - colour).max() <= (1 if kind == "rgba" else 0)
    assert np.abs(np.asarray(grey) - luma).max() <= 1.5


def test_transparent_pixels_show_the_background():
    image = Image.new("P", (8, 9), 3)
    image.info["transparency"] = 3
    assert convert(image, 3, (9, 99, 199)).getpixel((0, 0)) == (9, 99, 199)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (Image.new("F", (9, 9)), "floating-point pixels have no known range: save it with 8 or 16 bits"),
        (Image.new("I", (9, 9), 70_000), "32-bit pixels from 70000 to 70000: save it with 8 or 16 bits"),
    ],
)
def test_a_mode_of_unknown_range_is_an_error(image, message):
    with pytest.raises(DecodeError, match=message):
        convert(image, 3)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_conversion_to_network_values_and_back_to_a_png_keeps_the_pixels(mode):
    shape = (16, 16) if mode == "L" else (16, 16, 3)
    pixels = np.random.default_rng(0).permutation(np.resize(np.arange(256, dtype=np.uint8), shape))
    unit = to_unit(channels_first(Image.fromarray(pixels)))
    assert unit.shape == (1, 1 if mode == "L" else 3, 16, 16) and unit.dtype == np.float32
    assert unit.min() == -1 and unit.max() == 1
    content = png(to_bytes(unit[0]))
    assert content.startswith(b"\x89PNG") and np.array_equal(np.asarray(Image.open(io.BytesIO(content))), pixels)


def test_values_outside_the_range_are_clipped_and_others_rounded():
    values = np.array([-7, -1, 0.9 / 127.5 - 1, 0.4 / 127.5 - 1, 1, 7], np.float32)
    assert to_bytes(values.reshape(1, 1, 6)).ravel().tolist() == [0, 0, 1, 0, 255, 255]
