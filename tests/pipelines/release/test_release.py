"""From a checkpoint to a registered version that serves what the network says."""

import base64
import io
import json
import logging
import subprocess
import sys
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

from genlab.build import build
from genlab.errors import InputError
from genlab.images import decode
from genlab.images.stream import to_bytes, to_channels_first, to_unit
from genlab.padding import translate
from pipelines.release import create_pipeline, served
from pipelines.release.card import describe
from pipelines.release.nodes import export, register
from pipelines.release.parameters import Release
from pipelines.release.promotion import Headline, Standing, beats, digest
from pipelines.release.registry import ModelVersion

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
METRICS = {
    "headline": {"name": "kid_efflite0_mean", "value": 0.12, "lower_is_better": True},
    "protocol": {"extractor": "efflite0", "images": {"a": 120, "b": 120}, "seed": 0},
    "a_to_b": {
        "translated": {"l1": 0.31, "kid_efflite0": 0.123456, "kid_efflite0_spread": 0.01},
        "identity": {"l1": 0.56, "kid_efflite0": 0.2},
    },
    "b_to_a": {"translated": {"l1": 0.4, "kid_efflite0": 0.1}},
}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def images():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
    return SimpleNamespace(name="emoji", kind="unpaired", images=pixels, classes=(), content_hash="d" * 64, background=(255, 255, 255))


@pytest.fixture(scope="module")
def recipe():
    torch.manual_seed(0)
    recipe = build(MODEL)
    for network in recipe.generators().values():  # the averages: not what the generators are
        for parameter in network.parameters():
            parameter.data.mul_(5)
    return recipe.eval()


@pytest.fixture(scope="module")
def exported(recipe, images):
    return export(recipe.state_dict(), MODEL, images, Release())


@pytest.fixture(scope="module")
def registry(exported, images, tmp_path_factory):
    """A store with one registered version; saves others with another headline value, protocol or data hash."""
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
    run = client.create_run(experiment, tags=tags).info.run_id
    patch.setattr("pipelines.tracking.run_of", {"cyclegan": run}.__getitem__)
    dataset, (artefacts, parity) = ModelVersion("cyclegan"), exported
    card = describe(METRICS, parity, images, MODEL, Release(licence="MIT (Microsoft)", limits=["Emoji only."]))
    registration = register(artefacts, card, METRICS, images)

    def save(value: float = 0.12, **changes):
        dataset.save(registration._replace(headline=Headline("kid_efflite0_mean", value, True), **changes))
        return dataset.load()

    yield SimpleNamespace(save=save, first=save(), client=client, run=run, dataset=dataset)
    mlflow.set_tracking_uri(before)
    patch.undo()


