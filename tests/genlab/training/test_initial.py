"""Tests of fine-tuning: what is loaded, what stays at its own values, what is frozen, and what a resumed training does."""

import copy
import json
import signal

import pytest
import torch
from conftest import parameters
from safetensors.torch import save_file
from stand_ins import ADAM, COMPUTE, MODEL, image_set

import genlab
from genlab.build import build
from genlab.errors import InputError
from genlab.training.events import Logged
from genlab.training.fit import fit
from genlab.training.initial import Initial, Started, freeze, load, match, start
from genlab.training.interruption import Interrupted
from genlab.training.settings import Budget, Monitoring
from genlab.training.source import Source, of_checkpoint
from genlab.training.state import States

BUDGET, OFTEN = Budget(images=40, batch_size=4), Monitoring(log_every=4, pictures_every=16, checkpoint_every=8)


class Listener:
    """Keep the records of started trainings, and stop a training after `stop_after` images."""

    def __init__(self, stop_after=None):
        self.started, self.stop_after = [], stop_after

    def __call__(self, event):
        if isinstance(event, Started):
            self.started.append(event)
        if isinstance(event, Logged) and event.images == self.stop_after:
            signal.raise_signal(signal.SIGTERM)


def source_of(recipe, name="source"):
    """The source of a recipe's checkpoint, whose weights no longer change with the recipe."""
    weights = {key: value.clone() for key, value in recipe.state_dict().items()}
    return of_checkpoint(weights, "0" * 64, f"{type(recipe).__module__}.{type(recipe).__name__}", name)


def built(model, seed):
    torch.manual_seed(seed)
    return build(copy.deepcopy(model), "model")


def of_conf(name):
    return parameters("test")[name]["model"]


def changed(model, **arguments):
    """The description with new values for every argument of these names."""
    if isinstance(model, dict):
        return {key: arguments[key] if key in arguments else changed(value, **arguments) for key, value in model.items()}
    return [changed(each, **arguments) for each in model] if isinstance(model, list) else model


def train(model=MODEL, initial=None, states=None, listener=None, budget=BUDGET):
    return fit(model, image_set(), budget, 0, None, COMPUTE, OFTEN, states, [listener] if listener else [], initial=initial)


@pytest.mark.parametrize(
    "name", ["gan", "stylegan2", "stylegan2_ada", "progan", "biggan", "sngan", "pix2pix", "cyclegan", "vae_mixture", "r3gan"]
)
def test_a_recipe_of_the_same_networks_takes_over_all_learnt_values(name):
    source, recipe = built(of_conf(name), 1), built(of_conf(name), 2)
    before = {key: value.clone() for key, value in recipe.state_dict().items()}
    found = match(recipe, Initial(source_of(source)))
    assert not found.missing and not found.shapes and not found.unused and {*found.values} == {*recipe.learnt()}
    load(recipe, found)
    after, theirs, averages = recipe.state_dict(), source.state_dict(), {average: network for network, average in recipe.averages_of}
    for key, value in after.items():
        average = next((each for each in averages if key.startswith(f"{each}.module.")), None)
        if key in recipe.learnt():
            assert torch.equal(value, theirs[key]), key
        elif average:  # starts at the network, not at the source's average
            assert torch.equal(value, theirs[key.replace(f"{average}.module", averages[average])]), key
        else:  # latents that are shown, pools, probabilities, counters
            assert torch.equal(value, before[key]), key


def test_what_describes_the_course_of_a_training_starts_afresh():
    model = of_conf("stylegan2_ada")
    source, recipe = built(model, 1), built(model, 2)
    source.critic_augmentation.probability.fill_(0.7)
    source.path_length.mean.fill_(3.0)
    source.average.n_averaged.fill_(9)
    source.generator.mean.fill_(0.5)  # a part of the generator, which truncation needs
    load(recipe, match(recipe, Initial(source_of(source))))
    assert recipe.critic_augmentation.probability == 0 and recipe.path_length.mean == 0 and recipe.average.n_averaged == 0
    assert (recipe.generator.mean == 0.5).all() and (recipe.average.module.mean == 0.5).all()


def test_the_moving_average_of_a_checkpoint_can_be_the_start_of_network_and_average():
    model = of_conf("stylegan2")
    source, recipe = built(model, 1), built(model, 2)
    for value in source.average.module.parameters():
        value.data.add_(1.0)
    load(recipe, match(recipe, Initial(source_of(source), average=True)))
    for network in (recipe.generator, recipe.average.module):
        assert all(map(torch.equal, network.state_dict().values(), source.average.module.state_dict().values()))
    assert all(map(torch.equal, recipe.critic.state_dict().values(), source.critic.state_dict().values()))
    without = built(changed(model, average_half_life=0.0), 3)
    load(without, match(without, Initial(source_of(source), average=True)))  # a recipe without a moving average of its own
    assert all(map(torch.equal, without.generator.state_dict().values(), source.average.module.state_dict().values()))
    with pytest.raises(InputError, match=r"initial\.average: got true, but source has no moving average: .* Set it to false"):
        match(recipe, Initial(source_of(without), average=True))


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
    assert {key for key in recipe.learnt() if not key.startswith(critics or "none")} == {*match(recipe, Initial(release)).values}
    assert [line for line in started.lines if "scratch" in line] == [
        f"{each}: starts from scratch (a release without it)" for each in critics
    ]


