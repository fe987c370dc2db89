"""Tests of the page of recipes under several seeds."""

import json
import re

import pytest
from PIL import Image
from seed_spreads import BUDGET, spread_of
from stand_in_metrics import TRANSLATION_PROTOCOL

from genlab.evaluation.scores import Evaluation
from genlab.evaluation.spread import Replicate, SeedSpread
from genlab.reports import seeds
from genlab.reports.artifacts import MissingResultsError, Project

ENTRY = {"model": {"class": "genlab.recipes.gan.GAN"}, "augmentation": None, "budget": BUDGET}
RECIPES = dict.fromkeys(("gan", "lsgan", "wgan", "wgan_gp", "vae"), ENTRY)
GOOD, SAME, BAD = (0.020, 0.021, 0.022), (0.021, 0.022, 0.020), (0.9, 0.91, 0.92)


def project(folder, spreads, recipes=RECIPES):
    for spread in spreads:
        place = folder / seeds.RESULTS / spread.recipe
        place.mkdir(parents=True)
        (place / "spread.json").write_text(json.dumps(spread.to_json()))
        Image.new("RGB", (8, 8)).save(place / "samples.png")
    (folder / "docs/results").mkdir(parents=True)
    return Project(folder, recipes)


def translator(recipe, kids):
    """Scores of a recipe that translates in two directions; the KID of the second is 0.1 larger."""
    replicates = []
    for seed, kid in enumerate(kids):
        metrics = {
            "headline": {"name": "kid_efflite0_mean", "value": kid + 0.05, "lower_is_better": True},
            "protocol": TRANSLATION_PROTOCOL,
            "a_to_b": {"translated": {"kid_efflite0": kid, "l1": 0.2}},
            "b_to_a": {"translated": {"kid_efflite0": kid + 0.1, "l1": 0.2}},
        }
        replicates.append(Replicate(seed, ENTRY, Evaluation.from_json(metrics)))
    return SeedSpread.of(recipe, "emoji", replicates)


def rows(page, start="## On"):
    """Cells of the first table after a heading."""
    table = re.search(rf"{start}.*?\n(\|.*?)\n\n", page, re.DOTALL)[1]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]


def test_recipes_are_sorted_and_differences_that_are_not_significant_are_marked(tmp_path):
    page, notes = seeds.write(project(tmp_path, [spread_of("wgan", BAD), spread_of("gan", GOOD), spread_of("lsgan", SAME)]))
    text = page.read_text()
    heads, _, first, second, third = rows(text)
    assert heads[:3] == ["recipe", "kid_efflite0 x 1000", "kid_in_domain x 1000"]
    assert heads[-3:] == ["p to the best", "p to the row above", "seeds"]
    assert [row[0] for row in (first, second, third)] == ["`gan`", "`lsgan`", "`wgan`"]
    assert first[1] == "21.0 ± 1.0" and first[-3:-1] == ["", ""] and first[-1] == "0, 1, 2"
    assert second[-3:-1] == ["≈ 1", "≈ 1"] and third[-3:-1] == ["< 0.001", "< 0.001"]
    assert {file.name for file in (tmp_path / "docs/results/seeds").iterdir()} == {"gan.webp", "lsgan.webp", "wgan.webp"} and notes == []


def test_published_orderings_have_verdicts(tmp_path):
    page, _ = seeds.write(project(tmp_path, [spread_of("wgan", BAD), spread_of("wgan_gp", GOOD), spread_of("gan", GOOD)]))
    cells = {row[0].split(":")[0]: row[-1] for row in rows(page.read_text(), "## Which")[2:]}
    assert cells == {
        "`wgan_gp` better than `wgan`": "survives",
        "`wgan` no better than `gan`": "not contradicted",
        "`wgan_gp` no better than `gan`": "not contradicted",
    }
    assert "On 3 orderings: survives: 1, reversed: 0, undecided: 0, not contradicted: 2." in page.read_text()


def test_scores_of_other_images_or_protocols_are_not_in_the_same_table(tmp_path):
    spreads = [
        spread_of("gan", GOOD),
        spread_of("lsgan", GOOD),
        spread_of("wgan", GOOD, resize="nearest"),
        spread_of("wgan_gp", BAD, resize="nearest"),
        spread_of("vae", BAD, images="digits"),
    ]
    page, notes = seeds.write(project(tmp_path, spreads))
    assert page.read_text().count("## On the image set") == 2 and "vae" not in page.read_text()
    assert notes == ["vae is left out: no other recipe has scores of its image set and protocol."]


def test_a_reduced_budget_and_other_settings_are_stated(tmp_path):
    recipes = RECIPES | {"gan": ENTRY | {"budget": {"images": 500, "batch_size": 4}}, "wgan": ENTRY | {"model": {"class": "other"}}}
    page, _ = seeds.write(project(tmp_path, [spread_of("gan", GOOD), spread_of("wgan", BAD)], recipes))
    text = page.read_text()
    assert "Every training saw 100 images. **This is a reduced budget**: in conf/base, these recipes have 500 images." in text
    assert "`wgan` was trained with other settings than those in conf/base: model.class." in text


def test_a_recipe_that_failed_under_one_seed_comes_last_without_tests(tmp_path):
    page, _ = seeds.write(project(tmp_path, [spread_of("gan", (0.1, float("nan"))), spread_of("lsgan", GOOD), spread_of("wgan", BAD)]))
    last = rows(page.read_text())[-1]
    assert last[0] == "`gan`" and last[1] == "nan" and last[-3:-1] == ["-", "-"]


def test_translators_are_compared_by_the_mean_over_both_directions(tmp_path):
    page, _ = seeds.write(project(tmp_path, [translator("gan", (0.1, 0.12)), translator("wgan", (0.2, 0.4))]))
    heads, _, first, second = rows(page.read_text())
    assert heads[:4] == ["recipe", "kid_efflite0_mean x 1000", "a_to_b kid_efflite0 x 1000", "b_to_a kid_efflite0 x 1000"]
    assert first[1:4] == ["160 ± 14", "110 ± 14", "210 ± 14"] and second[0] == "`wgan`"


def test_one_recipe_makes_no_page(tmp_path):
    with pytest.raises(MissingResultsError, match="no two recipes"):
        seeds.write(project(tmp_path, [spread_of("gan", GOOD)]))
