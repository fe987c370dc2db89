"""Tests of the pix2pix recipe."""

import functools

import pytest
import torch

from genlab.adversarial.diffaugment import DiffAugment
from genlab.engine.loop import train
from genlab.engine.seeding import mix, seed_everything
from genlab.engine.stream import Stream
from genlab.errors import InputError
from genlab.losses.adversarial import LEAST_SQUARES, NON_SATURATING
from genlab.networks.inference import Inference
from genlab.networks.patchgan import PatchGAN
from genlab.networks.unet import UNet
from genlab.pictures.training import rows
from genlab.recipes.pix2pix import Pix2Pix

QUIET = Inference(dropout=False, statistics="running")


class Negatives:
    """Source of pairs; b is the negative of a."""

    def __init__(self, size=(16, 16), count=4):
        self.size, self.count = size, count

    def batches(self, start):
        while True:
            image = torch.rand(self.count, 3, *self.size, generator=torch.Generator().manual_seed(mix(start))) * 2 - 1
            yield {"a": image, "b": -image}
            start += 1


def made(generator=None, critic=None, **arguments) -> Pix2Pix:
    seed_everything(0)
    adam = functools.partial(torch.optim.Adam, lr=2e-3, betas=(0.5, 0.999))
    generator = generator or UNet(size=16, width=4)
    critic = critic or PatchGAN(channels=6, width=4, layers=1)
    return Pix2Pix(generator, critic, arguments.pop("loss", NON_SATURATING), adam, adam, arguments.pop("sampling", QUIET), **arguments)


class Plus(torch.nn.Module):
    """x -> x + shift: a generator with known loss terms."""

    stride, noise, dropout_noise = 1, None, None

    def __init__(self, shift):
        super().__init__()
        self.shift = torch.nn.Parameter(torch.tensor(shift))

    def forward(self, image):
        return image + self.shift


class Difference(torch.nn.Module):
    """Critic with a logit equal to the mean brightness of the second image of a pair minus that of the first."""

    def __init__(self):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, pair):
        return self.factor * (pair[:, 3:] - pair[:, :3]).mean((1, 2, 3))


@pytest.mark.parametrize(("direction", "distance", "real"), [("a_to_b", 0.25, 0.5), ("b_to_a", 0.75, -0.5)])
def test_terms_of_known_networks(direction, distance, real):
    """b = a + 0.5 and G(x) = x + 0.25. The critic's input is x and y concatenated, in the given direction."""
    recipe = made(Plus(0.25), Difference(), loss=LEAST_SQUARES, direction=direction, l1_weight=100.0)
    a = torch.zeros(2, 3, 4, 4)
    batch = {"a": a, "b": a + 0.5}
    terms = recipe.generator_objective(batch)
    assert terms["l1"].item() == pytest.approx(distance)
    assert terms["adversarial"].item() == pytest.approx((0.25 - 1) ** 2)
    assert terms["loss"].item() == pytest.approx((0.25 - 1) ** 2 + 100 * distance)
    critic = recipe.critic_objective(batch)
    assert critic["real"].item() == pytest.approx(real) and critic["fake"].item() == pytest.approx(0.25)
    assert critic["loss"].item() == pytest.approx(0.5 * ((real - 1) ** 2 / 2 + 0.25**2 / 2))


def test_without_a_critic_l1_is_the_only_term():
    seed_everything(0)
    adam = functools.partial(torch.optim.Adam, lr=2e-3)
    recipe = Pix2Pix(UNet(size=16, width=4), None, NON_SATURATING, adam, adam, QUIET)
    assert list(recipe.updates) == ["generator"]
    assert set(recipe.generator_objective(next(Negatives().batches(0)))) == {"l1", "loss"}
    assert not any(name.startswith("critic") for name in recipe.state_dict())


def test_each_update_changes_only_its_own_network():
    recipe = made()
    stream = Stream(Negatives())
    stream.start_turn(0)
    for own, other in (("generator", "critic"), ("critic", "generator")):
        before = {name: value.clone() for name, value in recipe.named_parameters()}
        recipe.updates[own](stream)
        moved = {name.split(".")[0] for name, value in recipe.named_parameters() if not torch.equal(value, before[name])}
        assert moved == {own} and other not in moved


