"""Tests of trainings that start from another one: releases, what is recorded, and resumption."""

import copy
import json

import pytest
import torch
from fine_tuning import OFTEN, Listener, built, changed, of_conf, source_of, train
from safetensors.torch import save_file
from stand_ins import ADAM, COMPUTE, MODEL, image_set

import genlab
from genlab.build import build
from genlab.training.fit import fit
from genlab.training.initial import Initial, start
from genlab.training.interruption import Interrupted
from genlab.training.matching import match
from genlab.training.settings import Budget
from genlab.training.source import Source
from genlab.training.state import States


@pytest.mark.parametrize("name", ["gan", "stylegan2", "pix2pix", "cyclegan", "vae_digits"])
def test_a_release_gives_the_networks_that_it_has(name, tmp_path):
    """Written here as a release is, from the recipe's own list of networks; the critic is in none."""
    model = of_conf(name)
    source, recipe = built(model, 1), built(model, 2)
    networks = source.generators() | (source.inference() if name == "vae_digits" else {})
    release = Source("release", "0" * 64, model["class"], None, {key: copy.deepcopy(each.state_dict()) for key, each in networks.items()})
    before, critics = copy.deepcopy(recipe.state_dict()), tuple(recipe.critics())
    started = start(recipe, Initial(release), is_new=True)
    for key, value in recipe.state_dict().items():
        if key.startswith(tuple(f"{critic}." for critic in critics)):
            assert torch.equal(value, before[key]), key
    for key, network in recipe.generators().items():
        assert all(map(torch.equal, network.state_dict().values(), networks[key].state_dict().values()))
    assert {key for key in recipe.learnt() if not key.startswith(critics or "none")} == {*match(recipe, release).values}
    assert [line for line in started.lines if "scratch" in line] == [
        f"{each}: starts from scratch (a release without it)" for each in critics
    ]


def test_training_goes_on_from_the_loaded_values():
    """One turn without learning changes nothing: the result has the source's values, and not those of the seed."""
    source = train(budget=Budget(8, 4)).recipe
    still = MODEL | {name: ADAM | {"lr": 0.0} for name in ("generator_optimizer", "critic_optimizer")}
    trained = train(still, Initial(source_of(source)), budget=Budget(8, 4)).recipe
    for name, value in trained.named_parameters():
        assert torch.equal(value, source.get_parameter(name)), name


def test_a_stopped_fine_tuning_equals_an_uninterrupted_one_and_never_loads_again(tmp_path):
    source = source_of(train(budget=Budget(8, 4)).recipe)
    initial, listener = Initial(source, freeze=1), Listener()
    straight, states = train(MODEL, initial), States(tmp_path)
    with pytest.raises(Interrupted):
        train(MODEL, initial, states, Listener(stop_after=20))
    resumed = train(MODEL, initial, states, listener)
    for name, value in straight.recipe.state_dict().items():
        assert torch.equal(value, resumed.recipe.state_dict()[name]), name
    assert resumed.history.rows == straight.history.rows
    assert len(listener.started) == 1
    # Frozen layers stay frozen, and the finished training is found again.
    assert torch.equal(resumed.recipe.critic.layers[0].weight, source.checkpoint["critic.layers.0.weight"])
    assert train(MODEL, initial, states).history.rows == straight.history.rows


def test_each_setting_is_part_of_the_experiment_but_the_place_of_the_source_is_not(tmp_path):
    source = source_of(built(of_conf("stylegan2"), 1))
    keys = {
        fit(MODEL, image_set(), Budget(4, 4), 0, None, COMPUTE, OFTEN, States(tmp_path), initial=initial).key
        for source in [source_of(built(MODEL, 1), name) for name in ("one", "other")]
        for initial in (None, Initial(source), Initial(source._replace(sha256="1" * 64)), Initial(source, freeze=1))
    }
    assert len(keys) == 4 and source.kind == "checkpoint"


def test_the_python_interface_takes_a_path(tmp_path):
    source = train(budget=Budget(8, 4)).recipe
    file = tmp_path / "checkpoint.safetensors"
    save_file(source.state_dict(), file)
    still = MODEL | {name: ADAM | {"lr": 0.0} for name in ("generator_optimizer", "critic_optimizer")}
    for initial in (file, str(file), Initial.of(file, freeze=1)):
        trained = genlab.fit(still, image_set(), 8, 4, compute=build(COMPUTE), initial=initial)
        assert torch.equal(trained.recipe.generator.layers[0].weight, source.generator.layers[0].weight)
    assert json.dumps(Initial.of(file).settings())


def test_a_mixture_goes_on_where_the_other_training_stood():
    """The first pass has the likelihood of the source's last one, and a worse one after its means were moved: k-means does not run."""
    model, moved = changed(of_conf("gmm_digits"), size=16, levels=256, components=2), []
    source = train(model, budget=Budget(80, 40))
    for distance in (0.0, 0.1):
        source.recipe.mixtures[0].means += distance
        again = train(model, Initial(source_of(source.recipe)), budget=Budget(40, 40))
        moved += [row["em/log_likelihood"] for row in again.history.rows if "em/log_likelihood" in row]
        assert int(again.recipe.images) == 40 and again.recipe.begun
    last = [row["em/log_likelihood"] for row in source.history.rows if "em/log_likelihood" in row][-1]
    assert moved[0] == pytest.approx(last, rel=1e-6) and moved[1] < last - 1
