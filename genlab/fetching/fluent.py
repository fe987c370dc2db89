"""Microsoft's Fluent emoji in three styles, from three npm packages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from genlab.fetching.archives import members, read
from genlab.fetching.contracts import Made, check_names
from genlab.fetching.emoji import check_size, drawings, has_skin_tone, labels, stem

# In @lobehub/fluent-emoji-3d 1.1.0, a file whose name has the tone TONES[i] shows the tone SHOWN[i]: medium light and medium are
# interchanged. Found by comparison with the flat drawings: with this correction, the best assignment of the five renderings of an emoji
# to its five drawings, by mean absolute difference, is the one of equal names for all 291 emoji.
TONES = ("1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff")
SHOWN = ("1f3fb", "1f3fd", "1f3fc", "1f3fe", "1f3ff")
EXCEPTIONS = {f"{person}-200d-1f4bb": TONES for person in ("1f468", "1f469", "1f9d1")} | {
    "1f6b5": ("1f3ff", "1f3fd", "1f3fe", "1f3fc", "1f3fb")
}
RENDERING, FLAT, DRAWING = STYLES = ("3d", "flat", "high_contrast")  # the names of the downloads


class Emoji(NamedTuple):
    """An emoji with its drawing in every style that has it."""

    stem: str  # code points without `-fe0f`, which only some of the packages include
    name: str
    category: str
    drawings: dict[str, bytes]  # style -> SVG or WebP


@dataclass(frozen=True)
class FluentEmoji:
    """`all/<style>/<split>/<stem>.webp`: every emoji in the styles flat and 3d, with skin tones; registered pairs.

    `base/<style>/<split>/<stem>.webp`: the emoji without skin tones in all three styles, high_contrast included, which has no skin tones.
    Each has a table labels.csv. A fifth of the kinds of emoji is held out, with all their variants.
    """

    size: int = 256  # side of the images in pixels; the renderings are 256 px

    def __post_init__(self) -> None:
        check_size(self.size, "FluentEmoji")

    def files(self, archives: Mapping[str, Path]) -> Sequence[Made]:
        emoji = read_fluent(archives)
        base = [each for each in emoji if DRAWING in each.drawings and not has_skin_tone(each.stem)]
        parts = {"all/": emoji, "base/": base}
        inside = {each.stem for each in base}
        made = [
            each._replace(also=(each.path.replace("all/", "base/", 1),)) if PurePosixPath(each.path).stem in inside else each
            for each in drawings({style: of(style, emoji) for style in (FLAT, RENDERING)}, self.size, "all/")
        ]
        tables = [labels(((each.stem, each.name, each.category) for each in part), name) for name, part in parts.items()]
        return [*made, *drawings({DRAWING: of(DRAWING, base)}, self.size, "base/"), *tables]


def of(style: str, emoji: Sequence[Emoji]) -> dict[str, bytes]:
    """Drawings of a style by stem."""
    return {each.stem: each.drawings[style] for each in emoji}


def read_fluent(archives: Mapping[str, Path]) -> list[Emoji]:
    """Style -> archive of its package; returns the emoji that are both in flat and in 3d, sorted by code points.

    Raises:
        InputError: an archive is missing or cannot be read.
    """
    check_names(archives, STYLES, "FluentEmoji")
    rendered = {
        shown_by(stem(PurePosixPath(name).stem)): file.read()
        for name, file in members(archives[RENDERING])
        if name.startswith("package/assets/") and name.endswith(".webp")
    }
    flat, names, categories = read_icons(archives[FLAT])
    high_contrast, _, _ = read_icons(archives[DRAWING])
    return [
        Emoji(
            key,
            names[key],
            categories[names[key]],
            {RENDERING: rendered[key], FLAT: flat[key]} | ({DRAWING: high_contrast[key]} if key in high_contrast else {}),
        )
        for key in sorted(rendered.keys() & flat.keys())
    ]


def shown_by(stem: str) -> str:
    """The emoji that a rendering shows, which differs in skin tone from the one that its name states."""
    points = stem.split("-")
    untoned = "-".join(point for point in points if point not in TONES)
    shown = dict(zip(TONES, EXCEPTIONS.get(untoned, SHOWN), strict=True))
    return "-".join(shown.get(point, point) for point in points)


def read_icons(archive: Path) -> tuple[dict[str, bytes], dict[str, str], dict[str, str]]:
    """Read an Iconify package -> {stem: SVG}, {stem: name}, {name: category}."""
    paths = [f"package/{name}.json" for name in ("icons", "chars", "metadata")]
    icons, names, metadata = (json.loads(read(archive, paths)[path]) for path in paths)
    names = {stem(points): name for points, name in names.items() if name in icons["icons"]}
    box = f"0 0 {icons['width']} {icons['height']}"
    svg = {
        key: f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{icons["icons"][name]["body"]}</svg>'.encode()
        for key, name in names.items()
    }
    return svg, names, {name: category for category, members in metadata["categories"].items() for name in members}
