"""Tests of the StyleGAN recipe (StyleGAN and StyleGAN2) and of progressive growing (ProGAN)."""

import copy
import functools

import pytest
import torch

from genlab.adversarial.adaptive import AdaptiveAugment
from genlab.adversarial.growth import Growth
from genlab.adversarial.path_length import PathLength
from genlab.build import build
from genlab.engine.loop import train
from genlab.engine.seeding import mix, seed_everything
from genlab.engine.stream import Stream
from genlab.engine.updates import GradientUpdate
from genlab.errors import InputError
from genlab.losses.adversarial import WASSERSTEIN
from genlab.losses.penalties import drift, one_centred
from genlab.networks import dcgan, progan, style, stylegan, stylegan2
from genlab.networks.growing import Stage
from genlab.pictures.training import rows
from genlab.recipes.gan import GAN
from genlab.recipes.stylegan import StyleGAN

ADAM = functools.partial(torch.optim.Adam, lr=2e-3, betas=(0.0, 0.99))


class Noise:
    """Source of random images, with labels if `labels` is not 0."""

    epoch = 100

    def __init__(self, channels=1, size=16, labels=0):
        self.shape, self.labels = (4, channels, size, size), labels

    def batches(self, start):
        while True:
            random = torch.Generator().manual_seed(mix(start))
            image = torch.rand(self.shape, generator=random) * 2 - 1
            yield {"image": image} | ({"label": torch.randint(self.labels, (4,), generator=random)} if self.labels else {})
            start += 1


def first(**arguments):
    """A small StyleGAN."""
    seed_everything(0)
    generator = style.Generator(style.Mapping(5, 6, depth=2), stylegan.Synthesis(16, 1, style_size=6, width=4, most=8))
    return StyleGAN(generator, progan.Critic(16, 1, width=4, most=8, filtered=True), ADAM, ADAM, r1_weight=1.0, **arguments)


def second(classes=0, **arguments):
    """A small StyleGAN2."""
    seed_everything(0)
    generator = style.Generator(style.Mapping(5, 6, depth=2, classes=classes), stylegan2.Synthesis(16, 1, style_size=6, width=4, most=8))
    arguments = {"r1_every": 3, "path_length": PathLength(), "path_length_every": 2} | arguments
    return StyleGAN(generator, stylegan2.Critic(16, 1, width=4, most=8, classes=classes), ADAM, ADAM, r1_weight=1.0, **arguments)


def grown(**arguments):
    """A small ProGAN: a GAN recipe with growing networks."""
    seed_everything(0)
    generator, critic = progan.Generator(16, 1, latent_size=5, width=4, most=8), progan.Critic(16, 1, width=4, most=8)
    penalties = {"gradient": one_centred, "drift": drift}
    growth = Growth(phase=0.125, joined=[3, 2, 1])
    return GAN(generator, critic, WASSERSTEIN, ADAM, ADAM, penalties=penalties, growth=growth, average_half_life=8.0, **arguments)


def turns(recipe, budget, start=0, position=0, labels=0):
    stream = Stream(Noise(labels=labels), position)
    for turn in train(recipe, stream, start, budget, 4, seed=5):
        yield turn, stream.position


