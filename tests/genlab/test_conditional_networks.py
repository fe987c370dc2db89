"""Networks that are told labels, against formulas, hand-made numbers and published counts."""

import pytest
import torch
from torch import nn

from genlab.errors import InputError
from genlab.labels import class_weights
from genlab.losses.orthogonality import orthogonality
from genlab.networks import biggan, dcgan
from genlab.networks.attention import SelfAttention
from genlab.networks.conditional import AuxiliaryCritic, ConditionalBatchNorm, JoinedCritic, JoinedGenerator, Projection, Verdict

SMALL = {"width": 2, "multiples": [2, 2, 1]}  # of 16 px


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_labels_are_weights_of_one_class_or_of_several():
    assert class_weights(torch.tensor([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    between = torch.tensor([[0.5, 0.5, 0.0]])
    assert class_weights(between, 3) is between


def test_projection_on_hand_made_numbers():
    """psi . phi + b + V_y . phi: for phi = (1, 2) and class 1: (3 - 1 * 2) + 0.5 + (10 + 2 * 2) = 15.5."""
    head = Projection(2, classes=2)
    with torch.no_grad():
        head.to_logit.weight.copy_(torch.tensor([[3.0, -1.0]]))
        head.to_logit.bias.fill_(0.5)
        head.embedding.weight.copy_(torch.tensor([[5.0, 10.0], [7.0, 2.0]]))  # a column a class
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


def test_a_conditional_batch_norm_has_gain_and_bias_of_its_own_for_every_class():
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


def test_self_attention_is_its_formula_written_out():
    torch.manual_seed(0)
    layer, features = SelfAttention(16), torch.randn(2, 16, 4, 6)
    assert torch.equal(layer(features), features)  # gamma is 0 at first
    nn.init.constant_(layer.gamma, 0.7)
    pool = nn.MaxPool2d(2)
    for image, seen in zip(features, layer(features), strict=True):
        query = layer.query(image[None])[0].flatten(1)  # (2, 24)
        key, value = (pool(each(image[None]))[0].flatten(1) for each in (layer.key, layer.value))  # (2, 6), (8, 6)
        weights = torch.stack([torch.softmax(torch.stack([query[:, i] @ key[:, j] for j in range(6)]), 0) for i in range(24)])
        expected = image + 0.7 * layer.output((value @ weights.T).unflatten(1, (4, 6))[None])[0]
        assert torch.allclose(seen, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("generator", "critic", "counts"),
    [
        # CIFAR-10 as ajbrock/BigGAN-PyTorch has it (launch_cifar_ema.sh: 64 wide, a table a norm, one latent, no attention).
        ({"size": 32, "embedding_size": None, "split": False}, {"size": 32}, (4_304_387, 4_207_361)),
        # ImageNet at 128 px: the generator's count stands in the tests of google/compare_gan.
        (
            {"size": 128, "classes": 1000, "latent_size": 120, "width": 96, "attention": 64},
            {"size": 128, "classes": 1000, "width": 96, "attention": 64},
            (70_433_988, 87_982_370),
        ),
    ],
)
def test_parameters_at_the_papers_sizes(generator, critic, counts):
    with torch.device("meta"):  # a spectral norm has no parameters, and is slow to make
        assert parameters(biggan.Generator(**generator, spectral=False)) == counts[0]
        assert parameters(biggan.Critic(**critic, spectral=False)) == counts[1]


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
def test_players_are_told_labels(name):
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
    said = critic(images, labels)
    if name == "auxiliary":
        assert isinstance(said, Verdict) and said.logits.shape == (5,) and said.beliefs.shape == (5, 3)
    else:
        assert said.shape == (5,) and not torch.allclose(said, critic(images, (labels + 1) % 3))


def test_every_block_has_a_piece_of_the_latent_of_its_own():
    generator = big().eval()
    first, later = torch.randn(1, 6), torch.randn(1, 6)
    later[:, :4] = first[:, :4]  # another last piece of three
    seen = []
    handle = generator.blocks[0].register_forward_hook(lambda module, inputs, output: seen.append(output))
    images = [generator(latents, torch.tensor([1])) for latents in (first, later)]
    handle.remove()
    assert torch.equal(*seen) and not torch.allclose(*images)


def test_weights_are_orthogonal_at_first_and_spectrally_normalised():
    critic = biggan.Critic(16, 1, 3, width=4, multiples=[1, 2], halvings=2)
    rows = critic.layers[1].second.parametrizations.weight.original.flatten(1)
    assert torch.allclose(rows @ rows.T, torch.eye(len(rows)), atol=1e-5)
    layers = [layer for layer in critic.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert len(layers) == 3 + 3 + 2  # two blocks with a 1 x 1 beside them, the head with its labels
    for layer in layers:
        nn.init.normal_(layer.parametrizations.weight.original)
        for _ in range(200):  # a power iteration each
            layer.weight  # noqa: B018
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, rel=1e-3)
    generator = big(spectral=False)
    weight = generator.blocks[0].first.weight.flatten(1)
    assert torch.allclose(weight @ weight.T, torch.eye(len(weight)), atol=1e-5)


def test_orthogonality_on_hand_made_numbers():
    """Rows (1, 2) and (3, 1): their product 5 stands twice in W W^T; their norms cost nothing."""
    network = nn.ModuleDict({"layer": nn.Linear(2, 2), "embedding": nn.Linear(2, 2)})
    with torch.no_grad():
        network["layer"].weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 1.0]]))
    assert orthogonality(network).item() == pytest.approx(50)
    with torch.no_grad():
        network["layer"].weight.copy_(torch.tensor([[2.0, 0.0], [0.0, -5.0]]))
    assert orthogonality(network).item() == pytest.approx(0)


@pytest.mark.parametrize("outputs", [1, 3, 5])
def test_an_auxiliary_critic_needs_a_number_for_each_class_and_one_more(outputs):
    critic = AuxiliaryCritic(dcgan.Critic(16, 1, width=2, outputs=outputs), 3)
    with pytest.raises(ValueError, match=rf"gives {outputs} numbers an image, a logit and 3 classes need 4 \(`outputs`\)"):
        critic(torch.zeros(2, 1, 16, 16), torch.zeros(2, dtype=torch.long))


@pytest.mark.parametrize("critic", [dcgan.Critic(16, 1, width=2), biggan.Critic(16, 1, 0, width=2, multiples=[1, 2])])
def test_a_critic_takes_images_of_its_side_alone(critic):
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
def test_what_does_not_fit_is_refused(made, message):
    with pytest.raises(InputError, match=message):
        made()