def test_updating_the_critic_without_this_turns_fakes_is_an_error():
    recipe, stream = made(), Stream(Negatives())
    recipe.updates = dict(reversed(recipe.updates.items()))
    with pytest.raises(RuntimeError, match=r"Keep the order of `updates`"):
        list(train(recipe, stream, 0, 8, 4, seed=5))


def test_a_known_translation_is_learnt():
    recipe = made(generator=UNet(size=16, width=16, dropout=0.0))
    *_, last = train(recipe, Stream(Negatives(count=8)), 0, 1600, 8, seed=0)
    new = next(Negatives().batches(9999))
    image = recipe.sample(new["a"], "a_to_b")
    untouched = (new["a"] - new["b"]).abs().mean()
    assert last.terms["generator/l1"] < 0.35
    assert (image - new["b"]).abs().mean() < 0.4 * untouched


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"average_half_life": 8.0, "decay_start": 0.5, "critic_augmentation": DiffAugment(), "direction": "b_to_a"},
        {"sampling": Inference(dropout=True, statistics="batch"), "loss": LEAST_SQUARES},
    ],
)
def test_resumed_run_equals_straight_run(arguments):
    def fresh():
        seed_everything(1)
        return made(generator=UNet(size=16, width=4), critic=PatchGAN(channels=6, width=4, layers=1, norm="batch"), **arguments)

    straight, stopped, resumed = fresh(), fresh(), fresh()
    expected = list(train(straight, Stream(Negatives()), 0, 20, 4, seed=5))
    stream = Stream(Negatives())
    turns = train(stopped, stream, 0, 20, 4, seed=5)
    assert [next(turns), next(turns)] == expected[:2]
    rows(stopped, {"a": torch.zeros(1, 3, 16, 16), "b": torch.zeros(1, 3, 16, 16)})  # pictures between turns change nothing
    resumed.load_training_state(stopped.training_state())
    assert list(train(resumed, Stream(Negatives(), stream.position), 8, 20, 4, seed=5)) == expected[2:]
    for key, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


def test_translations_are_random_only_if_dropout_stays_on():
    images = torch.rand(2, 3, 16, 16)
    quiet, noisy = made(), made(sampling=Inference(dropout=True))
    assert torch.equal(quiet.sample(images, "a_to_b"), quiet.sample(images, "a_to_b"))
    assert not torch.equal(noisy.sample(images, "a_to_b"), noisy.sample(images, "a_to_b"))
    seed_everything(3)
    first = noisy.sample(images, "a_to_b")
    seed_everything(3)
    assert torch.equal(noisy.sample(images, "a_to_b"), first)
    assert noisy.training  # the mode is restored


@pytest.mark.parametrize("statistics", ["batch", "running"])
def test_a_translation_does_not_depend_on_its_batch(statistics):
    recipe = made(sampling=Inference(dropout=False, statistics=statistics))
    images = torch.rand(3, 3, 16, 32) * 2 - 1
    together = recipe.sample(images, "a_to_b")
    alone = torch.cat([recipe.sample(image[None], "a_to_b") for image in images])
    assert torch.allclose(together, alone, atol=1e-6)


def test_the_released_generator_is_the_moving_average_if_enabled():
    recipe = made(average_half_life=100.0)
    (generator,) = recipe.generators().values()
    assert generator is recipe.average.module


def test_facts_state_how_a_release_samples():
    assert made().facts() == {"sampling": {"dropout": False, "statistics": "running"}}
    without = made(generator=UNet(size=16, width=4, norm="instance"))
    assert without.facts() == {"sampling": {"dropout": False, "statistics": None}}


@pytest.mark.parametrize(
    ("recipe", "size", "message"),
    [
        (made, (16, 24), r"domain a are 16 x 24 px; this generator trains on multiples of 16"),
        (lambda: made(critic=PatchGAN(channels=3, width=4, layers=1)), (16, 16), "the critic sees both images of a pair"),
        (lambda: made(generator=UNet(size=16, width=4, channels_out=1)), (16, 16), "the generator makes 1 x 16 x 16"),
        (lambda: made(generator=UNet(size=16, width=4, channels_in=1)), (16, 16), "cannot take images of 3 x 16 x 16"),
    ],
)
def test_networks_that_do_not_fit_the_images_are_refused_before_training(recipe, size, message):
    with pytest.raises(InputError, match=message):
        recipe().check(next(Negatives(size).batches(0)))
