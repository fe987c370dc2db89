"""Files with damaged or oversized extras decode to their pixels, and damaged files get the true reason."""

import io
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from genlab.serving.errors import DecodeError
from genlab.serving.images import FRAMES, IGNORED, upright

COLOURS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)
PICTURE = Image.fromarray(COLOURS)


def encoded(form: str = "PNG", image: Image.Image = PICTURE, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes, check: int = 0) -> bytes:
    """A chunk of a PNG file; `check` is added to its checksum."""
    return struct.pack(">I", len(data)) + name + data + ((zlib.crc32(name + data) + check) % 2**32).to_bytes(4)


def with_chunk(added: bytes, content: bytes = b"") -> bytes:
    """A PNG file with a chunk after its header, which takes 33 bytes."""
    content = content or encoded()
    return content[:33] + added + content[33:]


def metadata() -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x011A], exif[0x9286] = 6, "Maker", 72.0, b"a comment"
    return exif.tobytes()


LONG = zlib.compress(b"x" * (PngImagePlugin.MAX_TEXT_CHUNK + 1))
EXTRAS = {  # -> what is reported
    "compressed text": (chunk(b"zTXt", b"prompt\0\0" + LONG), ""),
    "international text": (chunk(b"iTXt", b"prompt\0\1\0\0\0" + LONG), ""),
    "much text": (chunk(b"tEXt", b"note\0" + b"x" * 2000), ""),
    "damaged text": (chunk(b"tEXt", b"note\0hello", check=1), "damaged tEXt chunk"),
    "damaged resolution": (chunk(b"pHYs", bytes(9), check=1), "damaged pHYs chunk"),
    "damaged profile": (chunk(b"iCCP", b"x\0\0" + zlib.compress(b"y"), check=1), "damaged iCCP chunk"),
    "broken profile": (chunk(b"iCCP", b"x\0\0no zlib"), "colour profile can't be read"),
    "text by the name of a field": (chunk(b"tEXt", b"transparency\0hello"), ""),
}


@pytest.mark.parametrize("kind", EXTRAS)
def test_extras_of_png_do_not_keep_its_pixels_from_being_read(kind, monkeypatch):
    monkeypatch.setattr(PngImagePlugin, "MAX_TEXT_MEMORY", 1000)  # 64 MB otherwise
    added, words = EXTRAS[kind]
    image = upright(with_chunk(added))
    assert np.array_equal(np.asarray(image), COLOURS)
    assert image.info[IGNORED] == words


def test_a_large_colour_profile_is_read():
    profile = random.Random(0).randbytes(PngImagePlugin.MAX_TEXT_CHUNK + 1)
    assert upright(encoded(icc_profile=profile)).info["icc_profile"] == profile


@pytest.mark.parametrize("name", [b"IHDR", b"PLTE", b"tRNS"])
def test_a_damaged_chunk_that_determines_pixels_is_an_error(name):
    content = encoded(image=PICTURE.quantize(8), transparency=0)
    place = content.index(name)
    end = place + 4 + struct.unpack_from(">I", content, place - 4)[0]
    with pytest.raises(DecodeError, match="damaged"):
        upright(content[:end] + bytes(4) + content[end + 4 :])


@pytest.mark.filterwarnings("ignore::UserWarning")  # PIL warns of damaged EXIF data without the name of the file
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_odd_exif_data_never_keeps_an_image_from_being_read(form):
    """400 blocks with up to four wrong bytes, of which at least a quarter still has its orientation."""
    whole, drawn, turned = metadata(), random.Random(0), 0
    for _ in range(400):
        block = bytearray(whole)
        for _ in range(drawn.randint(1, 4)):
            block[drawn.randrange(6, len(block))] = drawn.randrange(256)
        image = upright(encoded(form, exif=bytes(block)))
        assert image.size in ((9, 6), (6, 9))
        turned += image.size == (6, 9)
    assert turned > 100


def test_unreadable_exif_data_is_reported():
    assert "EXIF data can't be read, not rotated" in upright(encoded("JPEG", exif=b"Exif\0\0" + b"no metadata" * 4)).info[IGNORED]
    assert "orientation 149 in the EXIF data, expected 1 to 8" in upright(encoded("PNG", exif=orientation(149))).info[IGNORED]
    assert upright(encoded("JPEG", exif=orientation(0))).info[IGNORED] == ""  # 0 is in use for "unknown"


def orientation(number: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = number
    return exif.tobytes()


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF"])
def test_animations_and_pages_yield_their_first_frame_and_their_number(form):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if form == "WEBP" else {}
    image = upright(encoded(form, frames[0], save_all=True, append_images=frames[1:], **options))
    assert image.info[FRAMES] == 3
    assert image.convert("RGB").getpixel((4, 4)) == (255, 0, 0)


def test_the_further_pictures_of_a_camera_do_not_count_as_frames():
    image = upright(encoded("MPO", save_all=True, append_images=[PICTURE]))
    assert (image.format, image.info[FRAMES]) == ("MPO", 1)


REASONS = {
    "nothing": (b"", "not an image: it is empty"),
    "zeros": (bytes(5000), "not an image: all 5,000 bytes are zero"),
    "web page": (b"\n<!DOCTYPE html><html>", r"it begins with b'\\n<!DOCTYPE h' \(a web page: download the image itself\)"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\n", r"\(a pointer of Git LFS: run `git lfs pull`\)"),
    "drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a vector drawing: export it as PNG"),
    "photo of a phone": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", r"\(a HEIC photo: save it as JPEG or PNG\)"),
    "header of PNG": (encoded()[:20] + b"\xff" * 40, "damaged PNG file"),
    "truncated": (encoded("JPEG")[:-40], "image file is truncated"),
    "kind of TIFF": (encoded("TIFF").replace(struct.pack("<HHIHH", 277, 3, 1, 3, 0), struct.pack("<HHIHH", 277, 3, 1, 2, 0)), "TIFF"),
}


@pytest.mark.parametrize("kind", REASONS)
def test_the_reason_why_a_file_cannot_be_read_is_the_true_one(kind):
    content, words = REASONS[kind]
    with pytest.raises(DecodeError, match=words) as error:
        upright(content)
    assert ("not an image" in str(error.value)) is not any(word in kind for word in ("PNG", "TIFF", "truncated"))
