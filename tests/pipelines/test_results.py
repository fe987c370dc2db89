"""The page that compares recipes."""

import pytest
from scores import PROTOCOL, scored, told

from genlab.errors import InputError
from pipelines.results import conditional, style
from pipelines.results.adversarial import describe

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


def test_conditional_recipes_also_have_their_classes_compared():
    metrics = {"gan": told(0.12), "wgan": told(0.06)}
    whole = {"gan": told(0.05) | {"images": {"training": 60000, "held_out": 10000, "seen": 64000}}}
    lines = conditional.describe(FAMILY, metrics, SPEEDS, whole, "conditional")
    assert lines[0] == "# Class-conditional GANs, side by side"
    for expected in (
        "| `wgan` | 0.840 | 0.800 | 120 | 3.142 | 0.70 | 0.60 |",
        "| real images | 0.890 | 0.890 |  | 3.142 | 0.70 | 0.60 |",
        "| KID x 1000 within | `wgan` | `gan` | training images |",
        "| Bag | 60 | 120 | 4 |",
        "| Coat | 200 | 200 |  |",
        "| none | 100, 0.70, 0.40 | 100, 0.70, 0.40 |",
        "| `gan` | 64,000 | 25 ± 2 | 3.142 | 0.70 | 0.60 | 0.850 | 0.800 |",
        "![samples of gan, a row a class](conditional/whole/gan.png)",
    ):
        assert expected in lines


def test_the_style_family_is_compared_set_by_set_with_paths_truncation_and_sizes():
    entries = {name: {"images": "fashion", "budget": {"images": 48000}} for name in ("progan", "stylegan")}
    entries["stylegan2_ada"] = {"images": "emoji_3d", "budget": {"images": 48000}}
    paths = {"W": {"ppl_efflite0": 20.0, "ppl_efflite0_spread": 1.0}, "Z": {"ppl_efflite0": 40.0, "ppl_efflite0_spread": 2.0}}
    styled = {
        "path_length": paths,
        "truncation": {psi: {"kid_in_domain": 0.1, "precision": 0.5, "recall": 0.25} for psi in ("1", "0.5")},
        "protocol": PROTOCOL | {"path_length": "500 pairs", "samples": "psi = 1"},
    }
    ada = {key: value for key, value in scored(0.2).items() if key != "in_domain"} | styled
    ada["protocol"] = {key: value for key, value in styled["protocol"].items() if key != "classifier"} | {"training_images": 480}
    metrics = {"progan": scored(0.12), "stylegan": scored(0.06) | styled, "stylegan2_ada": ada}
    speeds = {name: {"images_per_second": 100.0, "ratio": 1.01} for name in entries}
    lines = style.describe(entries, metrics, speeds, {name: ["noise"] for name in entries}, style.sizes(), "style")
    page = "\n".join(lines)
    assert "## On `fashion`, side by side" in page and "## On `emoji_3d`, side by side" in page
    assert "| `stylegan` | 40 ± 2 | 20 ± 1 | 0.50 |" in lines and "| 0.5 | 100, 0.50, 0.25 | 100, 0.50, 0.25 |" in lines
    assert "| `progan` | 23.04 | 23.05 | 23.08 | 23.09 | 23.1 and 23.1 | table 2 |" in lines
    assert "| `stylegan2` | 30.03 | 28.86 | 30.37 | 29.01 |  | not stated |" in lines
    assert page.index("samples of stylegan]") < page.index("samples of progan]") < page.index("samples of stylegan2_ada]")
    with pytest.raises(InputError, match="scored under another protocol"):
        style.describe(entries, metrics | {"progan": ada}, speeds, {}, style.sizes(), "style")
