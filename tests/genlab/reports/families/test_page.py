"""Tests of the page of a family."""

import json

import pytest
from scored_runs import run, sampled, sheet, translated

from genlab.engine.json_text import json_text
from genlab.reports.artifacts import MissingResultsError, Project
from genlab.reports.families.page import tables, write

GAN = {"class": "genlab.recipes.gan.GAN"}


def entry(images="fashion", **others):
    return {"images": images, "family": "adversarial", "budget": {"images": 100}, "model": GAN} | others


def evaluated(folder, name, evaluation, seen=100, views=()):
    place = folder / "data/08_reporting" / name
    (place / "pictures").mkdir(parents=True)
    (place / "metrics.json").write_text(json_text(evaluation.to_json()))
    (place / "history.csv").write_text(f"images,critic/jsd,selection/kid_efflite0\n50,0.5,0.3\n{seen},0.25,0.2\n")
    for file in ("samples", *(f"pictures/{view}" for view in views)):
        (place / f"{file}.png").write_bytes(sheet())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "docs/results").mkdir(parents=True)
    return tmp_path


def test_a_page_has_the_tables_of_a_comparison_and_the_pictures_of_each_recipe(folder):
    evaluated(folder, "gan", sampled(0.12), views=("noise", "truncation", "neighbours"))
    evaluated(folder, "wgan", sampled(0.06))
    page, notes = write(Project(folder, {"gan": entry(), "wgan": entry(budget={"images": 100, "batch_size": 8})}), "adversarial")
    text = page.read_text()
    assert not notes and text.startswith("# The adversarial family\n") and "](../families/adversarial.md)" in text
    assert (
        text.index("| wgan | adversarial | 60.0 ± 4.0 |")
        < text.index("| gan | adversarial | 120.0 ± 4.0 |")
        < text.index("| training images |")
    )
    assert "| budget.batch_size |  | 8 |" in text or "| budget.batch_size | 8 |  |" in text
    assert text.index("## wgan") < text.index("## gan") and "The effect of the noise:" in text
    assert {file.name for file in page.with_suffix("").iterdir()} == {
        "gan.webp",
        "gan_noise.webp",  # truncation is shown if it was scored
        "wgan.webp",
        "fashion_precision_against_recall.svg",
        "fashion_kid_efflite0_during_training_over_images.svg",
    }
    for file in page.with_suffix("").iterdir():
        assert f"(adversarial/{file.name})" in text


def test_a_recipe_that_was_never_evaluated_is_left_out_with_the_command(folder):
    evaluated(folder, "gan", sampled(0.12))
    page, (note,) = write(Project(folder, {"gan": entry(), "mine": entry()}), "adversarial")
    assert "`kedro run --pipeline=mine`" in note and "mine" not in page.read_text()


def test_results_of_a_shorter_training_do_not_belong_in_docs(folder):
    """Such as those of `--env=test`."""
    evaluated(folder, "gan", sampled(0.12), seen=64)
    with pytest.raises(
        MissingResultsError, match=r"adversarial.md is not written.*\n.*gan is left out: it was trained for 64 of 100 images"
    ):
        write(Project(folder, {"gan": entry()}), "adversarial")
    assert not (folder / "docs/results/adversarial.md").exists()


@pytest.mark.parametrize("early", [{"monitoring": {"patience": 3}}, {"model": {"class": "genlab.recipes.mixture.Mixture"}}])
def test_a_training_that_may_end_early_is_shown(early, folder):
    evaluated(folder, "gan", sampled(0.12), seen=64)
    assert not write(Project(folder, {"gan": entry(**early)}), "adversarial").notes


def test_a_family_of_the_users_own_has_a_page(folder):
    evaluated(folder, "mine", sampled(0.12))
    page, _ = write(Project(folder, {"mine": entry(family="my_family")}), "my_family")
    assert page.name == "my_family.md" and page.read_text().startswith("# My family\n")


def test_recipes_of_unlike_protocols_have_tables_of_their_own_and_the_difference_is_named(folder):
    evaluated(folder, "gan", sampled(0.12))
    evaluated(folder, "few", sampled(0.12, images={"held_out": 1000, "generated": 500}))
    page, _ = write(Project(folder, {"gan": entry(), "few": entry()}), "adversarial")
    text = page.read_text()
    assert "## On `fashion`, under another protocol" in text and "images.generated was" in text
    assert text.count("One model under one protocol") == 2 and text.count("## few") == text.count("## gan") == 1


def test_a_table_whose_recipes_are_all_in_an_earlier_one_is_left_out():
    """On the same held-out images: cyclegan on `emoji` is comparable with pix2pix on `emoji_pairs`."""
    pairs = [run(name, translated(kid, directions=["a_to_b"]), "emoji_pairs") for name, kid in (("pix2pix", 0.1), ("pix2pix_l1", 0.3))]
    found = tables([run("cyclegan", translated(0.2), "emoji"), *pairs])
    assert [(each.images, [one.name for one in each.runs]) for each in found] == [("emoji_pairs", ["pix2pix", "cyclegan", "pix2pix_l1"])]


def test_scores_of_an_earlier_version_are_an_error_that_names_the_file(folder):
    evaluated(folder, "gan", sampled(0.12))
    file = folder / "data/08_reporting/gan/metrics.json"
    file.write_text(json.dumps({"samples": {}}))
    with pytest.raises(Exception, match=r"gan/metrics.json cannot be read"):
        write(Project(folder, {"gan": entry()}), "adversarial")
