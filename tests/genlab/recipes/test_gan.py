"""Tests of the GAN recipe and its variants, with and without labels."""

import copy
import functools
import math

import pytest
import torch
from torch.nn.functional import softplus

from genlab.adversarial.batch_norm_statistics import recompute_batch_norms
from genlab.adversarial.diffaugment import DiffAugment
from genlab.adversarial.fixed_samples import generate
from genlab.build import build
from genlab.engine.loop import train
from genlab.engine.precision import Precision
from genlab.engine.seeding import mix, seed_everything
from genlab.engine.stream import Stream
from genlab.errors import InputError
from genlab.losses.adversarial import MINIMAX, NON_SATURATING, RELATIVISTIC, WASSERSTEIN
from genlab.losses.penalties import one_centred, r1, r2
from genlab.networks import biggan, dcgan
from genlab.networks.conditional import AuxiliaryCritic, CriticOutput, JoinedCritic, JoinedGenerator
from genlab.networks.layers.minibatch import MinibatchDeviation, MinibatchDiscrimination
from genlab.pictures.training import rows
from genlab.recipes.gan import GAN


class Noise:
    """Source of random images."""

    def __init__(self, channels=1, size=8):
        self.shape = (4, channels, size, size)

    def batches(self, start):
        while True:
            yield {"image": torch.rand(self.shape, generator=torch.Generator().manual_seed(mix(start))) * 2 - 1}
            start += 1


def made(loss=NON_SATURATING, critic=None, optimizer=torch.optim.Adam, **arguments) -> GAN:
    seed_everything(0)
    factory = functools.partial(optimizer, lr=1e-3)
    generator = dcgan.Generator(8, 1, latent_size=5, width=4)
    return GAN(generator, dcgan.Critic(8, 1, width=4, **(critic or {})), loss, factory, factory, **arguments)


def turns(recipe, count, start=0, stream=None):
    return list(train(recipe, stream or Stream(Noise()), 4 * start, 4 * count, 4, seed=5))


