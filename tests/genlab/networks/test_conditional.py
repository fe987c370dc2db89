"""Tests of networks that are conditional on labels."""

import pytest
import torch
from torch import nn

from genlab.errors import InputError
from genlab.networks import biggan, dcgan
from genlab.networks.conditional import AuxiliaryCritic, ConditionalBatchNorm, CriticOutput, JoinedCritic, JoinedGenerator, Projection
from genlab.networks.labels import class_weights

SMALL = {"width": 2, "multiples": [2, 2, 1]}  # for 16 px


def test_projection_on_hand_made_numbers():
    """psi . phi + b + V_y . phi: for phi = (1, 2) and class 1: (3 - 1 * 2) + 0.5 + (10 + 2 * 2) = 15.5."""
    head = Projection(2, classes=2)
    with torch.no_grad():
        head.to_logit.weight.copy_(torch.tensor([[3.0, -1.0]]))
        head.to_logit.bias.fill_(0.5)
        head.embedding.weight.copy_(torch.tensor([[5.0, 10.0], [7.0, 2.0]]))  # one column per class
    features = torch.tensor([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]])
    assert head(features[:2], torch.tensor([1, 0])).tolist() == [15.5, 20.5]
    halfway = torch.tensor([[0.5, 0.5]])
    assert head(features[:1], halfway).tolist() == [18.0]
    assert Projection(2).embedding is None


def test_a_conditional_batch_norm_without_gain_is_batch_norm():
    torch.manual_seed(0)
    conditional, plain = ConditionalBatchNorm(6, 4), nn.BatchNorm2d(6, affine=False)
    for layer in (conditional.gain, conditional.bias):
        nn.init.zeros_(layer.weight)
    for _ in range(3):
        features = torch.randn(5, 6, 4, 4) * 3 + 1
        assert torch.allclose(conditional(features, torch.randn(5, 4)), plain(features), atol=1e-6)
    conditional.eval(), plain.eval()
    assert torch.allclose(conditional(features, torch.randn(5, 4)), plain(features), atol=1e-6)


def test_a_conditional_batch_norm_has_one_gain_and_bias_per_class():
    torch.manual_seed(0)
    conditional, features = ConditionalBatchNorm(3, 2), torch.randn(8, 3, 4, 4)
    labels = torch.tensor([0, 1] * 4)
    seen = conditional(features, class_weights(labels, 2))
    for label in (0, 1):
        affine = nn.BatchNorm2d(3)
        with torch.no_grad():
            affine.weight.copy_(1 + conditional.gain.weight[:, label])
            affine.bias.copy_(conditional.bias.weight[:, label])
        assert torch.allclose(seen[labels == label], affine(features)[labels == label], atol=1e-6)


def big(**arguments):
    torch.manual_seed(0)
    return biggan.Generator(16, 1, **{"classes": 3, "latent_size": 6, "embedding_size": 5} | SMALL | arguments)


PAIRS = {
    "biggan": lambda: (big(attention=8), biggan.Critic(16, 1, 3, width=2, multiples=[1, 2, 2], halvings=2, attention=8)),
    "projection": lambda: (big(embedding_size=None, split=False, spectral=False), biggan.Critic(16, 1, 3, width=2, multiples=[1, 2, 2])),
    "joined": lambda: (
        JoinedGenerator(dcgan.Generator(16, 1, latent_size=9, width=2), 3, embedding_size=4),
        JoinedCritic(dcgan.Critic(16, 3, width=2), 3, planes=2),
    ),
    "auxiliary": lambda: (
        JoinedGenerator(dcgan.Generator(16, 1, latent_size=9, width=2), 3, embedding_size=4),
        AuxiliaryCritic(dcgan.Critic(16, 1, width=2, outputs=4), 3),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_networks_are_conditional_on_labels(name):
    generator, critic = PAIRS[name]()
    assert (generator.classes, critic.classes) == (3, 3)
    latents, labels = torch.randn(5, generator.latent_size), torch.tensor([0, 1, 2, 1, 0])
    generator.eval(), critic.eval()
    if name == "projection":  # gains and biases start at 1 and 0, the same for all classes
        nn.init.normal_(generator.blocks[0].first_norm.gain.weight)
    images = generator(latents, labels)
    assert images.shape == (5, 1, 16, 16) and images.abs().max() <= 1
    assert not torch.allclose(images, generator(latents, (labels + 1) % 3))
    assert torch.allclose(images, generator(latents, class_weights(labels, 3)), atol=1e-6)
    output = critic(images, labels)
    if name == "auxiliary":
        assert isinstance(output, CriticOutput) and output.logits.shape == (5,) and output.class_logits.shape == (5, 3)
    else:
        assert output.shape == (5,) and not torch.allclose(output, critic(images, (labels + 1) % 3))


@pytest.mark.parametrize("outputs", [1, 3, 5])
def test_an_auxiliary_critic_needs_one_output_per_class_and_one_logit(outputs):
    critic = AuxiliaryCritic(dcgan.Critic(16, 1, width=2, outputs=outputs), 3)
    with pytest.raises(ValueError, match=rf"gives {outputs} numbers per image, a logit and 3 classes need 4 \(`outputs`\)"):
        critic(torch.zeros(2, 1, 16, 16), torch.zeros(2, dtype=torch.long))


@pytest.mark.parametrize("critic", [dcgan.Critic(16, 1, width=2), biggan.Critic(16, 1, 0, width=2, multiples=[1, 2])])
def test_a_critic_accepts_only_images_of_its_size(critic):
    assert critic(torch.zeros(3, 1, 16, 16)).shape == (3,)
    with pytest.raises(ValueError, match="made for images of 16 x 16 px"):
        critic(torch.zeros(3, 1, 32, 32))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: big(latent_size=7), "latent_size: got 7, expected a multiple of 3"),
        (lambda: big(multiples=[2, 1]), "multiples: got 2 numbers, which lead to 8 px, not to 16"),
        (lambda: big(multiples=None), "size: got 16, expected one of 32, 64, 128, 256; or give its `multiples`"),
        (lambda: big(attention=32), "attention: got 32, expected the side of a feature map: 8, 16"),
        (lambda: biggan.Critic(16, 1, 3, multiples=[1, 1], halvings=3), "halvings: got 3 for 16 px, patch 1 and 2 blocks"),
        (lambda: biggan.Critic(16, 1, 3, multiples=[1, 1], halvings=1, attention=4), "attention: got 4, .* of a feature map: 8"),
        (lambda: JoinedGenerator(dcgan.Generator(8, 1, latent_size=16, width=2), 3), "embedding_size: got 16, which leaves nothing"),
        (lambda: big(classes=0), "Generator: classes: got 0, expected how many the image set has"),
        (lambda: JoinedCritic(dcgan.Critic(8, 5, width=2), 0), "JoinedCritic: classes: got 0"),
    ],
)
def test_invalid_arguments_are_refused(made, message):
    with pytest.raises(InputError, match=message):
        made()
