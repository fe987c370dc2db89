"""Tests of releases, from a checkpoint to a registered version that serves the outputs of the network."""

import base64
import hashlib
import io
import json
import logging
import math
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import get_type_hints

import mlflow
import numpy as np
import pandas as pd
import pytest
import torch
from kedro.pipeline import Pipeline
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import scoring_server
from PIL import Image
from stand_in_metrics import SAMPLE_PROTOCOL, TRANSLATION_PROTOCOL

from genlab.build import build
from genlab.errors import InputError
from genlab.evaluation.scores import Group, GroupName, Row, Score
from genlab.images.pixels import to_bytes, to_channels_first, to_unit
from genlab.networks import latents
from genlab.networks.dropout_noise import DropoutNoise
from genlab.serving.sampler import Sampler
from genlab.study.results import Outcome
from genlab.translation.padding import translate
from genlab.translation.tiling import translate_in_tiles
from pipelines.data_preparation.declaration import ImageSet
from pipelines.registered_models import resolve
from pipelines.release import create_pipeline
from pipelines.release.card import describe, table
from pipelines.release.nodes import export, register
from pipelines.release.page import DESCRIPTION_LIMIT, fitting, links, trained
from pipelines.release.parameters import Release
from pipelines.release.promotion import Headline, Standing, beats, digest, unfit
from pipelines.release.registry import ModelVersion
from pipelines.release.serving import facts_of, serving_of
from pipelines.session import Session
from pipelines.tracking import Run, flatten

ADAM = {"class": "torch.optim.Adam", "partial": True}
MODEL = {
    "class": "genlab.recipes.cyclegan.CycleGAN",
    "loss": {"class": "genlab.losses.adversarial.LEAST_SQUARES"},
    "generator": {"class": "genlab.networks.resnet.ResNet", "partial": True, "width": 4, "blocks": 1},
    "critic": {"class": "genlab.networks.patchgan.PatchGAN", "partial": True, "width": 4, "layers": 1},
    "generator_optimizer": ADAM,
    "critic_optimizer": ADAM,
    "average_half_life": 100.0,
}
NOISY = {  # dropout stays on when sampling
    "class": "genlab.recipes.pix2pix.Pix2Pix",
    "sampling": {"class": "genlab.networks.inference.Inference", "dropout": True, "statistics": "batch"},
    "loss": {"class": "genlab.losses.adversarial.NON_SATURATING"},
    "generator": {"class": "genlab.networks.unet.UNet", "size": 32, "width": 2},
    "critic": None,
    "generator_optimizer": ADAM,
    "critic_optimizer": ADAM,
}
SAMPLER = {
    "class": "genlab.recipes.gan.GAN",
    "loss": {"class": "genlab.losses.adversarial.NON_SATURATING"},
    "generator": {"class": "genlab.networks.dcgan.Generator", "size": 16, "latent_size": 6, "width": 4},  # with batch norm
    "critic": {"class": "genlab.networks.dcgan.Critic", "size": 16, "width": 4},
    "generator_optimizer": ADAM,
    "critic_optimizer": ADAM,
    "average_half_life": 100.0,
}
STYLED = {
    "class": "genlab.recipes.stylegan.StyleGAN",
    "generator": {
        "class": "genlab.networks.style.Generator",
        "mapping": {"class": "genlab.networks.style.Mapping", "latent_size": 6, "style_size": 5, "depth": 2, "classes": 3},
        "synthesis": {"class": "genlab.networks.stylegan2.Synthesis", "size": 8, "style_size": 5, "width": 4},
    },
    "critic": {"class": "genlab.networks.stylegan2.Critic", "size": 8, "width": 4, "classes": 3},
    "generator_optimizer": ADAM,
    "critic_optimizer": ADAM,
}
METRICS = {
    "headline": {"name": "kid_efflite0_mean", "value": 0.12, "lower_is_better": True},
    "protocol": TRANSLATION_PROTOCOL,
    "a_to_b": {
        "translated": {"l1": 0.31, "kid_efflite0": 0.123456, "kid_efflite0_spread": 0.01},
        "identity": {"l1": 0.56, "kid_efflite0": 0.2},
    },
    "b_to_a": {"translated": {"l1": 0.4, "kid_efflite0": 0.1}},
}
NOISY_METRICS = {name: value for name, value in METRICS.items() if name != "b_to_a"}
SCORES = ("kid_efflite0", "kid_efflite0_spread", "fid_efflite0", "precision", "recall", "density", "coverage", "nearest_training")
SAMPLER_METRICS = {
    "headline": {"name": "kid_efflite0", "value": 0.123456, "lower_is_better": True},
    "protocol": SAMPLE_PROTOCOL,
    "samples": {
        "generated": dict.fromkeys((*SCORES, "a_ninth_score", "a_tenth_score"), 0.123456),
        "untrained": dict.fromkeys(SCORES, 0.9),
        "training images": {score: 0.01 for score in SCORES if score != "nearest_training"},
    },
}
RELEASE = Release(limits=["Colours are guesses."])
IMAGE_SET = ImageSet(kind="unpaired", source={"class": "x"}, size=8, licence="MIT (Microsoft)", limits=["Emoji only."])


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def images():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
    paths = ["high_contrast/1.png", "high_contrast/2.png", "3d/1.png", "3d/2.png"]
    manifest = pd.DataFrame({"path": paths, "domain": ["a", "a", "b", "b"]})
    return SimpleNamespace(
        name="emoji",
        kind="unpaired",
        images=pixels,
        manifest=manifest,
        classes=(),
        content_hash="d" * 64,
        background=(255, 255, 255),
        bits=16,
    )


@pytest.fixture(scope="module")
def recipe():
    torch.manual_seed(0)
    recipe = build(MODEL)
    for network in recipe.generators().values():  # the averages, which now differ from the generators
        for parameter in network.parameters():
            parameter.data.mul_(5)
    return recipe.eval()


