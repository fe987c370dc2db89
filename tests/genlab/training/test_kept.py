"""Numbered checkpoints, at intervals and on request."""

import multiprocessing
import os
import signal

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from stand_ins import MODEL, image_set

import genlab
from genlab.errors import InputError
from genlab.training.events import Logged, Saving
from genlab.training.fit import fit
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import States

COMPUTE = {"class": "genlab.engine.compute.Compute", "device": "cpu"}
COMPLETED = MODEL | {"average_half_life": 8.0, "batch_norm_batches": 2}


def train(folder, images=24, every=8, callbacks=(), compute=COMPUTE, seed=0):
    states = None if folder is None else States(folder / "states")
    often = Monitoring(log_every=4, pictures_every=400, checkpoint_every=400, keep_every=every)
    return fit(COMPLETED, image_set(), Budget(images, 4), seed, None, compute, often, states, callbacks, kept=folder)


def test_each_numbered_checkpoint_is_what_a_training_of_this_length_would_release(tmp_path):
    trained = train(tmp_path)
    folder = tmp_path / trained.key
    assert [file.name for file in sorted(folder.glob("*.safetensors"))] == [f"images-{images:09d}.safetensors" for images in (8, 16, 24)]
    for images in (8, 16, 24):
        weights, straight = load_file(folder / f"images-{images:09d}.safetensors"), train(None, images).recipe.state_dict()
        assert weights.keys() == straight.keys() and all(torch.equal(value, straight[name]) for name, value in weights.items())
    assert yaml.safe_load((folder / "parameters.yml").read_text())["model"] == COMPLETED


def test_numbered_checkpoints_do_not_change_the_training_and_another_experiment_does_not_replace_them(tmp_path):
    trained, plain = train(tmp_path), train(None, every=0)
    assert trained.history.rows == plain.history.rows
    assert all(torch.equal(value, plain.recipe.state_dict()[name]) for name, value in trained.recipe.state_dict().items())
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.safetensors")}
    train(tmp_path, seed=1)
    assert len(list(tmp_path.rglob("*.safetensors"))) == 6 and all(file.read_bytes() == content for file, content in before.items())


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no SIGUSR1")
def test_sigusr1_to_the_whole_process_group_saves_a_checkpoint_and_the_state_and_training_goes_on(tmp_path, caplog):
    caplog.set_level("INFO")
    saved = []

    def ask(event):
        if isinstance(event, Logged) and event.images == 12:
            for process in [os.getpid(), *(child.pid for child in multiprocessing.active_children())]:
                os.kill(process, signal.SIGUSR1)
        if isinstance(event, Saving):
            saved.append(event)

    trained = train(tmp_path, every=0, callbacks=[ask], compute=COMPUTE | {"workers": 2})
    (file,) = tmp_path.rglob("*.safetensors")
    assert file.name == "images-000000012.safetensors" and len(saved) == 2  # on request, and at the end
    assert "SIGUSR1: saved after 12 images." in caplog.text
    assert trained.history.rows == train(None, every=0).history.rows


def test_a_numbered_checkpoint_can_be_restored_and_released(tmp_path):
    trained = train(tmp_path)
    restored = genlab.restore(tmp_path / trained.key / "images-000000024.safetensors")
    assert all(torch.equal(value, trained.recipe.state_dict()[name]) for name, value in restored.recipe.state_dict().items())
    genlab.release(restored, image_set(), tmp_path / "release")
    assert (tmp_path / "release" / "release.json").is_file()


def test_what_cannot_be_kept_or_restored_is_named(tmp_path):
    with pytest.raises(InputError, match=r"keep_every: got 8 without `states`"):
        genlab.fit(COMPLETED, image_set(), 24, keep_every=8)
    with pytest.raises(InputError, match=r"kept: got .* without `states`"):
        fit(COMPLETED, image_set(), Budget(24, 4), kept=tmp_path)
    with pytest.raises(InputError, match=r"is not a checkpoint that can be read"):
        genlab.restore(tmp_path / "none.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "alone.safetensors")
    with pytest.raises(InputError, match=r"parameters\.yml does not exist, .* Give `model`"):
        genlab.restore(tmp_path / "alone.safetensors")
    with pytest.raises(InputError, match=r"another model than the one described"):
        genlab.restore(tmp_path / "alone.safetensors", MODEL)
