"""Tests of paired sets that are derived from a folder of photos, from the declaration to the prepared images."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import ROOT
from PIL import Image, ImageDraw

from genlab.errors import DataValidationError, InputError
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.nodes import gate, prepare, read, validate

SUITE = yaml.safe_load((ROOT / "conf/base/expectations/paired.yml").read_text(encoding="utf-8"))
PHOTOS, SIDE = 24, 48


@pytest.fixture
def root(tmp_path) -> Path:
    """Folder of photos, each with different coloured rectangles on white."""
    random = np.random.default_rng(0)
    for number in range(PHOTOS):
        image = Image.new("RGB", (SIDE, SIDE), "white")
        for _ in range(4):
            left, top = random.integers(2, SIDE - 24, 2).tolist()
            width, height = random.integers(8, 20, 2).tolist()
            colour = tuple(random.integers(0, 160, 3).tolist())
            ImageDraw.Draw(image).rectangle((left, top, left + width, top + height), fill=colour)
        image.save(tmp_path / f"{number:02d}.png")
    return tmp_path


def declare(root: Path, layout: str = "edges.Canny", **more) -> ImageSet:
    source = {"class": f"genlab.images.{layout}", "root": str(root)}
    return ImageSet(**{"name": "things", "kind": "paired", "source": source, "size": 32} | more)


@pytest.mark.parametrize("layout", ["edges.Canny", "masks.Otsu"])
def test_a_folder_of_photos_becomes_a_prepared_set_of_pairs(root, layout):
    image_set = declare(root, layout)
    manifest = read(image_set)
    validation, report = validate(manifest, image_set, SUITE)
    validated, quarantine = gate(manifest, validation, image_set)
    images = prepare(validated, image_set)
    assert len(quarantine) == 0 and images.images.shape == (2 * PHOTOS, 32, 32, 3)
    train, test = images.pairs("train"), images.pairs("test")
    assert len(train[0]) + len(test[0]) == PHOTOS and len(test[0]) >= 2
    assert images.manifest["stem"].to_numpy()[train[0]].tolist() == images.manifest["stem"].to_numpy()[train[1]].tolist()
    a, b = images.images[train[0]], images.images[train[1]]
    assert (a == a[..., :1]).all() and not (b == b[..., :1]).all()  # a is grey, b coloured
    assert f"a · {layout.partition('.')[0].replace('masks', 'mask')}" in report and "b · photo" in report


def test_a_damaged_photo_stops_the_set_and_names_both_images(root):
    (root / "03.png").write_bytes((root / "03.png").read_bytes()[:60])
    image_set = declare(root)
    manifest = read(image_set)
    validation, _ = validate(manifest, image_set, SUITE)
    with pytest.raises(DataValidationError, match=r"decodes +2 of 48 rows, e\.g\. 03\.png#edges: .*truncated"):
        gate(manifest, validation, image_set)
    image_set = declare(root, on_failure="quarantine")
    validated, quarantine = gate(manifest, validate(manifest, image_set, SUITE)[0], image_set)
    assert quarantine["path"].tolist() == ["03.png#edges", "03.png#photo"]
    assert prepare(validated, image_set).images.shape[0] == 2 * (PHOTOS - 1)


def test_a_source_without_root_can_be_read_and_named_in_errors(monkeypatch):
    image_set = ImageSet(name="earth", kind="paired", source={"class": "genlab.images.sources.satellite.Earth"}, size=32)
    monkeypatch.setattr("genlab.images.sources.satellite.Earth.items", lambda self: iter(()))
    with pytest.raises(InputError, match="image set 'earth': No images in Earth; looked for"):
        read(image_set)


def test_the_error_for_a_folder_without_two_domains_suggests_derived_pairs(root):
    with pytest.raises(InputError, match=re.escape("or, from one folder of photos, genlab.images.sources.edges.Canny")):
        read(declare(root, "layouts.Folder"))
