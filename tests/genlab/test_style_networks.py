import math

import pytest
import torch
from torch.nn.functional import conv2d, interpolate

from genlab.errors import InputError
from genlab.networks import progan, style, stylegan, stylegan2
from genlab.networks.equalised import EqualisedConv2d, EqualisedLinear, pixel_norm
from genlab.networks.resample import double, halve
from genlab.seeding import seed_everything


@pytest.fixture(autouse=True)
def seeded():
    seed_everything(0)


def count(network):
    return sum(weight.numel() for weight in network.parameters())


# Layer by layer in table 2 of arXiv:1710.10196, which says 23.1 M for both; 26.2 M in section 2 of arXiv:1812.04948.
@pytest.mark.parametrize(
    ("made", "millions"),
    [
        (lambda: progan.Generator(1024), 23.079115),
        (lambda: progan.Critic(1024), 23.087249),
        (lambda: style.Generator(style.Mapping(), stylegan.Synthesis(1024)), 26.219627),
        (lambda: style.Generator(style.Mapping(), stylegan2.Synthesis(1024)), 30.370060),
        (lambda: stylegan2.Critic(1024), 29.012513),
        (lambda: progan.Generator(256, width=64), 23.044309),
        (lambda: progan.Critic(256, width=64), 23.052353),
        (lambda: style.Generator(style.Mapping(), stylegan.Synthesis(256, width=64)), 26.086229),
        (lambda: style.Generator(style.Mapping(), stylegan2.Synthesis(256, width=128)), 30.034338),
        (lambda: stylegan2.Critic(256, width=128), 28.864129),
    ],
)
def test_parameters_at_the_papers_sizes(made, millions):
    with torch.device("meta"):
        assert count(made()) == round(1e6 * millions)


def test_the_layers_of_progans_table():
    with torch.device("meta"):
        network = progan.Generator(1024)
    first = network.first.weight.numel() + network.bias.numel()
    counts = [first, count(network.second), *(count(layer) for block in network.blocks for layer in block.layers)]
    table = ["4.2M", *["2.4M"] * 7, "1.2M", "590k", "295k", "148k", "74k", "37k", "18k", "9.2k", "4.6k", "2.3k"]
    assert len(counts) == len(table)
    for found, stated in zip(counts, table, strict=True):
        unit = {"M": 1e6, "k": 1e3}[stated[-1]]
        digit = unit * 10.0 ** -len(stated[:-1].partition(".")[2])  # of the last place that the table has
        assert found == pytest.approx(float(stated[:-1]) * unit, abs=digit)


def test_equalised_layers_keep_the_variance_and_learn_alike():
    """Unit inputs give unit outputs whatever the fan-in, and Adam's step changes an output by as much."""
    for layer, image in (
        (EqualisedLinear(400, 300), torch.randn(200, 400)),
        (EqualisedLinear(400, 300, rate=0.01), torch.randn(200, 400)),
        (EqualisedConv2d(50, 60, 3, gain=1.0), torch.randn(9, 50, 30, 30)),
    ):
        made = layer(image).detach()
        inside = made if made.dim() == 2 else made[:, :, 1:-1, 1:-1]  # the border's filters see zeros
        assert inside.std().item() == pytest.approx(1, abs=0.03)
    plain = torch.nn.Linear(400, 300)
    ours = EqualisedLinear(400, 300, gain=3.0)
    with torch.no_grad():
        plain.weight.copy_(ours.weight * 3 / 400**0.5)
        plain.bias.copy_(ours.bias)
    vectors = torch.randn(7, 400)
    assert torch.allclose(plain(vectors), ours(vectors), atol=1e-4)


def test_a_layers_rate_scales_how_far_adam_moves_its_output():
    moved = {}
    for rate in (1.0, 0.01):
        seed_everything(1)
        layer, vectors = EqualisedLinear(64, 8, rate=rate), torch.randn(5, 64)
        before, optimizer = layer(vectors).detach(), torch.optim.Adam(layer.parameters(), lr=1e-3)
        layer(vectors).square().sum().backward()
        optimizer.step()
        moved[rate] = (layer(vectors) - before).abs().mean().item()
    assert moved[0.01] == pytest.approx(0.01 * moved[1.0], rel=0.05)


def test_pixel_norm_makes_each_pixel_of_root_mean_square_1():
    normed = pixel_norm(5 * torch.randn(2, 16, 3, 3))
    assert torch.allclose(normed.square().mean(1), torch.ones(2, 3, 3), atol=1e-5)