@pytest.fixture(scope="module")
def exported(recipe, images):
    return export(recipe.state_dict(), MODEL, images, Release())


@pytest.fixture(scope="module")
def noisy_recipe():
    torch.manual_seed(2)
    recipe = build(NOISY)
    with torch.no_grad():
        for parameter in recipe.parameters():  # large weights, so that noise has a visible effect
            parameter.normal_(std=0.3)
    return recipe.eval()


@pytest.fixture(scope="module")
def exported_noisy(noisy_recipe, images):
    return export(noisy_recipe.state_dict(), NOISY, images, Release())


@pytest.fixture(scope="module")
def sampling_recipe():
    torch.manual_seed(1)
    recipe = build(SAMPLER)
    with torch.no_grad():
        for value in recipe.average.module.parameters():  # the average, which now differs from the generator
            value.mul_(20) if value.dim() > 1 else value.normal_(std=0.5)
        for name, value in recipe.average.module.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                value.uniform_(0.2, 2)
    return recipe


@pytest.fixture(scope="module")
def exported_sampler(sampling_recipe, images):
    return export(sampling_recipe.state_dict(), SAMPLER, images, Release())


@pytest.fixture(scope="module")
def styled_recipe():
    """Recipe with a moving average in which neither the strengths of the noise nor the mean of the styles are 0."""
    torch.manual_seed(3)
    recipe = build(STYLED)
    generator = recipe.generators()["generator"]
    with torch.no_grad():
        generator.mean.normal_()
        for name, value in generator.named_parameters():
            if name.endswith("strength"):
                value.fill_(0.3)
    return recipe.eval()


@pytest.fixture(scope="module")
def exported_styled(styled_recipe):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8)
    images = SimpleNamespace(name="signs", images=pixels, classes=("a", "b", "c"), content_hash="d" * 64, bits=16)
    return export(styled_recipe.state_dict(), STYLED, images, Release())


def described(exported, metrics, release=RELEASE):
    """The card of a release with these scores of its checkpoint."""
    return describe(*exported, scored(exported, metrics), release, IMAGE_SET)


def test_the_card_has_what_people_said_about_its_weights(exported):
    outcome = Outcome("mine", "real_or_generated", "fooled", 0.312, 0.241, 0.39, 1, 2, 12, 576, 500, "a1b2c3d4" * 8)
    asked = []

    def studies(checkpoint):
        asked.append(checkpoint)
        return [outcome]

    card = describe(*exported, scored(exported, METRICS), RELEASE, IMAGE_SET, studies)
    assert asked == [json.loads(exported[0]["release.json"])["checkpoint"]]
    assert "## Judged by people\n- share of its images taken for real, % (50 is chance): 31.2 [24.1, 39.0]; rank 1 of 2; 12 " in card
    assert "Judged by people" not in described(exported, METRICS)


def scored(exported, metrics):
    """The content of metrics.json for the checkpoint of a release."""
    return metrics | {"checkpoint": json.loads(exported[0]["release.json"])["checkpoint"]}


def registered(exported, metrics, images):
    return register(exported[0], described(exported, metrics), scored(exported, metrics), images)


@pytest.fixture(scope="module")
def registry(exported, exported_noisy, exported_sampler, images, tmp_path_factory):
    """A registry with one version each of a translator, of a translator with noise, and of a sampler.

    `save` registers further versions of the first, for example with another headline value.
    """
    folder = tmp_path_factory.mktemp("store")
    patch = pytest.MonkeyPatch()
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    client = mlflow.MlflowClient()
    experiment = client.create_experiment("genlab", (folder / "artifacts").as_uri())
    tags = {"command": "kedro run --pipeline=cyclegan", "mlflow.source.git.commit": "c0ffee", "git.dirty": "true"}
    runs = {name: client.create_run(experiment, tags=tags).info.run_id for name in ("cyclegan", "pix2pix", "gan")}
    session = Session(folder, {})
    session.runs.under_way = {name: Run(client, run_id, folder / "outbox") for name, run_id in runs.items()}
    versions = {name: ModelVersion(name) for name in (*runs, "progan")}
    for version in versions.values():
        version.bind(session)
    dataset = versions["cyclegan"]
    registration = registered(exported, METRICS, images)
    versions["pix2pix"].save(registered(exported_noisy, NOISY_METRICS, images))
    versions["gan"].save(registered(exported_sampler, SAMPLER_METRICS, images))

    def save(value: float = 0.12, spread: float | None = None, **changes):
        dataset.save(registration._replace(headline=Headline("kid_efflite0_mean", value, True, spread), **changes))
        return dataset.load()

    yield SimpleNamespace(save=save, first=save(), client=client, runs=runs, versions=versions)
    mlflow.set_tracking_uri(before)
    patch.undo()


@pytest.fixture(scope="module")
def champion(registry):
    return mlflow.pyfunc.load_model("models:/cyclegan-emoji@champion")


@pytest.fixture(scope="module")
def noisy(registry):
    return mlflow.pyfunc.load_model("models:/pix2pix-emoji@champion")


@pytest.fixture(scope="module")
def sampler(registry):
    return mlflow.pyfunc.load_model("models:/gan-emoji@champion")