@pytest.fixture(scope="module")
def champion(registry):
    return mlflow.pyfunc.load_model("models:/cyclegan-emoji@champion")


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def pixels_of(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def by_torch(recipe, image: Image.Image, direction: str) -> np.ndarray:
    images = to_unit(to_channels_first(np.asarray(image)[None].copy()))
    return to_bytes(translate(recipe.generators()[direction], images, stride=4, smallest=8))[0].permute(1, 2, 0).numpy()


def assert_same_picture(got: np.ndarray, expected: np.ndarray):
    """Equal, but where a value lies on the edge between two bytes."""
    assert got.shape == expected.shape
    difference = np.abs(got.astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.002


@pytest.mark.filterwarnings("ignore:.*dataset names contain")
def test_the_pipeline_takes_what_training_and_evaluation_leave_and_its_options_are_checked():
    pipeline = Pipeline(create_pipeline(), namespace="cyclegan", inputs={"images": "emoji.images"})
    assert pipeline.inputs() == {"emoji.images"} | {f"cyclegan.{name}" for name in ("checkpoint", "metrics")} | {
        f"params:cyclegan.{name}" for name in ("model", "release")
    }
    assert pipeline.outputs() == {"cyclegan.model_version"}
    # Kedro validates a parameter by its annotation, where all annotations of the function can be resolved.
    assert get_type_hints(export)["release"] is get_type_hints(describe)["release"] is Release


def test_the_artefacts_say_what_they_are(exported, images):
    artefacts, parity = exported
    assert set(artefacts) == {"a_to_b.onnx", "a_to_b.safetensors", "b_to_a.onnx", "b_to_a.safetensors", "release.json"}
    facts = json.loads(artefacts["release.json"])
    assert facts["directions"] == ["a_to_b", "b_to_a"]
    assert (facts["stride"], facts["smallest_side"], facts["training_size"], facts["channels"]) == (4, 8, [16, 16], 3)
    assert (facts["model"], facts["data_hash"]) == (MODEL, images.content_hash)
    assert max(parity["onnx_difference"].values()) < parity["onnx_tolerance"]


def test_a_checkpoint_of_another_model_is_an_error_that_names_the_difference(recipe, images):
    wider = MODEL | {"generator": MODEL["generator"] | {"width": 8}}
    with pytest.raises(InputError, match=r"trained with another model.*size mismatch for a_to_b"):
        export(recipe.state_dict(), wider, images, Release())


def test_the_card_shows_the_grid_first_then_every_row_and_score(exported, images):
    card = describe(METRICS, exported[1], images, MODEL, Release(licence="MIT (Microsoft)", limits=["Emoji only."]))
    assert card.startswith("![samples](/get-artifact?path=samples%2Fsamples.png&run_uuid=${run})\n")
    assert "**CycleGAN** on the image set **emoji**" in card
    assert "|  | l1 | kid_efflite0 |" in card
    assert "| translated | 0.31 | 0.1235 ± 0.01 |" in card
    assert "| identity | 0.56 | 0.2 |" in card
    assert '- images: `{"a": 120, "b": 120}`' in card
    for part in ("d" * 64, "MIT (Microsoft)", "- Emoji only.", "${git_commit}", "${command}"):
        assert part in card


def test_the_first_version_is_candidate_and_champion_and_tells_where_it_comes_from(registry):
    first = registry.first
    assert (first["name"], first["version"], first["aliases"]) == ("cyclegan-emoji", 1, ["candidate", "champion"])
    assert (first["run_id"], first["tags"]["git_commit"]) == (registry.run, "c0ffee and uncommitted changes")
    assert first["tags"]["protocol"] == digest(METRICS["protocol"])
    description = registry.client.get_model_version("cyclegan-emoji", 1).description
    assert description.startswith(f"![samples](/get-artifact?path=samples%2Fsamples.png&run_uuid={registry.run})")
    assert "- command: `kedro run --pipeline=cyclegan`" in description
    assert "${" not in description


def test_the_version_is_a_model_of_the_run_with_its_scores(registry):
    (output,) = registry.client.get_run(registry.run).outputs.model_outputs[:1]
    model = registry.client.get_logged_model(output.model_id)
    scores = {metric.key: metric.value for metric in model.metrics}
    assert scores["a_to_b.translated.l1"] == 0.31
    assert scores["kid_efflite0_mean"] == 0.12
    assert json.loads(model.tags["mlflow.modelVersions"]) == [{"name": "cyclegan-emoji", "version": 1}]


@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
@pytest.mark.parametrize("size", [(16, 16), (33, 18), (2, 3), (5, 70)])
def test_the_served_model_says_what_the_averaged_network_says(champion, recipe, direction, size):
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8))
    answer = champion.predict(pd.DataFrame({"image": [encoded(image)] * 2}), params={"direction": direction})
    for content in answer["image"]:
        assert_same_picture(pixels_of(content), by_torch(recipe, image, direction))


def test_a_single_pixel_is_answered_with_a_single_pixel(champion):
    # Only its shape: of a blank image instance norm amplifies the last bit of each sum.
    answer = champion.predict(pd.DataFrame({"image": [encoded(Image.new("RGB", (1, 1), (9, 99, 199)))]}))
    assert pixels_of(answer["image"][0]).shape == (1, 1, 3)


def test_a_png_over_http_is_answered_with_a_png(champion, recipe):
    image = Image.fromarray(np.random.default_rng(2).integers(0, 256, (16, 24, 3), np.uint8))
    row = base64.b64encode(encoded(image)).decode()
    body = {"dataframe_split": {"columns": ["image"], "data": [[row]]}, "params": {"direction": "b_to_a"}}
    answer = scoring_server.invocations(json.dumps(body), "application/json", champion, champion.metadata.get_input_schema())
    content = base64.b64decode(json.loads(answer.response)["predictions"][0]["image"])
    assert content.startswith(b"\x89PNG")
    assert_same_picture(pixels_of(content), by_torch(recipe, image, "b_to_a"))


