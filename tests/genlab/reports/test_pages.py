"""Tests of the command that writes all pages, and of the benchmarks that feed them."""

import importlib
import json

import pytest
from scored_runs import sampled, sheet

from genlab.engine.json_text import json_text
from genlab.reports.artifacts import Project
from genlab.reports.pages import write_pages

SPEED = {"images_per_second": 200.4, "ratio": 1.25}
GAN, STYLEGAN = ({"class": f"genlab.recipes.{name}"} for name in ("gan.GAN", "stylegan.StyleGAN"))
FASHION = {"images": "fashion", "budget": {"images": 48000}, "model": GAN}
FAMILIES = {"gan": FASHION | {"family": "adversarial"}, "cgan": FASHION | {"family": "conditional"}}


@pytest.fixture
def project(tmp_path):
    """A project with one scored recipe."""
    (tmp_path / "docs/results").mkdir(parents=True)
    folder = tmp_path / "data/08_reporting/gan"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json_text(sampled(0.06).to_json()))
    (folder / "samples.png").write_bytes(sheet())
    return Project(tmp_path, FAMILIES)


def test_pages_without_results_are_reported_and_the_others_written(project, capsys):
    assert write_pages(project) == 0
    out, err = capsys.readouterr()
    assert out == f"{project.folder / 'docs/results/adversarial.md'}\n"
    for page in ("docs/results/conditional.md", "docs/results/seeds.md", "docs/theory.md"):
        assert f"note: {page} is not written" in err and not (project.folder / page).exists()
    assert err.count("`kedro run --pipeline=cgan`") == 1


def test_the_exit_code_is_1_if_no_page_can_be_written(project, capsys):
    (project.folder / "data/08_reporting/gan/metrics.json").unlink()
    assert write_pages(project) == 1
    assert capsys.readouterr().err.count("is not written") == 4


def test_scores_of_an_earlier_version_are_an_error_but_other_pages_are_written(project, capsys):
    other = project.folder / "data/08_reporting/cgan"
    other.mkdir()
    (other / "metrics.json").write_text("{}")
    assert write_pages(project) == 1
    out, err = capsys.readouterr()
    assert "error: docs/results/conditional.md: " in err and "cgan" in err and out.endswith("adversarial.md\n")


def test_speeds_of_benchmarks_are_columns_and_columns_without_a_value_are_left_out(project):
    page = project.folder / "docs/results/adversarial.md"
    write_pages(project)
    assert "training, images/s" not in page.read_text() and "sampling, images/s" not in page.read_text()
    benchmark = project.folder / "data/08_reporting/benchmarks/adversarial.json"
    benchmark.parent.mkdir()
    benchmark.write_text(json.dumps({"gan": SPEED}))
    write_pages(project)
    assert "training, images/s | to a plain loop |" in page.read_text() and "| 200 | 1.25 | 48,000 |" in page.read_text()


@pytest.fixture
def benchmark():
    return lambda name: importlib.import_module(f"benchmarks.{name}")


def test_a_benchmark_of_one_recipe_keeps_the_numbers_of_the_others(benchmark, tmp_path, monkeypatch):
    module, out = benchmark("adversarial"), tmp_path / "benchmarks/adversarial.json"
    speed = SPEED | {"by_hand": 160.0}

    def compare(name: str, *_) -> dict:
        if name == "broken":
            raise ValueError(name)
        return speed

    monkeypatch.setattr(module, "compare", compare)
    module.run(["gan"], out, lambda name: None, 1)
    module.run(["mine"], out, lambda name: None, 1)
    with pytest.raises(ValueError, match="broken"):
        module.run(["other", "broken"], out, lambda name: None, 1)
    assert json.loads(out.read_text()) == dict.fromkeys(("gan", "mine", "other"), speed)


def test_a_benchmark_chooses_its_loop_by_the_recipes_class_and_refuses_unknown_recipes(benchmark, monkeypatch):
    style_benchmark, base = benchmark("style"), benchmark("adversarial")
    entries = {"mine": FASHION | {"model": STYLEGAN}, "my_progan": FASHION}
    with pytest.raises(SystemExit, match=r"no recipe 'nosuch': expected it in conf/base/parameters/recipes/nosuch\.yml"):
        base.entry_of("nosuch")
    monkeypatch.setattr(base, "entry_of", entries.__getitem__)
    assert style_benchmark.hand_of("mine") is style_benchmark.by_hand
    assert style_benchmark.hand_of("my_progan") is base.by_hand