def test_the_command_line_finds_the_release_and_the_card_of_a_version(registry, exported):
    for name in ("cyclegan-emoji", "cyclegan-emoji@champion", "cyclegan-emoji/1", "models:/cyclegan-emoji/1"):
        folder, card = resolve(name)
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == exported[0]
        assert "**CycleGAN** on the image set **emoji**" in card and "c0ffee" in card


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def pixels_of(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def noise_image(width: int, height: int, seed: int = 1) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def by_torch(recipe, image: Image.Image, direction: str, tile: int = 0, seed: int = 0) -> np.ndarray:
    network = recipe.generators()[direction]

    class OfSeed(DropoutNoise):
        def draw(self, images: torch.Tensor) -> torch.Tensor:
            height, width = (side // self.stride for side in images.shape[2:])
            return torch.from_numpy(np.random.default_rng([seed]).random((1, self.channels, height, width), np.float32))

    noise, smallest = (None, 8) if network.noise is None else (OfSeed(*network.noise), 32)
    images = to_unit(to_channels_first(np.asarray(image)[None].copy()))
    if tile:
        translation = translate_in_tiles(network, images, tile, tile // 4, network.stride, smallest, noise)
    else:
        whole = (lambda padded: network(padded, noise.draw(padded))) if noise else network
        translation = translate(whole, images, network.stride, smallest)
    return to_bytes(translation)[0].permute(1, 2, 0).numpy()


def sampled_by_torch(recipe, seed: int, truncation: float) -> np.ndarray:
    latent = torch.from_numpy(np.random.default_rng(seed).standard_normal(6)).float()
    return to_bytes(recipe.sample(latents.truncated(latent[None], truncation)))[0].permute(1, 2, 0).numpy()


def assert_same_picture(got: np.ndarray, expected: np.ndarray):
    """Assert that both pictures are equal, except for values on the edge between two bytes."""
    assert got.shape == expected.shape
    difference = np.abs(got.astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.002


@pytest.mark.filterwarnings("ignore:.*dataset names contain")
def test_inputs_of_the_pipeline_come_from_training_and_evaluation_and_its_options_are_checked():
    pipeline = Pipeline(create_pipeline(), namespace="cyclegan", inputs={"images": "emoji.images"})
    assert pipeline.inputs() == {"emoji.images", "cyclegan.studies"} | {f"cyclegan.{name}" for name in ("checkpoint", "metrics")} | {
        f"params:cyclegan.{name}" for name in ("model", "release", "image_set")
    }
    assert pipeline.outputs() == {"cyclegan.model_version"}
    assert export in [node.func for node in pipeline.nodes]
    # Kedro validates a parameter by its annotation, where all annotations of the function can be resolved.
    assert get_type_hints(export)["release"] is get_type_hints(describe)["release"] is Release


def test_the_artefacts_describe_themselves(exported, images):
    artefacts, parity = exported
    assert set(artefacts) == {"a_to_b.onnx", "a_to_b.safetensors", "b_to_a.onnx", "b_to_a.safetensors", "release.json"}
    facts = json.loads(artefacts["release.json"])
    assert facts["directions"] == ["a_to_b", "b_to_a"]
    assert facts["domains"] == {"a": "high_contrast", "b": "3d"}
    assert (facts["stride"], facts["smallest_side"], facts["training_size"], facts["channels"]) == (4, 8, [16, 16], 3)
    assert (facts["model"], facts["data_hash"]) == (MODEL, images.content_hash)
    assert facts["noise"] is None and "sampling" not in facts
    assert facts["limits"]["bytes_per_pixel"] == 793  # 198 bytes of features alive at once, times 4
    assert (facts["limits"]["images"], facts["limits"]["pixels"], facts["limits"]["megabytes"]) == (1000, 32_000_000, 1000)
    assert max(parity["onnx_difference"].values()) < parity["onnx_tolerance"]


def test_the_artefacts_of_a_translator_with_noise_describe_the_noise(exported_noisy):
    artefacts, parity = exported_noisy
    assert set(artefacts) == {"a_to_b.onnx", "a_to_b.safetensors", "release.json"}
    facts = json.loads(artefacts["release.json"])
    assert (facts["stride"], facts["smallest_side"], facts["noise"]) == (32, 32, {"channels": 16, "stride": 16})
    assert facts["sampling"] == {"dropout": True, "statistics": "batch"}
    assert 0 < parity["onnx_difference"]["a_to_b"] < 1e-5


def test_a_grey_example_is_a_grey_png(exported, images):
    grey = SimpleNamespace(images=images.images[:, :, :, :1])
    (content,) = serving_of(facts_of(exported[0])).example(grey)
    assert np.array_equal(pixels_of(content), grey.images[0, :, :, 0])


def test_the_artefacts_of_a_sampler_describe_themselves(exported_sampler, images):
    artefacts, parity = exported_sampler
    assert set(artefacts) == {"generator.onnx", "generator.safetensors", "release.json"}
    facts = json.loads(artefacts["release.json"])
    assert (facts["served_as"], facts["latent_size"], facts["training_size"], facts["channels"]) == ("sampler", 6, [16, 16], 3)
    assert (facts["model"], facts["image_set"], facts["data_hash"]) == (SAMPLER, "emoji", images.content_hash)
    for name in ("generator.onnx", "generator.safetensors"):
        assert facts["sha256"][name] == hashlib.sha256(artefacts[name]).hexdigest()
    assert max(parity["onnx_difference"].values()) < parity["onnx_tolerance"]
    assert not {"noise_size", "truncates"} & set(facts)  # only style-based recipes have these
    assert facts["limits"] == {"images": 1000}


def test_limits_of_requests_are_parameters_of_the_release(sampling_recipe, images):
    chosen = Release(requests={"images": 5, "megabytes": 10})
    assert facts_of(export(sampling_recipe.state_dict(), SAMPLER, images, chosen)[0])["limits"] == {"images": 5}


def test_the_artefacts_and_the_card_of_a_style_recipe_describe_truncation(exported_styled, styled_recipe):
    artefacts, parity = exported_styled
    facts = json.loads(artefacts["release.json"])
    assert (facts["truncates"], facts["noise_size"], facts["classes"]) == ("styles", styled_recipe.noise_size, ["a", "b", "c"])
    assert max(parity["onnx_difference"].values()) < parity["onnx_tolerance"]
    assert "`truncation` is psi: 1 as trained" in described((artefacts, parity), SAMPLER_METRICS)


@pytest.mark.parametrize("psi", [1.0, 0.6, 0.0])
def test_a_served_style_recipe_makes_the_same_image_as_torch(psi, exported_styled, styled_recipe, tmp_path):
    for name, content in exported_styled[0].items():
        (tmp_path / name).write_bytes(content)
    released = Sampler(tmp_path)
    for seed, label in ((0, ""), (41, "c")):
        (content,) = released.images([seed], truncation=psi, label=label)
        random = np.random.default_rng(seed)
        latent, own, noise = random.standard_normal((1, 6)), random.integers(3), random.standard_normal((1, styled_recipe.noise_size))
        latent, noise = (torch.from_numpy(each).float() for each in (latent, noise))
        expected = styled_recipe.sample(latent, torch.tensor([2 if label else own]), noise, psi)
        picture = to_bytes(expected)[0].permute(1, 2, 0).numpy()
        assert picture.std() > 10
        assert np.abs(pixels_of(content).astype(int) - picture).max() <= 1


def test_a_checkpoint_of_another_model_is_an_error_that_names_the_difference(recipe, images):
    wider = MODEL | {"generator": MODEL["generator"] | {"width": 8}}
    with pytest.raises(InputError, match=r"trained with another model.*size mismatch for a_to_b"):
        export(recipe.state_dict(), wider, images, Release())


def test_the_card_shows_the_grid_first_then_every_row_and_score(exported):
    card = described(exported, METRICS, RELEASE)
    assert card.startswith("![samples](/get-artifact?path=samples%2Fsamples.png&run_uuid=${run})\n")
    assert "**CycleGAN** on the image set **emoji**" in card
    names = "`a_to_b` (`high_contrast_to_3d`), `b_to_a` (`3d_to_high_contrast`)"
    assert f"Translates {names}: takes images of any size, trained at 16 x 16 px, RGB." in card
    assert "|  | l1 | kid_efflite0 x 1000 |" in card
    assert "| translated | 0.31 | 123 ± 10 |" in card
    assert "| identity | 0.56 | 200 |" in card
    assert '- images: `{"a": 120, "b": 120}`' in card
    for part in ("d" * 64, "MIT (Microsoft)", "- Emoji only.", "${git_commit}", "${command}"):
        assert part in card


@pytest.mark.parametrize(
    ("extra", "sentences"),
    [
        (
            {"sampling": {"dropout": True, "statistics": "batch"}},
            " Dropout stays on: its noise comes from `seed`. Batch norm uses the statistics of each image, or of each tile.",
        ),
        ({"sampling": {"dropout": False, "statistics": "running"}}, " Dropout is off. Batch norm uses the statistics of training."),
        ({}, ""),
    ],
)
def test_the_card_describes_how_a_translator_samples(exported_noisy, extra, sentences):
    artefacts, parity = exported_noisy
    facts = {name: fact for name, fact in facts_of(artefacts).items() if name != "sampling"} | extra
    card = described((artefacts | {"release.json": json.dumps(facts).encode()}, parity), NOISY_METRICS)
    assert f"`tile` is their side in px, a multiple of 32 (0: chosen by memory).{sentences}\n" in card


def test_hashes_are_last_on_the_card_and_its_commands_are_those_of_the_command_line(exported, exported_sampler):
    for files, metrics, command in (
        (exported, METRICS, "genlab translate ${model} photos/ --direction high_contrast_to_3d --out high_contrast_to_3d/"),
        (exported_sampler, SAMPLER_METRICS, "genlab sample ${model} --count 64 --out samples/"),
    ):
        card = described(files, metrics, RELEASE)
        assert re.findall(r"^## (.*)", card, re.MULTILINE) == ["Use", "Scores", "Limits", "Provenance", "Protocol", "Hashes"]
        assert not re.search(r"\b[0-9a-f]{40,}", card.partition("## Hashes")[0]) and f"\n{command}\n" in card
        body = re.search(r"'(\{.*?\})'", card.partition("mlflow models serve")[2])[1].replace("%s", "AA==")
        assert json.loads(body)["dataframe_split"]["columns"] == [serving_of(facts_of(files[0])).column[0]]


def test_the_page_of_a_version_links_to_its_other_pictures():
    text = links("7", "abc", ["samples/samples.png", "samples/kid by psi.png", "samples/curves.png", "samples/history.csv"])
    assert re.findall(r"\[(.*?)\]\((.*?)\?", text) == [
        ("kid by psi", "#/experiments/7/runs/abc/artifacts/samples/kid%20by%20psi.png"),
        ("curves", "#/experiments/7/runs/abc/artifacts/samples/curves.png"),
        ("slider of samples", "#/experiments/7/runs/abc/model-metrics"),
    ]


@pytest.mark.parametrize(
    ("metrics", "params", "text"),
    [
        (
            {"speed/training_seconds": 181.4, "speed/images_per_second": 265.3},
            {"budget.images": "48000"},
            "48,000 images in 3:01 min, 265 images/s",
        ),
        ({"speed/training_seconds": 0.6}, {"budget.images": "24"}, "24 images in 0.6 s"),
        ({}, {}, "unknown number of images"),
    ],
)
def test_the_time_of_a_training_in_words(metrics, params, text):
    assert trained(metrics, params) == text


def test_a_long_card_ends_at_a_line_and_names_the_rest():
    card = "\n".join(f"- line {number}" for number in range(1000))
    short = fitting(card)
    assert DESCRIPTION_LIMIT - 20 < len(short) <= DESCRIPTION_LIMIT
    assert short.endswith("The rest is in card.md, among the artifacts of the source run.") and card.startswith(
        short.partition("\n\n")[0] + "\n"
    )
    assert fitting(card[:100]) == card[:100]


def test_only_a_translator_with_noise_has_a_seed(exported, exported_noisy):
    params = {("direction", "string", "a_to_b"), ("tile", "long", 0)}
    assert set(serving_of(facts_of(exported[0])).params) == params
    assert set(serving_of(facts_of(exported_noisy[0])).params) == params | {("seed", "long", 0)}


def test_the_card_of_a_sampler_has_ten_scores_and_fits_the_registry(exported_sampler, registry):
    card = described(exported_sampler, SAMPLER_METRICS, RELEASE)
    assert "**GAN** on the image set **emoji**" in card
    assert "Generates RGB images of 16 x 16 px from seeds. Each seed determines a latent of 6 numbers from N(0, 1)" in card
    assert "| training images | 10 ± 10 | 0.01 | 0.01 | 0.01 | 0.01 | 0.01 | - | - | - |" in card
    assert '- images: `{"held_out": 1000, "generated": 1000}`' in card
    assert len(registry.client.get_model_version("gan-emoji", 1).description) < DESCRIPTION_LIMIT


def test_the_models_own_row_is_first_on_the_card_and_registered_whatever_its_position_in_the_file(exported_sampler, images):
    turned = SAMPLER_METRICS | {"samples": dict(reversed(SAMPLER_METRICS["samples"].items()))}
    card = described(exported_sampler, turned, RELEASE)
    assert card.index("| generated |") < min(card.index("| untrained |"), card.index("| training images |"))
    assert set(register(exported_sampler[0], card, scored(exported_sampler, turned), images).scores) == {
        f"score/{score}" for score in SAMPLER_METRICS["samples"]["generated"]
    }


def test_tables_may_have_any_column_names_but_not_too_many():
    few = Row("generated", {"a|b": Score(0.5), "c": Score(1.0)})
    assert table(Group(GroupName.SAMPLES, few, ()))[0] == r"|  | a\|b | c |"
    # The columns of this group are classes, and its scores the KID of each; its title has the factor.
    assert table(Group(GroupName.KID_WITHIN_CLASSES, few, ()))[2] == "| generated | 500 | 1,000 |"
    many = Row("generated", {str(number): Score(0.5) for number in range(21)})
    assert table(Group(GroupName.CLASSES, many, ())) == ["21 scores per row, see the run's metrics."]


def test_the_first_version_is_candidate_and_champion_and_states_its_origin(registry):
    first = registry.first
    assert (first["name"], first["version"], first["aliases"]) == ("cyclegan-emoji", 1, ["candidate", "champion"])
    assert (first["run_id"], first["tags"]["git_commit"]) == (registry.runs["cyclegan"], "c0ffee and uncommitted changes")
    assert first["tags"]["protocol"] == digest(METRICS["protocol"])
    description = registry.client.get_model_version("cyclegan-emoji", 1).description
    assert description.startswith(f"![samples](/get-artifact?path=samples%2Fsamples.png&run_uuid={registry.runs['cyclegan']})")
    assert "- command: `kedro run --pipeline=cyclegan`" in description
    assert "${" not in description and "genlab translate cyclegan-emoji/1 photos/" in description
    assert f"[slider of samples](#/experiments/1/runs/{registry.runs['cyclegan']}/model-metrics" in description


@pytest.mark.parametrize(
    ("name", "metrics", "own"),
    [("cyclegan", METRICS, ("a_to_b.translated.", "b_to_a.translated.")), ("gan", SAMPLER_METRICS, ("samples.generated.",))],
)
def test_the_version_is_a_model_of_the_run_with_its_own_scores_under_the_runs_names(registry, name, metrics, own):
    (output,) = registry.client.get_run(registry.runs[name]).outputs.model_outputs[:1]
    model = registry.client.get_logged_model(output.model_id)
    scores = {metric.key: metric.value for metric in model.metrics}
    headline = metrics["headline"]
    of_own = {key.removeprefix("samples.generated."): value for key, value in flatten(metrics).items() if key.startswith(own)}
    expected = of_own | {headline["name"]: headline["value"]}
    assert scores == {f"score/{key.replace('.translated', '')}": value for key, value in expected.items()}
    assert json.loads(model.tags["mlflow.modelVersions"]) == [{"name": f"{name}-emoji", "version": 1}]


@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
@pytest.mark.parametrize("size", [(16, 16), (33, 18), (2, 3), (5, 70)])
def test_the_served_model_equals_the_averaged_network(champion, recipe, direction, size):
    image = noise_image(*size)
    answer = champion.predict(pd.DataFrame({"image": [encoded(image)] * 2}), params={"direction": direction})
    for content in answer["image"]:
        assert_same_picture(pixels_of(content), by_torch(recipe, image, direction))


@pytest.mark.parametrize(("size", "tile"), [((50, 37), 16), ((37, 90), 32), ((18, 16), 20), ((9, 5), 16), ((40, 33), 2**40)])
def test_the_served_model_translates_in_tiles_as_genlab_does(champion, recipe, size, tile):
    image = noise_image(*size)
    content = champion.predict(pd.DataFrame({"image": [encoded(image)]}), params={"tile": tile})["image"][0]
    assert_same_picture(pixels_of(content), by_torch(recipe, image, "a_to_b", tile))
    whole = champion.predict(pd.DataFrame({"image": [encoded(image)]}))["image"][0]
    assert (content == whole) is (tile > max(size))  # the same bits if there is only one tile


@pytest.mark.parametrize(("size", "tile"), [((32, 32), 0), ((70, 33), 0), ((70, 33), 32), ((90, 130), 64)])
@pytest.mark.parametrize("seed", [0, 41, 2**63 - 1])
def test_the_served_model_takes_its_noise_from_the_seed(noisy, noisy_recipe, seed, size, tile):
    image = noise_image(*size)
    params = {"seed": seed, "tile": tile}
    first, second = noisy.predict(pd.DataFrame({"image": [encoded(image)] * 2}), params=params)["image"]
    assert first == second == noisy.predict(pd.DataFrame({"image": [encoded(image)]}), params=params)["image"][0]
    expected = by_torch(noisy_recipe, image, "a_to_b", tile, seed)
    assert expected.std() > 10  # not a blank picture
    assert_same_picture(pixels_of(first), expected)
    other = noisy.predict(pd.DataFrame({"image": [encoded(image)]}), params=params | {"seed": 7})["image"][0]
    assert np.abs(pixels_of(other).astype(int) - pixels_of(first)).mean() > 1


def test_a_seed_over_http(noisy, noisy_recipe):
    image = noise_image(40, 24)
    rows = [[base64.b64encode(encoded(image)).decode()]]
    body = {"dataframe_split": {"columns": ["image"], "data": rows}, "params": {"seed": 3, "tile": 32}}
    answer = scoring_server.invocations(json.dumps(body), "application/json", noisy, noisy.metadata.get_input_schema())
    content = base64.b64decode(json.loads(answer.response)["predictions"][0]["image"])
    assert_same_picture(pixels_of(content), by_torch(noisy_recipe, image, "a_to_b", tile=32, seed=3))


def test_a_single_pixel_is_translated_to_a_single_pixel(champion):
    # Compare only the shape: for a blank image, instance norm amplifies the rounding of each sum.
    answer = champion.predict(pd.DataFrame({"image": [encoded(Image.new("RGB", (1, 1), (9, 99, 199)))]}))
    assert pixels_of(answer["image"][0]).shape == (1, 1, 3)


def test_a_png_over_http_is_answered_with_a_png(champion, recipe):
    image = noise_image(24, 16, seed=2)
    row = base64.b64encode(encoded(image)).decode()
    body = {"dataframe_split": {"columns": ["image"], "data": [[row]]}, "params": {"direction": "b_to_a"}}
    answer = scoring_server.invocations(json.dumps(body), "application/json", champion, champion.metadata.get_input_schema())
    content = base64.b64decode(json.loads(answer.response)["predictions"][0]["image"])
    assert content.startswith(b"\x89PNG")
    assert_same_picture(pixels_of(content), by_torch(recipe, image, "b_to_a"))


@pytest.mark.parametrize("truncation", [0.0, 0.5, 2])
@pytest.mark.parametrize("seed", [0, 41, 2**63 - 1])
def test_the_served_sampler_equals_the_averaged_network(sampler, sampling_recipe, seed, truncation):
    answer = sampler.predict(pd.DataFrame({"seed": [seed]}), params={"truncation": truncation})
    expected = sampled_by_torch(sampling_recipe, seed, truncation or math.inf)
    assert expected.std() > 10  # not a blank picture
    assert_same_picture(pixels_of(answer["image"][0]), expected)


def test_seeds_over_http_are_answered_with_pngs(sampler, sampling_recipe):
    body = {"dataframe_split": {"columns": ["seed"], "data": [[11], [12]]}, "params": {"truncation": 1}}
    answer = scoring_server.invocations(json.dumps(body), "application/json", sampler, sampler.metadata.get_input_schema())
    for seed, row in zip((11, 12), json.loads(answer.response)["predictions"], strict=True):
        content = base64.b64decode(row["image"])
        assert content.startswith(b"\x89PNG")
        assert_same_picture(pixels_of(content), sampled_by_torch(sampling_recipe, seed, 1))


@pytest.mark.parametrize("params", [{"psi": 0.5}, {"tile": 16, "direction": "a_to_b"}])
def test_a_sampler_served_next_to_translators_refuses_unknown_params(champion, noisy, sampler, params):
    with pytest.raises(MlflowException, match=r"Unrecognized params \[.*\]\. Supported params are: count, .*truncation\.$"):
        sampler.predict(pd.DataFrame({"seed": [0]}), params=params)


@pytest.mark.parametrize(
    ("content", "params", "message"),
    [
        (
            encoded(Image.new("RGB", (9, 9))),
            {"direction": "a_to_c"},
            r"direction: got 'a_to_c', expected one of: a_to_b \(high_contrast_to_3d\), b_to_a",
        ),
        (encoded(Image.new("RGB", (9, 9))), {"way": "a_to_b"}, r"Unrecognized params \['way'\]\. Supported params are: direction, tile\.$"),
        (encoded(Image.new("RGB", (9, 9))), {"seed": 1}, r"Unrecognized params \['seed'\]\. Supported params are: direction, tile\.$"),
        (encoded(Image.new("RGB", (9, 9))), {"tile": 30}, "tile: got 30, expected a side in pixels, a multiple of 4 from 8 on, or 0 to"),
        (encoded(Image.new("RGB", (9, 9))), {"tile": 4}, "tile: got 4, expected"),
        (encoded(Image.new("RGB", (9, 9))), {"tile": -16}, "tile: got -16, expected"),
        (encoded(Image.new("RGB", (9, 9))), {"tile": None}, "tile: got None, expected"),
        (encoded(Image.new("RGB", (9, 9))), {"tile": 16.5}, "tile"),
        (b"GET / HTTP/1.1", {}, "row 0: not an image that can be read: it begins with b'GET / HTTP/1"),
        (encoded(Image.linear_gradient("L"))[:300], {}, "row 0: not an image that can be read: image file is truncated"),
        (encoded(Image.new("F", (9, 9)), "TIFF"), {}, "floating-point pixels have no known range"),
    ],
)
def test_errors_of_the_served_model_state_the_received_and_the_expected_value(champion, content, params, message):
    with pytest.raises(MlflowException, match=message):
        champion.predict(pd.DataFrame({"image": [content]}), params=params)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"seed": -1}, "seed: got -1, expected a whole number, 0 to 9223372036854775807"),
        ({"seed": None}, "seed: got None, expected a whole number"),
        ({"tile": 16}, "tile: got 16, expected a side in pixels, a multiple of 32 from 32 on"),
        ({"noise": 3}, r"Unrecognized params \['noise'\]\. Supported params are: direction, seed, tile\.$"),
        ({"noise": 3, "tiles": 32}, r"Unrecognized params \['\w+', '\w+'\]\. Supported params are: direction, seed, tile\.$"),
        ({"direction": "b_to_a"}, "direction: got 'b_to_a', expected one of: a_to_b"),
    ],
)
def test_errors_of_a_served_model_with_noise(champion, sampler, noisy, params, message):
    with pytest.raises(MlflowException, match=message):
        noisy.predict(pd.DataFrame({"image": [encoded(Image.new("RGB", (9, 9)))]}), params=params)


