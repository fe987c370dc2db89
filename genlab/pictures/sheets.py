"""Sheets: pictures of named rows of images."""

from PIL import Image
from torch import Tensor

from genlab.images.pixels import to_bytes
from genlab.pictures.mosaic import COLUMNS, mosaic, titled


def sheet(
    rows: dict[str, Tensor],
    columns: int = COLUMNS,  # images on a line; longer rows continue on the next line
) -> Image.Image:
    """Draw named rows of images (N, C, H, W) in [-1, 1] as one picture, each row below its name."""
    return titled({name: strip(images, columns) for name, images in rows.items()})


def strip(images: Tensor, columns: int = COLUMNS) -> Image.Image:
    """Draw images (N, C, H, W) in [-1, 1] side by side, in lines of `columns`. Missing images of the last line are white."""
    return mosaic(to_bytes(images).permute(0, 2, 3, 1).cpu().numpy(), columns)
