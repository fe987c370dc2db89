"""Every network gives finite outputs and gradients from the first pass on, with every combination of its options."""

import itertools

import pytest
import torch
from torch import nn

from genlab.errors import InputError
from genlab.networks import (
    biggan,
    coders,
    conditional,
    dcgan,
    fully_connected,
    maxout,
    patchgan,
    progan,
    r3gan,
    resnet,
    style,
    stylegan,
    stylegan2,
)
from genlab.networks.evaluation_mode import evaluation_mode
from genlab.networks.layers.minibatch import MinibatchDeviation, MinibatchDiscrimination
from genlab.networks.layers.normalise import normalise_spectrally
from genlab.networks.unet import UNet

YES = (False, True)
NORMS = ("batch", "instance", "layer", "none")


def joined(classes: int, planes: int) -> nn.Module:
    return conditional.JoinedCritic(dcgan.Critic(16, 1 + planes, width=2), classes, planes)


def styled(mapping: style.Mapping, synthesis: type) -> nn.Module:
    return style.Generator(mapping, synthesis(16, 1, style_size=mapping.style_size, width=2, most=4))


# Constructor, its fixed arguments, and the values of its options, of which all combinations are made.
GENERATORS = [
    (biggan.Generator, {"size": 16, "channels": 1, "classes": 3, "latent_size": 6, "width": 2, "multiples": (2, 2, 1)}, {
        "embedding_size": (5, None), "split": YES, "attention": (None, 8), "spectral": YES}),
    (dcgan.Generator, {"size": 16, "channels": 1, "latent_size": 6, "width": 2}, {"norm": NORMS}),
    (fully_connected.Generator, {"size": 16, "channels": 1, "latent_size": 6, "hidden": (4,)}, {}),
    (maxout.Generator, {"size": 16, "channels": 1, "latent_size": 6}, {"hidden": ((), (4, 4))}),
    (progan.Generator, {"size": 16, "channels": 1, "latent_size": 6, "width": 2}, {}),
    (r3gan.Generator, {"size": 16, "channels": 1, "latent_size": 6, "width": 2}, {
        "blocks": (1, 2), "group_size": (2, None), "expansion": (1, 2), "patch": (1, 2)}),
    (styled, {}, {
        "mapping": [style.Mapping(6, 4, depth, classes=classes) for depth in (1, 8) for classes in (0, 3)],
        "synthesis": (stylegan.Synthesis, stylegan2.Synthesis)}),
    (lambda norm: conditional.JoinedGenerator(dcgan.Generator(16, 1, 8, 2, norm), 3, 2), {}, {"norm": NORMS}),
    (coders.FullyConnectedDecoder, {"size": 16, "latent_size": 6}, {
        "hidden": ((), (4,)), "classes": (0, 3), "activation": ("relu", "tanh"), "outputs": (1, 2)}),
    (coders.ConvolutionalDecoder, {"size": 16, "latent_size": 6, "width": 2, "hidden": 4}, {
        "classes": (0, 3), "patch": (1, 2), "outputs": (1, 2), "blocks": (1, 2)}),
]  # fmt: skip
ON_IMAGES = [
    (biggan.Critic, {"size": 16, "channels": 1, "width": 2, "multiples": (2, 2, 1)}, {
        "classes": (0, 3), "halvings": (2, 3), "attention": (None, 4), "spectral": YES, "patch": (1, 2)}),
    (dcgan.Critic, {"size": 16, "channels": 1, "width": 2}, {
        "norm": NORMS, "minibatch": (None, MinibatchDeviation, MinibatchDiscrimination), "spectral": YES, "outputs": (1, 4)}),
    (fully_connected.Critic, {"size": 16, "channels": 1, "hidden": (4,)}, {"dropout": (0.0, 0.5)}),
    (maxout.Critic, {"size": 16, "channels": 1}, {"hidden": ((), (4, 4)), "pieces": (1, 3)}),
    (patchgan.PatchGAN, {"channels": 1, "width": 2}, {"layers": (0, 1, 2), "norm": ("instance", "batch")}),
    (progan.Critic, {"size": 16, "channels": 1, "width": 2}, {"group_size": (1, 2, 4), "filtered": YES}),
    (r3gan.Critic, {"size": 16, "channels": 1, "width": 2}, {"blocks": (1, 2), "group_size": (2, None), "patch": (1, 2)}),
    (stylegan2.Critic, {"size": 16, "channels": 1, "width": 2}, {"group_size": (1, 2, 4), "classes": (0, 3)}),
    (joined, {"classes": 3}, {"planes": (1, 2)}),
    (lambda spectral: conditional.AuxiliaryCritic(dcgan.Critic(16, 1, 2, outputs=4, spectral=spectral), 3), {}, {"spectral": YES}),
    (resnet.ResNet, {"channels_in": 1, "channels_out": 1, "width": 2, "blocks": 1}, {
        "upsampling": ("transposed", "resize"), "input_skip": YES}),
    (UNet, {"size": 16, "channels_in": 1, "channels_out": 1, "width": 2}, {
        "norm": ("batch", "instance"), "upsampling": ("transposed", "resize"), "dropout": (0.0, 0.5)}),
    (coders.FullyConnectedEncoder, {"size": 16, "latent_size": 6}, {
        "hidden": ((), (4,)), "classes": (0, 3), "activation": ("relu", "tanh"), "constant_variance": YES}),
    (coders.ConvolutionalEncoder, {"size": 16, "latent_size": 6, "width": 2, "hidden": 4}, {
        "classes": (0, 3), "patch": (1, 2), "blocks": (1, 2)}),
]  # fmt: skip


