"""What sets of emoji have in common: code points, drawing, and the table of labels."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from genlab.errors import InputError
from genlab.fetching.contracts import Made, content

SKIN_TONES = {"1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff"}
JOINER, VARIATION = "200d", "fe0f"
SIGNS = {"2640", "2642"}  # female and male
PEOPLE = {"1f468": "1f9d1", "1f469": "1f9d1"}  # man, woman -> person
WHITE = (255, 255, 255)
SIZES = (16, 256)  # smallest and largest side of a drawing in pixels
HELD_OUT = 0.2
LABELS = "labels.csv"


def stem(points: str) -> str:
    """Remove the variation selector from code points: `1F5A5-FE0F` -> `1f5a5`."""
    return "-".join(point for point in points.lower().split("-") if point != VARIATION)


def has_skin_tone(stem: str) -> bool:
    """Whether an emoji is a variant in a skin tone."""
    return not SKIN_TONES.isdisjoint(stem.split("-"))


def kind_of(stem: str) -> str:
    """What an emoji shows regardless of skin tone and sex, so that variants of one drawing have the same kind.

    `1f469-1f3fb-200d-1f692` (woman firefighter, light skin tone) -> `1f9d1-1f692` (firefighter).
    """
    left_out = {JOINER, *SIGNS, *SKIN_TONES}
    return "-".join(PEOPLE.get(point, point) for point in stem.split("-") if point not in left_out)


def split_of(stem: str) -> str:
    """Split of an emoji, "train" or "test", by a hash of its kind: a fifth of the kinds is held out, with all their variants."""
    number = int.from_bytes(hashlib.sha256(kind_of(stem).encode()).digest()[:8], "big")
    return "test" if number < HELD_OUT * 2**64 else "train"


def check_size(size: int, maker: str) -> None:
    """Raise an InputError if a side in pixels is out of range."""
    if not SIZES[0] <= size <= SIZES[1]:
        raise InputError(f"{maker}'s `size` is the side of the images in pixels, {SIZES[0]} to {SIZES[1]}; got {size}.")


def draw(drawing: bytes, size: int) -> Image.Image:
    """Draw an SVG or raster image as RGB, size x size pixels, on white.

    Raises:
        InputError: resvg_py, which draws SVG, is not installed.
    """
    if drawing.lstrip().startswith((b"<svg", b"<?xml")):
        drawing = rendered(drawing, size)
    image = Image.open(io.BytesIO(drawing)).convert("RGBA")
    if image.width != image.height:  # four of the 3D emoji are 256 x 264
        side = max(image.size)
        square = Image.new("RGBA", (side, side))
        square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
        image = square
    laid = Image.alpha_composite(Image.new("RGBA", image.size, (*WHITE, 255)), image).convert("RGB")
    return laid if laid.size == (size, size) else laid.resize((size, size), Image.Resampling.LANCZOS)


def rendered(drawing: bytes, size: int) -> bytes:
    """SVG -> PNG with a side of `size` pixels."""
    try:
        import resvg_py
    except ModuleNotFoundError:
        raise InputError("SVG is drawn by the Python package resvg_py, which is not installed: pip install 'resvg_py>=0.5'") from None
    # Iconify draws the high-contrast style in `currentColor`, which is black if no style sets it.
    return bytes(resvg_py.svg_to_bytes(svg_string=drawing.decode(), width=size, height=size))


def drawn(drawing: bytes, size: int) -> Callable[[Path], None]:
    """Function that writes a drawing as lossless WebP. Method 0: 6 takes 60 times as long for a third less space."""
    return lambda path: draw(drawing, size).save(path, "WEBP", lossless=True, quality=50, method=0)


def drawings(
    styles: Mapping[str, Mapping[str, bytes]],  # style -> {stem: drawing}
    size: int,
    folder: str = "",  # of the styles, relative to the set
) -> list[Made]:
    """Files `<folder><style>/<split>/<stem>.webp` of all drawings."""
    expected = size * size  # bytes; measured: 0.4 to 0.5 of it at 64 px, 0.2 at 256 px
    return [
        Made(f"{folder}{style}/{split_of(stem)}/{stem}.webp", expected, drawn(drawing, size))
        for style, found in styles.items()
        for stem, drawing in found.items()
    ]


def labels(rows: Iterable[tuple[str, str, str]], folder: str = "") -> Made:
    """Table `<folder>labels.csv` of (stem, name, label), with the stem as the layouts see it: `<split>/<stem>`."""
    data = table((f"{split_of(stem)}/{stem}", name, label) for stem, name, label in rows)
    return Made(f"{folder}{LABELS}", len(data), content(data))


def table(rows: Iterable[Sequence[str]]) -> bytes:
    """CSV table with the columns stem, name, label."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["stem", "name", "label"])
    writer.writerows(rows)
    return text.getvalue().encode()
