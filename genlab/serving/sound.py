"""What is wrong with the bytes of an image file, and the sound part of PNG files with damaged or oversized extras."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

PNG = b"\x89PNG\r\n\x1a\n"
XMP = b"XML:com.adobe.xmp\0"  # keyword of the text that may contain an orientation
MAX_PROFILE = 2**26  # bytes of a colour profile; printers' profiles have some 10 MB
OTHERS = (  # files that are taken for images: their beginning, and what to do
    (b"<!doctype html", "a web page: download the image itself"),
    (b"<html", "a web page: download the image itself"),
    (b"version https://git-lfs", "a pointer of Git LFS: run `git lfs pull`"),
    (b"<svg", "a vector drawing: export it as PNG"),
    (b"<?xml", "XML, perhaps a vector drawing: export it as PNG"),
    (b"%pdf", "a PDF document: export its pages as PNG"),
)
Formats = tuple[str, ...] | None  # Pillow's names of the formats that are tried; None: all that are installed
HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")  # brands of ISO 23008-12


class Chunk(NamedTuple):
    """A chunk of a PNG file."""

    name: bytes  # a lower-case first letter marks chunks that are not needed for decoding
    data: bytes
    whole: bytes  # with length, name and checksum
    sound: bool  # whether the checksum is right


class Sound(NamedTuple):
    """The part of a file that is needed for its pixels."""

    content: bytes
    profile: bytes | None  # colour profile, taken out of the file since PIL refuses large ones; None: none
    damaged: list[str]  # what is left out since it is damaged


def sound_part(content: bytes) -> Sound | None:
    """Leave out those chunks of a PNG file that are not needed for its pixels and make PIL refuse it; None for other formats.

    PIL raises an error for texts that are longer than its limits, and for wrong checksums of chunks without any effect on the pixels.
    """
    if not content.startswith(PNG):
        return None
    kept, damaged, profile = [PNG], [], None
    for chunk in chunks(content):
        text, optional = chunk.name in (b"tEXt", b"zTXt", b"iTXt"), chunk.name[:1].islower() and chunk.name != b"tRNS"
        if optional and not chunk.sound:
            damaged.append(f"damaged {chunk.name.decode('latin-1')} chunk")
        elif chunk.name == b"iCCP":
            profile = unpacked_profile(chunk.data)
            damaged += [] if profile else ["colour profile can't be read"]
        elif not text or chunk.data.startswith(XMP):
            kept.append(chunk.whole)
    return Sound(b"".join(kept), profile, damaged)


def chunks(content: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a PNG file (RFC 2083, section 3.2). The last one may be cut off."""
    place = len(PNG)
    while place + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        data, check = content[place + 8 : end - 4], content[end - 4 : end]
        yield Chunk(name, data, content[place:end], zlib.crc32(name + data).to_bytes(4) == check)
        place = end


def unpacked_profile(data: bytes) -> bytes | None:
    """Colour profile in the data of an iCCP chunk; None if it is damaged or larger than MAX_PROFILE."""
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(data[data.index(b"\0") + 2 :], MAX_PROFILE)
    except (ValueError, zlib.error):
        return None
    return None if unpacker.unconsumed_tail else profile


def reason(error: Exception, content: bytes, formats: Formats = None) -> str:
    """Why PIL refuses the bytes of a file, in words for people."""
    missing = missing_bytes(content)
    if missing > 0:
        return f"image file is truncated ({missing:,} bytes are missing)"
    if isinstance(error, UnidentifiedImageError):
        return refused(content, formats) or f"not an image: {beginning(content)}"
    words = words_of(error)
    return words if "truncated" in words else f"damaged: {words}"


def words_of(error: Exception) -> str:
    """The message of an error; with its type if it is only a number or a name."""
    return f"{type(error).__name__} {error}".strip() if len(str(error).split()) < 2 else str(error)


def missing_bytes(content: bytes) -> int:
    """Number of bytes missing from a WebP file according to its header, negative for surplus bytes; 0 for other formats.

    PIL reports only that a truncated WebP file cannot be decoded.
    """
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return int.from_bytes(content[4:8], "little") + 8 - len(content) if is_webp else 0


def refused(content: bytes, formats: Formats = None) -> str:
    """Why PIL does not open a file of a format that it recognises by its beginning; "" for other files.

    `Image.open` tries all formats and drops the reasons, so that a damaged file looks like one that is no image.
    """
    for name, (factory, accept) in Image.OPEN.items():
        if len(content) < 16 or accept is None or accept(content[:16]) is not True or (formats and name not in formats):
            continue
        try:
            factory(io.BytesIO(content), "")
        except Exception as error:  # anything, see genlab.serving.images.upright
            return f"damaged {name} file, or a kind of {name} that can't be read: {words_of(error)}"
    return ""


def beginning(content: bytes) -> str:
    """The first bytes of a file that is no image, and what it may be."""
    if not content:
        return "it is empty"
    if not any(content):
        return f"all {len(content):,} bytes are zero. Copy it again"
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    found = next((words for magic, words in OTHERS if start.startswith(magic)), "")
    if content[4:8] == b"ftyp" and content[8:12] in HEIF:
        found = "a HEIC photo: save it as JPEG or PNG"
    return f"it begins with {content[:12]!r}" + (f" ({found})" if found else "")
