"""Tests of reading the weights that a training starts from: releases and checkpoints, and what is refused."""

import hashlib
import json

import pytest
import torch
from safetensors.torch import save_file

from genlab.errors import InputError
from genlab.training.source import read

WEIGHTS = {"layers.0.weight": torch.arange(6.0).reshape(2, 3)}
CLASS = "genlab.recipes.gan.GAN"


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def release(tmp_path):
    folder = tmp_path / "release"
    folder.mkdir()
    save_file(WEIGHTS, folder / "generator.safetensors")
    (folder / "generator.onnx").write_bytes(b"not read here")
    facts = {"model": {"class": CLASS}, "checkpoint": "c" * 64}
    facts["sha256"] = {name: digest(folder / name) for name in ("generator.safetensors", "generator.onnx")}
    (folder / "release.json").write_text(json.dumps(facts))
    return folder


def test_a_release_is_named_by_its_folder_or_one_of_its_files(release):
    for path in (release, str(release), release / "release.json", release / "generator.safetensors"):
        source = read(path)
        assert (source.name, source.kind, source.recipe, source.sha256) == (str(path), "release", CLASS, "c" * 64)
        assert torch.equal(source.networks["generator"]["layers.0.weight"], WEIGHTS["layers.0.weight"])


def test_a_checkpoint_is_described_by_what_is_near(tmp_path, release):
    file = tmp_path / "checkpoint.safetensors"
    save_file(WEIGHTS, file)
    source = read(file, "mine")
    assert (source.name, source.kind, source.recipe, source.sha256) == ("mine", "checkpoint", "", digest(file))
    facts = json.loads((release / "release.json").read_text())
    (release / "release.json").write_text(json.dumps(facts | {"checkpoint": digest(file)}))
    assert read(file).recipe == CLASS  # the release was made from this checkpoint
    (release / "release.json").unlink()
    (tmp_path / "parameters.yml").write_text("model: {class: genlab.recipes.vae.VAE}\n")
    assert read(file).recipe == "genlab.recipes.vae.VAE"


def test_a_changed_file_is_refused(release):
    save_file({"layers.0.weight": torch.zeros(2, 3)}, release / "generator.safetensors")
    with pytest.raises(InputError, match=r"generator\.safetensors has changed since it was released: its hash is .*Copy the release again"):
        read(release)


def test_what_is_no_model_of_ours_is_refused(tmp_path, release):
    (tmp_path / "foreign.pt").write_bytes(b"a pickle")
    (tmp_path / "torn.safetensors").write_bytes(b"torn")
    (tmp_path / "empty").mkdir()
    cases = {
        tmp_path / "foreign.pt": r"got a \.pt, expected a checkpoint .* a pickle can run code",
        tmp_path / "torn.safetensors": r"torn\.safetensors is damaged, or is no safetensors file",
        tmp_path / "empty": r"a folder without release\.json; expected a release folder",
        tmp_path / "none": r"there is no such file or folder; expected a release folder",
        "models:/gan-fashion@champion": r"only `kedro run` looks up registered models",
    }
    for path, message in cases.items():
        with pytest.raises(InputError, match=message):
            read(path)
    (release / "generator.safetensors").unlink()
    with pytest.raises(InputError, match=r"generator\.safetensors is missing\. Copy the whole folder"):
        read(release)
    (release / "release.json").write_text("{}")
    with pytest.raises(InputError, match=r"release\.json cannot be read \(KeyError: 'model'\)\. Release the model again"):
        read(release)