def test_adain_gives_the_mean_and_deviation_of_the_style():
    layer = stylegan.AdaIN(8, style_size=6)
    features, w = 3 + 5 * torch.randn(4, 8, 16, 16), torch.randn(4, 6)
    deviation, mean = layer.affine(w).chunk(2, 1)
    made = layer(features, w)
    assert torch.allclose(made.mean((2, 3)), mean, atol=1e-5)
    assert torch.allclose(made.std((2, 3), correction=0), deviation.abs(), atol=1e-5)
    assert torch.allclose(layer.affine(torch.zeros(1, 6)), torch.tensor([[1.0] * 8 + [0.0] * 8]))  # at the start


def by_weights(layer, features, w):
    """Equations 1 and 3 of arXiv:1912.04958 as they stand: each image convolved with a weight of its own."""
    made = []
    for image, scale in zip(features, layer.affine(w), strict=True):
        weight = layer.convolution.weight * layer.convolution.scale * scale[:, None, None]
        if layer.demodulate:
            weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        made.append(conv2d(image[None], weight, padding=layer.convolution.padding))
    return torch.cat(made)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("kernel_size", [1, 3])
def test_scaled_activations_are_modulated_weights_in_value_and_gradient(demodulate, kernel_size):
    layer = stylegan2.ModulatedConv2d(7, 5, kernel_size, 6, demodulate)
    features, w = torch.randn(3, 7, 8, 8, requires_grad=True), torch.randn(3, 6, requires_grad=True)
    ours, theirs = layer(features, w), by_weights(layer, features, w)
    assert torch.allclose(ours, theirs, atol=1e-5)
    upstream, inputs = torch.randn_like(ours), [features, w, *layer.parameters()]
    for mine, other in zip(*(torch.autograd.grad((made * upstream).sum(), inputs) for made in (ours, theirs)), strict=True):
        assert torch.allclose(mine, other, atol=1e-5, rtol=1e-4)


def test_demodulated_outputs_have_unit_deviation_on_unit_input():
    layer = stylegan2.ModulatedConv2d(64, 48, 3, 16)
    features, w = torch.randn(8, 64, 40, 40), 4 * torch.randn(8, 16)
    deviations = layer(features, w)[:, :, 1:-1, 1:-1].std((2, 3))
    assert torch.allclose(deviations, torch.ones(8, 48), atol=0.1)  # 1,444 pixels: a standard error of 0.02
    assert deviations.mean().item() == pytest.approx(1, abs=5e-3)
    free = stylegan2.ModulatedConv2d(64, 48, 3, 16, demodulate=False)
    assert free(features, w).std() > 2  # as the style has it


def test_doubling_and_halving_are_the_binomial_filter():
    """Nearest neighbour and [1, 2, 1] / 4 in both directions; halving is doubling's adjoint, over 4, where no border is near."""
    image = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    taps = torch.tensor([1.0, 2.0, 1.0], dtype=torch.float64) / 4
    kernel = torch.outer(taps, taps).expand(3, 1, 3, 3)
    expected = conv2d(interpolate(image, scale_factor=2, mode="nearest"), kernel, padding=1, groups=3)
    assert torch.allclose(double(image)[:, :, 1:-1, 1:-1], expected[:, :, 1:-1, 1:-1])
    large = torch.zeros(2, 3, 16, 16, dtype=torch.float64)
    large[:, :, 4:12, 4:12] = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    assert (double(image) * large).sum().item() == pytest.approx(4 * (image * halve(large)).sum().item())
    flat = torch.ones(1, 1, 8, 8)
    assert torch.allclose(halve(flat)[:, :, 1:-1, 1:-1], torch.ones(1, 1, 2, 2)) and torch.equal(double(flat), torch.ones(1, 1, 16, 16))


def small(synthesis=stylegan2.Synthesis, classes=0):
    generator = style.Generator(style.Mapping(5, 6, depth=2, classes=classes), synthesis(16, 1, style_size=6, width=4, most=8))
    for layer in generator.synthesis.layers:
        torch.nn.init.normal_(layer.strength)
    return generator


@pytest.mark.parametrize("synthesis", [stylegan.Synthesis, stylegan2.Synthesis])
def test_every_style_and_every_noise_map_reaches_the_image(synthesis):
    generator = small(synthesis)
    styles = torch.randn(2, len(generator.sides), 6, requires_grad=True)
    noise = torch.randn(2, generator.noise_size, requires_grad=True)
    image = generator.synthesise(styles, noise)
    assert image.shape == (2, 1, 16, 16)
    image[0].square().sum().backward()
    assert (styles.grad[0].abs().sum(1) > 0).all() and (noise.grad[0] != 0).float().mean() > 0.99
    assert not styles.grad[1].any() and not noise.grad[1].any()  # an image depends on its own alone