@pytest.mark.parametrize("known", ["{'direction'}", "{'temperature'}", "{'tile', 'direction', 'size'}"])
def test_warnings_about_params_of_other_models_are_not_changed(champion, noisy, known):
    warning = f"Unrecognized params ['direction', 'tile'] are ignored for inference. Supported params are: {known}. To enable them, ..."
    record = logging.makeLogRecord({"msg": warning, "levelno": logging.WARNING})
    assert logging.getLogger("mlflow.models.utils").filter(record)


def test_serving_needs_neither_torch_nor_an_installed_genlab(registry, tmp_path):
    code = "import sys, pandas, mlflow\nfor name in ('torch', 'genlab', 'pipelines'): sys.modules[name] = None  # not installed\n"
    image = {"image": [encoded(Image.new("RGB", (9, 9)))]}
    for name, column in (("cyclegan", image), ("pix2pix", image), ("gan", {"seed": [7]})):
        folder = mlflow.artifacts.download_artifacts(f"models:/{name}-emoji@champion", dst_path=str(tmp_path / name))
        code += (
            f"answer = mlflow.pyfunc.load_model({folder!r}).predict(pandas.DataFrame({column!r}))\n"
            "assert answer['image'][0].startswith(b'\\x89PNG')\n"
        )
    code += "print('answered')\n"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "answered", done.stderr


