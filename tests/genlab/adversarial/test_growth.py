"""Progressive growing: the schedule of resolutions, real images at each stage, and fading networks."""

import functools
import itertools

import pytest
import torch
from torch.nn.functional import avg_pool2d, interpolate

from genlab.adversarial.growth import Growth, images_at_stage
from genlab.engine.seeding import seed_everything
from genlab.errors import InputError
from genlab.networks import progan, style, stylegan
from genlab.networks.growing import Stage

TWICE = functools.partial(interpolate, scale_factor=2, mode="nearest")


def test_each_resolution_fades_in_and_then_stays():
    growth = Growth(phase=0.1, start=4)
    found = {round(progress, 2): growth.stage_at(progress, 32) for progress in (0.0, 0.09, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 1.0)}
    sides = {progress: stage.side for progress, stage in found.items()}
    assert sides == {0.0: 4, 0.09: 4, 0.15: 8, 0.25: 8, 0.35: 16, 0.45: 16, 0.55: 32, 0.65: 32, 1.0: 32}
    alphas = [found[progress].alpha for progress in (0.0, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 1.0)]
    assert alphas == pytest.approx([1, 0.5, 1, 0.5, 1, 0.5, 1, 1])
    assert all(0 <= stage.alpha <= 1 for stage in found.values())


def test_images_at_a_stage_change_continuously():
    growth, image = Growth(phase=0.1), torch.rand(1, 1, 32, 32)
    seen = [interpolate(images_at_stage(image, growth.stage_at(step / 10_000, 32)), 32) for step in range(10_001)]
    # A step is a thousandth of a phase, and pixels differ by at most 1.
    assert max((one - other).abs().max() for one, other in itertools.pairwise(seen)) < 2e-3
    assert torch.equal(seen[-1], image)


def test_real_images_at_a_stage_match_hand_computation():
    image = torch.arange(64.0).reshape(1, 1, 8, 8)
    assert torch.equal(images_at_stage(image, Stage(8)), image)
    assert torch.equal(images_at_stage(image, Stage(4)), image.unfold(2, 2, 2).unfold(3, 2, 2).mean((-2, -1)))
    expected = 0.25 * image + 0.75 * TWICE(avg_pool2d(image, 2))
    assert torch.allclose(images_at_stage(image, Stage(8, 0.25)), expected)


def test_number_of_joined_batches_depends_on_the_resolution():
    growth = Growth(phase=0.1, start=8, joined=[4, 2])
    assert [growth.batches_per_turn(side) for side in (8, 16, 32, 64)] == [4, 2, 1, 1]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Growth(phase=0.2).check(32), r"phase: got 0.2, expected at most 0.1667: there are 6 phases from 4 to 32 px"),
        (lambda: Growth(phase=0.1, start=32).check(32), r"start: got 32, expected less than the images' side, 32"),
        (lambda: Growth(phase=0.1, start=6), r"start: got 6, expected 4, 8"),
        (lambda: Growth(phase=0.0), r"phase: got 0.0, expected a share"),
        (lambda: Growth(phase=0.1, joined=[4, 0]), r"joined: got \[4, 0\], expected whole numbers"),
    ],
)
def test_invalid_arguments_are_refused(made, message):
    with pytest.raises(InputError, match=message):
        made()


def latents(count=3):
    return torch.randn(count, 5)


def progan_generator(size):
    return progan.Generator(size, 1, latent_size=5, width=64 // size, most=16), latents()


def style_generator(size):
    synthesis = stylegan.Synthesis(size, 1, style_size=6, width=64 // size, most=16)
    generator = style.Generator(style.Mapping(5, 6, depth=2), synthesis)
    for layer in synthesis.layers:
        torch.nn.init.normal_(layer.strength)
    return generator, latents()


def images_of(generator, z):
    noise = torch.randn(3, 10_000, generator=torch.Generator().manual_seed(0))
    more = (noise[:, : generator.noise_size], torch.ones(3)) if isinstance(generator, style.Generator) else ()
    return generator(z, *more)


@pytest.mark.parametrize("made", [progan_generator, style_generator])
def test_a_fade_begins_with_the_smaller_generator_and_ends_with_the_larger(made):
    seed_everything(0)
    (large, z), (small, _) = made(16), made(8)
    weights = large.state_dict()
    small.load_state_dict({name: weights[name] for name in small.state_dict()})  # the larger network has these weights under the same names
    whole = images_of(large, z)
    large.grow(Stage(16, 1.0))
    assert torch.equal(images_of(large, z), whole)
    large.grow(Stage(16, 0.0))
    assert torch.equal(images_of(large, z), TWICE(images_of(small, z)))
    large.grow(Stage(8))
    assert torch.equal(images_of(large, z), images_of(small, z))


@pytest.mark.parametrize("filtered", [False, True])
def test_a_fade_begins_with_the_smaller_critic_and_ends_with_the_larger(filtered):
    seed_everything(0)
    large, small = (progan.Critic(size, 1, width=64 // size, most=16, filtered=filtered) for size in (16, 8))
    weights = large.state_dict()
    small.load_state_dict({name: weights[name] for name in small.state_dict()})
    image = torch.randn(4, 1, 16, 16)
    whole = large(image)
    large.grow(Stage(16, 1.0))
    assert torch.equal(large(image), whole)
    large.grow(Stage(16, 0.0))
    assert torch.equal(large(image), small(avg_pool2d(image, 2)))
    with pytest.raises(ValueError, match="made for images of 16 x 16"):
        large(image[:, :, :8, :8])
