"""Tests of the CycleGAN recipe."""

import functools

import pytest
import torch

from genlab.engine.loop import train
from genlab.engine.seeding import mix, seed_everything
from genlab.engine.stream import Stream
from genlab.errors import InputError
from genlab.losses.adversarial import LEAST_SQUARES
from genlab.networks.patchgan import PatchGAN
from genlab.networks.resnet import ResNet
from genlab.networks.unet import UNet
from genlab.recipes.cyclegan import CycleGAN


class Noise:
    """Source of random images; those of domain b are brighter than those of a."""

    def __init__(self, size=(8, 12)):
        self.size = size

    def batches(self, start):
        while True:
            generator = torch.Generator().manual_seed(mix(start))
            image = torch.rand(2, 2, 3, *self.size, generator=generator)
            yield {"a": image[0] - 0.9, "b": image[1] - 0.1}
            start += 1


def made(**arguments) -> CycleGAN:
    seed_everything(0)
    adam = functools.partial(torch.optim.Adam, lr=1e-3, betas=(0.5, 0.999))
    generator, critic = functools.partial(ResNet, width=4, blocks=1), functools.partial(PatchGAN, width=4, layers=1)
    return CycleGAN(generator, critic, LEAST_SQUARES, adam, adam, **arguments)


class Plus(torch.nn.Module):
    """x -> x + shift: a generator with known loss terms."""

    stride = 1

    def __init__(self, shift):
        super().__init__()
        self.shift = torch.nn.Parameter(torch.tensor(shift))

    def forward(self, image):
        return image + self.shift


class Undecided(torch.nn.Module):
    """A critic with the logit 0.5 for all images."""

    def forward(self, image):
        return torch.full((len(image), 1, 2, 2), 0.5)


def test_terms_of_known_generators():
    recipe = made(cycle_weight=10.0, identity_weight=5.0)
    recipe.a_to_b, recipe.b_to_a = Plus(0.25), Plus(-0.125)
    recipe.critic_a = recipe.critic_b = Undecided()
    terms = recipe.generator_objective(next(Noise().batches(0)))
    terms = {name: term.item() for name, term in terms.items()}
    assert terms["cycle"] == pytest.approx(2 * 0.125, abs=1e-6)  # each cycle misses the image by 0.125
    assert terms["identity"] == pytest.approx(0.25 + 0.125, abs=1e-6)
    assert terms["adversarial_a"] == terms["adversarial_b"] == pytest.approx(0.25)  # (0.5 - 1)^2
    assert terms["loss"] == pytest.approx(0.5 + 10 * 0.25 + 5 * 0.375, abs=1e-5)
    assert recipe.critic_objective(next(Noise().batches(0)))["loss"].item() == pytest.approx(2 * (0.125 + 0.125))  # halved, equation 9


def test_an_identity_term_of_weight_0_is_neither_computed_nor_reported():
    recipe = made(identity_weight=0.0)
    assert set(recipe.generator_objective(next(Noise().batches(0)))) == {"cycle", "adversarial_a", "adversarial_b", "loss"}


def test_the_critics_update_does_not_change_the_generators():
    recipe = made()
    stream = Stream(Noise())
    stream.start_turn(0)
    recipe.updates["generator"](stream)
    before = {name: value.clone() for name, value in recipe.a_to_b.state_dict().items()}
    recipe.updates["critic"](stream)
    assert all(torch.equal(value, before[name]) for name, value in recipe.a_to_b.state_dict().items())


@pytest.mark.parametrize("turns", [0, 1])
def test_updating_the_critics_without_this_turns_fakes_is_an_error(turns):
    """The critics' update fails if the generators' update has not run in the same turn, in the first turn or a later one."""
    recipe, stream = made(), Stream(Noise())
    list(train(recipe, stream, 0, 2 * turns, 2, seed=5))
    stream.start_turn(turns)
    with pytest.raises(RuntimeError, match=r"Keep the order of `updates`"):
        recipe.updates["critic"](stream)


