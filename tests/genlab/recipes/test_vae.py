"""Tests of the variational autoencoder, among them comparisons with probabilistic PCA, which has closed forms."""

import functools
import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch.distributions import MultivariateNormal, kl_divergence

from genlab.build import build
from genlab.engine.capabilities import components_of
from genlab.engine.loop import train
from genlab.engine.precision import Precision
from genlab.engine.seeding import mix, seed_everything
from genlab.engine.stream import Stream
from genlab.errors import InputError
from genlab.export.interfaces import sampling
from genlab.export.networks import Interface, export
from genlab.images.levels import BYTE, dequantised, log_volume
from genlab.networks.coders import ConvolutionalDecoder, ConvolutionalEncoder, FullyConnectedDecoder, FullyConnectedEncoder
from genlab.pictures.evaluation import views
from genlab.pictures.latents import traversals
from genlab.pictures.training import rows
from genlab.pictures.views import Points, Sheet
from genlab.recipes.vae import VAE
from genlab.variational.likelihoods import Bernoulli, DiscretisedLogistic, Gaussian
from genlab.variational.priors import Mixture, StandardNormal

SIDE, LATENTS = 4, 3


class Noise:
    """Source of random images with labels."""

    def __init__(self, channels=1, size=8):
        self.shape = (4, channels, size, size)

    def batches(self, start):
        while True:
            generator = torch.Generator().manual_seed(mix(start))
            images = torch.rand(self.shape, generator=generator) * 2 - 1
            yield {"image": images, "label": torch.randint(0, 3, (4,), generator=generator)}
            start += 1


def made(likelihood=Bernoulli, components=0, latent_size=5, classes=0, convolutional=False, channels=1, **arguments) -> VAE:
    seed_everything(0)
    likelihood = likelihood()
    shape = {"size": 8, "channels": channels, "latent_size": latent_size, "classes": classes}
    encoder, decoder = (ConvolutionalEncoder, ConvolutionalDecoder) if convolutional else (FullyConnectedEncoder, FullyConnectedDecoder)
    small = {"width": 4, "hidden": 8, "halvings": 1} if convolutional else {"hidden": [12]}
    networks = encoder(**shape, **small), decoder(**shape, outputs=likelihood.parameters_per_value, **small)
    prior = Mixture(latent_size, components) if components else None
    return VAE(*networks, likelihood, functools.partial(torch.optim.Adam, lr=1e-2), prior, **{"importance_samples": (1, 4, 8)} | arguments)


def turns(recipe, count, start=0, stream=None):
    return list(train(recipe, stream or Stream(Noise()), 4 * start, 4 * count, 4, seed=5))


