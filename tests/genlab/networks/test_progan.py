"""Tests of the parameter counts of ProGAN, StyleGAN and StyleGAN2 against the papers."""

import pytest
import torch

from genlab.engine.seeding import seed_everything
from genlab.networks import progan, style, stylegan, stylegan2


@pytest.fixture(autouse=True)
def seeded():
    seed_everything(0)


def count(network):
    return sum(weight.numel() for weight in network.parameters())


# ProGAN: layer by layer in table 2 of arXiv:1710.10196, 23.1 M for both. StyleGAN: 26.2 M in section 2 of arXiv:1812.04948.
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


def test_parameters_of_each_layer_equal_progans_table():
    with torch.device("meta"):
        network = progan.Generator(1024)
    first = network.first.weight.numel() + network.bias.numel()
    counts = [first, count(network.second), *(count(layer) for block in network.blocks for layer in block.layers)]
    table = ["4.2M", *["2.4M"] * 7, "1.2M", "590k", "295k", "148k", "74k", "37k", "18k", "9.2k", "4.6k", "2.3k"]
    assert len(counts) == len(table)
    for found, stated in zip(counts, table, strict=True):
        unit = {"M": 1e6, "k": 1e3}[stated[-1]]
        digit = unit * 10.0 ** -len(stated[:-1].partition(".")[2])  # one unit in the last decimal place of the table
        assert found == pytest.approx(float(stated[:-1]) * unit, abs=digit)
