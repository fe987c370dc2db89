"""A model is a release folder, a file of one, a checkpoint, or a registered name."""

import json
import re
import shutil
from importlib.metadata import EntryPoint

import numpy as np
import pytest
import torch
import yaml
from command_line import contents, picture, plain, run, translator
from PIL import Image
from stand_ins import ADAM, MODEL, image_set

from genlab.build import build
from genlab.commands import models
from genlab.engine.weights import to_bytes
from genlab.export.release import release_files

TRANSLATOR = {
    "class": "genlab.recipes.cyclegan.CycleGAN",
    "loss": {"class": "genlab.losses.adversarial.LEAST_SQUARES"},
    "generator": {"class": "genlab.networks.resnet.ResNet", "partial": True, "width": 4, "blocks": 1, "channels_in": 1, "channels_out": 1},
    "critic": {"class": "genlab.networks.patchgan.PatchGAN", "partial": True, "width": 4, "layers": 1, "channels": 1},
    "generator_optimizer": ADAM,
    "critic_optimizer": ADAM,
}
STYLED = {
    "class": "genlab.recipes.stylegan.StyleGAN",
    "generator": {
        "class": "genlab.networks.style.Generator",
        "mapping": {"class": "genlab.networks.style.Mapping", "latent_size": 6, "style_size": 5, "depth": 2, "classes": 2},
        "synthesis": {"class": "genlab.networks.stylegan2.Synthesis", "size": 8, "channels": 1, "style_size": 5, "width": 4},
    },
    "critic": {"class": "genlab.networks.stylegan2.Critic", "size": 8, "channels": 1, "width": 4, "classes": 2},
    "generator_optimizer": ADAM,
    "critic_optimizer": ADAM,
}


def checkpoint(folder, model):
    """Write checkpoint.safetensors with random weights; return its path and the recipe."""
    torch.manual_seed(0)
    recipe = build(model)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "checkpoint.safetensors").write_bytes(to_bytes(recipe.state_dict()))
    return folder / "checkpoint.safetensors", recipe


@pytest.mark.parametrize("model", [MODEL, STYLED], ids=["gan", "stylegan2"])
def test_a_checkpoint_samples_like_its_release(capsys, tmp_path, model):
    file, recipe = checkpoint(tmp_path / "run/checkpoint", model)
    (tmp_path / "run/parameters.yml").write_text(yaml.safe_dump({"images": "ramps", "model": model}))
    files, _ = release_files(recipe.eval(), model, image_set())
    (tmp_path / "release").mkdir()
    for name, content in files.items():
        (tmp_path / "release" / name).write_bytes(content)
    arrays = []
    for place in (file, tmp_path / "release", tmp_path / "release/release.json", tmp_path / "release/generator.safetensors"):
        code, _, err = run(capsys, f"sample {place} --count 4 --truncation 0.7 --out {tmp_path}/{len(arrays)}.npz")
        assert code == 0, err
        arrays.append(np.load(tmp_path / f"{len(arrays)}.npz"))
    assert np.abs(arrays[0]["images"].astype(int) - arrays[1]["images"]).max() <= 1 and arrays[0]["images"].std() > 0
    assert all(np.array_equal(each["images"], arrays[1]["images"]) for each in arrays[2:])


def test_the_release_next_to_a_checkpoint_describes_it_and_names_its_classes(capsys, tmp_path):
    file, recipe = checkpoint(tmp_path, STYLED)
    files, _ = release_files(recipe.eval(), STYLED, image_set())
    (tmp_path / "release").mkdir()
    (tmp_path / "release/release.json").write_bytes(files["release.json"])
    assert "left (0), top (1)" in run(capsys, f"info {file}")[1]
    with torch.no_grad():
        next(recipe.parameters()).add_(1)
    file.write_bytes(to_bytes(recipe.state_dict()))  # trained again: the names may be those of another set
    assert "0 (0), 1 (1)" in run(capsys, f"info {file}")[1]


