"""Tests of the comparison with public training steps: the peers train, have the sizes of genlab's recipes, and are all in the file."""

import copy
import json
import math

import pytest
import torch
from torch import nn

from benchmarks import peers
from benchmarks.peer_steps import stylegan2_layers
from genlab.networks.stylegan2 import ModulatedConv2d

PEERS = ("cyclegan", "pix2pix", "dcgan", "wgan_gp", "biggan", "stylegan2", "vae", "vae_linear_layers")
TINY = {
    "cyclegan": {"generator.width": 4, "generator.blocks": 1, "critic.width": 4},
    "pix2pix": {"generator.width": 4, "critic.width": 4},
    "dcgan": {"generator.width": 4, "critic.width": 4},
    "wgan_gp": {"generator.width": 4, "critic.width": 4},
    "biggan": {"generator.width": 4, "critic.width": 8},
    "stylegan2": {"generator.synthesis.width": 4, "generator.synthesis.most": 8, "critic.width": 4, "critic.most": 8},
    "vae": {"encoder.width": 4, "encoder.most": 16, "decoder.width": 4, "decoder.most": 16},
    "vae_linear_layers": {"encoder.hidden": [16], "decoder.hidden": [16]},
}


def tiny(name):
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
def test_each_step_changes_every_network_with_finite_losses(name):
    torch.manual_seed(0)
    entry = tiny(name)
    peer = peers.PEERS[name](entry["model"])
    before = [nn.utils.parameters_to_vector(network.parameters()).clone() for network in peer.trained()]
    batches = peers.batches_of(peers.random_images(peer.kind, *peer.shape), 8)
    losses = [peer.step(batches) for _ in range(2)]
    assert losses[0] and all(math.isfinite(value) for loss in losses for value in loss.values())
    after = [nn.utils.parameters_to_vector(network.parameters()) for network in peer.trained()]
    assert all(not torch.equal(*pair) and pair[1].isfinite().all() for pair in zip(before, after, strict=True))


@pytest.mark.parametrize("name", ["vae", "vae_linear_layers"])
def test_the_loss_of_the_autoencoders_falls(name):
    torch.manual_seed(0)
    peer = peers.PEERS[name](tiny(name)["model"])
    images = peers.random_images(peer.kind, *peer.shape)
    losses = [peer.step(iter([batch]))["loss"] for batch in [next(peers.batches_of(images, 8))] * 30]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", PEERS)
def test_peers_have_as_many_parameters_as_the_recipes_of_conf_base(name):
    entry = peers.entry_of(peers.PEERS[name])
    with torch.device("meta"):
        recipe, peer = peers.build(entry["model"]), peers.PEERS[name](entry["model"])
    count = sum(each.numel() for network in peer.trained() for each in network.parameters())
    assert peers.parameters_of(recipe) == pytest.approx(count, rel=0.02)


def test_all_peers_are_measured_and_are_rows_of_the_page(tmp_path):
    out = tmp_path / "benchmarks/peers.json"
    peaks = {"convolution_peak": 2.0e11, "product_peak": 1.0e11}
    peers.run(peers.PEERS, out, lambda name: peers.compare(name, 1, 0.0, "contiguous", tiny(name)), peaks)
    results = json.loads(out.read_text())
    assert set(results) == set(PEERS)
    for result in results.values():
        assert result["ratio"] == pytest.approx(result["images_per_second"] / result["peer"], rel=1e-6)
        assert result["convolution_peak_share"] == pytest.approx(result["flops_per_image"] * result["images_per_second"] / 2.0e11)
        assert result["product_peak_share"] == pytest.approx(2 * result["convolution_peak_share"])
    page = peers.page(results, 2)
    assert all(f"\n| {name} | " in page for name in PEERS) and f"2 cores, no GPU, threads: {torch.get_num_threads()};" in page


def test_operations_are_those_of_the_convolutions_of_forward_and_backward_passes():
    layer, images = nn.Conv2d(3, 5, 3, padding=1, bias=False), torch.randn(2, 3, 8, 8, requires_grad=True)

    def turns():
        while True:
            layer(images).sum().backward()
            yield

    forward = 2 * 2 * 8 * 8 * 5 * 3 * 9  # a multiplication and an addition; both gradients cost as much again
    assert peers.operations(turns(), 2) == 2 * 3 * forward


@pytest.mark.parametrize(
    ("name", "networks"),
    [("cyclegan", {"a_to_b": "to_b", "critic_a": "critic_a"}), ("vae", {"encoder": "encoder", "decoder": "decoder"})],
)
def test_networks_without_merged_layers_equal_those_of_genlab_with_the_same_weights(name, networks):
    torch.manual_seed(0)
    entry = tiny(name)
    recipe, peer = peers.build(entry["model"]), peers.PEERS[name](entry["model"])
    for own, other in networks.items():
        ours, theirs = getattr(recipe, own), getattr(peer, other)
        nn.utils.vector_to_parameters(nn.utils.parameters_to_vector(ours.parameters()), theirs.parameters())
        side, channels = peer.shape
        inputs = torch.randn(2, 16) if own == "decoder" else torch.randn(2, channels, side, side)
        torch.testing.assert_close(theirs(inputs), ours(inputs), rtol=1e-4, atol=1e-5)


def test_the_styled_networks_have_the_sides_of_their_levels_and_keep_a_constant_when_they_double_it():
    image, styles = stylegan2_layers.Generator([8, 8, 4], 1, 4, 4, 2, 0.1)([torch.randn(2, 4), torch.randn(2, 4)])
    assert image.shape == (2, 1, 16, 16) and styles.shape == (2, 6, 4)
    doubled = stylegan2_layers.Filter()(torch.full((1, 2, 8, 8), 3.0), up=2, pad=(2, 1))
    assert doubled.shape == (1, 2, 16, 16)
    torch.testing.assert_close(doubled[:, :, 2:-2, 2:-2], torch.full((1, 2, 12, 12), 3.0))


def test_a_modulated_convolution_with_a_group_per_image_equals_that_of_genlab_on_activations():
    torch.manual_seed(0)
    ours, theirs = ModulatedConv2d(3, 5, 3, 4), stylegan2_layers.ModulatedConv2d(3, 5, 3, 4)
    with torch.no_grad():
        theirs.weight.copy_(ours.convolution.weight[None])
        theirs.style.weight.copy_(ours.affine.weight)
        theirs.style.bias.copy_(ours.affine.bias)
    features, style = torch.randn(2, 3, 8, 8), torch.randn(2, 4)
    torch.testing.assert_close(theirs(features, style), ours(features, style), rtol=1e-4, atol=1e-5)


def test_unknown_peers_are_refused(capsys):
    with pytest.raises(SystemExit):
        peers.main(["nosuch"])
    assert "no peer nosuch: expected one of cyclegan, " in capsys.readouterr().err
