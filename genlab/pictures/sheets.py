"""Sheets: pictures of named rows of images."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from genlab.images.pixels import to_bytes

GAP, HEADING = 2, 18  # pixels
LEAST_SIDE = 64  # smaller images are enlarged by an integer factor, so that their pixels stay sharp
COLUMNS = 16  # default number of images on a line


def sheet(
    rows: dict[str, Tensor],
    columns: int = COLUMNS,  # images on a line; longer rows continue on the next line
) -> Image.Image:
    """Draw named rows of images (N, C, H, W) in [-1, 1] as one picture, each row below its name."""
    font = ImageFont.load_default(12)
    strips = [(name, strip(images, columns)) for name, images in rows.items()]
    width = max(image.width for _, image in strips)
    picture = Image.new("RGB", (width, sum(image.height + HEADING for _, image in strips)), "white")
    pen, top = ImageDraw.Draw(picture), 0
    for name, image in strips:
        pen.text((GAP, top + 2), name, fill="black", font=font)
        picture.paste(image, (0, top + HEADING))
        top += HEADING + image.height
    return picture


def strip(images: Tensor, columns: int = COLUMNS) -> Image.Image:
    """Draw images (N, C, H, W) in [-1, 1] side by side, in lines of `columns`. Missing images of the last line are white."""
    pixels = to_bytes(images).expand(-1, 3, -1, -1).permute(0, 2, 3, 1).cpu().numpy()
    factor = max(1, -(-LEAST_SIDE // max(pixels.shape[1:3])))
    pixels = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    framed = np.pad(pixels, ((0, 0), (0, GAP), (0, GAP), (0, 0)), constant_values=224)
    columns = min(columns, len(framed))
    missing = -len(framed) % columns
    cells = np.pad(framed, ((0, missing), (0, 0), (0, 0), (0, 0)), constant_values=255)
    lines = [np.concatenate(list(cells[start : start + columns]), axis=1) for start in range(0, len(cells), columns)]
    return Image.fromarray(np.concatenate(lines, axis=0))
