"""Tests of the spread of scores over seeds."""

import json
import math

import pytest
from stand_in_metrics import SAMPLE_PROTOCOL

from genlab.errors import InputError
from genlab.evaluation.scores import Evaluation
from genlab.evaluation.spread import Replicate, SeedSpread, Spread

SETTINGS = {"model": {"class": "genlab.recipes.gan.GAN", "width": 4}, "budget": {"images": 100}}


def replicate(seed, kid, settings=SETTINGS, precision=0.5, **protocol):
    metrics = {
        "headline": {"name": "kid_efflite0", "value": kid, "lower_is_better": True},
        "protocol": SAMPLE_PROTOCOL | protocol,
        "checkpoint": f"{seed}" * 64,
        "samples": {
            "generated": {"kid_efflite0": kid, "kid_efflite0_spread": 0.1, "precision": precision},
            "untrained": {"kid_efflite0": 9.0, "precision": 0.0},
        },
    }
    return Replicate(seed, settings, Evaluation.from_json(metrics))


def test_mean_deviation_and_error_of_three_values():
    """1, 2, 6: mean 3, squared deviations 4 + 1 + 9 over two degrees of freedom, standard error sqrt(7 / 3)."""
    spread = Spread((1.0, 2.0, 6.0))
    assert spread.count == 3 and spread.mean == 3
    assert spread.standard_deviation == pytest.approx(math.sqrt(7)) and spread.standard_error == pytest.approx(math.sqrt(7 / 3))


def test_a_score_that_one_seed_lacks_has_no_mean():
    spread = Spread((1.0, math.nan))
    assert math.isnan(spread.mean) and math.isnan(spread.standard_error)
    assert spread.to_json() == {"mean": None, "standard_deviation": None, "standard_error": None, "count": 2, "values": [1.0, None]}


def test_only_the_scores_of_the_recipe_itself_are_summarised():
    found = SeedSpread.of("gan", "fashion", [replicate(3, 0.25), replicate(4, 0.75)])
    assert found.seeds == (3, 4) and found.headlines.mean == 0.5 and found.checkpoints == ("3" * 64, "4" * 64)
    assert found.score("samples", "kid_efflite0") == Spread((0.25, 0.75)) and found.score("samples", "precision") == Spread((0.5, 0.5))
    assert [*found.scores] == ["samples"] and found.score("classes", "cas") is None


def test_json_keeps_everything():
    found = SeedSpread.of("gan", "fashion", [replicate(0, 0.25), replicate(1, math.nan), replicate(2, 0.5)])
    written = json.loads(json.dumps(found.to_json(), allow_nan=False))
    again = SeedSpread.from_json(written)
    assert again.to_json() == found.to_json() and again.protocol == found.protocol and again.headlines.values[0] == 0.25
    with pytest.raises(InputError, match="got no 'seeds'"):
        SeedSpread.from_json({name: value for name, value in written.items() if name != "seeds"})


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (replicate(1, 0.2, resize="nearest"), "seeds 0 and 1 were scored under different protocols, in resize"),
        (replicate(1, 0.2, images={"held_out": 1000, "generated": 500}), "protocols, in images.generated"),
        (replicate(1, 0.2, cas=None), "protocols, in cas"),
        (replicate(1, 0.2, SETTINGS | {"budget": {"images": 200}}), "have different settings, in budget.images"),
        (replicate(1, 0.2, SETTINGS | {"compute": {}}), "have different settings, in compute"),
        (replicate(0, 0.2), r"got scores of the seeds \[0, 0\], expected those of at least 2 different seeds"),
    ],
)
def test_trainings_that_differ_in_more_than_the_seed_are_refused_and_the_fields_named(other, message):
    with pytest.raises(InputError, match=message):
        SeedSpread.of("gan", "fashion", [replicate(0, 0.1), other])


def test_one_seed_has_no_spread():
    with pytest.raises(InputError, match=r"seeds \[0\], expected those of at least 2"):
        SeedSpread.of("gan", "fashion", [replicate(0, 0.1)])


def test_seeds_with_other_scores_are_refused():
    one, other = replicate(0, 0.1), replicate(1, 0.2)
    group = other.evaluation.groups[0]
    bare = group._replace(own=group.own._replace(values={"kid_efflite0": group.own.values["kid_efflite0"]}))
    with pytest.raises(InputError, match="have different scores, in samples"):
        SeedSpread.of("gan", "fashion", [one, other._replace(evaluation=other.evaluation._replace(groups=(bare,)))])
