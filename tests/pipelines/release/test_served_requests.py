"""Requests over HTTP in all of MLflow's forms: equal values give equal answers, and values reach the model as they were sent."""

import base64
import io
import json
import math

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from PIL import Image
from served_models import ask, served_in
from served_networks import facts_of, sampling_network, translating_network, translator_facts
from stand_ins import ADAM, image_set

from genlab.build import build
from genlab.export.release import release_files

LAST = 2**63 - 1


def encoded(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


PICTURES = [encoded(np.random.default_rng(seed).integers(0, 256, (9, 12), np.uint8)) for seed in range(2)]
TEXTS = [base64.b64encode(content).decode() for content in PICTURES]


@pytest.fixture(scope="module")
def sampler(tmp_path_factory):
    return served_in(tmp_path_factory.mktemp("sampler"), facts_of([]), [0], generator=sampling_network(False))


@pytest.fixture(scope="module")
def translator(tmp_path_factory):
    facts, network = translator_facts(["a_to_b"], noise=False), translating_network(noise=False)
    return served_in(tmp_path_factory.mktemp("translator"), facts, PICTURES[:1], a_to_b=network)


def forms(column: str, values: list) -> list[dict]:
    """Every form of a request with one column."""
    return [
        {"dataframe_split": {"columns": [column], "data": [[value] for value in values]}},
        {"dataframe_records": [{column: value} for value in values]},
        {"inputs": {column: values}},
        {"inputs": values},
        {"instances": [{column: value} for value in values]},
        {"instances": values},
    ]


@pytest.mark.parametrize("form", range(6))
@pytest.mark.parametrize("count", [1, 2])
def test_pictures_in_base64_are_translated_in_every_form(translator, form, count):
    status, answer = ask(translator, forms("image", TEXTS[:count])[form])
    assert status == 200
    expected = translator.predict(pd.DataFrame({"image": PICTURES[:count]}))["image"].tolist()
    assert [base64.b64decode(row["image"]) for row in answer] == expected
    assert np.array_equal(255 - np.asarray(Image.open(io.BytesIO(expected[0]))), np.asarray(Image.open(io.BytesIO(PICTURES[0]))))


@pytest.mark.parametrize("text", [base64.encodebytes(PICTURES[0]).decode(), f"data:image/png;base64,{TEXTS[0]}"])
def test_base64_may_have_line_breaks_or_be_a_data_url(translator, text):
    assert ask(translator, {"inputs": [text]}) == ask(translator, {"inputs": TEXTS[:1]})
    assert ask(translator, {"dataframe_split": {"columns": ["image"], "data": [[text]]}})[0] == 200


@pytest.mark.parametrize("form", range(6))
@pytest.mark.parametrize("text", ["photos/in.png", "Bildgröße", "iVBORw0KGgo", TEXTS[0].replace("i", "?", 1)])
def test_text_that_is_not_base64_is_an_error_in_every_form(translator, form, text):
    status, message = ask(translator, forms("image", [TEXTS[0], text])[form])
    assert status == 400 and "Error: row 1: image: got a text that is not base64 (" in message
    assert message.endswith(f"it begins with {text[:12]!r}. Expected the bytes of an image file in base64.")


@pytest.mark.parametrize("form", range(6))
def test_base64_of_something_else_is_an_error_that_shows_its_beginning(translator, form):
    status, message = ask(translator, forms("image", [base64.b64encode(b"GET / HTTP/1.1").decode()])[form])
    assert status == 400 and "row 0: not an image that can be read: it begins with b'GET / HTTP/1'" in message


@pytest.mark.parametrize("form", range(6))
def test_whole_numbers_are_seeds_in_every_form(sampler, form):
    status, answer = ask(sampler, forms("seed", [7, LAST])[form])
    assert status == 200
    assert [base64.b64decode(row["image"]) for row in answer] == sampler.predict(pd.DataFrame({"seed": [7, LAST]}))["image"].tolist()


@pytest.mark.parametrize("form", range(6))
@pytest.mark.parametrize(
    ("value", "got"),
    [(7.5, "7.5"), (True, "True"), (7.0, "7.0"), ("7", "'7'"), (None, "None"), (-1, "-1"), (LAST + 1, str(LAST + 1))],
)
def test_other_values_are_refused_in_every_form_as_they_are_in_process(sampler, form, value, got):
    message = f"row 0: seed: got {got}, expected a whole number, 0 to {LAST}."
    status, answer = ask(sampler, forms("seed", [value])[form])
    assert status == 400 and answer.endswith(f"Error: {message}")
    with pytest.raises(MlflowException) as raised:
        sampler.predict(pd.DataFrame({"seed": [value]}))
    assert raised.value.message == message


@pytest.mark.parametrize("form", range(4))  # MLflow turns `instances` into numpy arrays, in which true next to a number is 1
def test_true_is_refused_next_to_numbers(sampler, form):
    status, answer = ask(sampler, forms("seed", [7, True])[form])
    assert status == 400 and "row 1: seed: got True" in answer


@pytest.mark.parametrize(
    "params", [{"count": True}, {"count": 1.5}, {"count": "2"}, {"truncation": True}, {"truncation": "little"}, {"truncation": math.nan}]
)
def test_wrong_params_are_refused(sampler, params):
    status, answer = ask(sampler, {"inputs": [7], "params": params})
    assert status == 400 and next(iter(params)) in answer


def test_a_column_that_the_model_lacks_is_refused_by_a_server_and_a_warning_elsewhere(sampler, monkeypatch):
    body = {"dataframe_split": {"columns": ["seed", "truncation"], "data": [[7, 0.5]]}}
    assert ask(sampler, body)[0] == 200
    monkeypatch.setenv("MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT", "60")
    status, answer = ask(sampler, body)
    assert status == 400 and "this model has no columns ['truncation']. Options belong under `params`." in answer


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory):
    """A variational autoencoder as MLflow serves it, and the answerer of the same release."""
    coder = {"size": 16, "channels": 1, "latent_size": 3, "hidden": [4]}
    model = {
        "class": "genlab.recipes.vae.VAE",
        "likelihood": {"class": "genlab.variational.likelihoods.Bernoulli"},
        "encoder": {"class": "genlab.networks.coders.FullyConnectedEncoder", **coder},
        "decoder": {"class": "genlab.networks.coders.FullyConnectedDecoder", **coder},
        "optimizer": ADAM,
        "importance_samples": [3],
    }
    artefacts, _ = release_files(build(model).eval(), model, image_set())
    networks = {name.removesuffix(".onnx"): content for name, content in artefacts.items() if name.endswith(".onnx")}
    facts = json.loads(artefacts["release.json"])
    return served_in(tmp_path_factory.mktemp("vae"), facts, [0], **networks)