def test_a_checkpoint_translates_as_its_recipe_says(capsys, tmp_path):
    file, _ = checkpoint(tmp_path / "m", TRANSLATOR)
    (tmp_path / "my.yml").write_text(yaml.safe_dump({"mine": {"images": "x", "model": TRANSLATOR}}))
    pixels = picture(tmp_path / "x.png", 10, 16)
    code, _, err = run(capsys, f"translate {file} {tmp_path}/x.png --recipe {tmp_path}/my.yml --direction b_to_a --out {tmp_path}/out")
    assert code == 0, err
    with Image.open(tmp_path / "out/x.png") as translated:
        assert translated.size == (16, 10) and not np.array_equal(np.asarray(translated), pixels)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda folder: checkpoint(folder, MODEL)[0],
            r"no description of this checkpoint: .* --recipe gan, or --recipe my\.yml\.",
        ),
        (lambda folder: (folder / "x.safetensors").write_bytes(b"no") and folder / "x.safetensors", "is not a checkpoint that can be read"),
        (lambda folder: (folder / "x.png").touch() or folder / "x.png", "got a .png, expected a release folder or a checkpoint"),
        (lambda folder: folder, "a folder without release.json, expected a release"),
        (lambda folder: plain(folder / "release").parent, r"a folder without release.json"),
    ],
)
def test_what_is_no_model_is_an_error(capsys, tmp_path, make, message):
    code, _, err = run(capsys, f"info {make(tmp_path)}")
    assert code == 2 and re.search(message, err), err


def test_a_folder_above_a_release_is_an_error_that_names_the_release(capsys, tmp_path):
    plain(tmp_path / "gan").rename(tmp_path / "gan/release")
    assert f"Did you mean {tmp_path}/gan/release?" in run(capsys, f"info {tmp_path}/gan")[2]


def test_a_damaged_or_incomplete_release_is_an_error(capsys, tmp_path):
    release = plain(tmp_path)
    facts = json.loads((release / "release.json").read_text())
    (release / "release.json").write_text(json.dumps(facts | {"sha256": {"generator.onnx": "", "gone.onnx": ""}}))
    assert "gone.onnx of this sampler is missing. Copy the whole folder" in run(capsys, f"info {release}")[2]
    (release / "release.json").write_text("{")
    assert "release.json cannot be read (JSONDecodeError" in run(capsys, f"info {release}")[2]


def test_a_damaged_checkpoint_and_one_of_another_model_are_errors(capsys, tmp_path):
    file, _ = checkpoint(tmp_path, MODEL)
    (tmp_path / "parameters.yml").write_text(yaml.safe_dump({"model": MODEL | {"generator": MODEL["generator"] | {"width": 8}}}))
    assert "trained with another model than the one described" in run(capsys, f"info {file}")[2]
    (tmp_path / "parameters.yml").write_text("[1]")
    assert "parameters.yml describes no recipe" in run(capsys, f"info {file}")[2]
    file.write_bytes(file.read_bytes()[:100])
    assert "is not a checkpoint that can be read" in run(capsys, f"info {file}")[2]


def test_a_registered_name_is_looked_up_by_the_entry_point(capsys, tmp_path, monkeypatch):
    release = translator(tmp_path)
    monkeypatch.setattr(models, "entry_points", lambda group: [EntryPoint("stand_in", "command_line:resolved", group)])
    monkeypatch.setattr("command_line.resolved", lambda text: (release, f"card of {text}"), raising=False)
    for name in ("cyclegan-emoji", "cyclegan-emoji@champion", "cyclegan-emoji/3", "models:/cyclegan-emoji/3"):
        assert run(capsys, f"info {name}")[1].endswith(f"card of {name}\n")


def test_without_a_resolver_a_registered_name_is_a_clear_error(capsys, monkeypatch):
    monkeypatch.setattr(models, "entry_points", lambda group: [])
    code, _, err = run(capsys, "info cyclegan-emoji")
    assert (
        code == 2 and "no package offers entry points of the group 'genlab.models'. Name a release folder, or install the pipelines" in err
    )


def test_a_misspelt_path_has_a_suggestion(capsys, tmp_path):
    shutil.copytree(plain(tmp_path), tmp_path / "release")
    assert "Did you mean 'release'?" in run(capsys, f"info {tmp_path}/relaese")[2]
    assert contents(tmp_path / "release")
