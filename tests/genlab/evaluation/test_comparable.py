"""Tests of the comparison of protocols."""

import pytest
from stand_in_metrics import SAMPLE_PROTOCOL, TRANSLATION_PROTOCOL

from genlab.errors import InputError
from genlab.evaluation.comparable import between_recipes, check_comparable, differences, named
from genlab.evaluation.protocol import Protocol


def test_each_field_that_differs_is_named_with_both_values():
    other = SAMPLE_PROTOCOL | {"images": {"held_out": 1000, "generated": 500}, "seed": 1}
    assert differences(SAMPLE_PROTOCOL, other) == {"images.generated": (1000, 500), "seed": (0, 1)}
    with pytest.raises(InputError) as raised:
        check_comparable({"wgan_gp": SAMPLE_PROTOCOL, "gan": other})
    assert str(raised.value) == (
        "wgan_gp and gan were scored under different protocols: images.generated was 1000 and is 500; seed was 0 and is 1. "
        "Evaluate both again."
    )


@pytest.mark.parametrize("field", SAMPLE_PROTOCOL)
def test_a_protocol_without_a_field_differs_in_that_field_only(field):
    less = {name: value for name, value in SAMPLE_PROTOCOL.items() if name != field}
    found = differences(SAMPLE_PROTOCOL, less)
    assert {name.partition(".")[0] for name in found} == {field} and all(now is None for _, now in found.values())
    assert "not set" in named(found)


def test_no_protocol_differs_from_itself_after_json():
    for given in (SAMPLE_PROTOCOL, TRANSLATION_PROTOCOL):
        protocol = Protocol.from_json(given)
        assert not protocol.differences(protocol) and not differences(given, protocol.to_json())


@pytest.mark.parametrize(
    ("change", "comparable"),
    [
        ({"samples": "psi = 1"}, True),  # how a recipe is sampled is a property of the recipe
        ({"path_length": "another"}, True),
        ({"cas": None}, True),  # an optional score that one of the recipes lacks
        ({"cas": "50 generated images"}, False),
        ({"classifier": "another network"}, False),
        ({"reference_sha256": "2" * 64}, False),
        ({"extractor_sha256": "f" * 64}, False),
        ({"size": [64, 64]}, False),
        ({"training_images": 1}, False),
    ],
)
def test_recipes_are_comparable_if_the_scores_that_they_share_have_one_protocol(change, comparable):
    other = {name: value for name, value in (SAMPLE_PROTOCOL | change).items() if value is not None}
    assert (not between_recipes(SAMPLE_PROTOCOL, other)) == comparable
    assert (not between_recipes(other, SAMPLE_PROTOCOL)) == comparable


def test_a_long_message_shows_both_ends_of_a_value_and_counts_what_it_leaves_out():
    found = {f"field{index}": ("a" * 40 + "b" * 40, "c") for index in range(9)}
    text = named(found)
    assert text.count("was aaa") == 6 and "bbb and is c" in text and text.endswith("and 3 more fields") and len(text) < 700