PICTURE = base64.b64encode(encoded(image_set().images[0, :, :, 0])).decode()


def test_latents_over_http_go_out_and_come_back(autoencoder):
    sent = {"dataframe_split": {"columns": ["image"], "data": [[PICTURE]]}}
    status, (latents,) = ask(autoencoder, sent | {"params": {"operation": "encode"}})
    assert status == 200 and len(latents["mean"]) == len(latents["log_variance"]) == 3
    _, (reconstructed,) = ask(autoencoder, sent | {"params": {"operation": "reconstruct"}})
    for form in forms("latent", [latents["mean"]])[:3]:
        status, (decoded,) = ask(autoencoder, form | {"params": {"operation": "decode"}})
        assert status == 200 and decoded["image"] == reconstructed["image"]
    _, (score,) = ask(autoencoder, sent | {"params": {"operation": "score", "samples": 3}})
    assert score["bits_per_dimension"] == pytest.approx(-score["log_likelihood"] / (256 * math.log(2)))


def test_rows_of_a_model_with_several_columns_have_a_name(autoencoder, monkeypatch):
    status, (answer,) = ask(autoencoder, {"inputs": {"seed": [7]}})
    assert status == 200 and base64.b64decode(answer["image"]).startswith(b"\x89PNG")
    status, message = ask(autoencoder, {"inputs": [7]})
    assert status == 400 and "got a column without a name, expected the column 'seed'" in message
    monkeypatch.setenv("MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT", "60")  # as in a server
    status, message = ask(autoencoder, {"inputs": [7]})
    assert status == 400 and "got rows without the name of a column, and this model has several" in message