def variants(constructor, fixed, options):
    for values in itertools.product(*options.values()):
        torch.manual_seed(0)
        chosen = dict(zip(options, values, strict=True))
        yield chosen, constructor(**fixed, **chosen)


def outputs_of(network: nn.Module, *inputs: torch.Tensor) -> torch.Tensor:
    """All outputs of a network as one tensor."""
    if isinstance(network, style.Generator):
        inputs = (inputs[0], torch.randn(len(inputs[0]), network.noise_size), torch.ones(len(inputs[0])), *inputs[1:])
    output = network(*inputs)
    return torch.cat([each.flatten() for each in output]) if isinstance(output, tuple) else output


@pytest.mark.parametrize(("inputs", "constructor", "fixed", "options"), [
    *((torch.Size([2, 6]), *network) for network in GENERATORS), *((torch.Size([2, 1, 16, 16]), *network) for network in ON_IMAGES),
])  # fmt: skip
def test_outputs_and_gradients_are_finite_with_every_combination_of_options(inputs, constructor, fixed, options):
    for chosen, network in variants(constructor, fixed, options):
        torch.manual_seed(1)
        given = torch.randn(inputs), *((torch.tensor([0, 2]),) if getattr(network, "classes", 0) else ())
        outputs = outputs_of(network, *given)
        assert outputs.isfinite().all(), chosen
        outputs.square().sum().backward()
        assert all(weight.grad is None or weight.grad.isfinite().all() for weight in network.parameters()), chosen
        optimizer = torch.optim.SGD(network.parameters(), 1e-3)
        optimizer.step()
        assert outputs_of(network, *given).isfinite().all(), chosen
        with evaluation_mode(network), torch.no_grad():
            assert outputs_of(network, *given).isfinite().all(), chosen


def test_tables_of_classes_are_not_normalised_and_still_learn():
    """Gain 1 + 0 and bias 0 at the start, as an ordinary batch norm; then each class moves on its own, by a step of any size."""
    torch.manual_seed(0)
    generator = biggan.Generator(16, 1, classes=3, latent_size=6, width=2, multiples=(2, 2, 1), embedding_size=None, split=False)
    table = generator.blocks[0].first_norm.gain
    assert list(table.state_dict()) == ["weight"] and not table.weight.any()
    assert "parametrizations.weight.original" in generator.blocks[0].first.state_dict()  # convolutions are normalised
    latent, label = torch.randn(4, 6), torch.tensor([0, 0, 1, 1])
    generator(latent, label).square().sum().backward()
    assert table.weight.grad[:, :2].abs().min() > 0 and not table.weight.grad[:, 2].any()


def test_a_weight_of_zeros_cannot_be_normalised_spectrally():
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    nn.init.zeros_(network[1].weight)
    with pytest.raises(InputError, match=r"got the weight of 1 \(Linear\), which is 0 everywhere, expected one that starts at random"):
        normalise_spectrally(network)
