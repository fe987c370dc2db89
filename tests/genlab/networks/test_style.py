"""Tests of style-based generators: styles, noise, truncation, style mixing and labels."""

import math

import pytest
import torch

from genlab.engine.seeding import seed_everything
from genlab.errors import InputError
from genlab.networks import style, stylegan, stylegan2


@pytest.fixture(autouse=True)
def seeded():
    seed_everything(0)


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
    assert not styles.grad[1].any() and not noise.grad[1].any()  # an image depends only on its own styles and noise


def test_the_sides_are_those_of_the_layers():
    assert small(stylegan.Synthesis).sides == (4, 4, 8, 8, 16, 16)
    assert small().sides == (4, 8, 8, 16, 16, 16)
    with torch.device("meta"):
        assert len(style.Generator(style.Mapping(), stylegan2.Synthesis(1024)).sides) == 18  # as in both papers


def test_truncation_moves_styles_towards_the_running_mean():
    generator = small()
    w = torch.randn(3, 6)
    generator.mean.copy_(torch.arange(6.0))
    assert torch.equal(generator.truncate(w, 0.0), generator.mean.expand(3, -1))
    assert torch.allclose(generator.truncate(w, 1.0), w, atol=1e-6)
    psi = torch.tensor([0.0, 0.5, 1.0])
    assert torch.allclose(
        generator.truncate(w, psi), torch.stack([generator.truncate(each, one) for each, one in zip(w, psi, strict=True)])
    )


def test_the_running_mean_approaches_the_mean_of_mapped_latents():
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


def test_mixed_styles_switch_from_the_first_to_the_second_once():
    first, second = torch.zeros(2000, 6), torch.ones(2000, 6)
    styles = style.mixed(first, second, layers=5, share=0.8)[:, :, 0]
    assert (styles.diff(dim=1) >= 0).all() and not styles[:, 0].any()
    counts = styles.sum(1).long().bincount(minlength=5)
    assert counts[0].item() == pytest.approx(400, abs=4 * math.sqrt(2000 * 0.2 * 0.8))
    assert all(each.item() == pytest.approx(400, abs=4 * math.sqrt(2000 * 0.2 * 0.8)) for each in counts[1:])
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


def test_mapping_and_synthesis_must_agree():
    with pytest.raises(InputError, match="style_size: got 8 for the mapping and 6 for the synthesis"):
        style.Generator(style.Mapping(5, 8), stylegan.Synthesis(16, 1, style_size=6))
    with pytest.raises(InputError, match="Synthesis: size: got 24"):
        stylegan2.Synthesis(24)


@pytest.mark.parametrize("synthesis", [stylegan.Synthesis, stylegan2.Synthesis])
def test_noise_rate_scales_the_effect_of_the_strengths(synthesis):
    """With a rate of 0.1, a noise strength has a tenth of its effect, and Adam changes the noise of the image a tenth as far."""
    slow, plain = (synthesis(8, 1, style_size=6, width=4, most=8, noise_rate=rate) for rate in (0.1, 1.0))
    plain.load_state_dict(slow.state_dict())
    for one, other in zip(slow.layers, plain.layers, strict=True):
        torch.nn.init.constant_(one.strength, 2.0)
        torch.nn.init.constant_(other.strength, 0.2)
    styles, noise = torch.randn(2, len(slow.sides), 6), torch.randn(2, slow.noise_size)
    assert torch.allclose(slow(styles, noise), plain(styles, noise), atol=1e-5)
