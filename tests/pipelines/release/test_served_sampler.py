"""Tests of the inputs and outputs of a served sampler, with networks so small that every pixel is known."""

import io
import math

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from PIL import Image
from served_models import served_in
from served_networks import CLASSES, STYLED, facts_of, sampling_network, styled_network

from pipelines.release.serving import serving_of

LAST = 2**63 - 1


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Whether a model is conditional on labels -> the model."""
    return {
        conditional: served_in(
            tmp_path_factory.mktemp("sampler"), facts_of(CLASSES if conditional else []), [0, 1], generator=sampling_network(conditional)
        )
        for conditional in (False, True)
    }


@pytest.fixture(scope="module")
def styled(tmp_path_factory):
    """Whether a model that truncates styles is conditional on labels -> the model."""
    folder = tmp_path_factory.mktemp
    return {
        conditional: served_in(
            folder("styled"), facts_of(CLASSES if conditional else [], **STYLED), [0, 1], generator=styled_network(conditional)
        )
        for conditional in (False, True)
    }


def pictures(model, *seeds: int, **params) -> list[bytes]:
    return model.predict(pd.DataFrame({"seed": seeds}), params=params)["image"].tolist()


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def shown(model, *seeds: int, **params) -> list[int]:
    """Class numbers that a conditional model received, read from its images."""
    numbers = [(pixels(content) / 127.5 - 1) * 4 for content in pictures(model, *seeds, **params)]
    assert all(np.ptp(each) == 0 for each in numbers)
    return [round(each.mean()) for each in numbers]


@pytest.mark.parametrize("seed", [0, 7, LAST])
def test_a_seed_gives_the_latent_that_numpy_draws_from_it(served, seed):
    (content,) = pictures(served[False], seed)
    latent = np.random.default_rng(seed).standard_normal(4).reshape(2, 2)
    assert np.abs(pixels(content) - ((latent / 4).clip(-1, 1) + 1) * 127.5).max() <= 0.501


def test_a_seed_gives_the_same_image_whatever_else_is_requested(served):
    (alone,) = pictures(served[False], 5)
    together = pictures(served[False], 3, 5, 4, 5, *range(20))
    assert together[1] == together[3] == together[9] == alone
    assert len(set(together)) == 20
    assert pictures(served[False], 5, truncation=0.3) != [alone]


def test_count_adds_the_images_of_the_following_seeds_row_by_row(served):
    assert pictures(served[False], 5, 40, count=3) == pictures(served[False], 5, 6, 7, 40, 41, 42)
    assert pictures(served[False], 5, count=1) == pictures(served[False], 5)
    assert pictures(served[False], 8, count=2, truncation=0.5) == pictures(served[False], 8, 9, truncation=0.5)
    assert len(pictures(served[False], 0, count=1000)) == 1000
    assert pictures(served[False], LAST - 1, count=2) == pictures(served[False], LAST - 1, LAST)


def test_a_label_is_a_name_or_a_number_and_names_take_precedence(served):
    numbers = {label: shown(served[True], 3, 4, label=label) for label in ("hat", "shoe", "0", "1", "2")}
    assert numbers == {"hat": [0, 0], "shoe": [1, 1], "0": [2, 2], "1": [1, 1], "2": [2, 2]}


def test_without_a_label_each_seed_has_its_own(served):
    own = shown(served[True], *range(20))
    assert set(own) == {0, 1, 2}
    assert (
        own == shown(served[True], 0, count=20) == shown(served[True], *range(20), label="") == shown(served[True], *range(20), label=None)
    )
    assert pictures(served[True], 4, 4) == pictures(served[True], 4) * 2


def test_the_card_describes_the_params():
    serving = serving_of(facts_of(CLASSES))
    assert serving.params == (
        ("truncation", "double", 0.0),
        ("count", "long", 1),
        ("label", "string", ""),
        ("operation", "string", "sample"),
    )
    assert "`label` is one of hat (0), shoe (1), 0 (2), by its name or its number as text" in serving.sentence
    assert "`count` is the number of images per seed" in serving.sentence
    unconditional = serving_of(facts_of([]))
    assert unconditional.params == tuple(each for each in serving.params if each[0] != "label")
    assert "label" not in unconditional.sentence


def test_a_request_ends_before_the_servers_limit_of_time(served, monkeypatch):
    monkeypatch.setenv("MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT", "1e-9")
    with pytest.raises(
        MlflowException, match=r"not finished after 9\.5e-10 s: .* The server's MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT allows a"
    ):
        pictures(served[False], *range(3))
    monkeypatch.setenv("MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT", "60")
    assert len(pictures(served[False], *range(3))) == 3


UNKNOWN = r"expected one of hat \(0\), shoe \(1\), 0 \(2\); or '' for one by the seed\.$"


@pytest.mark.parametrize(
    ("conditional", "request_", "params", "message"),
    [
        (False, {"seed": [4, -1]}, {}, f"row 1: seed: got -1, expected a whole number, 0 to {LAST}\\.$"),
        (False, {"seed": [0, LAST]}, {"count": 2}, f"row 1: seed: got {LAST}, expected a whole number, 0 to {LAST - 1} with a count of 2"),
        (False, {"seed": [0.5]}, {}, "seed"),
        (False, {"image": [0]}, {}, r"missing inputs \['seed'\]"),
        (False, {"seed": [0]}, {"truncation": -0.5}, r"truncation: got -0\.5, expected a positive number, or 0 for none"),
        (False, {"seed": [0]}, {"truncation": math.nan}, "truncation: got nan, expected a positive number, or 0 for none"),
        (False, {"seed": [0]}, {"truncation": None}, "truncation: got None, expected a positive number, or 0 for none"),
        (False, {"seed": [0]}, {"truncation": "little"}, "truncation"),
        (False, {"seed": [0]}, {"count": 0}, r"count: got 0, expected a whole number, 1 to 1000\.$"),
        (False, {"seed": [0]}, {"count": -3}, "count: got -3, expected a whole number, 1 to 1000"),
        (False, {"seed": [0]}, {"count": 1001}, "count: got 1001, expected a whole number, 1 to 1000"),
        (False, {"seed": [0]}, {"count": None}, "count: got None, expected a whole number, 1 to 1000"),
        (False, {"seed": [0]}, {"count": 1.5}, "count"),
        (True, {"seed": [0]}, {"label": "glove"}, f"label: got 'glove', {UNKNOWN}"),
        (True, {"seed": [0]}, {"label": "3"}, f"label: got '3', {UNKNOWN}"),
        (True, {"seed": [0]}, {"label": "-1"}, f"label: got '-1', {UNKNOWN}"),
        (False, {"seed": [0]}, {"label": "hat"}, r"Unrecognized params \['label'\]\. Supported params are: count, .*truncation\.$"),
        (True, {"seed": [0]}, {"psi": 0.5}, r"Unrecognized params \['psi'\]\. Supported params are: count, .*truncation\.$"),
    ],
)
def test_errors_state_the_received_and_the_expected_value(served, conditional, request_, params, message):
    with pytest.raises(MlflowException, match=message):
        served[conditional].predict(pd.DataFrame(request_), params=params)


def drawn(seed: int, conditional: bool) -> tuple[np.ndarray, int, np.ndarray]:
    """Latent, label and noise that are drawn from a seed, in this order."""
    random = np.random.default_rng(seed)
    return random.standard_normal(4), int(random.integers(3)) if conditional else 0, random.standard_normal(4)


def as_bytes(values: np.ndarray) -> np.ndarray:
    return ((values / 8).reshape(2, 2).clip(-1, 1) + 1) * 127.5


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("seed", [0, 7, LAST])
def test_a_seed_determines_latent_label_and_noise_and_psi_shrinks_the_style(styled, conditional, seed):
    latent, label, noise = drawn(seed, conditional)
    for psi in (1.0, 0.5, 0):
        (content,) = pictures(styled[conditional], seed, truncation=psi)
        assert np.abs(pixels(content) - as_bytes(psi * (latent + label) + noise)).max() <= 0.501
    assert (
        pictures(styled[conditional], seed)
        == pictures(styled[conditional], seed, truncation=1)
        != pictures(styled[conditional], seed, truncation=0.5)
    )


def test_a_requested_label_does_not_change_the_noise_of_a_seed(styled):
    for seed in range(6):
        latent, _, noise = drawn(seed, conditional=True)
        for number, name in enumerate(CLASSES):
            (content,) = pictures(styled[True], seed, label=name)
            assert np.abs(pixels(content) - as_bytes(latent + number + noise)).max() <= 0.501
        assert len({*pictures(styled[True], seed, label="hat", truncation=0), *pictures(styled[True], seed, truncation=0)}) == 1


def test_a_seed_of_a_style_model_gives_the_same_image_whatever_else_is_requested(styled):
    (alone,) = pictures(styled[False], 5)
    assert pictures(styled[False], 3, 5, 4, 5)[1::2] == [alone, alone]
    assert pictures(styled[False], 4, count=3) == pictures(styled[False], 4, 5, 6)


def test_the_card_of_a_style_model_describes_truncation():
    serving = serving_of(facts_of(CLASSES, **STYLED))
    assert serving.params == (
        ("truncation", "double", 1.0),
        ("count", "long", 1),
        ("label", "string", ""),
        ("operation", "string", "sample"),
    )
    assert "`truncation` is psi: 1 as trained; lower gives more typical, less varied images, nearer to the mean style." in serving.sentence
    assert "no bound" not in serving.sentence


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"truncation": 1.5}, r"truncation: got 1\.5, expected psi, a number from 0 to 1\.$"),
        ({"truncation": -0.1}, r"truncation: got -0\.1, expected psi, a number from 0 to 1"),
        ({"truncation": math.nan}, "truncation: got nan, expected psi"),
        ({"truncation": None}, "truncation: got None, expected psi"),
        ({"psi": 0.5}, r"Unrecognized params \['psi'\]\. Supported params are: count, .*truncation\.$"),
        ({"noise": 0}, r"Unrecognized params \['noise'\]"),
        ({"count": 0}, "count: got 0, expected a whole number"),
    ],
)
def test_errors_of_a_style_model(styled, params, message):
    with pytest.raises(MlflowException, match=message):
        styled[False].predict(pd.DataFrame({"seed": [0]}), params=params)


def test_the_card_names_a_few_of_many_classes():
    sentence = serving_of(facts_of([f"class {number}" for number in range(25)])).sentence
    assert "class 19 (19) and 5 more, by its name or its number" in sentence and "class 20" not in sentence
