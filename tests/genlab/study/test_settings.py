"""Tests of the settings of a study: one clear error for each wrong key or value."""

import pytest
from study_people import ENTRY

from genlab.build import ConfigurationError
from genlab.study.settings import described, settings_of

RULES = ENTRY["exclusion"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"kind": "prefrence"},
            "user_study.kind: got 'prefrence', expected one of real_or_generated, real_against_generated, preference. Did",
        ),
        ({"trails": 8}, "user_study.trails: there is no key 'trails'. Did you mean 'trials'"),
        ({"name": "../mine"}, "user_study.name: got '../mine', expected letters"),
        ({"name": 3}, "user_study.name: got 3, expected letters"),
        ({"images": None}, "user_study.images: got None, expected the name of an image set."),
        ({"models": "gan"}, "user_study.models: got 'gan', expected a list of recipes, e.g. [gan, lsgan]."),
        ({"models": ["gan", "gan"]}, "user_study.models: got ['gan', 'gan'], expected at least 1 different recipe."),
        ({"models": ["gan"], "kind": "preference"}, "user_study.models: got ['gan'], expected at least 2 different recipes."),
        ({"trials": True}, "user_study.trials: got True, expected a whole number from 2 to 1,000."),
        ({"trials": 18}, "user_study.trials: got 18, expected a multiple of 4, so that each of gan, lsgan is shown equally often"),
        ({"items": 3}, "user_study.items: got 3, expected at least 4: a participant sees that many of each of gan, lsgan"),
        ({"exposure_milliseconds": 0}, "user_study.exposure_milliseconds: got 0, expected null for no limit, or a whole number from 50"),
        ({"seed": -1}, "user_study.seed: got -1, expected a whole number from 0 to"),
        ({"direction": "a"}, "user_study.direction: got 'a', expected one of a_to_b, b_to_a."),
        ({"consent": ""}, "user_study.consent: got '', expected a text, or null"),
        ({"exclusion": None}, "user_study.exclusion: got None, expected a mapping with failed_checks"),
        ({"exclusion": RULES | {"fast_share": 20}}, "user_study.exclusion.fast_share: got 20, expected a share from 0 to 1."),
        ({"exclusion": RULES | {"failed": 1}}, "user_study.exclusion.failed: there is no key 'failed'."),
        ({"exclusion": RULES | {"failed_checks": 3}}, "user_study.exclusion.failed_checks: got 3, but there are 2 checks"),
    ],
)
def test_a_wrong_key_or_value_is_named(change, message):
    with pytest.raises(ConfigurationError) as caught:
        settings_of(ENTRY | change)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("key", ENTRY)
def test_a_missing_key_is_named(key):
    with pytest.raises(ConfigurationError, match=f"there is no '{key}'"):
        settings_of({name: value for name, value in ENTRY.items() if name != key})


def test_an_entry_that_is_no_mapping_is_refused():
    with pytest.raises(ConfigurationError, match=r"user_study: got \[1\], expected a mapping"):
        settings_of([1])


def test_settings_can_be_written_as_they_were_read():
    assert described(settings_of(ENTRY)) == ENTRY


def test_three_models_make_three_pairs():
    settings = settings_of(ENTRY | {"kind": "preference", "models": ["a", "b", "c"], "trials": 12})
    assert settings.groups == ("a|b", "a|c", "b|c") and settings.per_group == 4
