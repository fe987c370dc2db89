import pytest
from scores import PROTOCOL, scored

from genlab.errors import InputError
from genlab.reports.adversarial import describe

FAMILY = {name: {"images": "fashion", "budget": {"images": 48000}} for name in ("gan", "wgan")}


SPEEDS = {name: {"images_per_second": 200.4, "ratio": 1.25} for name in FAMILY}


def test_the_best_recipe_comes_first_beside_what_a_perfect_one_would_get():
    lines = describe(FAMILY, {"gan": scored(0.12), "wgan": scored(0.06)}, SPEEDS, "adversarial")
    table = [line for line in lines if line.startswith("| ")][1:]
    assert table == [
        "| `wgan` | 60 ± 4 | 10.0 | 30 ± 2 | 90 | 0.50 | 0.25 | 8.0 | 200 | 1.25 |",
        "| `gan` | 120 ± 4 | 5.0 | 60 ± 2 | 90 | 0.50 | 0.25 | 8.0 | 200 | 1.25 |",
        "| training images | 0 |  | 1 | 90 | 0.50 | 0.25 |  |  |  |",
    ]
    assert any("48,000 images" in line for line in lines)
    assert [line for line in lines if line.startswith("![")] == [
        "![samples of wgan](adversarial/wgan.png)",
        "![samples of gan](adversarial/gan.png)",
    ]


def test_scores_of_different_protocols_are_not_put_side_by_side():
    other = scored(0.1) | {"protocol": PROTOCOL | {"training_images": 60000}}
    with pytest.raises(InputError, match=r"wgan: scored under another protocol than gan.*dvc repro"):
        describe(FAMILY, {"gan": scored(0.1), "wgan": other}, SPEEDS, "adversarial")


def test_other_budgets_are_said():
    longer = FAMILY | {"wgan": {"images": "fashion", "budget": {"images": 96000}}}
    lines = describe(longer, {name: scored(0.1) for name in longer}, SPEEDS, "adversarial")
    assert "| recipe | budget | KID x 1000 |" in " ".join(lines) and any(line.startswith("| `wgan` | 96,000 |") for line in lines)
