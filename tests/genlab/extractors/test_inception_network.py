"""Tests of the FID Inception network: shapes, number of parameters, and every layer against plain calls of torch.nn.functional."""

import pytest
import torch
from published_inception import published, random_state

from genlab.extractors.inception_network import Network

SHAPES = {  # name of the last layer -> (C, H, W)
    "Conv2d_1a_3x3": (32, 149, 149),
    "Conv2d_2a_3x3": (32, 147, 147),
    "Conv2d_2b_3x3": (64, 147, 147),
    "first pool": (64, 73, 73),
    "Conv2d_3b_1x1": (80, 73, 73),
    "Conv2d_4a_3x3": (192, 71, 71),
    "second pool": (192, 35, 35),
    "Mixed_5b": (256, 35, 35),
    "Mixed_5c": (288, 35, 35),
    "Mixed_5d": (288, 35, 35),
    "Mixed_6a": (768, 17, 17),
    "Mixed_6b": (768, 17, 17),
    "Mixed_6c": (768, 17, 17),
    "Mixed_6d": (768, 17, 17),
    "Mixed_6e": (768, 17, 17),
    "Mixed_7a": (1280, 8, 8),
    "Mixed_7b": (2048, 8, 8),
    "Mixed_7c": (2048, 8, 8),
}


@pytest.fixture(scope="module")
def state():
    return random_state()


def test_every_layer_equals_the_published_description(state):
    network = Network().eval()
    network.load_state_dict(state)
    images = torch.rand(1, 3, 299, 299, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        expected = published(state, images)
        got = list(network.activations(images))
        assert [tuple(maps.shape[1:]) for _, maps in got] == list(SHAPES.values())
        for (name, maps), (title, reference) in zip(got, expected.items(), strict=True):
            assert name in (title, "") and 0.01 < reference.std() < 100, title
            torch.testing.assert_close(maps, reference, rtol=1e-4, atol=1e-4, msg=lambda text, title=title: f"{title}: {text}")
        features = network(images)
        torch.testing.assert_close(features, expected["Mixed_7c"].flatten(2).mean(2), rtol=1e-4, atol=1e-4)
    assert features.shape == (1, 2048)


def test_the_number_of_parameters_is_the_published_one(state):
    """23,885,392 counts all numbers of the state_dict: running means and variances, and the biases of the final layer, too."""
    network = Network()
    parameters = sum(parameter.numel() for parameter in network.parameters())
    final = network.fc.weight.numel(), network.fc.bias.numel()
    assert final == (1008 * 2048, 1008) and parameters == 23_850_960
    assert sum(tensor.numel() for tensor in state.values()) == 23_885_392
    # The classifier of torchvision, with 1000 classes and without its auxiliary head, has 23,834,568 parameters.
    assert parameters - sum(final) + 1000 * 2048 + 1000 == 23_834_568


def test_layers_have_the_names_of_the_published_file(state):
    assert len(state) == 94 * 5 + 2  # convolutions, each with weights and four vectors of batch norm
    for name in ("Conv2d_1a_3x3.conv.weight", "Mixed_5b.branch5x5_2.bn.running_var", "Mixed_7c.branch3x3dbl_3b.bn.bias", "fc.weight"):
        assert name in state
    assert state["Mixed_6b.branch7x7dbl_4.conv.weight"].shape == (128, 128, 7, 1)
    assert state["Mixed_7b.branch3x3_2a.conv.weight"].shape == (384, 384, 1, 3)
