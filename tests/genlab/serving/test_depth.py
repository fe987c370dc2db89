"""Depth of pixels: files of 1 to 32 bits per value, written byte by byte or by another library, against known values."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from genlab.serving.errors import DecodeError
from genlab.serving.images import convert, upright

GREY, RGB, GREY_ALPHA, RGB_ALPHA = 0, 2, 4, 6  # colour types of PNG
BACKGROUND = (9, 99, 199)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + zlib.crc32(name + data).to_bytes(4)


def png(width: int, depth: int, colour: int, row: bytes, key: bytes = b"") -> bytes:
    """A PNG file of one row of pixels; `key` is the transparent value."""
    head = struct.pack(">IIBBBBB", width, 1, depth, colour, 0, 0, 0)
    transparent = chunk(b"tRNS", key) if key else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + transparent + chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b"")


def tiff(values: np.ndarray, **tags: int) -> bytes:
    information = TiffImagePlugin.ImageFileDirectory_v2()
    for name, value in tags.items():
        information[{"photometric": 262}[name]] = value
    file = io.BytesIO()
    Image.fromarray(values).save(file, "TIFF", tiffinfo=information)
    return file.getvalue()


def pixels(content: bytes, channels: int = 1, bits: int = 16) -> np.ndarray:
    return np.asarray(convert(upright(content), channels, BACKGROUND, bits)).astype(int)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("form", [".png", ".tiff"])
def test_values_of_fewer_bits_in_files_of_16_bits_are_scaled_by_their_depth(bits, form):
    values = np.linspace(0, 2**bits - 1, 70).round().astype(np.uint16).reshape(7, 10)
    content = cv2.imencode(form, values)[1].tobytes()  # written by another library
    assert np.abs(pixels(content, bits=bits) - values / (2**bits - 1) * 255).max() <= 0.5


@pytest.mark.parametrize("bits", [24, 31])
def test_values_of_32_bits(bits):
    values = np.linspace(0, 2**bits - 1, 70).astype(np.int32).reshape(7, 10)
    assert np.abs(pixels(tiff(values), bits=bits) - values / (2**bits - 1) * 255).max() <= 0.5


def test_values_above_the_declared_depth_are_an_error():
    content = tiff(np.array([[0, 5000]], np.uint16))
    with pytest.raises(DecodeError, match="16-bit pixels from 0 to 5000, expected 0 to 4095: set `bits: 14`"):
        pixels(content, bits=12)
    with pytest.raises(DecodeError, match=r"32-bit pixels from -5 to 5000: save it with 8 or 16 bits$"):
        pixels(tiff(np.array([[-5, 5000]], np.int32)))


def test_a_file_of_packed_12_bits_has_its_own_depth():
    packed = bytes([0x00, 0x0F, 0xFF, 0x80, 0x00, 0x00])  # 0, 4095, 2048, 0
    entries = [(256, 3, 4), (257, 3, 1), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (278, 3, 1), (279, 4, 6)]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    content = b"II*\0" + struct.pack("<I", 14) + packed + directory + bytes(4)
    assert pixels(content)[0].tolist() == [0, 255, 128, 0]


def test_inverted_tiff_of_16_bits_is_turned_back():
    values = np.array([[0, 1000, 65535]], np.uint16)
    assert pixels(tiff(values, photometric=0))[0].tolist() == [255, 251, 0]


def test_colours_of_16_bits_keep_their_upper_8():
    row = struct.pack(">6H", 1000, 4095, 0, 40000, 65535, 300)
    assert np.abs(pixels(png(2, 16, RGB, row), 3)[0] - np.array([[1000, 4095, 0], [40000, 65535, 300]]) / 257).max() <= 1
    assert (
        np.abs(pixels(png(1, 16, RGB_ALPHA, struct.pack(">4H", 1000, 4095, 0, 65535)), 3)[0] - np.array([1000, 4095, 0]) / 257).max() <= 1
    )
    assert abs(pixels(png(1, 16, GREY_ALPHA, struct.pack(">2H", 40000, 65535)))[0, 0] - 40000 / 257) <= 1


def test_colours_of_16_bits_with_values_of_fewer_are_an_error():
    with pytest.raises(DecodeError, match=r"16 bits per colour, .* of values of 12 bits, 4 would be left. Scale the values to 0 to 65,535"):
        pixels(png(1, 16, RGB, struct.pack(">3H", 1000, 4095, 0)), bits=12)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (png(2, 16, GREY, struct.pack(">2H", 1000, 40000), struct.pack(">H", 1000)), [BACKGROUND, (156,) * 3]),
        (png(4, 2, GREY, bytes([0b00011011]), struct.pack(">H", 2)), [(0,) * 3, (85,) * 3, BACKGROUND, (255,) * 3]),
        (png(2, 4, GREY, bytes([0x5A]), struct.pack(">H", 5)), [BACKGROUND, (170,) * 3]),
        (png(8, 1, GREY, bytes([0b01000000]), struct.pack(">H", 1)), [(0,) * 3, BACKGROUND] + [(0,) * 3] * 6),
        (png(2, 8, GREY, bytes([7, 9]), struct.pack(">H", 9)), [(7,) * 3, BACKGROUND]),
        (png(2, 16, RGB, struct.pack(">6H", *[65535] * 3, *[40000] * 3), struct.pack(">3H", *[65535] * 3)), [BACKGROUND, (156,) * 3]),
    ],
    ids=["16 bits", "2 bits", "4 bits", "1 bit", "8 bits", "16 bits per colour"],
)
def test_a_transparent_value_shows_the_background_at_any_depth(content, expected):
    assert [tuple(pixel) for pixel in pixels(content, 3)[0].tolist()] == expected


def test_other_images_do_not_depend_on_the_depth():
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(pixels(cv2.imencode(".png", values)[1].tobytes(), bits=12), values)
