"""Tests of pictures of style-based generators: style mixing, noise, interpolations and projections."""

import pytest
import torch

from genlab.networks import style, stylegan, stylegan2
from genlab.pictures import styles as views
from genlab.pictures.draw import draw
from genlab.pictures.styles import mixing_matrix, noise_effect, projection_sheet, style_groups, ways

KINDS = [stylegan, stylegan2]
SHEETS = [mixing_matrix, noise_effect, ways]


def generator(kind, strength=0.0, classes=0, size=16):
    torch.manual_seed(0)
    synthesis = kind.Synthesis(size, channels=1, style_size=16, width=4, most=16)
    made = style.Generator(style.Mapping(16, 16, depth=2, classes=classes), synthesis)
    for layer in synthesis.layers:
        torch.nn.init.constant_(layer.strength, strength)
    return made


def test_the_groups_are_those_of_the_paper_and_never_empty():
    for size in (16, 32, 64, 128, 1024):
        for kind in KINDS:
            sides = kind.Synthesis(size, style_size=4, width=2, most=2).sides
            groups = style_groups(sides)
            assert all(sum(each) == 1 for each in zip(*groups.values(), strict=True)) and all(any(each) for each in groups.values())
            chosen = {name: {side for side, is_in in zip(sides, each, strict=True) if is_in} for name, each in groups.items()}
            if size >= 64:
                assert chosen["coarse"] == {4, 8} and chosen["middle"] == {16, 32}
            assert max(chosen["coarse"]) < min(chosen["middle"]) <= max(chosen["middle"]) < min(chosen["fine"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_of_mixed_styles_has_sources_at_the_left_and_destinations_above(kind, monkeypatch):
    network = generator(kind, strength=0.3)
    rows = mixing_matrix(network, None).rows
    above, lines = rows["destinations"], {name: row for name, row in rows.items() if name != "destinations"}
    assert (above[0] == 1).all() and len(above) == 1 + views.DESTINATIONS and len(lines) == 3 * views.SOURCES
    first, *_, last = lines
    assert first == "coarse styles (4 px) of source 1, at the left" and last == "fine styles (16 px) of source 3, at the left"
    for row in lines.values():
        assert ((row[1:] - above[1:]).flatten(1).abs().amax(1) > 1e-3).all()  # something is copied
    with torch.no_grad():
        w = network.map(views.latents(network, views.SOURCES + views.DESTINATIONS))
        plain = network.synthesise(w, views.drawn_noise(network, 1).expand(len(w), -1))
    assert torch.allclose(above[1:], plain[views.SOURCES :], atol=1e-5)
    monkeypatch.setattr(views, "style_groups", lambda sides: {"all": [True] * len(sides)})
    _, *copies = mixing_matrix(network, None).rows.values()
    for row, line, source in zip(copies, lines.values(), plain, strict=False):  # an image with all styles of a source is the source
        assert torch.allclose(row, source.expand_as(row), atol=1e-5) and torch.allclose(line[0], source, atol=1e-5)


def test_only_fine_layers_depend_on_fine_styles():
    network = generator(stylegan2)
    with torch.no_grad():  # image layers from 8 px on; the one at 8 px uses the first style of 16 px
        for parameter in network.synthesis.to_image[1:].parameters():
            parameter.zero_()
    rows = mixing_matrix(network, None).rows
    assert torch.equal(rows["fine styles (16 px) of source 2, at the left"][1:], rows["destinations"][1:])
    assert not torch.equal(rows["middle styles (8 px) of source 2, at the left"][1:], rows["destinations"][1:])


@pytest.mark.parametrize("kind", KINDS)
def test_noise_of_strength_0_changes_nothing(kind):
    one, other, mean, without, deviation = noise_effect(generator(kind), None).rows.values()
    assert torch.equal(one, other) and torch.equal(one, without) and torch.equal(one, mean)
    assert (deviation == -1).all()


def test_mean_and_deviation_are_those_of_the_draws():
    network = generator(stylegan2)
    network.synthesise = lambda w, noise: w[:, :1, None, None] + 0.1 * noise[:, :512].unflatten(1, (2, 16, 16))
    rows = noise_effect(network, None).rows
    one, _, mean, without, deviation = rows.values()
    assert (mean - without).abs().max() < 5 * 0.1 / 8 and (one - without).abs().max() > 0.2  # averaging 64 draws divides the noise by 8
    name = list(rows)[-1]
    assert name == "standard deviation over 64 draws, times 16"
    assert ((deviation + 1) / 16).mean().item() == pytest.approx(0.1, rel=0.01)
    assert (deviation <= 1).all() and (deviation == 1).float().mean() < 0.02
    assert all(row.shape == (views.SHOWN, 2, 16, 16) for row in rows.values())


@pytest.mark.parametrize("kind", KINDS)
def test_strong_noise_changes_the_images(kind):
    rows = noise_effect(generator(kind, strength=0.5), None).rows
    one, other, *_, deviation = rows.values()
    assert not torch.equal(one, other) and (deviation > -1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_interpolations_in_z_and_in_w_have_the_same_ends(kind):
    sheet = ways(generator(kind, strength=0.3), None)
    names, rows = list(sheet.rows), list(sheet.rows.values())
    assert names[:3] == ["pair 1, in Z", "pair 1, in W", "pair 2, in Z"] and len(rows) == 2 * views.WAYS
    for in_z, in_w in zip(rows[::2], rows[1::2], strict=True):
        assert len(in_z) == len(in_w) == sheet.columns
        assert torch.allclose(in_z[[0, -1]], in_w[[0, -1]], atol=1e-4) and not torch.allclose(in_z[4], in_w[4], atol=1e-4)


def test_interpolations_in_w_are_straight():
    network = generator(stylegan2)
    network.synthesise = lambda w, noise: w.reshape(-1, 1, 4, 4)
    for name, row in ways(network, None).rows.items():
        steps = row.diff(dim=0)
        assert torch.allclose(steps, steps.mean(0).expand_as(steps), atol=1e-5) == name.endswith("W")


def test_sheets_depend_only_on_the_network_and_the_labels():
    network, labels = generator(stylegan2, strength=0.3, classes=3), torch.arange(views.LATENTS) % 3
    state = {name: value.clone() for name, value in network.state_dict().items()}
    for sheet in SHEETS:
        labelled = sheet(network, labels)
        torch.rand(1)
        again, others = sheet(network, labels), sheet(network, (labels + 1) % 3)
        assert all(torch.equal(row, again.rows[name]) for name, row in labelled.rows.items())
        name = next(iter(labelled.rows))
        assert not torch.allclose(labelled.rows[name], others.rows[name], atol=1e-3)
    assert network.training and all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_all_sheets_can_be_drawn():
    network = generator(stylegan2, strength=0.1)
    for sheet in SHEETS:
        assert draw(sheet(network, None)).width > 300
    images = ways(network, None).rows["pair 1, in W"][:3]
    sheet = projection_sheet(network, images, steps=3)
    held_out, in_w, per_layer = sheet.rows
    assert held_out == "held-out image" and "into W: mean squared error" in in_w and "into W, per layer: mean squared" in per_layer
    assert draw(sheet).width == 3 * 66 == sheet.columns * 66
