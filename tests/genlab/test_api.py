"""The library without Kedro, as shown in the README."""

import re
import shutil

import numpy as np
import pytest
import torch
from conftest import ROOT
from image_files import size_of
from PIL import Image
from stand_ins import MODEL

import genlab
from genlab.build import build
from genlab.errors import InputError
from genlab.training.fit import Trained
from genlab.training.history import History


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with 40 emoji and the shared feature extractor."""
    monkeypatch.chdir(tmp_path)
    emoji = tmp_path / "data/01_raw/emoji/3d"
    emoji.mkdir(parents=True)
    for file in sorted((ROOT / "data/01_raw/emoji/3d").iterdir())[::15]:
        shutil.copy(file, emoji)
    (tmp_path / ".genlab").mkdir()
    (ROOT / ".genlab/extractors").mkdir(parents=True, exist_ok=True)
    (tmp_path / ".genlab/extractors").symlink_to(ROOT / ".genlab/extractors")
    return tmp_path


def test_the_script_in_the_readme_trains_evaluates_and_exports(folder, capsys):
    (script,) = re.findall(r"```python\n(import genlab\n.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len([line for line in script.splitlines() if line]) <= 10
    exec(script.replace("2_000", "64"), {})
    assert "kid_efflite0" in capsys.readouterr().out
    assert size_of("samples.png")[0] > 100
    assert {file.name for file in (folder / "release").iterdir()} == {"generator.onnx", "generator.safetensors", "release.json"}
    images = genlab.prepare("data/01_raw/emoji/3d", size=32)
    with pytest.raises(InputError, match=r"release holds a release already, which would be overwritten"):
        genlab.release(Trained(build(MODEL), MODEL, History(1), ""), images, "release")


def test_a_recipe_is_read_and_its_arguments_are_replaced_everywhere():
    model = genlab.recipe("r3gan", size=64, channels=3)
    assert model["generator"]["size"] == model["critic"]["size"] == 64
    assert model["generator"]["channels"] == model["critic"]["channels"] == 3
    assert genlab.recipe("r3gan")["generator"]["size"] == 32
    assert isinstance(build(model, "model"), torch.nn.Module)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: genlab.recipe("r3gn"), r"recipe: got 'r3gn', expected a YAML file or one of: .*Did you mean 'r3gan'"),
        (lambda: genlab.recipe("gan", sise=64), r"sise: gan has no such argument\. Did you mean 'size'"),
        (
            lambda: genlab.prepare("data/01_raw/emoji/3d", 32, kind="paired"),
            r"kind paired needs two domains, which Folder hasn't",
        ),
        (lambda: genlab.prepare("data/01_raw/emoji/3d", 0), r"size: got 0, expected a side in pixels"),
        (lambda: genlab.prepare("data/01_raw/emoji/3d", 32, channels=4), r"channels: got 4, expected 1 \(grey\) or 3 \(RGB\)"),
        (lambda: genlab.prepare("data/01_raw/emoji/3d", 32, test=1.5), r"test: got 1\.5, expected the fraction to hold out"),
        (lambda: genlab.prepare("nowhere", 32), r"No folder or archive .*nowhere"),
        (lambda: genlab.prepare("data/empty", 32), r"No images in data/empty"),
        (lambda: genlab.prepare("data/broken", 32), r"1 of 2 images cannot be read, e\.g\. broken\.png: .*Mend or remove"),
    ],
)
def test_a_wrong_input_is_one_clear_error(folder, call, message):
    (folder / "data/empty").mkdir()
    (folder / "data/broken").mkdir()
    (folder / "data/broken/broken.png").write_bytes(b"\x89PNG and no more")
    Image.new("RGB", (8, 8)).save(folder / "data/broken/sound.png")
    with pytest.raises(InputError, match=message):
        call()


def test_a_recipe_trained_as_an_object_cannot_be_compared_with_an_untrained_one(folder):
    trained = Trained(build(MODEL), build(MODEL), History(1), "")
    with pytest.raises(InputError, match=r"model: trained from a GAN, expected a description"):
        genlab.evaluate(trained, None)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'genlab' has no attribute 'trian'"):
        genlab.trian  # noqa: B018


def test_a_set_with_a_cache_is_decoded_once(tmp_path, monkeypatch):
    for number in range(8):
        Image.effect_noise((12, 12), 20 + 10 * number).save(tmp_path / f"{number}.png")
    expected = genlab.prepare(tmp_path, size=8, channels=1)
    monkeypatch.setattr("genlab.images.store.YOUNG", 0)
    kept = genlab.prepare(tmp_path, size=8, channels=1, cache=tmp_path / ".cache")
    monkeypatch.setattr("genlab.images.scan.load", lambda item: pytest.fail(f"{item.path} is read"))
    again = genlab.prepare(tmp_path, size=8, channels=1, cache=tmp_path / ".cache")
    for each in (kept, again):
        assert np.array_equal(each.images, expected.images)
        assert each.content_hash == expected.content_hash
    with pytest.raises(pytest.fail.Exception):
        genlab.prepare(tmp_path, size=8, channels=1, cache=tmp_path / ".cache", verify=True)