IMAGES = {
    "rgba": (Image.new("RGBA", (8, 9), (200, 0, 0, 100)), "PNG", {}),
    "grey": (Image.new("L", (8, 9), 77), "PNG", {}),
    "palette with transparency": (Image.new("P", (8, 9), 3), "PNG", {"transparency": 3}),
    "16 bits": (Image.fromarray(np.full((9, 8), 40000, np.uint16)), "PNG", {}),
    "cmyk": (Image.new("CMYK", (8, 9), (10, 60, 0, 30)), "JPEG", {}),
    "rotated by exif": (
        Image.linear_gradient("L").resize((8, 9)).convert("RGB"),
        "JPEG",
        {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"},
    ),
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", IMAGES)
def test_serving_reads_an_image_as_data_preparation_does(kind, channels):
    image, form, options = IMAGES[kind]
    content = encoded(image, form, **options)
    got = served.convert(served.upright(content), channels, (255, 255, 255))
    expected = decode.convert(decode.decode(content), channels)
    assert (got.mode, got.size) == (expected.mode, expected.size)
    assert got.size == ((9, 8) if kind == "rotated by exif" else (8, 9))
    assert np.array_equal(np.asarray(got), np.asarray(expected))


@pytest.mark.parametrize(
    ("content", "params", "message"),
    [
        (encoded(Image.new("RGB", (9, 9))), {"direction": "a_to_c"}, "direction: got 'a_to_c', expected one of: a_to_b, b_to_a"),
        (encoded(Image.new("RGB", (9, 9))), {"way": "a_to_b"}, r"Unrecognized params \['way'\]. Supported params are: \{'direction'\}"),
        (b"GET / HTTP/1.1", {}, "row 0: not an image that can be read: it begins with b'GET / HTTP/1"),
        (encoded(Image.linear_gradient("L"))[:300], {}, "row 0: not an image that can be read: image file is truncated"),
        (encoded(Image.new("F", (9, 9)), "TIFF"), {}, "floating-point pixels have no known range"),
    ],
)
def test_errors_of_the_served_model_say_what_was_got_and_what_was_expected(champion, content, params, message):
    with pytest.raises(MlflowException, match=message):
        champion.predict(pd.DataFrame({"image": [content]}), params=params)


def test_serving_needs_neither_torch_nor_genlab(champion, registry, tmp_path):
    folder = mlflow.artifacts.download_artifacts("models:/cyclegan-emoji@champion", dst_path=str(tmp_path))
    code = (
        "import sys, pandas, mlflow\n"
        f"model = mlflow.pyfunc.load_model({folder!r})\n"
        f"answer = model.predict(pandas.DataFrame({{'image': [{encoded(Image.new('RGB', (9, 9)))!r}]}}))\n"
        "assert answer['image'][0].startswith(b'\\x89PNG')\n"
        "print([name for name in ('torch', 'genlab', 'pipelines') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_only_a_better_score_under_the_same_protocol_and_data_moves_the_champion(registry):
    def champion() -> str:
        return registry.client.get_model_version_by_alias("cyclegan-emoji", "champion").version

    before = champion()
    for changes, reason in [
        ({"value": 0.2}, "no: its kid_efflite0_mean 0.2 doesn't beat the champion's 0.12 (lower is better)"),
        ({"value": 0.01, "protocol": {"seed": 1}}, "no: scored under another protocol"),
        ({"value": 0.01, "data_hash": "e" * 64}, "no: scored on other data"),
    ]:
        facts = registry.save(**changes)
        assert facts["aliases"] == ["candidate"]
        assert facts["tags"]["champion"].startswith(reason)
        assert champion() == before
    facts = registry.save(value=0.11)
    assert facts["aliases"] == ["candidate", "champion"]
    assert facts["tags"]["champion"] == "yes: its kid_efflite0_mean 0.11 beats the champion's 0.12 (lower is better)"


def test_an_unregistered_recipe_says_how_to_register_one(registry):
    other = ModelVersion("pix2pix")
    assert not other.exists()
    with pytest.raises(Exception, match=r"'pix2pix' has no registered model\. Run `kedro run --pipeline=pix2pix`"):
        other.load()


def standing(value: float, name: str = "kid", lower: bool = True, protocol: str = "p", data_hash: str = "d") -> Standing:
    return Standing(Headline(name, value, lower), protocol, data_hash)


@pytest.mark.parametrize(
    ("candidate", "champion", "moves"),
    [
        (standing(0.1), standing(0.2), True),
        (standing(0.2), standing(0.1), False),
        (standing(0.1), standing(0.1), False),
        (standing(0.2, lower=False), standing(0.1, lower=False), True),
        (standing(0.1), None, True),
        (standing(float("nan")), None, False),
        (standing(0.1, protocol="q"), standing(0.2), False),
        (standing(0.1, data_hash="e"), standing(0.2), False),
        (standing(0.1, name="fid"), standing(0.2), False),
        (standing(0.1), Standing.from_tags({}), False),
    ],
)
def test_beats(candidate, champion, moves):
    decision, reason = beats(candidate, champion)
    assert decision is moves
    assert reason


def test_a_standing_survives_its_tags():
    assert Standing.from_tags(standing(0.1).tags()) == standing(0.1)
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})
