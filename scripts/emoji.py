"""Make the Fluent emoji sample, registered images of the same emoji in three styles, from three npm packages.

    npm pack @lobehub/fluent-emoji-3d@1.1.0 @iconify-json/fluent-emoji-flat@1.2.6 \\
             @iconify-json/fluent-emoji-high-contrast@1.2.6
    python scripts/emoji.py --packages . --out data/01_raw/emoji              # the embedded sample
    python scripts/emoji.py --packages . --out data/01_raw/emoji_full --size 256 --count 0

This script downloads nothing: npm fetches the packages, and their archives are read without unpacking.
"""

import argparse
import csv
import hashlib
import io
import json
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

from PIL import Image

ARCHIVES = {
    "3d": "lobehub-fluent-emoji-3d-*.tgz",
    "flat": "iconify-json-fluent-emoji-flat-*.tgz",
    "high_contrast": "iconify-json-fluent-emoji-high-contrast-*.tgz",
}
SKIN_TONES = {"1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff"}
WHITE = (255, 255, 255)


class Emoji(NamedTuple):
    """An emoji with its drawing in every style."""

    stem: str  # code points without `-fe0f`, which only some of the packages include
    name: str
    category: str
    drawings: dict[str, bytes]  # style -> SVG or WebP


def read_packages(folder: Path) -> list[Emoji]:
    """Read the base emoji (no skin tone) that exist in all three styles, sorted by code points.

    Raises:
        FileNotFoundError: the archive of a package is not in `folder`.
    """
    raster = {
        stem(Path(name).stem): data for name, data in members(folder, "3d") if name.startswith("package/assets/") and name.endswith(".webp")
    }
    flat, names, categories = read_icons(folder, "flat")
    high_contrast, _, _ = read_icons(folder, "high_contrast")
    common = sorted(raster.keys() & flat.keys() & high_contrast.keys())
    return [
        Emoji(key, names[key], categories[names[key]], {"high_contrast": high_contrast[key], "flat": flat[key], "3d": raster[key]})
        for key in common
        if not SKIN_TONES & set(key.split("-"))
    ]


def read_icons(folder: Path, style: str) -> tuple[dict[str, bytes], dict[str, str], dict[str, str]]:
    """Read an Iconify package -> {stem: SVG}, {stem: name}, {name: category}."""
    files = {Path(name).name: data for name, data in members(folder, style)}
    icons, names = json.loads(files["icons.json"]), json.loads(files["chars.json"])
    names = {stem(points): name for points, name in names.items() if name in icons["icons"]}
    box = f"0 0 {icons['width']} {icons['height']}"
    drawings = {
        key: f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{icons["icons"][name]["body"]}</svg>'.encode()
        for key, name in names.items()
    }
    metadata = json.loads(files["metadata.json"])["categories"]
    return drawings, names, {name: category for category, members in metadata.items() for name in members}


def members(folder: Path, style: str) -> Iterator[tuple[str, bytes]]:
    """Yield (path, content) for each file in the package of a style.

    Raises:
        FileNotFoundError: the archive of the package is not in `folder`.
    """
    archives = sorted(folder.glob(ARCHIVES[style]))
    if not archives:
        raise FileNotFoundError(
            f"No {ARCHIVES[style]} in {folder}. Fetch the three packages with the `npm pack` line of this module's help."
        )
    with tarfile.open(archives[-1]) as archive:
        for member in archive:
            if member.isfile():
                yield member.name, cast(IO[bytes], archive.extractfile(member)).read()


def stem(points: str) -> str:
    """Remove the variation selector from code points: `1f5a5-fe0f` -> `1f5a5`."""
    return "-".join(point for point in points.lower().split("-") if point != "fe0f")


def balanced(emoji: list[Emoji], count: int) -> list[Emoji]:
    """Select `count` emoji (0: all) so that the sizes of the categories are as equal as the source allows, sorted by stem.

    Within a category, emoji are selected in the order of a hash of the stem, so that the selection is varied and reproducible.
    """
    shelves = defaultdict(list)
    for each in sorted(emoji, key=lambda each: hashlib.sha256(each.stem.encode()).digest()):
        shelves[each.category].append(each)
    chosen: list[Emoji] = []
    while len(chosen) < (count or len(emoji)) and any(shelves.values()):
        for category in sorted(shelves, key=lambda category: len(shelves[category])):
            if shelves[category] and len(chosen) < (count or len(emoji)):
                chosen.append(shelves[category].pop(0))
    return sorted(chosen, key=lambda each: each.stem)


def draw(drawing: bytes, size: int) -> Image.Image:
    """Draw an SVG or WebP image as RGB, size x size pixels, on white."""
    if drawing.startswith(b"<svg"):
        import resvg_py  # only this script draws SVG

        # Iconify draws the high-contrast style in `currentColor`, which is black if no style sets it.
        drawing = bytes(resvg_py.svg_to_bytes(svg_string=drawing.decode(), width=size, height=size))
    image = Image.open(io.BytesIO(drawing)).convert("RGBA")
    if image.width != image.height:  # four of the 3D emoji are 256 x 264
        side = max(image.size)
        square = Image.new("RGBA", (side, side))
        square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
        image = square
    laid = Image.alpha_composite(Image.new("RGBA", image.size, (*WHITE, 255)), image).convert("RGB")
    return laid if laid.size == (size, size) else laid.resize((size, size), Image.Resampling.LANCZOS)


def home(path: str) -> Path:
    """Path with the home folder in place of `~`, which shells leave in `--out=~/emoji`."""
    return Path(path).expanduser()


def main() -> None:
    """Run the command line: write the images of every style, and labels.csv."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=home, default=Path(), help="folder with the three .tgz files")
    parser.add_argument("--out", type=home, default=Path("data/01_raw/emoji"))
    parser.add_argument("--size", type=int, default=64, help="side in pixels")
    parser.add_argument("--count", type=int, default=600, help="number of emoji; 0 for all")
    arguments = parser.parse_args()

    chosen = balanced(read_packages(arguments.packages), arguments.count)
    for style in ARCHIVES:
        (arguments.out / style).mkdir(parents=True, exist_ok=True)
    for each in chosen:
        for style, drawing in each.drawings.items():
            draw(drawing, arguments.size).save(arguments.out / style / f"{each.stem}.webp", lossless=True, quality=100, method=6)
    with (arguments.out / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["stem", "name", "label"])
        table.writerows((each.stem, each.name, each.category) for each in chosen)
    print(f"{len(chosen)} emoji in {len(ARCHIVES)} styles at {arguments.size} px in {arguments.out}")


if __name__ == "__main__":
    main()
