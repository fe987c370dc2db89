"""Tests of FreezeD: frozen layers get no gradient and no step, all others learn."""

import pytest
import torch
from conftest import parameters
from fine_tuning import Listener, built, changed, of_conf, source_of, train
from stand_ins import ADAM, MODEL

from genlab.errors import InputError
from genlab.training.freezing import freeze
from genlab.training.initial import Initial, start
from genlab.training.matching import match
from genlab.training.settings import Budget
from genlab.training.source import Source


@pytest.mark.parametrize("name", ["gan", "stylegan2", "progan", "sngan", "wgan", "biggan", "r3gan", "pix2pix", "cyclegan", "unrolled_gan"])
def test_frozen_layers_get_no_gradient_and_no_step(name):
    entry = parameters("test")[name]
    source, recipe = built(entry["model"], 1), built(entry["model"], 2)
    started = start(recipe, Initial(source_of(source), freeze=1), is_new=True)
    assert started.frozen and all(key.startswith(tuple(recipe.critics())) for key in started.frozen)
    named = dict(recipe.named_parameters())
    changing = {id(each) for update in recipe.gradient_updates().values() for each in update.parameters}
    assert {key for key, each in named.items() if not each.requires_grad} == {*started.frozen}
    assert not any(id(named[key]) in changing for key in started.frozen)
    for critic in recipe.critics():  # the others learn
        assert [key for key in named if key.startswith(f"{critic}.") and id(named[key]) in changing]


@pytest.mark.parametrize("changes", [{}, {"clip": 0.001}, {"unrolled_steps": 2}])
def test_after_training_only_the_frozen_layers_have_their_first_values(changes):
    model, source = MODEL | changes, train(budget=Budget(8, 4)).recipe
    listener, initial = Listener(), Initial(source_of(source), freeze=2)
    trained = train(model, initial, listener=listener).recipe
    (started,) = listener.started
    assert started.frozen == [f"critic.layers.{number}.{name}" for number in (0, 2) for name in ("weight", "bias")]
    for name, value in trained.named_parameters():
        if name != "critic.layers.5.bias":  # the hinge loss is the same for logits that are all larger by a constant
            assert torch.equal(value, source.state_dict()[name]) == (name in started.frozen), name
    critic = trained.updates["critic"]
    inside = {id(each) for each in critic.optimizer.state}
    assert not any(id(trained.get_parameter(name)) in inside for name in started.frozen) and inside  # no moments of Adam


def test_weight_decay_leaves_frozen_layers_as_they_are():
    source = train(budget=Budget(8, 4)).recipe
    trained = train(MODEL | {"critic_optimizer": ADAM | {"weight_decay": 0.1}}, Initial(source_of(source), freeze=1)).recipe
    assert torch.equal(trained.critic.layers[0].weight, source.critic.layers[0].weight)


def test_all_but_the_last_layer_can_be_frozen():
    source = train(budget=Budget(8, 4)).recipe
    trained = train(MODEL, Initial(source_of(source), freeze=2)).recipe
    last = "critic.layers.5"
    differ = {
        name.rpartition(".")[0]
        for name, value in trained.critic.named_parameters("critic")
        if not torch.equal(value, source.get_parameter(name))
    }
    assert differ == {last}
    with pytest.raises(InputError, match=r"initial\.freeze: got 3, but critic, a Critic \(genlab\.networks\.dcgan\), has 2 layers"):
        train(MODEL, Initial(source_of(source), freeze=3))


def test_what_was_not_loaded_is_not_frozen():
    recipe = built(changed(of_conf("stylegan2"), channels=3), 2)
    found = match(recipe, source_of(built(of_conf("stylegan2"), 1)))
    frozen = freeze(recipe, 2, found)
    assert "critic.from_image.bias" in frozen and "critic.from_image.weight" not in frozen and recipe.critic.from_image.weight.requires_grad


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("vae_digits", r"initial\.freeze: got 1, but VAE has no critic"),
        ("pix2pix_l1", r"initial\.freeze: got 1, but Pix2Pix has no critic"),
    ],
)
def test_a_recipe_without_critic_cannot_freeze_it(name, message):
    recipe = built(of_conf(name), 1)
    with pytest.raises(InputError, match=message):
        start(recipe, Initial(source_of(recipe), freeze=1), is_new=True)


def test_a_critic_from_scratch_cannot_be_frozen():
    recipe = built(MODEL, 1)
    release = Source("mine", "0" * 64, MODEL["class"], None, {"generator": recipe.generator.state_dict()})
    with pytest.raises(InputError, match=r"no weights for these layers of critic.*A release has no critic: start from the checkpoint"):
        start(recipe, Initial(release, freeze=1), is_new=True)
