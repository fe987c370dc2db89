"""Operations of served models against the recipes that they were exported from."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image
from stand_ins import ADAM, COMPUTE, image_set

import genlab
from genlab.build import build
from genlab.export.release import release_files
from genlab.images.pixels import to_bytes, to_channels_first, to_unit
from genlab.networks.latents import of_seeds, spherical_interpolation
from genlab.serving.errors import LateError, RequestError
from genlab.serving.images import png
from genlab.serving.inference import pixels_of
from genlab.serving.limits import Limits
from genlab.serving.operations import OPERATIONS, Answerer, columns_of, operations_of, options_of

CODER = {"size": 16, "channels": 1, "latent_size": 3, "hidden": [8], "classes": 2}
VAE = {
    "class": "genlab.recipes.vae.VAE",
    "likelihood": {"class": "genlab.variational.likelihoods.Bernoulli"},
    "prior": {"class": "genlab.variational.priors.Mixture", "latent_size": 3, "components": 4},
    "encoder": {"class": "genlab.networks.coders.FullyConnectedEncoder", **CODER},
    "decoder": {"class": "genlab.networks.coders.FullyConnectedDecoder", **CODER},
    "optimizer": ADAM,
    "importance_samples": [7],
}
MIXTURE = {
    "class": "genlab.recipes.mixture.Mixture",
    "size": 16,
    "components": 3,
    "covariance": {"class": "genlab.mixtures.covariances.Diagonal", "partial": True, "regularisation": 1.0e-3},
    "start": {"class": "genlab.mixtures.starts.KMeans", "restarts": 1},
}
STYLE = {
    "class": "genlab.recipes.stylegan.StyleGAN",
    "generator": {
        "class": "genlab.networks.style.Generator",
        "mapping": {"class": "genlab.networks.style.Mapping", "latent_size": 6, "style_size": 8, "depth": 2},
        "synthesis": {"class": "genlab.networks.stylegan2.Synthesis", "size": 16, "channels": 1, "style_size": 8, "width": 4, "most": 8},
    },
    "critic": {"class": "genlab.networks.stylegan2.Critic", "size": 16, "channels": 1, "width": 4, "most": 8},
    "generator_optimizer": ADAM,
    "critic_optimizer": ADAM,
}


def released(model: dict, folder) -> tuple:
    """A recipe after a short training, and the answerer of its release."""
    trained = genlab.fit(model, image_set(), budget=40, batch_size=20, compute=build(COMPUTE))
    genlab.release(trained, image_set(), folder, tolerance=1e-3)
    return trained.recipe.eval(), Answerer(folder)


@pytest.fixture(scope="module")
def vae(tmp_path_factory):
    return released(VAE, tmp_path_factory.mktemp("operations") / "vae")


@pytest.fixture(scope="module")
def mixture(tmp_path_factory):
    return released(MIXTURE, tmp_path_factory.mktemp("operations") / "mixture")


@pytest.fixture(scope="module")
def style(tmp_path_factory):
    """A style-based recipe whose mean of w and noise have been trained a little, so that psi and noise matter."""
    return released(STYLE, tmp_path_factory.mktemp("operations") / "style")


def pixels(content: bytes) -> np.ndarray:
    found = np.asarray(Image.open(io.BytesIO(content)))
    return found[:, :, None] if found.ndim == 2 else found


def off(got: np.ndarray, image: torch.Tensor) -> int:
    """Largest difference in grey levels of an answer from an image (1, C, H, W) of torch."""
    expected = to_bytes(image).permute(0, 2, 3, 1).numpy()[0]
    return int(np.abs(got.astype(int) - expected).max())


def test_models_have_the_operations_of_their_networks(vae, mixture, style):
    inferring = ["sample", "interpolate", "reconstruct", "score", "encode", "decode", "cluster"]
    assert operations_of(vae[1].facts) == inferring
    assert operations_of(mixture[1].facts) == ["sample", "interpolate", "reconstruct", "score", "cluster"]
    assert operations_of(style[1].facts) == ["sample", "interpolate", "mix"]
    assert [columns_of(each[1].facts) for each in (vae, mixture, style)] == [["seed", "image", "latent"], ["seed", "image"], ["seed"]]
    assert set(options_of(style[1].facts)) == {"operation", "truncation", "count", "fine", "crossover"}


def test_latents_go_out_and_come_back(vae):
    recipe, answerer = vae
    image = image_set().images[0]
    options = {"operation": "encode", "label": "1"}
    answer = answerer.answer({"image": [png(image)]}, options)
    batch = {"image": to_unit(to_channels_first(image[None])), "label": torch.tensor([1])}
    mean, log_variance = recipe.encode(batch)
    np.testing.assert_allclose(answer["mean"][0], mean[0], atol=1e-5)
    np.testing.assert_allclose(answer["log_variance"][0], log_variance[0], atol=1e-5)
    (decoded,) = answerer.answer({"latent": answer["mean"]}, {"operation": "decode", "label": "1"})["image"]
    assert off(pixels(decoded), recipe.decode(mean, batch["label"])) <= 1
    (reconstructed,) = answerer.answer({"image": [png(image)]}, options | {"operation": "reconstruct"})["image"]
    assert reconstructed == decoded


def test_scores_and_components_equal_those_of_the_inference(vae, mixture):
    image = image_set().images[3]
    for (_, answerer), options in ((vae, {"label": "0"}), (mixture, {})):
        score = answerer.answer({"image": [png(image)]}, {"operation": "score", "samples": 7} | options)
        expected = answerer.inference.score(image, 0, samples=7)
        assert score == {"log_likelihood": [expected.nats], "bits_per_dimension": [expected.bits_per_dimension]}
        cluster = answerer.answer({"image": [png(image)]}, {"operation": "cluster"} | options)
        assert sum(cluster["probabilities"][0]) == pytest.approx(1)
        assert cluster["component"] == [int(np.argmax(cluster["probabilities"][0]))]


def test_responsibilities_equal_those_of_the_mixture(mixture):
    recipe, answerer = mixture
    images = image_set().images[:4]
    answer = answerer.answer({"image": [png(image) for image in images]}, {"operation": "cluster"})
    expected = recipe.responsibilities({"image": to_unit(to_channels_first(images))})
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-4)


def test_a_walk_visits_its_seeds_and_goes_on_great_circles(style):
    recipe, answerer = style
    walk = answerer.answer({"seed": [3, 8]}, {"operation": "interpolate", "count": 5})["image"]
    assert len(answerer.answer({"seed": [3, 8]}, {"operation": "interpolate"})["image"]) == 11
    assert len(walk) == 5 and walk[0] == answerer.answer({"seed": [3]})["image"][0]
    latents, _, noise = of_seeds([3, 8], recipe.latent_size, 0, recipe.noise_size)
    middle = spherical_interpolation(latents[:1], latents[1:], 3)[:, 1]
    assert off(pixels(walk[2]), recipe.sample(middle, noise=noise[:1])) <= 1


@pytest.mark.parametrize("crossover", [0, 1, 3, 6])
def test_mixed_styles_equal_those_of_the_network(style, crossover):
    recipe, answerer = style
    (got,) = answerer.answer({"seed": [5]}, {"operation": "mix", "fine": 9, "crossover": crossover, "truncation": 0.7})["image"]
    latents, _, noise = of_seeds([5, 9], recipe.latent_size, 0, recipe.noise_size)
    network = recipe.generators()["generator"]
    with torch.no_grad():
        w = network.truncate(network.map(latents), 0.7)
        layers = len(network.sides)
        styles = torch.where((torch.arange(layers) < crossover)[None, :, None], w[:1, None], w[1:, None])
        assert off(pixels(got), network.synthesise(styles, noise[:1])) <= 1
    same = {"truncation": 0.7}
    assert (got == answerer.answer({"seed": [5]}, same)["image"][0]) == (crossover == layers)


@pytest.mark.parametrize(
    ("which", "columns", "options", "message"),
    [
        ("style", {"seed": [1]}, {"operation": "encode"}, "operation: got 'encode', expected one of: sample, interpolate, mix."),
        ("style", {"seed": [1]}, {"operation": "mix", "fine": -1}, "fine: got -1, expected the seed of the fine styles"),
        ("style", {"seed": [1]}, {"operation": "mix", "crossover": 7}, "crossover: got 7, expected the first layer"),
        ("style", {"seed": [1]}, {"operation": "mix", "count": 2}, "count: got 2, which the operation mix does not use. It uses: trunc"),
        ("style", {"seed": [1]}, {"operation": "interpolate"}, "seed: got 1 row, expected two or more"),
        ("style", {"seed": [1, 2, 3]}, {"operation": "interpolate", "count": 2}, "count: got 2, expected the images of the whole walk, 3"),
        ("style", {"seed": [1, 2.5]}, {"operation": "interpolate", "count": 9}, "row 1: seed: got 2.5"),
        ("style", {"seed": [1, 2]}, {"operation": "interpolate", "count": 10**6}, "count: got 1000000, expected the images"),
        ("vae", {"seed": [1]}, {"operation": "encode"}, "operation encode: got 'seed', expected the column 'image'"),
        ("vae", {}, {}, "operation sample: got a column without a name, expected the column 'seed'"),
        ("vae", {"seed": [1], "image": [b""]}, {}, "operation sample: got 'seed', 'image', expected the column 'seed'"),
        ("vae", {"image": [b"x"]}, {"operation": "encode"}, "label: got '', expected the class of the rows, one of"),
        ("vae", {"latent": [[0.0, 0.0, 0.0]]}, {"operation": "decode"}, "label: got '', expected the class of the rows, one of"),
        ("vae", {"latent": [[0.0, True, 0.0]]}, {"operation": "decode", "label": "0"}, "row 0: latent: got [0.0, True, 0.0]"),
        ("vae", {"latent": [["0.1", 0.0, 0.0]]}, {"operation": "decode", "label": "0"}, "row 0: latent: got ['0.1', 0.0, 0.0]"),
        ("vae", {"image": [b"x"]}, {"operation": "encode", "label": "1"}, "row 0: not an image that can be read"),
        ("vae", {"image": [7]}, {"operation": "encode", "label": "1"}, "row 0: not an image that can be read: got int"),
        (
            "vae",
            {"latent": [[1.0, 2.0]]},
            {"operation": "decode", "label": "0"},
            "row 0: latent: got [1.0, 2.0], expected a list of 3 finite numbers",
        ),
        ("vae", {"latent": [[1.0, 2.0, math.nan]]}, {"operation": "decode", "label": "0"}, "row 0: latent: got [1.0, 2.0, nan]"),
        ("vae", {"latent": [["abc"]]}, {"operation": "decode", "label": "0"}, "row 0: latent: got ['abc']"),
        ("vae", {"image": [b"x"]}, {"operation": "score", "label": "0", "samples": 0}, "samples: got 0, expected a whole number, 1 to"),
        ("mixture", {"latent": [[1.0]]}, {"operation": "decode"}, "operation: got 'decode', expected one of: sample, interpolate, recon"),
    ],
)
def test_wrong_requests_are_refused_with_a_reason(request, which, columns, options, message):
    with pytest.raises(RequestError) as raised:
        request.getfixturevalue(which)[1].answer(columns, options)
    assert message in str(raised.value)


def test_every_operation_observes_the_time_limit(vae, style):
    picture = png(image_set().images[0])
    rows = {"seed": [1, 2], "image": [picture], "latent": [[0.0, 0.0, 0.0]]}
    for name, operation in OPERATIONS.items():
        answerer = style[1] if name == "mix" else vae[1]
        options = {"operation": name, "count": 2 if name == "interpolate" else 1} | ({"label": "0"} if answerer is vae[1] else {})
        with pytest.raises(LateError):
            answerer.answer({operation.column: rows[operation.column]}, options, seconds=-1.0)


def test_a_release_states_its_layers(style):
    recipe, answerer = style
    facts = answerer.facts
    assert facts["layers"] == len(recipe.generators()["generator"].sides)
    artefacts, parity = release_files(recipe, STYLE, image_set(), tolerance=1e-3)
    assert "generator.onnx" in artefacts and parity["onnx_difference"]["generator"] < 1e-3


def test_pictures_share_the_pixels_of_a_request_and_lie_on_the_background_of_the_set(mixture):
    _, answerer = mixture
    clear = io.BytesIO()
    Image.new("LA", (16, 16), (200, 0)).save(clear, "PNG")
    shade = pixels_of(clear.getvalue(), answerer.facts, 256)[0]
    assert set(shade.flatten()) == {answerer.facts["background"][0]} == {image_set().background[0]}
    answerer.sampler.limits = answerer.sampler.limits._replace(pixels=400)
    try:
        with pytest.raises(RequestError, match="row 1: not an image that can be read"):
            answerer.answer({"image": [clear.getvalue()] * 2}, {"operation": "reconstruct"})
    finally:
        answerer.sampler.limits = Limits.of(answerer.facts)