NONE = {"norm": "none"}
VARIANTS = {
    "gan": {},
    "minimax with momentum": {"loss": MINIMAX, "optimizer": functools.partial(torch.optim.SGD, momentum=0.5)},
    "wgan": {"loss": WASSERSTEIN, "clip": 0.01, "critic_steps": 3, "optimizer": torch.optim.RMSprop},
    "wgan_gp": {"loss": WASSERSTEIN, "critic": {"norm": "layer"}, "penalties": {"gradient": one_centred}, "critic_steps": 2},
    "sngan": {"critic": NONE | {"spectral": True}},
    "unrolled": {"critic": NONE, "unrolled_steps": 2},
    "unrolled wgan_gp": {"loss": WASSERSTEIN, "critic": {"norm": "layer"}, "penalties": {"gradient": one_centred}, "unrolled_steps": 2},
    "minibatch": {"critic": {"minibatch": MinibatchDiscrimination}},
    "deviation": {"critic": NONE | {"minibatch": functools.partial(MinibatchDeviation, group_size=2)}},
    "r3gan": {"loss": RELATIVISTIC, "critic": NONE, "penalties": {"r1": r1, "r2": r2}, "average_half_life": 8.0, "decay_start": 0.5},
    "shared fakes": {"shared_fakes": True},
    "augmented": {"critic": NONE, "critic_augmentation": DiffAugment()},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_resumed_run_equals_straight_run(name):
    straight, stopped, resumed = (made(**VARIANTS[name]) for _ in range(3))
    expected = turns(straight, 10)
    stream = Stream(Noise())
    assert [turn for _, turn in zip(range(4), train(stopped, stream, 0, 40, 4, seed=5), strict=False)] == expected[:4]
    rows(stopped, {"image": torch.zeros(1, 1, 8, 8)})  # random draws by the caller between turns change nothing
    resumed.load_training_state(stopped.training_state())
    assert turns(resumed, 10, 4, Stream(Noise(), stream.position)) == expected[4:]
    for key, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


def test_shared_fakes_are_those_of_the_critics_step():
    """One turn by hand: a pass through the generator, a step of the critic on detached fakes, a step of the generator on the same."""
    recipe = made(optimizer=torch.optim.SGD, shared_fakes=True)
    by_hand = copy.deepcopy(recipe)
    turns(recipe, 1)
    generator, critic = by_hand.generator.train(), by_hand.critic.train()
    images = next(Noise().batches(0))["image"]
    seed_everything(5, 0)
    fakes = generator(torch.randn(4, 5))
    loss = softplus(-critic(images)).mean() + softplus(critic(fakes.detach())).mean()
    step(critic, torch.autograd.grad(loss, list(critic.parameters())))
    step(generator, torch.autograd.grad(softplus(-critic(fakes)).mean(), list(generator.parameters())))
    for name, value in by_hand.state_dict().items():
        torch.testing.assert_close(recipe.state_dict()[name], value, rtol=0, atol=1e-7, msg=name)


def step(network, gradients, rate=1e-3):
    """A step of gradient descent."""
    with torch.no_grad():
        for parameter, gradient in zip(network.parameters(), gradients, strict=True):
            parameter -= rate * gradient


def test_shared_fakes_need_one_critic_step():
    with pytest.raises(InputError, match=r"shared_fakes: got true with critic_steps: 2, expected 1 step"):
        made(shared_fakes=True, critic_steps=2)


@pytest.mark.parametrize("name", ["wgan_gp", "r3gan", "unrolled wgan_gp", "deviation"])
def test_penalties_in_bf16_are_close_to_those_in_fp32(name):
    """bf16 rounds to 0.4 %; a penalty passes a few layers forward and backward."""
    first = {}
    for precision in ("fp32", "bf16"):
        recipe = made(**VARIANTS[name])
        first[precision] = next(train(recipe, Stream(Noise()), 0, 4, 4, 5, Precision(torch.device("cpu"), precision))).terms
    for term, value in first["fp32"].items():
        if term.startswith("critic/") and not term.endswith("accuracy"):
            assert first["bf16"][term] == pytest.approx(value, rel=0.05, abs=0.02), term


def test_clipping_holds_after_every_step():
    recipe = made(**VARIANTS["wgan"] | {"optimizer": functools.partial(torch.optim.RMSprop), "clip": 0.004})
    for _turn in train(recipe, Stream(Noise()), 0, 40, 4, seed=5):
        assert max(weight.abs().max() for weight in recipe.critic.parameters()) <= 0.004


def test_every_critic_step_uses_a_new_batch():
    recipe, seen = made(critic_steps=3), []
    objective = recipe.updates["critic"].objective
    recipe.updates["critic"].objective = lambda batch: seen.append(batch["image"]) or objective(batch)
    stream = Stream(Noise())
    turns(recipe, 2, stream=stream)
    batches = Noise().batches(0)
    assert stream.position == 6 and all(torch.equal(image, next(batches)["image"]) for image in seen)


def test_each_update_changes_only_its_own_network():
    recipe = made(average_half_life=8.0)
    stream = Stream(Noise())
    stream.start_turn(0)
    for active, other in (("critic", "generator"), ("generator", "critic")):
        before = [weight.clone() for weight in getattr(recipe, other).parameters()]
        moved = [weight.clone() for weight in getattr(recipe, active).parameters()]
        recipe.updates[active](stream)
        assert all(map(torch.equal, before, getattr(recipe, other).parameters()))
        assert not any(map(torch.equal, moved, getattr(recipe, active).parameters()))


class Sum(torch.nn.Module):
    """Critic with known logits and gradients: half the sum of all pixels."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(0.5))

    def forward(self, image):
        return self.weight * image.flatten(1).sum(1)


def test_terms_of_a_known_critic():
    recipe = made(WASSERSTEIN, NONE, penalties={"gradient": one_centred, "r1": functools.partial(r1, weight=3.0)}, critic_weight=0.5)
    recipe.critic = Sum()
    batch = next(Noise().batches(0))
    terms = {name: term.item() for name, term in recipe.critic_objective(batch).items()}
    slope = 0.5 * 8  # |grad|: 64 pixels, 0.5 each
    assert terms["gradient"] == pytest.approx(10 * (slope - 1) ** 2, rel=1e-5)
    assert terms["r1"] == pytest.approx(3 / 2 * slope**2, rel=1e-5)
    assert terms["real"] == pytest.approx(0.5 * batch["image"].flatten(1).sum(1).mean().item(), rel=1e-5)
    assert terms["wasserstein"] == pytest.approx(terms["real"] - terms["fake"], abs=1e-5) == -terms["adversarial"]
    assert terms["loss"] == pytest.approx(0.5 * terms["adversarial"] + terms["gradient"] + terms["r1"], rel=1e-5)


def test_the_unrolled_generators_loss_uses_the_critic_after_its_next_steps():
    """The generator's loss is computed with the critic as it would be after `unrolled_steps` steps of SGD."""
    recipe, batch = made(critic=NONE, unrolled_steps=3, unrolled_rate=2.0), next(Noise().batches(0))
    torch.manual_seed(1)
    loss = recipe.generator_objective(batch)["loss"].item()
    torch.manual_seed(1)
    fake, later = recipe.fakes(batch).detach(), copy.deepcopy(recipe.critic)
    sgd = torch.optim.SGD(later.parameters(), lr=2.0)
    for _ in range(3):
        sgd.zero_grad()
        NON_SATURATING.critic(later(batch["image"]), later(fake)).mean().backward()
        sgd.step()
    assert loss == pytest.approx(NON_SATURATING.generator(later(fake), None).mean().item(), rel=1e-5)
    assert loss != pytest.approx(NON_SATURATING.generator(recipe.critic(fake), None).mean().item(), rel=1e-4)
    assert all(map(torch.equal, recipe.critic.parameters(), made(critic=NONE).critic.parameters()))


@pytest.mark.parametrize("arguments", [{"penalties": {"r1": functools.partial(r1, weight=3.0)}}, {"clip": 0.05, "loss": WASSERSTEIN}])
def test_unrolled_steps_have_the_critics_penalties_and_clip(arguments):
    recipe, batch = made(critic=NONE, unrolled_steps=2, unrolled_rate=0.5, **arguments), next(Noise().batches(0))
    torch.manual_seed(1)
    loss = recipe.generator_objective(batch)["loss"].item()
    torch.manual_seed(1)
    fake, later = recipe.fakes(batch).detach(), copy.deepcopy(recipe.critic)
    sgd = torch.optim.SGD(later.parameters(), lr=0.5)
    for _ in range(2):
        sgd.zero_grad()
        real = batch["image"].clone().requires_grad_()
        objective = recipe.loss.critic(later(real), later(fake)).mean()
        if recipe.penalties:
            (slope,) = torch.autograd.grad(later(real).sum(), real, create_graph=True)
            objective = objective + 3.0 / 2 * slope.square().sum((1, 2, 3)).mean()
        objective.backward(inputs=list(later.parameters()))
        sgd.step()
        for weight in later.parameters():
            weight.data.clamp_(-(recipe.clip or 1e9), recipe.clip or 1e9)
    assert loss == pytest.approx(recipe.loss.generator(later(fake), None).mean().item(), rel=1e-5)
    plain = made(critic=NONE, unrolled_steps=2, unrolled_rate=0.5, loss=recipe.loss)
    torch.manual_seed(1)
    assert loss != pytest.approx(plain.generator_objective(batch)["loss"].item(), rel=1e-3)


def test_samples_use_the_moving_average_in_evaluation_mode():
    recipe = made(average_half_life=8.0)
    turns(recipe, 3)
    latents = torch.randn(6, 5)
    assert torch.equal(recipe.sample(latents), recipe.average.module.eval()(latents))
    assert not torch.equal(recipe.sample(latents), generate(recipe.generator, latents))
    assert torch.allclose(recipe.sample(latents)[:2], recipe.sample(latents[:2]), atol=1e-6)  # batch norm's running statistics
    assert recipe.generator.training
    assert set(rows(recipe, {"image": torch.zeros(3, 1, 8, 8)})) == {"real", "samples"}


def test_the_learning_rates_fall_to_zero():
    recipe = made(decay_start=0.5)
    rates = []
    for progress in (0.0, 0.5, 0.75, 1.0):
        recipe.set_progress(progress)
        rates.append(recipe.updates["critic"].optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([1e-3, 1e-3, 5e-4, 0.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"penalties": {"r1": r1}}, r"the critic has batch norm \(layers\.3\), .* the penalty r1 .* Give the critic `norm: layer`"),
        ({"critic_steps": 0}, "critic_steps: got 0, expected at least 1"),
        ({"clip": -0.01}, "clip: got -0.01, expected a positive number"),
        ({"unrolled_steps": -1}, "unrolled_steps: got -1"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    arguments = {"critic": {"norm": "batch"}} | arguments
    recipe_arguments = {"loss": NON_SATURATING, **arguments}
    seed_everything(0)
    adam = functools.partial(torch.optim.Adam, lr=1e-3)
    critic = dcgan.Critic(16, 1, width=4, **recipe_arguments.pop("critic"))
    with pytest.raises(InputError, match=message):
        GAN(dcgan.Generator(16, 1, width=4), critic, recipe_arguments.pop("loss"), adam, adam, **recipe_arguments)


def test_images_of_another_shape_are_refused():
    recipe = made()
    with pytest.raises(InputError, match=r"images of 3 x 8 x 8 \(channels, height, width\), the generator makes 1 x 8 x 8"):
        recipe.check(next(Noise(channels=3).batches(0)))
    seed_everything(0)
    recipe.critic = dcgan.Critic(16, 1, width=4)
    with pytest.raises(InputError, match="the critic cannot take images of 1 x 8 x 8"):
        recipe.check(next(Noise().batches(0)))


def test_the_original_algorithm_can_be_configured_in_yaml():
    """Goodfellow et al. 2014: minimax, fully connected, SGD with momentum."""
    sgd = {"class": "torch.optim.SGD", "partial": True, "lr": 0.1, "momentum": 0.5}
    recipe = build(
        {
            "class": "genlab.recipes.gan.GAN",
            "loss": {"class": "genlab.losses.adversarial.MINIMAX"},
            "generator": {"class": "genlab.networks.fully_connected.Generator", "size": 8, "hidden": [16]},
            "critic": {"class": "genlab.networks.fully_connected.Critic", "size": 8, "hidden": [16], "dropout": 0.5},
            "generator_optimizer": sgd,
            "critic_optimizer": sgd,
        }
    )
    (first, *_, last) = turns(recipe, 30)
    assert 0 <= last.terms["critic/real"] <= 1 and first.terms["critic/jsd"] < last.terms["critic/jsd"]


class Labelled(Noise):
    """The images of `Noise` with labels."""

    def batches(self, start):
        for number, batch in enumerate(super().batches(start), start):
            yield batch | {"label": torch.arange(number, number + 4) % 3}


def conditional(critic=None, **arguments) -> GAN:
    seed_everything(0)
    factory = functools.partial(torch.optim.Adam, lr=1e-3)
    generator = JoinedGenerator(dcgan.Generator(8, 1, latent_size=6, width=4), 3, embedding_size=2)
    critic = critic or JoinedCritic(dcgan.Critic(8, 2, width=4, norm="none"), 3, planes=1)
    return GAN(generator, critic, arguments.pop("loss", NON_SATURATING), factory, factory, **arguments)


def auxiliary() -> AuxiliaryCritic:
    seed_everything(1)
    return AuxiliaryCritic(dcgan.Critic(8, 1, width=4, norm="none", outputs=4), 3)


CONDITIONAL = {
    "joined": lambda: conditional(),
    "auxiliary": lambda: conditional(auxiliary()),
    "penalties": lambda: conditional(loss=WASSERSTEIN, penalties={"gradient": one_centred, "r1": r1}, critic_steps=2),
    "unrolled": lambda: conditional(unrolled_steps=2),
    "big": lambda: conditional(orthogonal_weight=0.1, average_half_life=8.0, batch_norm_batches=3),
}


@pytest.mark.parametrize("name", CONDITIONAL)
def test_resumed_run_equals_straight_run_with_labels(name):
    straight, stopped, resumed = (CONDITIONAL[name]() for _ in range(3))
    straight.check(next(Labelled().batches(0)))
    expected = turns(straight, 8, stream=Stream(Labelled()))
    stream = Stream(Labelled())
    assert [turn for _, turn in zip(range(3), train(stopped, stream, 0, 32, 4, seed=5), strict=False)] == expected[:3]
    shown = rows(stopped, {"image": torch.zeros(1, 1, 8, 8)})
    assert list(shown) == ["real", "class 0", "class 1", "class 2"]
    resumed.load_training_state(stopped.training_state())
    assert turns(resumed, 8, 3, Stream(Labelled(), stream.position)) == expected[3:]
    for key, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


def test_generator_and_critic_receive_the_labels_of_the_batch():
    recipe, batch, seen = conditional(), next(Labelled().batches(0)), []
    for network in (recipe.generator, recipe.critic):
        network.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[1]))
    recipe.critic_objective(batch)
    recipe.generator_objective(batch)
    assert len(seen) == 5 and all(torch.equal(label, batch["label"]) for label in seen)


class KnownClassLogits(torch.nn.Module):
    """Critic with the class logits (0, 2, 0) for every image."""

    classes = 3

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def forward(self, image, label):
        return CriticOutput(self.weight * image.flatten(1).sum(1), self.weight + torch.tensor([0.0, 2.0, 0.0]).expand(len(image), -1))


def test_the_classification_loss_is_part_of_both_objectives():
    """-log p with p = e^2 / (e^2 + 2) for class 1, 1 / (e^2 + 2) for the others. The critic's loss adds real images and fakes."""
    recipe = conditional(KnownClassLogits(), class_weight=0.5)
    batch = next(Labelled().batches(0)) | {"label": torch.tensor([1, 1, 0, 2])}
    one = sum(math.log(math.e**2 + 2) - shift for shift in (2, 2, 0, 0)) / 4
    for objective, images, adversarial in ((recipe.critic_objective, 2, 2 * math.log(2)), (recipe.generator_objective, 1, math.log(2))):
        terms = objective(batch)
        assert terms["classification"].item() == pytest.approx(images * one, rel=1e-5)
        assert terms["loss"].item() == pytest.approx(adversarial + 0.5 * images * one, rel=1e-5)


def test_batch_norm_statistics_are_recomputed_after_training():
    recipe = conditional(average_half_life=8.0, batch_norm_batches=50)
    turns(recipe, 3, stream=Stream(Labelled()))
    # The first norm's input is a linear map of latents from N(0, 1) and of three equally frequent embeddings: its variance is known.
    generator = recipe.average.module
    weight, embeddings = generator.network.layers[0].weight, generator.embedding.weight.T  # (6, filters, 4, 4), (3, 2)
    own = weight[:4].square().sum(0)  # from the four latent numbers
    means = torch.einsum("kd,dfyx->kfyx", embeddings, weight[4:])
    variance = own.mean((1, 2)) + means.permute(1, 0, 2, 3).flatten(1).var(1, unbiased=False)
    measured = generator.network.layers[1]
    mean = means.mean((0, 2, 3))
    assert torch.allclose(measured.running_mean, mean, atol=0.02) and torch.allclose(measured.running_var, variance, rtol=0.05)
    assert measured.num_batches_tracked == 50


def test_recomputing_batch_norm_statistics_is_repeatable_and_changes_nothing_else():
    """The generator has spectral norms, which take a power iteration at every use in training mode."""
    seed_everything(0)
    generator = biggan.Generator(16, 1, classes=3, latent_size=6, width=2, multiples=[2, 2, 1], embedding_size=5)
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    states = []
    for _ in range(2):
        seed_everything(1)
        recompute_batch_norms(generator, 3)
        states.append({name: value.clone() for name, value in generator.state_dict().items()})
    changed = {name for name, value in states[0].items() if not torch.equal(value, before[name])}
    assert changed == {name for name in before if name.endswith(("running_mean", "running_var", "num_batches_tracked"))}
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    # With these statistics, the output of the first norm has mean 0 and standard deviation 1.
    seen = []
    generator.eval().blocks[0].first_norm.norm.register_forward_hook(lambda module, inputs, output: seen.append(output))
    with torch.no_grad():
        generator(torch.randn(4000, 6), torch.arange(4000) % 3)
    assert seen[0].mean((0, 2, 3)).abs().max() < 0.2 and (seen[0].std((0, 2, 3)) - 1).abs().max() < 0.2


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: conditional(dcgan.Critic(8, 1, width=4)), "classes: got 3 for the generator and 0 for the critic, expected the same"),
        (lambda: conditional(auxiliary(), unrolled_steps=1), "unrolled_steps: got 1 with an AuxiliaryCritic"),
        (
            lambda: conditional().check(next(Noise().batches(0))),
            "the networks are conditional on one of 3 labels, but the image set has none",
        ),
        (
            lambda: conditional(JoinedCritic(dcgan.Critic(8, 1, width=4, norm="none"), 3, planes=1)).check(next(Labelled().batches(0))),
            r"the critic cannot take images of 1 x 8 x 8.*\(its network's `channels`: the image's and its `planes` together\)",
        ),
        (
            lambda: conditional(AuxiliaryCritic(dcgan.Critic(8, 1, width=4, norm="none"), 3)).check(next(Labelled().batches(0))),
            r"gives 1 numbers per image, a logit and 3 classes need 4 \(`outputs`\)",
        ),
        (lambda: conditional().check(next(Labelled().batches(0)) | {"label": torch.tensor([3])}), "know 3 labels, .* e.g. number 3"),
    ],
)
def test_invalid_labels_are_refused(made, message):
    with pytest.raises(InputError, match=message):
        made()
