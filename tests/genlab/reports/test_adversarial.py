"""Tests of the page that compares adversarial recipes."""

import pytest
from scores import PROTOCOL, scored

from genlab.errors import InputError
from genlab.reports.adversarial import describe

FAMILY = {name: {"images": "fashion", "budget": {"images": 48000}} for name in ("gan", "wgan")}


SPEEDS = {name: {"images_per_second": 200.4, "ratio": 1.25} for name in FAMILY}


def test_recipes_are_sorted_from_best_to_worst_and_training_images_are_last():
    lines = describe(FAMILY, {"gan": scored(0.12), "wgan": scored(0.06)}, SPEEDS, "adversarial")
    table = [line for line in lines if line.startswith("| ")][1:]
    assert table == [
        "| `wgan` | 60 ± 4 | 10.0 | 30 ± 2 | 90 | 0.50 | 0.25 | 8.0 | 200 | 1.25 |",
        "| `gan` | 120 ± 4 | 5.0 | 60 ± 2 | 90 | 0.50 | 0.25 | 8.0 | 200 | 1.25 |",
        "| training images | 0 |  | 1 | 90 | 0.50 | 0.25 |  |  |  |",
    ]
    assert any("48,000 images" in line for line in lines)
    assert [line for line in lines if line.startswith("![")] == [
        "![samples of wgan](adversarial/wgan.webp)",
        "![samples of gan](adversarial/gan.webp)",
    ]


def test_scores_of_different_protocols_are_not_compared():
    other = scored(0.1) | {"protocol": PROTOCOL | {"training_images": 60000}}
    with pytest.raises(InputError, match=r"wgan: scored under another protocol than gan.*dvc repro"):
        describe(FAMILY, {"gan": scored(0.1), "wgan": other}, SPEEDS, "adversarial")


def test_different_budgets_are_listed():
    longer = FAMILY | {"wgan": {"images": "fashion", "budget": {"images": 96000}}}
    lines = describe(longer, {name: scored(0.1) for name in longer}, SPEEDS, "adversarial")
    assert "| recipe | budget | KID x 1000 |" in " ".join(lines) and any(line.startswith("| `wgan` | 96,000 |") for line in lines)
