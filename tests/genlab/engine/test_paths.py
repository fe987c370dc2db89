"""Paths with `~` and variables of the environment, wherever a user can write one."""

from pathlib import Path

import numpy as np
import pytest
from image_files import archived, write
from PIL import Image

import genlab
from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.prepared_set import PreparedSet
from genlab.images.sources import Folder, FolderPerClass, Idx, LabelsFile, SideBySide, Tiles, TrainTestDomains, TwoFolders
from genlab.images.sources.edges import Canny
from genlab.images.sources.masks import Otsu
from genlab.mixtures.starts import Checkpoint
from genlab.serving.sampler import Sampler
from genlab.training.state import States


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty home folder, which is not the working directory."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_home_and_variables_are_expanded_and_all_else_stays(home, monkeypatch):
    monkeypatch.setenv("SETS", "/data/sets")
    monkeypatch.delenv("NOWHERE", raising=False)
    paths = {"~": home, "~/a": home / "a", "$HOME/a": home / "a", "${SETS}/b": "/data/sets/b", "$NOWHERE/a": "$NOWHERE/a", "a/~b": "a/~b"}
    assert {path: expanded(path) for path in paths} == {path: Path(result) for path, result in paths.items()}


@pytest.mark.parametrize("layout", [Folder, FolderPerClass, SideBySide, Canny, Otsu])
@pytest.mark.parametrize("root", ["~/set", "$HOME/set", "~/set.zip"])
def test_roots_of_sets_are_expanded(home, layout, root):
    write(home / "set", "train/1.png", "test/1.png")
    archived(home / "set")
    assert {item.split for item in layout(root).items()} == {"train", "test"}


def test_roots_of_sets_with_several_files_are_expanded(home):
    write(home / "set", "trainA/1.png", "trainB/1.png", "testA/1.png", "testB/1.png", "a/1.png", "b/1.png")
    (home / "set/labels.csv").write_text("stem,label\na/1,x\n")
    layouts = (TrainTestDomains("~/set"), TwoFolders("~/set", "a", "b"), LabelsFile("~/set"), LabelsFile("~/set", folder="a"))
    assert [len(list(layout.items())) for layout in layouts] == [4, 2, 6, 2]
    for name in ("a", "b"):
        noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(noise).save(home / "set" / f"{name}.png")
    assert len(list(Tiles("~/set", "a.png", "b.png", 8).items())) == 2
    with pytest.raises(InputError, match=f"No file {home}/set/x.gz"):
        list(Idx("~/set", "x.gz").items())


def test_folders_of_the_five_functions_are_expanded(home):
    for number in range(4):
        (home / "photos").mkdir(exist_ok=True)
        Image.new("L", (8, 8), number).save(home / "photos" / f"{number}.png")
    images = genlab.prepare("~/photos", size=8, channels=1)
    assert images.name == "photos"
    images.save("~/prepared")
    assert (home / "prepared").is_dir()
    assert PreparedSet.load("~/prepared").content_hash == images.content_hash
    (home / "mine.yml").write_text("mine: {model: {class: genlab.recipes.gan.GAN}}")
    assert genlab.recipe("~/mine.yml") == {"class": "genlab.recipes.gan.GAN"}
    (home / "release").mkdir()
    (home / "release/release.json").write_text("{}")
    with pytest.raises(InputError, match="holds a release already"):
        genlab.release(None, images, "~/release")
    assert States("~/states").folder == home / "states"
    assert Checkpoint("~/checkpoint.safetensors").file == home / "checkpoint.safetensors"
    with pytest.raises(OSError, match=f"{home}/served"):
        Sampler("~/served")