def test_a_champion_is_replaced_by_a_better_score_and_when_it_has_retired(registry):
    def champion() -> str:
        return str(registry.client.get_model_version_by_alias("cyclegan-emoji", "champion").version)

    def saved(**changes) -> tuple[bool, str]:
        facts = registry.save(**changes)
        moved = facts["aliases"] == ["candidate", "champion"]
        assert moved == (champion() == str(facts["version"])) == facts["tags"]["champion"].startswith("yes: ")
        return moved, facts["tags"]["champion"]

    first = champion()
    lower = "(lower is better)"
    for value, reason in [
        (0.2, f"no: its kid_efflite0_mean 0.2 doesn't beat the champion's 0.12 {lower}; version {first} stays champion"),
        (0.12, f"no: its kid_efflite0_mean 0.12 doesn't beat the champion's 0.12 {lower}; version {first} stays champion"),
        (0.11, f"yes: its kid_efflite0_mean 0.11 beats the champion's 0.12 {lower}"),
    ]:
        assert saved(value=value)[1] == reason
    assert not saved(value=0.1, spread=0.02)[0]  # the spread is stored in the tags
    assert saved(value=0.05, spread=0.03)[0]
    assert not saved(value=0.03)[0]  # the champion's spread counts, too
    version, other = champion(), METRICS["protocol"] | {"seed": 1}
    assert saved(value=0.3, protocol=other) == (
        True,
        f"yes: the champion, version {version}, has retired: it was scored under another protocol than this version: seed was 0 and is 1",
    )
    version = champion()
    assert saved(value=0.4, protocol=other, data_hash="e" * 64) == (
        True,
        f"yes: the champion, version {version}, has retired: it was scored on other data ({'d' * 16}) than this version ({'e' * 16})",
    )
    corrupt = champion()
    registry.client.set_model_version_tag("cyclegan-emoji", corrupt, "headline", '{"name": "kid')
    reason = f"yes: the champion, version {corrupt}, has retired: its tags hold no finite headline"
    assert saved(value=0.5)[1] == reason
    registry.client.delete_model_version_tag("cyclegan-emoji", champion(), "headline")
    assert saved(value=0.6)[0] and not saved(value=math.nan, protocol={"seed": 2})[0]