# (recipe, arguments, turns to stop after): in the middle of the fades, and between two lazy steps of each kind.
VARIANTS = {
    "progan": (grown, {}, (1, 2, 5, 10)),
    "stylegan": (first, {"growth": Growth(phase=0.2, start=8, joined=[2, 1]), "decay_start": 0.5}, (1, 4, 7)),
    "stylegan2": (second, {}, (1, 2, 4)),
    "stylegan2 with ADA": (second, {"critic_augmentation": AdaptiveAugment(start=0.5, ramp=100.0, every=4)}, (2, 5)),
    "stylegan2 with labels": (second, {"classes": 3}, (5,)),
    "without average and mixing": (second, {"average_half_life": 0.0, "mixing": 0.0}, (4,)),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_resumed_run_equals_straight_run(name):
    made, arguments, stops = VARIANTS[name]
    budget, labels = 80 if "growth" in arguments or made is grown else 32, arguments.get("classes", 0)
    straight, saved = made(**copy.deepcopy(arguments)), {}
    for number, (turn, position) in enumerate(turns(straight, budget, labels=labels), 1):
        saved[number] = (copy.deepcopy(straight.training_state()), turn.images, position)
    expected = straight.state_dict()
    for stop in stops:
        state, images, position = saved[stop]
        resumed = made(**copy.deepcopy(arguments))
        resumed.load_training_state(state)
        for _ in turns(resumed, budget, images, position, labels):
            pass
        assert all(torch.equal(value, expected[key]) for key, value in resumed.state_dict().items()), stop


def test_the_growth_schedule_depends_only_on_the_number_of_images():
    recipe = grown()
    seen = [(turn.images, recipe.stage, recipe.batches_per_turn) for turn, _ in turns(recipe, 96)]
    # 4 px until 12 images, then 8 px until 36 (fading in during the first 12), then 16 px; a turn uses the stage at its start.
    assert [images for images, _, _ in seen] == [12, 20, 28, *range(36, 97, 4)]
    assert [joined for _, _, joined in seen] == [3, 2, 2, 2, *[1] * 15]
    assert [stage.side for _, stage, _ in seen] == [4, 8, 8, 8, *[16] * 15]
    assert [stage.alpha for _, stage, _ in seen[:8]] == pytest.approx([1, 0, 8 / 12, 1, 0, 1 / 3, 2 / 3, 1])
    assert recipe.stage == Stage(16)
    assert recipe.sample(torch.randn(2, 5)).shape == (2, 1, 16, 16)
    for network in (recipe.generator, recipe.critic, recipe.generators()["generator"]):
        assert network.stage == Stage(16)


def test_weights_of_later_stages_do_not_change():
    recipe = grown()
    before = copy.deepcopy(recipe.state_dict())
    next(turns(recipe, 96))
    moved = {name for name, value in recipe.state_dict().items() if not torch.equal(value, before[name])}
    assert "generator.second.weight" in moved and "generator.to_image.0.weight" in moved and "critic.end.first.weight" in moved
    assert not [name for name in moved if ".blocks." in name or "image.1" in name or "image.2" in name]


def test_a_run_that_ends_before_the_last_stage_samples_at_full_size():
    recipe = grown()
    for _ in turns(recipe, 8):
        pass
    assert recipe.sample(torch.randn(1, 5)).shape == (1, 1, 16, 16)


def test_drift_by_hand():
    from genlab.losses.penalties import Scored

    judged = Scored(torch.zeros(3, 1, 2, 2), torch.tensor([1.0, -2.0, 3.0]))
    assert torch.allclose(drift(None, judged, judged, weight=0.5), torch.tensor([0.5, 2.0, 4.5]))


def test_lazy_steps_share_the_optimizer_and_run_at_their_intervals():
    recipe = second()
    assert recipe.updates["critic"].optimizer is recipe.updates["critic_regularisation"].optimizer
    taken = [set(turn.terms) for turn, _ in turns(recipe, 28)]
    assert [number for number, terms in enumerate(taken) if "critic_regularisation/r1" in terms] == [0, 3, 6]
    assert [number for number, terms in enumerate(taken) if "generator_regularisation/path_length" in terms] == [0, 2, 4, 6]
    group = recipe.updates["critic"].optimizer.param_groups[0]
    assert group["lr"] == pytest.approx(2e-3 * 3 / 4) and group["betas"] == pytest.approx((0.0, 0.99 ** (3 / 4)))  # appendix B, k = 3
    assert "generator_regularisation/path_length" in next(turns(second(path_length_every=1), 4))[0].terms
    saved = recipe.training_state()["updates"]
    assert "optimizer" in saved["critic"] and "optimizer" not in saved["critic_regularisation"]


def test_the_loss_of_a_lazy_step_is_scaled_by_its_interval():
    """With a penalty step every k turns, the loss of that step is k times the penalty."""
    lazy, eager = second(r1_every=4), second(r1_every=1, path_length=None)
    batch = next(Noise().batches(0))
    terms = lazy.r1_objective(batch)
    real = batch["image"].clone().requires_grad_()
    (slope,) = torch.autograd.grad(lazy.critic(real).sum(), real)
    r1 = slope.flatten(1).square().sum(1).mean() / 2
    assert terms["loss"].item() == pytest.approx(4 * r1.item(), rel=1e-5)
    assert "r1" in eager.critic_objective(batch) and "r1" not in lazy.critic_objective(batch)
    assert not batch["image"].requires_grad


@pytest.mark.parametrize("every", [1, 4])
def test_r1_is_on_images_before_augmentation(every):
    """As in StyleGAN2-ADA's public code: doubling the contrast doubles the gradient, and quadruples its square."""

    class Doubled(torch.nn.Module):
        def forward(self, image):
            return 2 * image

    recipe, batch = second(r1_every=every, path_length=None, critic_augmentation=Doubled()), next(Noise().batches(0))
    seen = (2 * batch["image"]).requires_grad_()
    (slope,) = torch.autograd.grad(recipe.critic(seen).sum(), seen)
    r1 = slope.flatten(1).square().sum(1).mean() / 2
    terms = recipe.r1_objective(batch) if every > 1 else recipe.critic_objective(batch)
    assert terms["r1"].item() == pytest.approx(4 * r1.item(), rel=1e-5)


def test_each_update_changes_only_its_own_network():
    recipe = second(average_half_life=0.0)
    for name, update in recipe.gradient_updates().items():
        before = copy.deepcopy(recipe.state_dict())
        stream = Stream(Noise())
        stream.start_turn(0)
        update(stream)
        moved = {key.split(".")[0] for key, value in recipe.state_dict().items() if not torch.equal(value, before[key])}
        own, other = name.split("_")[0], {"critic": "generator", "generator": "critic"}[name.split("_")[0]]
        parameters = {f"{other}.{key}" for key, _ in getattr(recipe, other).named_parameters()}
        assert own in moved and not any(not torch.equal(recipe.state_dict()[key], before[key]) for key in parameters), name


def test_ada_follows_the_sign_of_the_critic():
    augment = AdaptiveAugment(policy=["flip"], ramp=100.0, every=2)
    recipe = second(critic_augmentation=augment)
    with torch.no_grad():  # a critic that classifies every image as real
        recipe.critic.to_logit.weight.zero_()
        recipe.critic.to_logit.bias.fill_(5.0)
        for group in recipe.updates["critic"].optimizer.param_groups:
            group["lr"] = group["initial_lr"] = 0.0
    found = [turn.terms.get("augmentation/probability") for turn, _ in turns(recipe, 24)]
    assert [value for value in found if value is not None] == pytest.approx([0.04, 0.12, 0.2])  # 4, 12 and 20 images of the ramp's 100


def test_samples_use_the_moving_average_and_the_given_noise_and_psi():
    recipe = second()
    for _ in turns(recipe, 40):
        pass
    z = torch.randn(3, 5)
    assert torch.equal(recipe.sample(z), recipe.sample(z))
    assert torch.equal(recipe.sample(z)[:1], recipe.sample(z[:1])) or torch.allclose(recipe.sample(z)[:1], recipe.sample(z[:1]), atol=1e-6)
    assert not torch.equal(recipe.sample(z), recipe.sample(z, noise=torch.randn(3, recipe.noise_size)))
    typical = recipe.sample(z, truncation=0.0)
    assert torch.allclose(typical, typical[:1].expand(3, -1, -1, -1), atol=1e-6)
    generator = recipe.generators()["generator"]
    assert generator is recipe.average.module and torch.equal(generator.mean, recipe.generator.mean) and generator.mean.any()


def test_rows_shown_during_training():
    recipe = second()
    shown = rows(recipe, {"image": torch.zeros(2, 1, 16, 16)})
    assert list(shown) == ["real", "samples", "truncated, psi = 0.7"]
    conditional = rows(second(classes=3), {"image": torch.zeros(2, 1, 16, 16)})
    assert list(conditional) == ["real", "class 0", "class 1", "class 2"]


YAML = {
    "class": "genlab.recipes.stylegan.StyleGAN",
    "generator": {
        "class": "genlab.networks.style.Generator",
        "mapping": {"class": "genlab.networks.style.Mapping", "latent_size": 5, "style_size": 6, "depth": 2},
        "synthesis": {"class": "genlab.networks.stylegan2.Synthesis", "size": 16, "channels": 1, "style_size": 6, "width": 4, "most": 8},
    },
    "critic": {"class": "genlab.networks.stylegan2.Critic", "size": 16, "channels": 1, "width": 4, "most": 8},
    "generator_optimizer": {"class": "torch.optim.Adam", "partial": True},
    "critic_optimizer": {"class": "torch.optim.Adam", "partial": True},
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r1_every": 0}, "r1_every: got 0, expected a whole number of turns"),
        ({"path_length_every": 0}, "path_length_every: got 0"),
        ({"mixing": 1.5}, "mixing: got 1.5, expected a share"),
        (
            {"growth": {"class": "genlab.adversarial.growth.Growth", "phase": 0.1}},
            r"the generator's Synthesis \(genlab.networks.stylegan2\) does not grow",
        ),
        ({"critic": YAML["critic"] | {"classes": 3}}, "classes: got 0 for the generator and 3 for the critic"),
    ],
)
def test_invalid_arguments_are_refused(change, message):
    build(YAML)
    with pytest.raises(InputError, match=message):
        build(YAML | change)


def test_growth_of_a_gan_is_refused_for_networks_that_do_not_grow():
    with pytest.raises(InputError, match=r"growth: the generator's Generator \(genlab.networks.dcgan\) does not grow"):
        GAN(dcgan.Generator(8, 1), dcgan.Critic(8, 1, norm="none"), WASSERSTEIN, ADAM, ADAM, growth=Growth(phase=0.1))
    with pytest.raises(InputError, match="size: got 16 for the generator and 32 for the critic"):
        GAN(progan.Generator(16, 1), progan.Critic(32, 1), WASSERSTEIN, ADAM, ADAM, growth=Growth(phase=0.1))


def test_images_of_another_shape_and_missing_labels_are_refused():
    with pytest.raises(InputError, match="the image set has images of 3 x 16 x 16"):
        second().check({"image": torch.zeros(4, 3, 16, 16)})
    with pytest.raises(InputError, match="conditional on one of 3 labels, but the image set has none"):
        second(classes=3).check({"image": torch.zeros(4, 1, 16, 16)})


def test_an_update_with_a_shared_optimizer_does_not_save_its_state():
    weight = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.Adam([weight])
    assert "optimizer" not in GradientUpdate(lambda batch: {"loss": weight.sum()}, optimizer, shared=True).state_dict()
