"""Tests of the comparison with public training steps: the peers train, have the sizes of genlab's recipes, and are all in the file."""

import copy
import importlib
import json
import math
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
PEERS = ("cyclegan", "pix2pix", "dcgan", "wgan_gp", "biggan", "stylegan2", "vae", "vae_linear_layers")
TINY = {
    "cyclegan": {"generator.width": 4, "generator.blocks": 1, "critic.width": 4},
    "pix2pix": {"generator.width": 4, "critic.width": 4},
    "dcgan": {"generator.width": 4, "critic.width": 4},
    "wgan_gp": {"generator.width": 4, "critic.width": 4},
    "biggan": {"generator.width": 4, "critic.width": 8},
    "stylegan2": {"generator.synthesis.width": 4, "generator.synthesis.most": 8, "critic.width": 4, "critic.most": 8},
    "vae": {"encoder.width": 4, "encoder.most": 8, "decoder.width": 4, "decoder.most": 8},
    "vae_linear_layers": {"encoder.hidden": [16], "decoder.hidden": [16]},
}


@pytest.fixture(scope="module")
def peers():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    before = set(sys.modules)
    yield importlib.import_module("peers")
    sys.path.remove(str(ROOT / "benchmarks"))
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("adversarial", "peers", "peak", "peer_steps"):
            del sys.modules[name]


def tiny(peers, name):
    entry = copy.deepcopy(peers.entry_of(peers.PEERS[name]))
    for key, value in TINY[name].items():
        *path, last = key.split(".")
        node = entry["model"]
        for part in path:
            node = node[part]
        node[last] = value
    entry["budget"]["batch_size"] = 8
    return entry


@pytest.mark.parametrize("name", PEERS)
def test_each_step_changes_every_network_with_finite_losses(peers, name):
    torch.manual_seed(0)
    entry = tiny(peers, name)
    peer = peers.PEERS[name](entry["model"])
    before = [nn.utils.parameters_to_vector(network.parameters()).clone() for network in peer.trained()]
    batches = peers.batches_of(peers.random_images(peer.kind, *peer.shape), 8)
    losses = [peer.step(batches) for _ in range(2)]
    assert losses[0] and all(math.isfinite(value) for loss in losses for value in loss.values())
    after = [nn.utils.parameters_to_vector(network.parameters()) for network in peer.trained()]
    assert all(not torch.equal(*pair) and pair[1].isfinite().all() for pair in zip(before, after, strict=True))


@pytest.mark.parametrize("name", ["vae", "vae_linear_layers"])
def test_the_loss_of_the_autoencoders_falls(peers, name):
    torch.manual_seed(0)
    peer = peers.PEERS[name](tiny(peers, name)["model"])
    images = peers.random_images(peer.kind, *peer.shape)
    losses = [peer.step(iter([batch]))["loss"] for batch in [next(peers.batches_of(images, 8))] * 30]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", PEERS)
def test_peers_have_as_many_parameters_as_the_recipes_of_conf_base(peers, name):
    entry = peers.entry_of(peers.PEERS[name])
    with torch.device("meta"):
        recipe, peer = peers.build(entry["model"]), peers.PEERS[name](entry["model"])
    count = sum(each.numel() for network in peer.trained() for each in network.parameters())
    assert peers.parameters_of(recipe) == pytest.approx(count, rel=0.02)


def test_all_peers_are_measured_and_are_rows_of_the_page(peers, tmp_path):
    out = tmp_path / "benchmarks/peers.json"
    peaks = {"convolution_peak": 2.0e11, "product_peak": 1.0e11}
    peers.run(peers.PEERS, out, lambda name: peers.compare(name, 1, 0.0, "contiguous", tiny(peers, name)), peaks)
    results = json.loads(out.read_text())
    assert set(results) == set(PEERS)
    for result in results.values():
        assert result["ratio"] == pytest.approx(result["images_per_second"] / result["peer"], rel=1e-6)
        assert result["convolution_peak_share"] == pytest.approx(result["flops_per_image"] * result["images_per_second"] / 2.0e11)
        assert result["product_peak_share"] == pytest.approx(2 * result["convolution_peak_share"])
    page = peers.page(results, 2)
    assert all(f"\n| {name} | " in page for name in PEERS) and "2 cores, no GPU, threads: 1;" in page


def test_operations_are_those_of_the_convolutions_of_forward_and_backward_passes(peers):
    layer, images = nn.Conv2d(3, 5, 3, padding=1, bias=False), torch.randn(2, 3, 8, 8, requires_grad=True)

    def turns():
        while True:
            layer(images).sum().backward()
            yield

    forward = 2 * 2 * 8 * 8 * 5 * 3 * 9  # a multiplication and an addition; both gradients cost as much again
    assert peers.operations(turns(), 2) == 2 * 3 * forward


def test_unknown_peers_are_refused(peers, capsys):
    with pytest.raises(SystemExit):
        peers.main(["nosuch"])
    assert "no peer nosuch: expected one of cyclegan, " in capsys.readouterr().err
