"""Tests of what describes a run in MLflow: names of runs and metrics, and the note."""

import math

import pytest
from stand_in_metrics import SAMPLE_PROTOCOL, TRANSLATION_PROTOCOL

from genlab.evaluation.protocol import Protocol
from genlab.evaluation.scores import Evaluation, Group, GroupName, Row, RowName, Score
from pipelines.tracking.description import (
    NOTE_LIMIT,
    differing,
    note_of_error,
    note_of_scores,
    note_of_training,
    parameters_shown,
    run_name,
)
from pipelines.tracking.sections import of_parity, of_scores, of_training, own_scores

ENTRY = {
    "images": "fashion",
    "seed": 0,
    "budget": {"images": 48000, "batch_size": 32},
    "monitoring": {"log_every": 640},
    "model": {
        "class": "genlab.recipes.gan.GAN",
        "loss": {"class": "genlab.losses.adversarial.HINGE"},
        "clip": None,
        "generator_optimizer": {"lr": 2e-4},
        "critic_optimizer": {"lr": 2e-4},
    },
}
SAMPLES = {
    "headline": {"name": "kid_efflite0", "value": 0.0563, "lower_is_better": True},
    "protocol": SAMPLE_PROTOCOL,
    "samples": {"generated": {"kid_efflite0": 0.0563, "kid_efflite0_spread": 0.005}, "untrained": {"kid_efflite0": 0.4}},
    "in_domain": {"generated": {"kid_in_domain": 0.2}, "training images": {"kid_in_domain": 0.0}},
    "truncation": {"none": {"kid_efflite0": 0.05}, "0.5": {"kid_efflite0": 0.07}},
}


def changed(**changes):
    entry = ENTRY | changes
    return entry, differing(entry, ENTRY)


@pytest.mark.parametrize(
    ("changes", "environment", "name"),
    [
        ({}, None, "gan fashion"),
        ({}, "test", "gan fashion env=test"),
        ({}, "dvc", "gan fashion"),
        ({"images": "mine", "seed": 1}, "local", "gan mine seed=1"),
        ({"monitoring": {"log_every": 1}}, None, "gan fashion"),
        (
            {"model": ENTRY["model"] | {"clip": 0.01, "critic_optimizer": {"lr": 1e-4}}},
            None,
            "gan fashion clip=0.01 critic_optimizer.lr=1e-4",
        ),
        ({"model": ENTRY["model"] | {"loss": {"class": "genlab.losses.adversarial.MINIMAX"}}}, None, "gan fashion loss.class=MINIMAX"),
        ({"budget": {"images": 96000, "batch_size": 32}}, "full", "gan fashion env=full budget.images=96000"),
        ({"model": {f"a{number}": number for number in range(7)}}, None, "gan fashion a0=0 a1=1 a2=2 a3=3 a4=4 +2"),
    ],
)
def test_the_name_of_a_run_has_what_differs_from_its_yaml(changes, environment, name):
    entry, differences = changed(**changes)
    assert run_name("gan", entry, differences, environment) == name


def test_only_the_parameters_that_matter_or_differ_are_shown():
    entry, differences = changed(model=ENTRY["model"] | {"clip": 0.01})
    shown = parameters_shown(entry, differences)
    assert set(shown) == {"images", "seed", "budget.images", "budget.batch_size", "model.class", "model.clip"}


def test_terms_of_a_training_are_in_sections():
    row = {"critic/loss": 1.0, "critic/gradient_norm": 2.0, "health/diversity": 3.0, "images_per_second": 4.0, "turn_seconds": 5.0}
    assert of_training(row) == {
        "loss/critic": 1.0,
        "loss/critic.gradient_norm": 2.0,
        "health/diversity": 3.0,
        "speed/images_per_second": 4.0,
        "speed/turn_seconds": 5.0,
    }


def test_scores_carry_their_extractor_and_baselines_are_apart():
    assert of_scores(Evaluation.from_json(SAMPLES)) == {
        "score/kid_efflite0": 0.0563,
        "score/kid_efflite0_spread": 0.005,
        "baseline/untrained.kid_efflite0": 0.4,
        "score/in_domain.kid": 0.2,
        "baseline/training images.in_domain.kid": 0.0,
        "score/truncation.kid_efflite0": 0.05,
        "score/truncation.kid_efflite0.0.5": 0.07,
    }
    directions = {
        name: {"translated": {"kid_efflite0": value}, "identity": {"kid_efflite0": 1.0}}
        for name, value in (("a_to_b", 0.1), ("b_to_a", 0.3))
    }
    translation = {
        "headline": {"name": "kid_efflite0_mean", "value": 0.2, "lower_is_better": True},
        "protocol": TRANSLATION_PROTOCOL,
        **directions,
    }
    assert own_scores(Evaluation.from_json(translation)) == {
        "score/kid_efflite0_mean": 0.2,
        "score/a_to_b.kid_efflite0": 0.1,
        "score/b_to_a.kid_efflite0": 0.3,
    }
    assert of_parity({"onnx_difference": {"generator": 1e-6}, "onnx_tolerance": 1e-4}) == {"parity/generator": 1e-6}


def test_a_score_that_is_not_finite_is_no_metric():
    own = Row(RowName.GENERATED, {"kid_efflite0": Score(math.inf, math.nan), "fid_efflite0": Score(3.0)})
    scores = Evaluation.of(Protocol.from_json(SAMPLE_PROTOCOL), [Group(GroupName.SAMPLES, own, ())])
    assert of_scores(scores) == own_scores(scores) == {"score/fid_efflite0": 3.0}


def test_notes_open_with_what_matters():
    note = note_of_scores(Evaluation.from_json(SAMPLES), ["since 8 images: collapsed"], "abc")
    assert note.startswith(
        "**kid_efflite0 x 1000 = 56.3 ± 5.0 (lower is better)**\n\n![samples](/get-artifact?path=samples%2Fsamples.png&run_uuid=abc)"
    )
    assert "- since 8 images: collapsed" in note and "|  | kid_efflite0 x 1000 |" in note and "| untrained | 400 |" in note
    training = note_of_training(480, 4800, "images/a+b.png", {"critic/loss": 1.25, "critic/real": 3.0}, ["bad"], "abc")
    assert training.startswith(
        "**Training: 480 of 4,800 images.** critic 1.25\n\n![samples](/get-artifact?path=images%2Fa%2Bb.png&run_uuid=abc)"
    )
    assert training.endswith("- bad")
    failed = note_of_error("InputError: wrong", training)
    assert (
        failed.startswith("**Stopped by an error.** InputError: wrong\n\n**Training: 480")
        and len(note_of_error("x" * 9000, "")) == NOTE_LIMIT
    )
