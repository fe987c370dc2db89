"""OpenMoji's outlines and coloured drawings, from the npm package openmoji."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genlab.fetching.archives import members
from genlab.fetching.contracts import Made, check_names
from genlab.fetching.emoji import check_size, drawings, labels, stem

STYLES = ("black", "color")
TABLE = "package/data/openmoji.csv"


@dataclass(frozen=True)
class OpenMoji:
    """`black/<split>/<stem>.webp` and `color/<split>/<stem>.webp`: registered pairs of outline and coloured drawing.

    The table labels.csv has their names and OpenMoji's groups. A fifth of the kinds of emoji is held out, with all their variants.
    """

    size: int = 128  # side of the images in pixels

    def __post_init__(self) -> None:
        check_size(self.size, "OpenMoji")

    def files(self, archives: Mapping[str, Path]) -> Sequence[Made]:
        check_names(archives, ["openmoji"], "OpenMoji")
        found: dict[str, dict[str, bytes]] = {style: {} for style in STYLES}
        table = b""
        for path, file in members(archives["openmoji"]):
            style = path.removeprefix("package/").removesuffix(f"/svg/{PurePosixPath(path).name}")
            if style in found and path.endswith(".svg"):
                found[style][stem(PurePosixPath(path).stem)] = file.read()
            elif path == TABLE:
                table = file.read()
        common = set.intersection(*map(set, found.values()))
        rows = csv.DictReader(io.StringIO(table.decode(), newline=""))
        described = sorted((stem(row["hexcode"]), row["annotation"], row["group"]) for row in rows)
        paired = {style: {key: drawing for key, drawing in sorted(each.items()) if key in common} for style, each in found.items()}
        return [*drawings(paired, self.size), labels(row for row in described if row[0] in common)]
