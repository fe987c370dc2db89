"""Tests of the projection of images into the style space of a generator."""

import math

import pytest
import torch

from genlab.errors import InputError
from genlab.networks import style, stylegan, stylegan2
from genlab.networks.latents import normal
from genlab.styles import projection
from genlab.styles.projection import autocorrelation, moments, project, pyramid_distance, ramps, split_noise, standardise

KINDS = [stylegan, stylegan2]


def generator(kind, strength=0.0, classes=0):
    torch.manual_seed(0)
    synthesis = kind.Synthesis(16, channels=1, style_size=16, width=4, most=16)
    for layer in synthesis.layers:
        torch.nn.init.constant_(layer.strength, strength)
    return style.Generator(style.Mapping(16, 16, depth=2, classes=classes), synthesis)


def made(network, count=3, seed=5):
    with torch.no_grad():
        return network.synthesise(network.map(normal(count, 16, seed)), normal(count, network.noise_size, seed + 1))


@pytest.mark.parametrize(
    ("kind", "per_layer", "most"),
    [(stylegan, False, 0.25), (stylegan2, False, 0.03), (stylegan2, True, 0.03)],  # StyleGAN's images are rougher in w and take longer
)
def test_projection_recovers_generated_images(kind, per_layer, most):
    network = generator(kind)
    images = made(network, 2)
    found = project(network, images, steps=120, per_layer=per_layer)
    assert found.losses.shape == (121, 2) and found.images.shape == images.shape
    assert found.styles.shape == ((2, len(network.sides), 16) if per_layer else (2, 16))
    with torch.no_grad():
        mean = network.map(normal(10_000, 16, 3)).mean(0, keepdim=True)
        start = pyramid_distance(network.synthesise(mean, torch.zeros(1, network.noise_size)), images)
        assert torch.equal(network.synthesise(found.styles, found.noise), found.images)
    assert torch.equal(pyramid_distance(found.images, images), found.losses[-1])
    assert (found.losses[-1] < most * start).all()


@pytest.mark.parametrize("optimise_noise", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_projection_is_deterministic_and_does_not_change_the_generator(kind, optimise_noise):
    network = generator(kind, strength=0.1)
    images, state = made(network), {name: value.clone() for name, value in network.state_dict().items()}
    first = project(network, images, steps=4, optimise_noise=optimise_noise)
    torch.rand(1)
    with torch.no_grad():
        second = project(network, images, steps=4, optimise_noise=optimise_noise)
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True)) and not any(each.requires_grad for each in first)
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items()) and network.training
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())


def test_optimised_noise_fits_better_and_stays_standardised():
    network = generator(stylegan2, strength=0.5)
    images = made(network)
    fixed, free = (project(network, images, steps=50, optimise_noise=free) for free in (False, True))
    assert (free.losses[-1] < fixed.losses[-1]).all()
    assert not torch.equal(free.noise, fixed.noise)
    for each in split_noise(network, free.noise):
        assert each.mean((2, 3)).abs().max() < 1e-5 and each.std((2, 3), correction=0).sub(1).abs().max() < 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_maps_equal_the_noise_that_the_layers_receive(kind):
    network = generator(kind)
    noise, seen = normal(2, network.noise_size, 0), []
    for layer in network.synthesis.layers:
        layer.register_forward_hook(lambda _, inputs, __: seen.append(inputs[2]))
    network.synthesise(torch.zeros(2, 16), noise)
    assert all(torch.equal(*pair) for pair in zip(split_noise(network, noise), seen, strict=True))


def test_images_of_another_size_are_refused():
    network = generator(stylegan2)
    for wrong in (torch.zeros(2, 1, 32, 32), torch.zeros(2, 3, 16, 16), torch.zeros(16, 16)):
        with pytest.raises(InputError, match=r"images: got .*expected \(N, 1, 16, 16\)"):
            project(network, wrong)


def test_each_image_starts_from_the_mean_of_its_class():
    network = generator(stylegan2, classes=3)
    label = torch.tensor([2, 0, 2])
    mean, deviation = moments(network, label, 3)
    assert torch.equal(mean[0], mean[2]) and torch.equal(deviation[0], deviation[2]) and not torch.equal(mean[0], mean[1])
    with torch.no_grad():
        w = network.map(normal(20_000, 16, 8), torch.full((20_000,), 2))
    assert torch.allclose(mean[0], w.mean(0), atol=0.05)
    assert deviation[0].item() == pytest.approx(math.sqrt(w.var(0).sum().item()), rel=0.02)
    weights = torch.eye(3)[label]
    assert torch.allclose(moments(network, weights, 3)[0], mean, atol=1e-6)
    assert project(network, made_of(network, label), steps=2, label=label).styles.shape == (3, 16)


def made_of(network, label):
    with torch.no_grad():
        return network.synthesise(network.map(normal(len(label), 16, 1), label), torch.zeros(len(label), network.noise_size))


def test_the_distance_of_a_constant_difference_is_its_square_at_every_resolution():
    first = torch.rand(2, 3, 16, 16)
    assert torch.allclose(pyramid_distance(first + torch.tensor([0.1, 0.3])[:, None, None, None], first), torch.tensor([0.01, 0.09]))
    board = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(8, 8)[None, None]
    assert pyramid_distance(board, torch.zeros_like(board)).item() == pytest.approx(1 / 3)  # 16, 8 and 4 px: nonzero only at 16 px


def test_pictures_have_autocorrelation_and_white_noise_has_none():
    white = normal(50, 1024, 0).reshape(50, 1, 32, 32)
    # The mean over r^2 pixels of products of independent N(0, 1) has variance 1 / r^2: for two axes, at 32, 16 and 8 px
    assert autocorrelation(white).mean().item() == pytest.approx(2 * (1 / 32**2 + 1 / 16**2 + 1 / 8**2), rel=0.3)
    assert autocorrelation(torch.ones(1, 1, 8, 8)).item() == 2
    stripes = torch.tensor([1.0, -1.0]).repeat(2)[None, None, None].expand(1, 1, 4, 4)
    assert autocorrelation(stripes).item() == 2  # -1 and 1, squared
    assert autocorrelation(torch.ones(1, 1, 16, 16)).item() == 2 + 2 * 2**4  # halving the side doubles the values
    even = standardise(3 + 5 * white)
    assert torch.allclose(even, standardise(white), atol=1e-4)


def test_the_learning_rate_rises_stays_constant_and_falls():
    assert [ramps(share) for share in (0, 0.025, 0.05, 0.5, 0.75, 0.875, 1)] == pytest.approx([0, 0.5, 1, 1, 1, 0.5, 0])


def test_any_distance_can_be_given_and_w_has_noise_only_in_the_first_three_quarters():
    network = generator(stylegan2)
    network.synthesise, moved = lambda w, noise: w.reshape(-1, 1, 4, 4), []

    def still(images, _):
        moved.append(images.detach())
        return 0 * images.sum((1, 2, 3))

    found = project(network, torch.zeros(1, 1, 4, 4), steps=40, distance=still)
    mean, deviation = moments(network, None, 1)
    assert torch.allclose(found.styles, mean)  # no gradient: w stays at its start
    reach = [(each.flatten() - mean[0]).square().mean().sqrt().item() / deviation.item() for each in moved]
    assert max(reach[30:]) < 1e-6 and reach[0] == pytest.approx(projection.REACH, rel=0.5)
    assert reach[15] == pytest.approx(projection.REACH / 4, rel=0.5)  # t = 1/2, squared
