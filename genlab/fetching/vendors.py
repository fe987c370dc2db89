"""The same emoji as drawn by two vendors, from the npm packages emoji-datasource-google (Noto) and emoji-datasource-twitter (Twemoji)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from genlab.fetching.archives import members
from genlab.fetching.contracts import Made, check_names, content
from genlab.fetching.emoji import labels, split_of, stem

VENDORS = {"noto": "google", "twemoji": "twitter"}  # download and folder -> name in the packages
TABLE = "package/emoji.json"


@dataclass(frozen=True)
class EmojiVendors:
    """`noto/<split>/<stem>.png` and `twemoji/<split>/<stem>.png`: the packages' images of 64 px, unchanged, of the emoji that both have.

    The table labels.csv has their names and Unicode's groups. A fifth of the kinds of emoji is held out, with all their variants.
    """

    def files(self, archives: Mapping[str, Path]) -> Sequence[Made]:
        check_names(archives, list(VENDORS), "EmojiVendors")
        found: dict[str, dict[str, bytes]] = {name: {} for name in VENDORS}
        table: list[dict[str, Any]] = []
        for name, vendor in VENDORS.items():
            for path, file in members(archives[name]):
                if path.startswith(f"package/img/{vendor}/64/") and path.endswith(".png"):
                    found[name][stem(PurePosixPath(path).stem)] = file.read()
                elif path == TABLE and not table:
                    table = json.load(file)
        common = set.intersection(*map(set, found.values()))
        images = [
            Made(f"{name}/{split_of(key)}/{key}.png", len(drawing), content(drawing))
            for name, drawings in found.items()
            for key, drawing in sorted(drawings.items())
            if key in common
        ]
        return [*images, labels(sorted(row for row in described(table) if row[0] in common))]


def described(table: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield (stem, name, group) of the emoji in the packages' table, and of their variants in skin tones."""
    for entry in table:
        for variant in (entry, *entry.get("skin_variations", {}).values()):
            yield stem(PurePosixPath(variant["image"]).stem), entry["name"].lower(), entry["category"]
