"""Tests of encoders and decoders."""

import itertools

import pytest
import torch

from genlab.errors import InputError
from genlab.networks.coders import ConvolutionalDecoder, ConvolutionalEncoder, FullyConnectedDecoder, FullyConnectedEncoder

SMALL = {"width": 4, "most": 8, "hidden": 16}
PAIRS = {
    "fully connected": (FullyConnectedEncoder, FullyConnectedDecoder, {"hidden": [16, 12]}),
    "tanh": (FullyConnectedEncoder, FullyConnectedDecoder, {"hidden": [16], "activation": "tanh"}),
    "linear": (FullyConnectedEncoder, FullyConnectedDecoder, {"hidden": []}),
    "convolutional": (ConvolutionalEncoder, ConvolutionalDecoder, SMALL),
    "patches": (ConvolutionalEncoder, ConvolutionalDecoder, SMALL | {"patch": 2, "halvings": 1, "blocks": 2}),
}


@pytest.mark.parametrize(("size", "channels", "outputs", "classes"), [(8, 1, 1, 0), (28, 1, 2, 0), (12, 3, 2, 5)])
@pytest.mark.parametrize("name", PAIRS)
def test_shapes_are_correct_and_every_weight_has_a_gradient(name, size, channels, outputs, classes):
    torch.manual_seed(0)
    encode, decode, arguments = PAIRS[name]
    encoder = encode(size, channels, latent_size=3, classes=classes, **arguments)
    decoder = decode(size, channels, latent_size=3, outputs=outputs, classes=classes, **arguments)
    assert (encoder.latent_size, encoder.classes, decoder.latent_size, decoder.classes) == (3, classes, 3, classes)
    images, labels = torch.rand(4, channels, size, size) * 2 - 1, torch.tensor([0, 4, 2, 2]) if classes else None
    posterior = encoder(images, labels)
    decoded = decoder(posterior[:, :3], labels)
    assert posterior.shape == (4, 6) and decoded.shape == (4, outputs * channels, size, size)
    assert torch.allclose(encoder(images[1:2], None if labels is None else labels[1:2])[0], posterior[1], atol=1e-5)  # no mixing
    (decoded.square().sum() + posterior.square().sum()).backward()
    slopes = [parameter.grad for parameter in itertools.chain(encoder.parameters(), decoder.parameters())]
    assert all(slope is not None and slope.isfinite().all() for slope in slopes)


@pytest.mark.parametrize("name", PAIRS)
def test_labels_change_the_outputs(name):
    torch.manual_seed(0)
    encode, decode, arguments = PAIRS[name]
    encoder, decoder = (make(8, latent_size=2, classes=3, **arguments) for make in (encode, decode))
    for network, given in ((encoder, torch.zeros(3, 1, 8, 8)), (decoder, torch.zeros(3, 2))):
        first, second, third = network(given, torch.arange(3))
        assert not torch.allclose(first, second) and not torch.allclose(second, third)


def test_decoder_outputs_are_not_bounded():
    torch.manual_seed(0)
    for decoder in (FullyConnectedDecoder(8, latent_size=2), ConvolutionalDecoder(8, latent_size=2, **SMALL)):
        assert decoder(100 * torch.randn(4, 2)).abs().max() > 2


def test_networks_without_hidden_layers_are_linear():
    torch.manual_seed(0)
    for network, size in ((FullyConnectedEncoder(4, hidden=[]).double(), (1, 4, 4)), (FullyConnectedDecoder(4, hidden=[]).double(), (20,))):
        a, b, zero = torch.randn(5, *size).double(), torch.randn(5, *size).double(), torch.zeros(5, *size).double()
        assert torch.allclose(network(a) + network(b), network(a + b) + network(zero))


def test_a_constant_variance_is_the_same_for_all_images_and_has_a_gradient():
    torch.manual_seed(0)
    encoder = FullyConnectedEncoder(4, latent_size=3, hidden=[7], constant_variance=True)
    posterior = encoder(torch.randn(6, 1, 4, 4))
    assert posterior.shape == (6, 6) and len(posterior[:, 3:].unique(dim=0)) == 1 and len(posterior[:, :3].unique(dim=0)) == 6
    posterior[:, 3:].sum().backward()
    assert encoder.log_variance.grad.tolist() == [6.0] * 3


@pytest.mark.parametrize(("size", "halvings", "patch", "multiple"), [(28, 3, 1, "8"), (30, 1, 4, "8"), (27, 0, 2, "2"), (0, 1, 1, "2")])
def test_a_size_that_cannot_be_halved_often_enough_is_refused(size, halvings, patch, multiple):
    for network in (ConvolutionalEncoder, ConvolutionalDecoder):
        with pytest.raises(
            InputError, match=rf"{network.__name__}: size: got {size}, expected a multiple of {multiple} .* Change `halvings`"
        ):
            network(size, halvings=halvings, patch=patch)


def test_28_pixels_become_14_and_7():
    encoder, shapes = ConvolutionalEncoder(28, width=4), []
    for stage in encoder.stages:
        stage.register_forward_hook(lambda _module, _given, features: shapes.append(tuple(features.shape[1:])))
    encoder(torch.zeros(1, 1, 28, 28))
    assert list(dict.fromkeys(shapes)) == [(4, 28, 28), (8, 14, 14), (16, 7, 7)]