def test_the_error_for_an_unregistered_recipe_explains_how_to_register_one(registry):
    other = registry.versions["progan"]
    assert not other.exists()
    with pytest.raises(Exception, match=r"'progan' has no registered model\. Run `kedro run --pipeline=progan`"):
        other.load()


def standing(
    value: float, spread: float | None = None, name: str = "kid", lower: bool = True, protocol: str = "p", data_hash: str = "d"
) -> Standing:
    return Standing(Headline(name, value, lower, spread), protocol, data_hash)


NAN = float("nan")


@pytest.mark.parametrize(
    ("candidate", "champion", "moves", "reason"),
    [
        (standing(0.1), None, True, "there was no champion"),
        (standing(NAN), None, False, "its kid is nan"),
        (standing(float("-inf")), standing(0.2), False, "its kid is -inf"),
        (standing(NAN), standing(0.2, protocol="q"), False, "its kid is nan"),
        (standing(0.1), standing(0.2), True, "beats the champion's 0.2 (lower is better)"),
        (standing(0.2), standing(0.1), False, "doesn't beat the champion's 0.1 (lower is better); version 3 stays champion"),
        (standing(0.1), standing(0.1), False, "version 3 stays champion"),
        (standing(0.2, lower=False), standing(0.1, lower=False), True, "(higher is better)"),
        (standing(0.1, lower=False), standing(0.2, lower=False), False, "(higher is better)"),
        # Spreads 3 and 4 give 5 for the difference, exactly in binary, too.
        (standing(10, 3), standing(15.5, 4), True, "better by 5.5, more than the spread of their difference, 5"),
        (standing(10, 3), standing(15, 4), False, "better by 5, within the spread of their difference, 5; version 3 stays champion"),
        (standing(10), standing(14, 4), False, "within"),
        (standing(10, 4), standing(14.5), True, "more than"),
        (standing(15.5, 3, lower=False), standing(10, 4, lower=False), True, "more than"),
        (standing(14.5, 3, lower=False), standing(10, 4, lower=False), False, "within"),
        (standing(10, NAN), standing(11), True, "beats"),
        # Retired champions with a better score.
        (standing(0.2, protocol="q"), standing(0.1), True, "scored under another protocol than this version: protocol was p and is q"),
        (
            standing(0.2, data_hash="e"),
            standing(0.1),
            True,
            "version 3, has retired: it was scored on other data (d) than this version (e)",
        ),
        (standing(0.2, name="fid"), standing(0.1), True, "version 3, has retired: its headline is kid, this version's is fid"),
        (standing(0.2), standing(0.1, lower=False), True, "version 3, has retired: for its kid higher is better"),
        (standing(0.2), standing(NAN), True, "version 3, has retired: its tags hold no finite headline"),
        (standing(0.2), Standing.from_tags({}), True, "version 3, has retired: its tags hold no finite headline"),
    ],
)
def test_beats(candidate, champion, moves, reason):
    decision, found = beats(candidate, champion, "3")
    assert decision is moves
    assert reason in found


