"""The largest number of pixels of a file is an argument of a set, and Pillow's own limit does not interfere."""

import inspect
from pathlib import Path

import pytest
from image_files import write
from PIL import Image

from genlab import serving
from genlab.errors import InputError
from genlab.images.checking.manifest import make_manifest
from genlab.images.prepare import prepare_images
from genlab.images.read import read_images
from genlab.images.sources import Folder, FolderPerClass, LabelsFile, SideBySide, Tiles, TrainTestDomains, TwoFolders
from genlab.images.sources.edges import Canny
from genlab.images.sources.masks import Otsu

SIDE = 20
LAYOUTS = {
    Folder: {},
    FolderPerClass: {},
    LabelsFile: {},
    TwoFolders: {"a": "trainA", "b": "trainB"},
    TrainTestDomains: {},
    SideBySide: {},
    Canny: {},
    Otsu: {},
}


@pytest.fixture
def root(tmp_path) -> Path:
    """Four noise images of 20 x 20 pixels in CycleGAN's folders, and a table of labels."""
    for folder in ("trainA", "trainB", "testA", "testB"):
        (tmp_path / folder).mkdir()
        Image.effect_noise((SIDE, SIDE), 50).save(tmp_path / folder / "1.tif")
    (tmp_path / "labels.csv").write_text("stem,label\ntrainA/1,x\ntrainB/1,x\ntestA/1,x\ntestB/1,x\n")
    return tmp_path


@pytest.fixture
def low_limit(monkeypatch):
    """Pillow refuses images of more than 20 pixels, as it does photos of more than 178,956,970."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    monkeypatch.setattr(serving.images, "MAX_PIXELS", 10)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_larger_file_is_a_finding_that_names_size_limit_and_key(root, layout):
    manifest = make_manifest(layout(str(root), **LAYOUTS[layout], max_pixels=399).items())
    expected = "20 x 20 pixels, more than 399: downscale it, or raise `max_pixels` of the image set"
    assert set(manifest["decode_error"]) == {expected}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_raised_limit_holds_for_files_that_pillow_refuses(root, low_limit, layout):
    kind = "paired" if "domains" in vars(layout) and layout(str(root), **LAYOUTS[layout]).domains() else "unlabelled"
    items, manifest = read_images(layout(str(root), **LAYOUTS[layout], max_pixels=400), kind, 0.5, 0)
    assert set(manifest["decode_error"]) == {""}
    assert len(prepare_images(items, manifest, "set", kind, (8, 8), 3).images) == len(items)
    assert Image.MAX_IMAGE_PIXELS == 10


def test_every_layout_that_decodes_files_has_the_limit():
    for layout in (*LAYOUTS, Tiles):
        assert "max_pixels" in inspect.signature(layout).parameters


def test_pictures_for_tiles_have_a_limit_for_maps(root, low_limit):
    write(root, "map.png", "photo.png")
    for number, name in enumerate(("map.png", "photo.png")):
        Image.effect_noise((SIDE, SIDE), 50 + number).save(root / name)
    assert len(list(Tiles(str(root), "map.png", "photo.png", 10).items())) == 8
    message = r"Can't cut .*map.png into tiles: 20 x 20 pixels, more than 399. Downscale it, or raise `max_pixels` of the image set."
    with pytest.raises(InputError, match=message):
        list(Tiles(str(root), "map.png", "photo.png", 10, max_pixels=399).items())
    assert inspect.signature(Tiles).parameters["max_pixels"].default >= 32_768**2 * 0.9  # the largest tile of many map servers


def test_a_large_file_without_extension_is_recognised(tmp_path, low_limit):
    Image.new("L", (SIDE, SIDE)).save(tmp_path / "scan", "PNG")
    assert [item.path for item in Folder(str(tmp_path)).items()] == ["scan"]
