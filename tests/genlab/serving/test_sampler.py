"""Tests of the sampler of a release folder without MLflow, with networks that generate known pixels."""

import io
import math

import numpy as np
import pytest
from PIL import Image
from scipy.stats import truncnorm
from served_networks import CLASSES, STYLED, facts_of, make_release, sampling_network, styled_network

from genlab.serving.errors import RequestError
from genlab.serving.sampler import Sampler, class_number

LAST = 2**63 - 1


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain") / "release"
    return Sampler(make_release(folder, facts_of([]), generator=sampling_network(False)))


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    folder = tmp_path_factory.mktemp("conditional") / "release"
    return Sampler(str(make_release(folder, facts_of(CLASSES), generator=sampling_network(True))))


@pytest.fixture(scope="module")
def styled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("styled") / "release"
    return Sampler(make_release(folder, facts_of(CLASSES, **STYLED), generator=styled_network(True)))


def pixels(content: bytes) -> np.ndarray:
    assert content.startswith(b"\x89PNG")
    return np.asarray(Image.open(io.BytesIO(content))).ravel()


def as_bytes(values: np.ndarray) -> np.ndarray:
    return (values.clip(-1, 1) + 1) * 127.5


@pytest.mark.parametrize("seed", [0, 7, LAST, np.int64(3)])
def test_a_seed_gives_the_latent_that_numpy_draws_from_it(plain, seed):
    latent = np.random.default_rng(seed).standard_normal(4)
    for options in ({}, {"truncation": 0}, {"truncation": math.inf}):
        (content,) = plain.images([seed], **options)
        assert np.abs(pixels(content) - as_bytes(latent / 4)).max() <= 0.501


def test_truncation_maps_the_latents_quantiles(plain):
    (content,) = plain.images([5], truncation=0.5)
    latent = np.random.default_rng(5).standard_normal(4)
    expected = truncnorm.ppf([0.5 * math.erfc(-number / math.sqrt(2)) for number in latent], -0.5, 0.5)
    assert np.abs(pixels(content) - as_bytes(expected / 4)).max() <= 0.501


def test_count_appends_the_following_seeds(plain):
    assert plain.images([5, 40], count=3) == plain.images([5, 6, 7, 40, 41, 42])
    assert plain.images([]) == []


def test_a_label_is_a_name_first_then_a_number(conditional):
    for label, number in {"hat": 0, "shoe": 1, "0": 2, "1": 1, "2": 2}.items():
        (content,) = conditional.images([3], label=label)
        assert np.abs(pixels(content) - as_bytes(np.full(4, number / 4))).max() <= 0.501
        assert class_number(label, CLASSES) == number


def test_styles_are_truncated_by_the_network_and_the_noise_is_drawn_last(styled):
    for seed in (0, 41):
        random = np.random.default_rng(seed)
        latent, label, noise = random.standard_normal(4), random.integers(3), random.standard_normal(4)
        for psi in (1.0, 0.5, 0.0):
            (content,) = styled.images([seed], truncation=psi)
            assert np.abs(pixels(content) - as_bytes((psi * (latent + label) + noise) / 8)).max() <= 0.501
        assert styled.images([seed]) == styled.images([seed], truncation=1) == styled.images([seed], label=CLASSES[label])


@pytest.mark.parametrize(
    ("seeds", "options", "message"),
    [
        ([4, -1], {}, f"row 1: seed: got -1, expected a whole number, 0 to {LAST}\\.$"),
        ([0.5], {}, "row 0: seed: got 0.5, expected a whole number"),
        ([LAST], {"count": 2}, f"row 0: seed: got {LAST}, expected a whole number, 0 to {LAST - 1} with a count of 2\\.$"),
        ([0], {"count": 1001}, r"count: got 1001, expected a whole number, 1 to 1000\.$"),
        ([0], {"count": 1.5}, "count: got 1.5, expected a whole number"),
        ([0], {"count": None}, "count: got None, expected a whole number"),
        ([0], {"truncation": -0.5}, r"truncation: got -0\.5, expected a positive number, or 0 for none\.$"),
        ([0], {"truncation": math.nan}, "truncation: got nan, expected a positive number"),
        ([0], {"truncation": None}, "truncation: got None, expected a positive number"),
        ([0], {"truncation": "little"}, "truncation: got little, expected a positive number"),
        ([0], {"label": "glove"}, r"label: got 'glove', expected one of hat \(0\), shoe \(1\), 0 \(2\); or '' for one by the seed\.$"),
    ],
)
def test_a_wrong_request_is_an_error_that_gives_the_value_received_and_the_value_expected(conditional, seeds, options, message):
    with pytest.raises(RequestError, match=message) as raised:
        conditional.images(seeds, **options)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize("psi", [1.5, -0.1, math.nan, math.inf])
def test_psi_is_from_0_to_1(styled, psi):
    with pytest.raises(RequestError, match=f"truncation: got {psi}, expected psi, a number from 0 to 1"):
        styled.images([0], truncation=psi)
