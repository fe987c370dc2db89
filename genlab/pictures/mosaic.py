"""Pictures side by side, from uint8 pixels. Uses numpy and Pillow only, so that the command line draws without torch."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

GAP, HEADING = 2, 18  # pixels
LEAST_SIDE = 64  # smaller images are enlarged by an integer factor, so that their pixels stay sharp
COLUMNS = 16  # default number of images on a line


def titled(strips: Mapping[str, Image.Image]) -> Image.Image:
    """Put named pictures below each other, each below its name."""
    font = ImageFont.load_default(12)
    width = max(image.width for image in strips.values())
    picture = Image.new("RGB", (width, sum(image.height + HEADING for image in strips.values())), "white")
    pen, top = ImageDraw.Draw(picture), 0
    for name, image in strips.items():
        pen.text((GAP, top + 2), name, fill="black", font=font)
        picture.paste(image, (0, top + HEADING))
        top += HEADING + image.height
    return picture


def mosaic(
    pixels: np.ndarray,  # uint8 (N, H, W, C), C 1 or 3
    columns: int = COLUMNS,
) -> Image.Image:
    """Draw images side by side, in lines of `columns`. Missing images of the last line are white."""
    pixels = enlarged(np.broadcast_to(pixels, (*pixels.shape[:3], 3)), LEAST_SIDE)
    framed = np.pad(pixels, ((0, 0), (0, GAP), (0, GAP), (0, 0)), constant_values=224)
    columns = min(columns, len(framed))
    missing = -len(framed) % columns
    cells = np.pad(framed, ((0, missing), (0, 0), (0, 0), (0, 0)), constant_values=255)
    lines = [np.concatenate(list(cells[start : start + columns]), axis=1) for start in range(0, len(cells), columns)]
    return Image.fromarray(np.concatenate(lines, axis=0))


def enlarged(pixels: np.ndarray, least: int) -> np.ndarray:
    """Enlarge images (N, H, W, C) by the smallest integer factor that makes their longer side at least `least` pixels."""
    factor = max(1, -(-least // max(pixels.shape[1:3])))
    return pixels.repeat(factor, axis=1).repeat(factor, axis=2)
