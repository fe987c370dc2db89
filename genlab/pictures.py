"""Pictures that people look at: sheets of images and curves."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from genlab.engine import Recipe
from genlab.images.prepared_set import PreparedSet
from genlab.images.stream import batch_of, roles, to_bytes, to_channels_first, to_unit

GAP, HEADING = 2, 18  # pixels
LEAST_SIDE = 64  # smaller images are enlarged by a whole number, so that their pixels stay visible as they are
COLUMNS = 16  # of a sheet


def fixed_inputs(images: PreparedSet, count: int, device: torch.device) -> dict[str, Tensor]:
    """Held-out images by role, (count, C, H, W) in [-1, 1], and their labels if they have any, the same every time; training images where
    none are held out."""
    held_out = roles(images, "test" if len(images.indices("test")) else "train")
    if "image" in held_out:
        return batch_of(images, spread(held_out["image"], count), device)
    return {role: to_unit(to_channels_first(images.images[spread(indices, count)])).to(device) for role, indices in held_out.items()}


def spread(indices: np.ndarray, count: int) -> np.ndarray:
    """`count` of them, evenly spread over the whole."""
    return indices[np.linspace(0, len(indices) - 1, min(count, len(indices))).astype(int)]


def sample_sheet(recipe: Recipe, images: PreparedSet, device: torch.device, count: int = 8) -> Image.Image:
    """What the recipe makes of fixed inputs, its rows named after the domains."""
    names = {domain: domain_name(images, domain) for domain in ("a", "b")}
    rows = recipe.show(fixed_inputs(images, count, device))
    return sheet({" to ".join(names.get(part, part) for part in name.split("_to_")): row for name, row in rows.items()})


def domain_name(images: PreparedSet, domain: str) -> str:
    """What a domain's images all are of their files (`x.jpg#edges`), else the folder that they all lie in, else the domain's letter."""
    paths = images.manifest.loc[images.manifest["domain"] == domain, "path"]
    parts, folders = ({path.rpartition(mark)[end] if mark in path else "" for path in paths} for mark, end in (("#", 2), ("/", 0)))
    return next((names.pop() for names in (parts, folders) if len(names) == 1 and "" not in names), domain)


def sheet(
    rows: dict[str, Tensor],
    columns: int = COLUMNS,  # images on a line; a row of more goes on in the next
) -> Image.Image:
    """Named rows of images (N, C, H, W) in [-1, 1] -> one picture, a row under its name."""
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
    """(N, C, H, W) -> the images side by side, in lines of `columns`; white where the last has none."""
    pixels = to_bytes(images).expand(-1, 3, -1, -1).permute(0, 2, 3, 1).cpu().numpy()
    factor = max(1, -(-LEAST_SIDE // max(pixels.shape[1:3])))
    pixels = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    framed = np.pad(pixels, ((0, 0), (0, GAP), (0, GAP), (0, 0)), constant_values=224)
    columns = min(columns, len(framed))
    missing = -len(framed) % columns
    cells = np.pad(framed, ((0, missing), (0, 0), (0, 0), (0, 0)), constant_values=255)
    lines = [np.concatenate(list(cells[start : start + columns]), axis=1) for start in range(0, len(cells), columns)]
    return Image.fromarray(np.concatenate(lines, axis=0))


def curves(rows: Sequence[dict[str, float]]) -> Image.Image:
    """Rows {"images", "<update>/<term>": mean} -> a picture, a panel an update, a line a term; one panel for all gradient norms."""
    from matplotlib.figure import Figure

    panels: dict[str, dict[str, str]] = {}  # title -> label -> term
    for term in sorted({name for row in rows for name in row} - {"images"}):
        update, _, label = term.partition("/")
        title, label = ("gradient norms", update) if label == "gradient_norm" else (update, label)
        panels.setdefault(title, {})[label] = term
    figure = Figure(figsize=(5 * max(1, len(panels)), 3.5), dpi=100, layout="constrained")
    for axes, (title, lines) in zip(figure.subplots(1, max(1, len(panels)), squeeze=False)[0], sorted(panels.items()), strict=False):
        for label, term in lines.items():
            points = [(row["images"], row[term]) for row in rows if term in row]
            axes.plot(*zip(*points, strict=True), label=label, linewidth=2.2 if label == "loss" else 1.2)
        axes.set(title=title, xlabel="images", yscale="log" if title == "gradient norms" else "linear")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    return rendered(figure)


def rendered(figure: "matplotlib.figure.Figure") -> Image.Image:  # noqa: F821
    """What is drawn on a figure, without a window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