def test_the_sides_are_those_of_the_layers():
    assert small(stylegan.Synthesis).sides == (4, 4, 8, 8, 16, 16)
    assert small().sides == (4, 8, 8, 16, 16, 16)
    with torch.device("meta"):
        assert len(style.Generator(style.Mapping(), stylegan2.Synthesis(1024)).sides) == 18  # as both papers have it


def test_truncation_is_about_the_running_mean():
    generator = small()
    w = torch.randn(3, 6)
    generator.mean.copy_(torch.arange(6.0))
    assert torch.equal(generator.truncate(w, 0.0), generator.mean.expand(3, -1))
    assert torch.allclose(generator.truncate(w, 1.0), w, atol=1e-6)
    psi = torch.tensor([0.0, 0.5, 1.0])
    assert torch.allclose(
        generator.truncate(w, psi), torch.stack([generator.truncate(each, one) for each, one in zip(w, psi, strict=True)])
    )


def test_the_running_mean_is_that_of_the_mapped_latents():
    generator = small()
    assert not generator.mean.any()
    with torch.no_grad():
        batches = [generator.map(torch.randn(64, 5)) for _ in range(200)]
        generator.measure(batches[0])
        assert torch.allclose(generator.mean, batches[0].mean(0), atol=1e-6)
        for w in batches[1:]:
            generator.measure(w)
        everything = torch.cat(batches)
    assert torch.allclose(generator.mean, everything.mean(0), atol=4 * everything.std(0).max().item() / math.sqrt(2000))


def test_mixed_styles_change_from_one_to_the_other_once():
    first, second = torch.zeros(2000, 6), torch.ones(2000, 6)
    styles = style.mixed(first, second, layers=5, share=0.8)[:, :, 0]
    assert (styles.diff(dim=1) >= 0).all() and not styles[:, 0].any()
    of_second = styles.sum(1).long().bincount(minlength=5)
    assert of_second[0].item() == pytest.approx(400, abs=4 * math.sqrt(2000 * 0.2 * 0.8))
    assert all(each.item() == pytest.approx(400, abs=4 * math.sqrt(2000 * 0.2 * 0.8)) for each in of_second[1:])
    assert torch.equal(style.mixed(first, second, 5, share=0.0), first[:, None].expand(-1, 5, -1))


def test_labels_reach_styles_and_logits():
    generator, critic = small(classes=3), stylegan2.Critic(16, 1, width=4, most=8, classes=3)
    z, image = torch.randn(1, 5).expand(3, -1), torch.randn(1, 1, 16, 16).expand(3, -1, -1, -1)
    labels = torch.arange(3)
    w, logits = generator.map(z, labels), critic(image, labels)
    assert len({tuple(row) for row in w.tolist()}) == 3 and len(set(logits.tolist())) == 3
    weights = torch.eye(3)
    assert torch.allclose(generator.map(z, weights), w) and torch.allclose(critic(image, weights), logits)
    # A projection is linear in the label's weights: arXiv:1802.05637, equation 3.
    assert torch.allclose(critic(image[:1], torch.full((1, 3), 1 / 3)), logits.mean()[None], atol=1e-5)


def test_residual_blocks_keep_the_variance():
    features = torch.randn(8, 32, 32, 32)
    assert stylegan2.ResidualHalving(32, 64)(features).square().mean() < features.square().mean()  # filtered: noise loses, shapes don't
    flat = torch.randn(64, 32, 1, 1).expand(-1, -1, 16, 16)
    made = stylegan2.ResidualHalving(32, 64)(flat)[:, :, 3:-3, 3:-3]
    assert made.square().mean().item() == pytest.approx(1, abs=0.15)


def test_mapping_and_synthesis_must_agree():
    with pytest.raises(InputError, match="style_size: got 8 for the mapping and 6 for the synthesis"):
        style.Generator(style.Mapping(5, 8), stylegan.Synthesis(16, 1, style_size=6))
    with pytest.raises(InputError, match="Synthesis: size: got 24"):
        stylegan2.Synthesis(24)


@pytest.mark.parametrize("synthesis", [stylegan.Synthesis, stylegan2.Synthesis])
def test_noise_that_learns_slowly_is_the_same_noise(synthesis):
    """At a rate of 0.1 Adam moves its share of the image a tenth as far; what a strength says is a tenth as much."""
    slow, plain = (synthesis(8, 1, style_size=6, width=4, most=8, noise_rate=rate) for rate in (0.1, 1.0))
    plain.load_state_dict(slow.state_dict())
    for one, other in zip(slow.layers, plain.layers, strict=True):
        torch.nn.init.constant_(one.strength, 2.0)
        torch.nn.init.constant_(other.strength, 0.2)
    styles, noise = torch.randn(2, len(slow.sides), 6), torch.randn(2, slow.noise_size)
    assert torch.allclose(slow(styles, noise), plain(styles, noise), atol=1e-5)