def test_a_standing_can_be_restored_from_its_tags():
    for expected in (standing(0.1), standing(0.1, 0.02)):
        assert Standing.from_tags(expected.tags()) == expected
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})


def test_a_headline_that_is_not_finite_is_null_in_the_tags():
    def refuse(constant):
        raise AssertionError(constant)

    tags = standing(math.nan, math.inf).tags()
    assert json.loads(tags["headline"], parse_constant=refuse)["value"] is None
    assert math.isnan(Standing.from_tags(tags).headline.value)
    assert not beats(standing(math.nan), None)[0] and beats(standing(0.1), Standing.from_tags(tags))[0]


def test_tags_without_a_spread_still_load():
    old = standing(0.1).tags() | {"headline": '{"name": "kid", "value": 0.1, "lower_is_better": true}'}
    assert Standing.from_tags(old) == standing(0.1)


@pytest.mark.parametrize(
    "headline",
    [
        "",
        "{",
        "[]",
        "null",
        '"kid"',
        "{}",
        '{"name": "kid"}',
        '{"name": "kid", "value": null, "lower_is_better": true}',
        '{"name": "kid", "value": 1, "lower_is_better": true, "spread": []}',
        '{"name": "kid", "value": 1, "better": "lower"}',
    ],
)
def test_a_champion_with_corrupt_tags_has_retired(headline):
    decision, reason = beats(standing(0.1), Standing.from_tags(standing(0.1).tags() | {"headline": headline}), "3")
    assert decision and "retired" in reason