VARIANTS = {
    "bernoulli": {"likelihood": functools.partial(Bernoulli, "sample")},
    "gaussian": {"likelihood": Gaussian, "beta": 0.5, "beta_warm_up": 0.5, "decay_start": 0.5, "free_bits": 0.3},
    "mixture": {"likelihood": functools.partial(Gaussian, "predicted"), "components": 3, "free_bits": 0.3},
    "conditional": {"likelihood": DiscretisedLogistic, "convolutional": True, "classes": 3},
    "conditional mixture": {"components": 2, "classes": 3},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_resumed_run_equals_straight_run(name):
    straight, stopped, resumed = (made(**VARIANTS[name]) for _ in range(3))
    expected = turns(straight, 5)
    stream = Stream(Noise())
    assert [turn for _, turn in zip(range(2), train(stopped, stream, 0, 20, 4, seed=5), strict=False)] == expected[:2]
    batch = next(Noise().batches(9))
    rows(stopped, batch), views(stopped, batch), stopped.bounds(batch)  # random draws by the caller change nothing
    resumed.load_training_state(stopped.training_state())
    assert turns(resumed, 5, 2, Stream(Noise(), stream.position)) == expected[2:]
    for key, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


@pytest.mark.parametrize("name", VARIANTS)
def test_every_weight_is_trained(name):
    recipe = made(**VARIANTS[name])
    before = {key: value.clone() for key, value in recipe.named_parameters()}
    recipe.set_progress(0.25)  # beta is greater than 0
    stream = Stream(Noise())
    for turn in range(4):  # the last layer of a residual block starts at 0, so its other layers change from the second step on
        stream.start_turn(turn)
        recipe.updates["vae"](stream)
    assert [key for key, value in recipe.named_parameters() if torch.equal(value, before[key])] == []


# Probabilistic PCA: Tipping & Bishop 1999. A linear decoder W, noise s2 I; the posterior is N(M^-1 W'(x - mu), s2 M^-1), M = W'W + s2 I.


def images_of(count, seed=0) -> np.ndarray:
    """Normal vectors (count, 16) with large variance in three directions."""
    random = np.random.default_rng(seed)
    directions = np.linalg.qr(np.random.default_rng(99).standard_normal((SIDE**2, LATENTS)))[0] * np.array([0.5, 0.35, 0.25])
    return random.standard_normal((count, LATENTS)) @ directions.T + 0.05 * random.standard_normal((count, SIDE**2)) + 0.1


def linear(deviation, constant_variance=True, **arguments) -> VAE:
    seed_everything(0)
    shape = {"size": SIDE, "latent_size": LATENTS, "hidden": []}
    encoder, decoder = FullyConnectedEncoder(**shape, constant_variance=constant_variance), FullyConnectedDecoder(**shape)
    return VAE(encoder, decoder, Gaussian(deviation), functools.partial(torch.optim.Adam, lr=2e-2), **arguments)


def principal() -> tuple[VAE, MultivariateNormal]:
    """The linear model at the optimum of probabilistic PCA, computed by sklearn, and its distribution p(x)."""
    found = PCA(LATENTS).fit(images_of(500))
    noise = found.noise_variance_
    W = found.components_.T * np.sqrt(found.explained_variance_ - noise)
    posterior = np.linalg.inv(W.T @ W + noise * np.eye(LATENTS))  # M^-1, diagonal
    recipe = linear(math.sqrt(noise)).double()
    with torch.no_grad():
        for layer, weight in ((recipe.encoder.layers[0], posterior @ W.T), (recipe.decoder.layers[0], W)):
            layer.weight.copy_(torch.from_numpy(weight))
        recipe.encoder.layers[0].bias.copy_(torch.from_numpy(-posterior @ W.T @ found.mean_))
        recipe.decoder.layers[0].bias.copy_(torch.from_numpy(found.mean_))
        recipe.encoder.log_variance.copy_(torch.from_numpy(noise * posterior.diagonal()).log())
    return recipe, MultivariateNormal(*map(torch.from_numpy, (found.mean_, found.get_covariance())))


def held_out(count=40):
    return torch.from_numpy(images_of(count, seed=1)).reshape(count, 1, SIDE, SIDE)


def test_the_bound_of_the_optimal_linear_model_is_log_p():
    """With the exact posterior, the log importance weight is log p(x) for every x and every sample."""
    recipe, p = principal()
    x = held_out()
    expected = p.log_prob(x.flatten(1)) + log_volume(SIDE**2)
    reconstruction, excess = recipe.weights(x, None, *recipe.posterior(x, None), 7)
    assert torch.allclose(reconstruction - excess, expected.expand(7, -1), atol=1e-8, rtol=0)


def test_all_bounds_of_the_optimum_are_log_p_of_the_dequantised_image():
    recipe, p = principal()
    x = held_out().clamp(-1, 1)
    torch.manual_seed(3)
    target = dequantised(x)
    torch.manual_seed(3)
    bounds = recipe.bounds({"image": x}, latents_at_once=300)
    expected = p.log_prob(target.flatten(1)) + log_volume(SIDE**2)
    assert list(bounds) == ["iwae_5000", "iwae_1000", "iwae_100", "iwae_10", "iwae_1", "elbo", "reconstruction", "divergence"]
    for samples in recipe.importance_samples:
        assert torch.allclose(bounds[f"iwae_{samples}"], expected, atol=1e-8, rtol=0)
    # The divergence in the ELBO is exact; its reconstruction term is a mean over 5,000 samples.
    mean, log_variance = recipe.posterior(target, None)
    divergence = kl_divergence(
        MultivariateNormal(mean.detach(), log_variance.exp().detach().diag_embed()),
        MultivariateNormal(torch.zeros_like(mean), torch.eye(LATENTS).double()),
    )
    assert torch.allclose(bounds["divergence"], divergence, atol=1e-10)
    assert torch.allclose(bounds["elbo"], expected, atol=0.15)


def test_the_elbo_is_lower_by_the_divergence_from_the_exact_posterior():
    """ELBO = log p(x) - KL(q || p(z | x)); the importance-weighted bound with 5,000 samples is close to log p(x)."""
    recipe, p = principal()
    x = held_out().clamp(-1, 1)
    torch.manual_seed(3)
    target = dequantised(x)
    exact_mean, exact = (each.detach() for each in recipe.posterior(target, None))
    with torch.no_grad():
        recipe.encoder.layers[0].bias.add_(torch.tensor([0.15, -0.1, 0.1]))
        recipe.encoder.log_variance.add_(torch.tensor([0.5, 0.3, -0.1]))
    mean, log_variance = (each.detach() for each in recipe.posterior(target, None))
    gap = kl_divergence(MultivariateNormal(mean, log_variance.exp().diag_embed()), MultivariateNormal(exact_mean, exact.exp().diag_embed()))
    expected = p.log_prob(target.flatten(1)) + log_volume(SIDE**2)
    torch.manual_seed(3)
    bounds = recipe.bounds({"image": x})
    assert gap.min() > 0.1
    assert torch.allclose(bounds["elbo"], expected - gap, atol=0.2) and (bounds["elbo"] < expected).all()
    assert torch.allclose(bounds["iwae_1"], expected - gap, atol=0.2)
    assert torch.allclose(bounds["iwae_5000"], expected, atol=0.1)
    ordered = torch.stack([bounds[f"iwae_{samples}"] for samples in (1, 10, 100, 1000, 5000)])
    assert (ordered.diff(dim=0) >= 0).all()


class Toy:
    """Source of the normal images, rounded to 256 levels, in random order."""

    def __init__(self, count):
        images = torch.from_numpy(images_of(count)).float().reshape(-1, 1, SIDE, SIDE)
        self.images = ((images.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1

    def batches(self, start):
        while True:
            yield {"image": self.images[torch.randperm(len(self.images), generator=torch.Generator().manual_seed(mix(start)))[:100]]}
            start += 1


def test_a_trained_linear_model_equals_sklearns_probabilistic_pca():
    source = Toy(1000)
    recipe = linear("learnt", importance_samples=(1, 10), decay_start=0.3)
    for _turn in train(recipe, Stream(source), 0, 100_000, 100, seed=0):
        pass
    torch.manual_seed(0)
    images = dequantised(source.images).flatten(1).double().numpy()
    best = PCA(LATENTS).fit(images).score(images) + log_volume(SIDE**2, BYTE)
    bound = recipe.bounds({"image": source.images})["elbo"].mean().item()
    assert best - 0.15 < bound < best + 0.02
    deviation = recipe.likelihood.parameters_of(torch.zeros(1, 1, 1, 1))[1].exp().item()
    assert deviation == pytest.approx(math.sqrt(PCA(LATENTS).fit(images).noise_variance_), rel=0.05)


@pytest.mark.parametrize("name", VARIANTS)
def test_bounds_rise_with_the_number_of_samples_for_every_image(name):
    recipe, batch = made(**VARIANTS[name]), next(Noise().batches(0))
    for at_once in (4096, 3):  # several images per slab, then several slabs per image
        bounds = recipe.bounds(batch, at_once)
        assert list(bounds) == ["iwae_8", "iwae_4", "iwae_1", "elbo", "reconstruction", "divergence"]
        assert all(each.shape == (4,) and not each.requires_grad for each in bounds.values())
        assert (bounds["iwae_8"] >= bounds["iwae_4"]).all() and (bounds["iwae_4"] >= bounds["iwae_1"]).all()
        assert torch.allclose(bounds["elbo"], bounds["reconstruction"] - bounds["divergence"])
        if recipe.prior.components:
            assert torch.allclose(bounds["elbo"], bounds["iwae_1"], atol=1e-4)


def test_bounds_of_a_model_that_depends_only_on_the_label():
    """If the decoder ignores the latent, log p(x | label) depends only on the image's label, not on the rest of the batch."""
    recipe, batch = made(classes=3), next(Noise().batches(0))
    logits = torch.randn(3, 64)
    recipe.decoder.layers = torch.nn.Sequential(torch.nn.Linear(5 + 3, 64, bias=False))
    with torch.no_grad():
        recipe.decoder.layers[0].weight.copy_(torch.cat([torch.zeros(5, 64), logits]).T)
        for parameter in recipe.encoder.parameters():
            parameter.zero_()
    values = (batch["image"].flatten(1) > 0).float()
    expected = torch.distributions.Bernoulli(logits=logits[batch["label"]]).log_prob(values).sum(1)
    for at_once in (4096, 16, 3):
        bounds = recipe.bounds(batch, at_once)
        assert torch.allclose(bounds["iwae_8"].float(), expected, atol=1e-4) and torch.allclose(bounds["elbo"].float(), expected, atol=1e-4)
        assert bounds["divergence"].abs().max() == 0


def test_the_loss_is_the_bound_and_beta_rises():
    recipe, batch = made(beta=2.0, beta_warm_up=0.5), next(Noise().batches(0))
    for progress, beta in ((0.0, 0.0), (0.25, 1.0), (0.5, 2.0), (1.0, 2.0)):
        recipe.set_progress(progress)
        terms = recipe.objective(batch)
        assert terms["beta"].item() == beta
        assert terms["loss"].item() == pytest.approx((beta * terms["divergence"] - terms["reconstruction"]).item(), rel=1e-5)
        assert terms["elbo"].item() == pytest.approx((terms["reconstruction"] - terms["divergence"]).item(), rel=1e-5)
    assert made(beta=0.7).objective(batch)["beta"].item() == pytest.approx(0.7)


@pytest.mark.parametrize("components", [0, 1])
def test_unused_free_bits_are_part_of_the_loss(components):
    recipe = made(components=components, free_bits=0.4)
    with torch.no_grad():
        for parameter in [*recipe.encoder.parameters(), *recipe.prior.parameters()]:
            parameter.zero_()  # q = p: no divergence
    terms = recipe.objective(next(Noise().batches(0)))
    assert terms["divergence"].item() == pytest.approx(0, abs=1e-5) and terms["active_units"] == 0
    assert terms["loss"].item() == pytest.approx(0.4 * 5 - terms["reconstruction"].item(), rel=1e-6)


def test_the_learning_rate_falls_to_zero():
    recipe, rates = made(decay_start=0.5), []
    for progress in (0.0, 0.5, 0.75, 1.0):
        recipe.set_progress(progress)
        rates.append(recipe.updates["vae"].optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([1e-2, 1e-2, 5e-3, 0.0])


def test_half_precision_networks_keep_the_loss_in_float32():
    recipe, batch = made(DiscretisedLogistic), next(Noise().batches(0))
    torch.manual_seed(0)
    exact = recipe.objective(batch)["loss"]
    torch.manual_seed(0)
    with Precision(torch.device("cpu"), "bf16").autocast():
        loss = recipe.objective(batch)["loss"]
    assert loss.dtype == torch.float32 and loss.item() == pytest.approx(exact.item(), rel=0.02)


@pytest.mark.parametrize("name", VARIANTS)
def test_samples_are_functions_of_latents_and_labels(name):
    recipe = made(**VARIANTS[name])
    turns(recipe, 2)
    network = recipe.generators()["generator"]
    latents, labels = torch.randn(6, recipe.latent_size), torch.arange(6) % 3 if recipe.classes else None
    assert (network.latent_size, network.classes) == (recipe.latent_size, recipe.classes)
    assert recipe.latent_size == 5 + bool(recipe.prior.components)
    images = recipe.sample(latents, labels)
    assert images.shape == (6, 1, 8, 8) and images.abs().max() <= 1 and not images.requires_grad
    assert torch.allclose(images[:2], recipe.sample(latents[:2], None if labels is None else labels[:2]), atol=1e-6)
    assert torch.equal(images, network(latents, labels)) and recipe.training
    if recipe.classes:
        assert not torch.allclose(images, recipe.sample(latents, (labels + 1) % 3), atol=1e-4)
    batch = next(Noise().batches(0))
    assert recipe.reconstruct(batch).shape == (4, 1, 8, 8)
    assert (components_of(recipe) is recipe) == (recipe.prior.components > 0)
    responsibilities = recipe.responsibilities(batch)
    assert responsibilities.shape == (4, recipe.prior.components)
    if recipe.prior.components:
        assert torch.allclose(responsibilities.sum(1), torch.ones(4))


def test_an_exported_sampler_makes_the_same_images(tmp_path):
    recipe = made(Gaussian, convolutional=True)
    assert export(recipe.generators(), sampling, tmp_path)["generator"] < 1e-4


def test_an_exported_sampler_takes_labels_and_chooses_components(tmp_path):
    recipe = made(DiscretisedLogistic, components=4, classes=3)
    with torch.no_grad():
        recipe.prior.raw.copy_(torch.randn(4))

    def interface(network):
        batch = torch.export.Dim("batch")
        takes = [{"latent": torch.randn(count, network.latent_size), "label": torch.arange(count) % 3} for count in (2, 1, 17)]
        return Interface(takes[0], ("image",), {"latent": {0: batch}, "label": {0: batch}}, takes)

    assert export(recipe.generators(), interface, tmp_path)["generator"] < 1e-4


@pytest.mark.parametrize("name", VARIANTS)
def test_views(name):
    recipe, batch = made(**VARIANTS[name]), next(Noise().batches(0))
    found = views(recipe, batch)
    assert set(found) == {"reconstructions", "traversals", "latents"}
    assert list(found["reconstructions"].rows) == ["held out", "reconstructed"]
    assert len(found["traversals"].rows) == 5 and found["traversals"].columns == 10
    assert all(row.shape == (10, 1, 8, 8) for row in found["traversals"].rows.values())
    points = found["latents"]
    assert points.places.shape == (4, 2) and torch.equal(points.labels, batch["label"])
    assert (points.centres is None) == (recipe.prior.components == 0)
    shown = rows(recipe, batch)
    assert list(shown) == ["real", "reconstructions", "samples"] and shown["samples"].shape == (64, 1, 8, 8)


def test_latents_are_shown_in_their_principal_plane():
    recipe, images = made(components=3), torch.rand(50, 1, 8, 8) * 2 - 1
    points = views(recipe, {"image": images})["latents"]
    codes = recipe.encode({"image": images})[0].numpy()
    expected = PCA(2).fit(codes)
    for got, given in ((points.places, codes), (points.centres, recipe.prior.means.detach().numpy())):
        assert np.allclose(got.abs().numpy(), np.abs(expected.transform(given)), atol=1e-4)  # the signs are arbitrary
    assert (
        points.labels is None
        and points.axes[0] == f"first principal component, {expected.explained_variance_ratio_[0]:.0%} of the variance"
    )


def test_two_latents_have_a_map_with_the_first_to_the_right_and_the_second_upwards():
    recipe, seen = made(latent_size=2), []
    found = views(recipe, next(Noise().batches(0)))
    assert isinstance(found["latent_map"], Sheet) and found["latent_map"].columns == 15
    assert torch.equal(found["latents"].places, recipe.encode(next(Noise().batches(0)))[0])
    assert isinstance(found["latents"], Points) and found["latents"].axes == ("z1", "z2")
    decode = recipe.decode
    recipe.decode = lambda z, label: seen.append(z) or decode(z, label)
    views(recipe, next(Noise().batches(0)))
    grid = next(z for z in seen if len(z) == 225).reshape(15, 15, 2)
    assert (grid[..., 0].diff(dim=1) > 0).all() and (grid[..., 1].diff(dim=0) < 0).all()
    shares = torch.distributions.Normal(0.0, 1.0).cdf(grid[0, :, 0])
    assert torch.allclose(shares, (torch.arange(15) + 0.5) / 15, atol=1e-5)


def test_a_traversal_moves_one_latent_over_the_priors_width():
    seen = []
    mean, log_variance = torch.tensor([[0.5, 0.2, 0.1], [-0.5, 2.0, 0.1]]), torch.tensor([[0.0, -4.0, 0.0]]).expand(2, 3)
    rows = traversals(lambda z: seen.append(z), StandardNormal(3), mean, log_variance).rows
    assert [name.split(":")[0] for name in rows] == ["latent 2", "latent 1", "latent 3"]  # by divergence, the largest first
    assert torch.allclose(seen[0][:, 1], torch.linspace(-3, 3, 10)) and (seen[0][:, [0, 2]] == mean[0, [0, 2]]).all()


def test_facts_state_what_was_scored():
    assert made(components=4, classes=3).facts() == {
        "likelihood": "Bernoulli",
        "scored": "images binarised at mid-grey",
        "prior": "mixture of 4 normals",
        "latents": 5,
        "classes": 3,
    }


def test_valid_recipes_pass_the_check():
    for arguments in VARIANTS.values():
        made(**arguments).check(next(Noise().batches(0)))


def broken(**changes) -> VAE:
    recipe = made(**changes.pop("arguments", {}))
    for name, value in changes.items():
        setattr(recipe, name, value)
    return recipe


FC = {"size": 8, "latent_size": 5, "hidden": [4]}


@pytest.mark.parametrize(
    ("recipe", "batch", "message"),
    [
        (lambda: broken(encoder=FullyConnectedEncoder(**FC | {"latent_size": 4})), {}, "latent_size: got encoder 4, decoder 5, prior 5"),
        (lambda: broken(prior=Mixture(7, 2)), {}, "latent_size: got encoder 5, decoder 5, prior 7"),
        (lambda: broken(encoder=FullyConnectedEncoder(**FC, classes=3)), {}, "classes: got encoder 3, decoder 0, expected the same"),
        (lambda: broken(arguments={"classes": 3}), {"label": None}, "conditional on one of 3 labels, but the image set has none"),
        (
            lambda: broken(arguments={"classes": 3}),
            {"label": torch.tensor([0, 3, 1, 1])},
            "know 3 labels, .* e.g. number 3. Raise `classes`",
        ),
        (lambda: broken(encoder=FullyConnectedEncoder(**FC | {"size": 9})), {}, "the encoder cannot take images of 1 x 8 x 8: .* `size`"),
        (lambda: broken(arguments={"channels": 3}), {}, "the encoder cannot take images of 1 x 8 x 8"),
        (
            lambda: broken(likelihood=DiscretisedLogistic()),
            {},
            r"the decoder gives 1 x 8 x 8 .* expected 2 x 8 x 8 for .* DiscretisedLogistic takes 2 per value"
            r". Change the decoder's `outputs`",
        ),
        (lambda: broken(decoder=FullyConnectedDecoder(**FC | {"size": 6})), {}, r"the decoder gives 1 x 6 x 6 \(maps, height, width\)"),
    ],
)
def test_parts_that_do_not_fit_are_refused(recipe, batch, message):
    batch = {name: value for name, value in (next(Noise().batches(0)) | batch).items() if value is not None}
    with pytest.raises(InputError, match=message):
        recipe().check(batch)


def test_an_encoder_without_a_variance_is_refused():
    recipe = made()
    recipe.encoder.layers = torch.nn.Sequential(torch.nn.Linear(64, 5))
    with pytest.raises(InputError, match="the encoder gives 5 numbers per image, expected 10: mean and log-variance"):
        recipe.check(next(Noise().batches(0)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"beta": -1.0}, "beta: got -1.0, expected a number from 0 on"),
        ({"free_bits": math.nan}, "free_bits: got nan"),
        ({"beta_warm_up": 1.5}, "beta_warm_up: got 1.5, expected a share of the budget"),
        ({"importance_samples": (1, 10, 25)}, r"importance_samples: got \[1, 10, 25\], .* each divides the next"),
        ({"importance_samples": ()}, "importance_samples"),
        ({"importance_samples": (0, 10)}, "importance_samples"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        made(**arguments)


def test_a_vae_can_be_configured_in_yaml():
    networks = {"size": 8, "latent_size": 2, "hidden": [8]}
    recipe = build(
        {
            "class": "genlab.recipes.vae.VAE",
            "encoder": {"class": "genlab.networks.coders.FullyConnectedEncoder", **networks},
            "decoder": {"class": "genlab.networks.coders.FullyConnectedDecoder", **networks, "outputs": 2},
            "likelihood": {"class": "genlab.variational.likelihoods.Gaussian", "deviation": "predicted", "levels": 17},
            "prior": {"class": "genlab.variational.priors.Mixture", "latent_size": 2, "components": 3},
            "optimizer": {"class": "torch.optim.Adam", "partial": True, "lr": 1.0e-2},
            "importance_samples": [1, 5],
        }
    )
    recipe.check(next(Noise().batches(0)))
    (first, *_, last) = turns(recipe, 40)
    assert first.terms["vae/elbo"] < last.terms["vae/elbo"]
