"""Tests of fine-tuning by `kedro run`: from a recipe of the project, from the registry and from a path, with what is recorded of it."""

import json
import logging

import pytest
import torch
from conftest import make_project, run_kedro
from mlflow import MlflowClient
from safetensors.torch import load_file

from genlab.errors import InputError
from pipelines import seeds
from pipelines.training.initial import ancestor_of, wrong_initial

KNOWN = {"stylegan2": {}, "gan": {}}
RECIPES = ("pix2pix", "stylegan2", "stylegan2_ada", "vae_digits")
STILL = {"generator_optimizer": {"lr": 0.0}, "critic_optimizer": {"lr": 0.0}}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A project in which a StyleGAN2 and a VAE have been trained, and a pix2pix has been trained and released."""
    folder = make_project(tmp_path_factory.mktemp("initial"), recipes=RECIPES)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        run_kedro(folder, "pix2pix")
        for name in ("stylegan2", "vae_digits"):
            run_kedro(folder, name, ["prepare", "train"])
        yield folder


def runs(folder, recipe):
    """The MLflow runs of a recipe, newest first."""
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiments = [each.experiment_id for each in client.search_experiments()]
    return client.search_runs(experiments, f"tags.recipe = '{recipe}'", order_by=["attributes.start_time DESC"])


def checkpoint(folder, recipe):
    return load_file(folder / f"data/06_models/{recipe}/checkpoint.safetensors")


def test_a_stylegan_starts_from_another_recipe_on_other_images(path, caplog):
    """Grey garments -> coloured emoji: all but the convolutions of colours. With a learning rate of 0, the values stay to be compared."""
    before = checkpoint(path, "stylegan2")
    model = {"r1_weight": 0.2, **STILL}
    with caplog.at_level(logging.INFO):
        run_kedro(
            path,
            "stylegan2_ada",
            ["prepare", "train"],
            stylegan2_ada={"initial": {"from": "stylegan2", "average": True, "freeze": 2}, "model": model},
        )
    after = checkpoint(path, "stylegan2_ada")
    learnt = [name for name in after if name.startswith(("generator.", "critic.")) and not name.endswith((".mean", ".measured"))]
    colours = {name for name in learnt if ("to_image" in name and "affine" not in name) or name == "critic.from_image.weight"}
    for name in learnt:
        source = name.replace("generator.", "average.module.", 1)
        same = after[name].shape == before[source].shape and torch.equal(after[name], before[source])
        assert same != (name in colours), name
    assert "Fine-tuning stylegan2" in caplog.text and "frozen: critic.from_image.bias, critic.blocks.0." in caplog.text
    (run,) = runs(path, "stylegan2_ada")
    assert run.data.tags["initial.from"] == "stylegan2" and len(run.data.tags["initial.sha256"]) == 64
    assert "other shape: generator.synthesis.to_image.0.bias 1 x 1 x 1, here 3 x 1 x 1" in run.data.tags["initial.loaded"]
    assert run.data.params["initial.from"] == "stylegan2" and run.data.params["initial.freeze"] == "2"


def test_a_pix2pix_starts_from_a_registered_model_and_its_version_records_the_ancestor(path):
    before = checkpoint(path, "pix2pix")
    released = json.loads((path / "data/06_models/pix2pix/release/release.json").read_text())
    address = "models:/pix2pix-emoji_pairs/1"
    run_kedro(path, "pix2pix", pix2pix={"initial": {"from": address}, "model": STILL, "seed": 5})
    after = checkpoint(path, "pix2pix")
    for name in (name for name in after if name.startswith("generator.") and "running" not in name and "num_batches" not in name):
        assert torch.equal(after[name], before[name.replace("generator.", "average.module.", 1)]), name
    (run, _) = runs(path, "pix2pix")
    assert "critic: starts from scratch (a release without it)" in run.data.tags["initial.loaded"]
    client = MlflowClient(f"sqlite:///{path / 'mlflow.db'}")
    first, second = (client.get_model_version("pix2pix-emoji_pairs", number) for number in ("1", "2"))
    assert "initial.from" not in first.tags
    assert second.tags["initial.from"] == address and second.tags["initial.sha256"] == released["checkpoint"]
    assert f"fine-tuned from `{address}` (checkpoint `{released['checkpoint']}`)" in second.description


def test_a_vae_starts_from_a_checkpoint_at_a_path(path):
    before = checkpoint(path, "vae_digits")
    address = "data/06_models/vae_digits/checkpoint.safetensors"
    run_kedro(path, "vae_digits", ["train"], vae_digits={"initial": {"from": address}, "model": {"optimizer": {"lr": 0.0}}, "seed": 5})
    after = checkpoint(path, "vae_digits")
    for name in (
        name for name in after if name.startswith(("encoder.", "decoder.")) and "running" not in name and "num_batches" not in name
    ):
        assert torch.equal(after[name], before[name]), name
    assert runs(path, "vae_digits")[0].data.tags["initial.from"] == address


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        ({"from": "stylegan2", "frozen": 2}, r"there is no key 'frozen'. Did you mean 'freeze'\? It has: from, average, freeze\."),
        ({"from": "stylgan2"}, r"stylegan2_ada\.initial\.from: got 'stylgan2', which is no recipe\. Did you mean 'stylegan2'"),
        ({"average": True}, r"stylegan2_ada\.initial: got \{'average': True\}, expected \{from: \.\.\.\}"),
        ({"from": "stylegan2_ada"}, r"the recipe itself, expected another one"),
        (
            {"from": "data/06_models/pix2pix/release"},
            r"was trained as a genlab\.recipes\.pix2pix\.Pix2Pix, this recipe is a genlab\.recipes\.style",
        ),
        ({"from": "models:/nothing@champion"}, r"nothing: no model of this name is registered"),
        ({"from": "stylegan2", "freeze": 9}, r"initial\.freeze: got 9, but critic, a Critic .* has \d layers"),
    ],
)
def test_a_wrong_initial_is_one_clear_error(path, initial, message):
    with pytest.raises(Exception, match=message):
        run_kedro(path, "stylegan2_ada", ["train"], stylegan2_ada={"initial": initial})


def test_a_missing_checkpoint_is_named_with_the_command_that_makes_it(path):
    file = path / "data/06_models/stylegan2/checkpoint.safetensors"
    kept = file.read_bytes()
    file.unlink()
    try:
        with pytest.raises(
            InputError, match=r"checkpoint\.safetensors, which does not exist\. Make it: `kedro run --pipeline=stylegan2 --tags=train`"
        ):
            run_kedro(path, "stylegan2_ada", ["train"], stylegan2_ada={"initial": {"from": "stylegan2"}})
    finally:
        file.write_bytes(kept)


def test_only_names_of_recipes_are_ancestors():
    assert ancestor_of({"initial": {"from": "gan"}}, KNOWN) == "gan"
    for entry in ({}, {"initial": None}, {"initial": {"from": "./gan"}}, {"initial": {"from": "models:/gan-fashion"}}, {"initial": 3}):
        assert ancestor_of(entry, KNOWN) == ""
    for initial in (None, {"from": "gan"}, {"from": "./mine"}, {"from": "models:/mine"}, {"from": "checkpoint.safetensors"}):
        assert wrong_initial("mine", {"initial": initial}, KNOWN) == ""


def test_all_seeds_start_from_the_same_checkpoint():
    pipeline = seeds.create_pipeline("stylegan2_ada", "emoji_3d", range(2), initial=True, ancestor="stylegan2")
    assert {"stylegan2.checkpoint", "params:stylegan2.model", "params:stylegan2_ada.initial"} <= pipeline.inputs()
    without = seeds.create_pipeline("stylegan2_ada", "emoji_3d", range(2))
    assert not any("initial" in name or "stylegan2." in name for name in without.inputs())