def test_the_headlines_spread_is_registered(exported_sampler, images):
    metrics = {name: dict(value) for name, value in SAMPLER_METRICS.items()}
    metrics["samples"]["generated"] = metrics["samples"]["generated"] | {"kid_efflite0_spread": 0.0625}
    assert register(exported_sampler[0], "", scored(exported_sampler, metrics), images).headline == Headline(
        "kid_efflite0", 0.123456, True, 0.0625
    )
    assert "spread" not in metrics["headline"]


def test_a_version_worse_than_its_untrained_networks_or_collapsed_is_no_champion():
    headline = Headline("kid_efflite0", 0.3, True, 0.02)
    assert unfit(headline, None, "sound") == unfit(headline, 0.4, "sound") == unfit(headline, 0.29, "critic_saturated") == ""
    assert unfit(headline, 0.2, "sound") == "its kid_efflite0 0.3 is worse than the 0.2 of its own untrained networks"
    assert unfit(headline._replace(lower_is_better=False), 0.4, "sound").startswith("its kid_efflite0 0.3 is worse")
    assert "had collapsed at the end of training" in unfit(headline, 0.4, "critic_saturated diversity_collapsed")


def test_an_unfit_first_version_is_candidate_only(registry, exported_sampler, images):
    metrics = SAMPLER_METRICS | {"samples": {**SAMPLER_METRICS["samples"], "untrained": {"kid_efflite0": -1.0}}}
    version = ModelVersion("progan")
    version.bind(registry.versions["gan"].session)
    version.session.runs.under_way["progan"] = version.session.runs["gan"]
    version.save(registered(exported_sampler, metrics, images))
    found = version.load()
    assert found["aliases"] == ["candidate"] and found["tags"]["champion"].startswith("no: its kid_efflite0")
    model = registry.client.get_registered_model("progan-emoji")
    assert model.tags["image_set"] == "emoji" and "No champion; candidate: version 1" in model.description


def test_the_pages_of_the_registry_say_what_the_model_is_and_how_to_use_it(registry):
    model = registry.client.get_registered_model("gan-emoji")
    assert (
        "on the image set **emoji**. Champion: version 1, kid_efflite0 x 1000 = " in model.description
        and "/get-artifact?path=" in model.description
    )
    version = registry.client.get_model_version("gan-emoji", 1)
    assert (
        'mlflow.pyfunc.load_model("models:/gan-emoji/1")' in version.description
        and "mlflow models serve -m models:/gan-emoji/1" in version.description
    )
    assert 'pandas.DataFrame({"seed": [0, 1]})' in version.description
    assert '{"image": [open("photo.png", "rb").read()]}' in registry.client.get_model_version("cyclegan-emoji", 1).description
    assert float(version.tags["kid_efflite0"]) == pytest.approx(SAMPLER_METRICS["headline"]["value"], rel=1e-3)
    folder = registry.client.download_artifacts(registry.runs["gan"], "card.md")
    assert "${" not in Path(folder).read_text()
