"""Make the Fluent emoji sample, registered images of the same emoji in three styles, from three npm packages.

    npm pack @lobehub/fluent-emoji-3d@1.1.0 @iconify-json/fluent-emoji-flat@1.2.6 \\
             @iconify-json/fluent-emoji-high-contrast@1.2.6
    python scripts/emoji.py --packages . --out data/01_raw/emoji

This script downloads nothing: npm fetches the packages, and their archives are read without unpacking. All emoji in other sizes are a data
set that is fetched by name: `kedro run --pipeline=fetch --params=fetch.set=fluent_emoji`.
"""

import argparse
import hashlib
import sys
from collections import defaultdict
from pathlib import Path

from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.fetching.emoji import draw, has_skin_tone, table
from genlab.fetching.fluent import DRAWING, STYLES, Emoji, read_fluent

ARCHIVES = {
    "3d": "lobehub-fluent-emoji-3d-*.tgz",
    "flat": "iconify-json-fluent-emoji-flat-*.tgz",
    "high_contrast": "iconify-json-fluent-emoji-high-contrast-*.tgz",
}


def archives(folder: Path) -> dict[str, Path]:
    """Archive of the package of each style.

    Raises:
        InputError: one is not in `folder`.
    """
    found = {style: sorted(folder.glob(pattern)) for style, pattern in ARCHIVES.items()}
    if missing := [ARCHIVES[style] for style, paths in found.items() if not paths]:
        raise InputError(f"No {', '.join(missing)} in {folder}. Fetch the three packages with the `npm pack` line of this module's help.")
    return {style: paths[-1] for style, paths in found.items()}


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


def make_sample(packages: Path, out: Path, size: int, count: int) -> int:
    """Write the images of every style, and labels.csv; return the number of emoji.

    Raises:
        InputError: a package is missing.
    """
    complete = [each for each in read_fluent(archives(packages)) if DRAWING in each.drawings and not has_skin_tone(each.stem)]
    chosen = balanced(complete, count)
    for style in STYLES:
        (out / style).mkdir(parents=True, exist_ok=True)
    for each in chosen:
        for style, drawing in each.drawings.items():
            draw(drawing, size).save(out / style / f"{each.stem}.webp", lossless=True, quality=100, method=6)
    (out / "labels.csv").write_bytes(table((each.stem, each.name, each.category) for each in chosen))
    return len(chosen)


def main() -> None:
    """Run the command line: write the images of every style, and labels.csv."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=expanded, default=Path(), help="folder with the three .tgz files")
    parser.add_argument("--out", type=expanded, default=Path("data/01_raw/emoji"))
    parser.add_argument("--size", type=int, default=64, help="side in pixels")
    parser.add_argument("--count", type=int, default=600, help="number of emoji; 0 for all")
    arguments = parser.parse_args()
    try:
        made = make_sample(arguments.packages, arguments.out, arguments.size, arguments.count)
    except InputError as error:
        sys.exit(f"error: {error}")
    print(f"{made} emoji in {len(STYLES)} styles at {arguments.size} px in {arguments.out}")


if __name__ == "__main__":
    main()
