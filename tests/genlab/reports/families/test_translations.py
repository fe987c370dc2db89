"""Tests of the pictures of translations."""

import pytest
from scored_runs import run, sampled, translated

from genlab.reports.artifacts import Project
from genlab.reports.families import translations


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Folder of a project with checkpoints, in which pictures are listed instead of drawn."""
    for name in ("cyclegan", "pix2pix", "alone"):
        (tmp_path / f"data/06_models/{name}").mkdir(parents=True)
        (tmp_path / f"data/06_models/{name}/checkpoint.safetensors").touch()
    for images in ("emoji", "pairs"):
        (tmp_path / f"data/05_model_input/{images}").mkdir(parents=True)
    listed = []
    monkeypatch.setattr(
        translations, "picture", lambda project, runs, images, way: listed.append((images, way, [each.name for each in runs]))
    )
    monkeypatch.setattr(translations, "save_as_webp", lambda picture, file: file.touch())
    return tmp_path, listed


def test_recipes_that_share_a_direction_are_in_one_picture(drawn):
    folder, listed = drawn
    runs = [run("cyclegan", translated(0.1), "emoji"), run("pix2pix", translated(0.2), "pairs"), run("missing", translated(0.3), "pairs")]
    lines = translations.chapter(Project(folder, {}), runs, folder)
    assert listed == [("emoji", "a_to_b", ["cyclegan", "pix2pix"])]  # the third has no checkpoint
    assert lines[0].endswith(f"({folder.name}/emoji_a_to_b.webp)") and (folder / "emoji_a_to_b.webp").exists()


def test_a_single_recipe_and_recipes_that_do_not_translate_have_no_picture(drawn):
    folder, listed = drawn
    assert translations.chapter(Project(folder, {}), [run("alone", translated(0.1), "pairs"), run("gan", sampled(0.1))], folder) == []
    assert not listed