def test_learning_rate_is_constant_then_falls_to_zero():
    recipe = made(decay_start=0.5)
    rates = []
    for progress in (0.0, 0.5, 0.75, 1.0):
        recipe.set_progress(progress)
        rates.append(recipe.updates["generator"].optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([1e-3, 1e-3, 5e-4, 0.0])


@pytest.mark.parametrize("arguments", [{}, {"average_half_life": 4.0, "pool_size": 3}])
def test_resumed_run_equals_straight_run(arguments):
    straight, stopped, resumed = made(**arguments), made(**arguments), made(**arguments)
    turns = list(train(straight, Stream(Noise()), 0, 20, 2, seed=5))
    stream = Stream(Noise())
    assert [turn for _, turn in zip(range(4), train(stopped, stream, 0, 20, 2, seed=5), strict=False)] == turns[:4]
    resumed.load_training_state(stopped.training_state())
    assert list(train(resumed, Stream(Noise(), stream.position), 8, 20, 2, seed=5)) == turns[4:]
    for name, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_samples_use_the_moving_average_if_enabled():
    recipe = made(average_half_life=4.0)
    list(train(recipe, Stream(Noise()), 0, 8, 2, seed=5))
    image = next(Noise().batches(0))["a"]
    assert torch.equal(recipe.sample(image, "a_to_b"), recipe.averages["a_to_b"].module(image))
    assert not torch.equal(recipe.sample(image, "a_to_b"), recipe.a_to_b(image))


def test_images_that_the_networks_cannot_take_are_refused():
    batch = next(Noise().batches(0))
    with pytest.raises(InputError, match="cannot take images of 1 x 8 x 12"):
        made().check({domain: images[:, :1] for domain, images in batch.items()})


def test_image_sizes_that_the_generators_would_change_are_refused():
    with pytest.raises(InputError, match="9 x 12 px; this generator trains on multiples of 4"):
        made().check(next(Noise((9, 12)).batches(0)))


def test_sampling_with_dropout_and_batch_norm_equals_the_released_network():
    seed_everything(0)
    adam = functools.partial(torch.optim.Adam, lr=1e-3)
    recipe = CycleGAN(functools.partial(UNet, size=4, width=4), functools.partial(PatchGAN, width=4, layers=1), LEAST_SQUARES, adam, adam)
    batch = next(Noise((8, 12)).batches(0))
    state = {name: value.clone() for name, value in recipe.state_dict().items()}
    recipe.check(batch)
    released = recipe.generators()["a_to_b"].eval()(batch["a"])
    recipe.train()
    assert torch.equal(recipe.sample(batch["a"], "a_to_b"), released)
    assert all(torch.equal(value, state[name]) for name, value in recipe.state_dict().items())  # sampling changes no state


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_real_images_and_fakes_share_no_statistics_in_a_critic(norm):
    """The critic's loss equals that of one pass per set of images, and its batch norms see each set alone."""
    critic = functools.partial(PatchGAN, width=4, layers=1, norm=norm)
    adam = functools.partial(torch.optim.Adam, lr=1e-3)
    seed_everything(0)
    recipe = CycleGAN(functools.partial(ResNet, width=4, blocks=1), critic, LEAST_SQUARES, adam, adam, pool_size=0)
    batch = next(Noise().batches(0))
    recipe.generator_objective(batch)
    fakes = dict(recipe.fakes._given[0])
    calls = {"a": [], "b": []}
    for domain in calls:
        getattr(recipe, f"critic_{domain}").register_forward_pre_hook(lambda _, images, domain=domain: calls[domain].append(images[0]))
    terms = recipe.critic_objective(batch)
    for domain, seen in calls.items():
        assert [len(images) for images in seen] == ([2, 2] if norm == "batch" else [4])  # one pass where nothing mixes images
        logits = [getattr(recipe, f"critic_{domain}")(images) for images in (batch[domain], fakes[domain])]
        expected = ((logits[0] - 1).square() / 2 + logits[1].square() / 2).mean()
        assert terms[domain].item() == pytest.approx(expected.item(), rel=1e-6)


def test_a_generator_with_batch_norm_translates_one_domain_at_a_time():
    adam = functools.partial(torch.optim.Adam, lr=1e-3)
    seed_everything(0)
    generator = functools.partial(UNet, size=4, width=4, dropout=0.0)
    recipe = CycleGAN(generator, functools.partial(PatchGAN, width=4, layers=1), LEAST_SQUARES, adam, adam, identity_weight=5.0)
    batch = next(Noise().batches(0))
    terms = recipe.generator_objective(batch)
    same = [(recipe.b_to_a(batch["a"]) - batch["a"]).abs().mean(), (recipe.a_to_b(batch["b"]) - batch["b"]).abs().mean()]
    assert terms["identity"].item() == pytest.approx(sum(same).item(), rel=1e-6)