def test_other_channels_and_classes_leave_out_what_they_change():
    source = built(of_conf("stylegan2"), 1)
    recipe = built(changed(of_conf("stylegan2"), channels=3), 2)
    before = copy.deepcopy(recipe.state_dict())
    found = match(recipe, Initial(source_of(source)))
    levels = len(recipe.generator.synthesis.to_image)
    colours = [
        f"generator.synthesis.to_image.{level}.{name}" for level in range(levels) for name in ("bias", "convolution.convolution.weight")
    ]
    assert {*found.shapes} == {*colours, "critic.from_image.weight"} and not found.missing and not found.unused
    assert found.shapes["critic.from_image.weight"][0][1] == 1 and found.shapes["critic.from_image.weight"][1][1] == 3
    load(recipe, found)
    for name, value in recipe.learnt().items():
        assert torch.equal(value, before[name] if name in found.shapes else source.state_dict()[name]), name
    ten, five = (built(changed(of_conf("biggan"), classes=count), 1) for count in (10, 5))
    found = match(five, Initial(source_of(ten)))
    assert {name.rpartition(".")[0].removesuffix(".parametrizations.weight") for name in found.shapes} == {
        "generator.embedding",
        "critic.head.embedding",
        "critic.head.embedding.parametrizations.weight.0",
    }


def test_the_blocks_of_a_smaller_stylegan_enter_at_their_sides():
    """Twice the side with half the width has the same filters at each common side; all blocks below the new side are taken over."""
    small = {"size": 16, "width": 8, "most": 16}
    source, recipe = built(changed(of_conf("stylegan2"), **small), 1), built(changed(of_conf("stylegan2"), size=32, width=4, most=16), 2)
    load(recipe, match(recipe, Initial(source_of(source))))
    ours, theirs = recipe.generator.synthesis, source.generator.synthesis
    for mine, other in [*zip(ours.layers, theirs.layers, strict=False), *zip(ours.to_image, theirs.to_image, strict=False)]:
        assert all(map(torch.equal, mine.state_dict().values(), other.state_dict().values()))
    assert len(recipe.critic.blocks) == len(source.critic.blocks) + 1
    for mine, other in zip(reversed(recipe.critic.blocks), reversed(source.critic.blocks), strict=False):
        assert all(map(torch.equal, mine.state_dict().values(), other.state_dict().values()))


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
    found = match(recipe, Initial(source_of(built(of_conf("stylegan2"), 1))))
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


def test_a_mixture_goes_on_from_all_of_its_parameters_or_from_none():
    model = of_conf("gmm_digits")
    source, recipe = built(model, 1), built(model, 2)
    for mixture in source.mixtures:
        mixture.means.normal_()
        mixture.passes.fill_(7)
        mixture.converged.fill_(True)
    load(recipe, match(recipe, Initial(source_of(source))))
    assert recipe.begun
    for mine, other in zip(recipe.mixtures, source.mixtures, strict=True):
        assert torch.equal(mine.means, other.means) and mine.passes == 0 and not mine.converged
    more = built(changed(model, components=model["components"] + 1), 3)
    with pytest.raises(InputError, match=r"(?s)nothing of source fits|EM starts from all parameters"):
        load(more, match(more, Initial(source_of(source))))


def test_another_class_of_recipe_is_refused():
    with pytest.raises(
        InputError, match=r"source was trained as a genlab\.recipes\.stylegan\.StyleGAN, this recipe is a genlab\.recipes\.gan\.GAN"
    ):
        match(built(MODEL, 1), Initial(source_of(built(of_conf("stylegan2"), 1))))


def test_nothing_that_fits_is_an_error_with_both_sides():
    wide = changed(MODEL, width=8, latent_size=5)
    with pytest.raises(
        InputError, match=r"nothing of source fits this recipe\. It has .*critic\.layers\.0\.weight \(8 x 1 x 4 x 4\).*; the recipe has"
    ):
        match(built(MODEL, 1), Initial(source_of(built(wide, 2))))


def test_the_python_interface_takes_a_path(tmp_path):
    source = train(budget=Budget(8, 4)).recipe
    file = tmp_path / "checkpoint.safetensors"
    save_file(source.state_dict(), file)
    still = MODEL | {name: ADAM | {"lr": 0.0} for name in ("generator_optimizer", "critic_optimizer")}
    for initial in (file, str(file), Initial.of(file, freeze=1)):
        trained = genlab.fit(still, image_set(), 8, 4, compute=build(COMPUTE), initial=initial)
        assert torch.equal(trained.recipe.generator.layers[0].weight, source.generator.layers[0].weight)
    assert json.dumps(Initial.of(file).settings())
