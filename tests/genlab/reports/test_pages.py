"""Tests of pages with missing results: they contain the available results, and notes explain how to compute the rest."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image
from scores import PROTOCOL, scored, scored_conditional

from genlab.reports import adversarial, conditional, latent_variables, original, style, translation
from genlab.reports.artifacts import MissingResultsError, Project
from genlab.reports.pages import PAGES, write_pages

SPEED = {"images_per_second": 200.4, "ratio": 1.25}
GAN, PIX2PIX, CYCLEGAN = ({"class": f"genlab.recipes.{name}"} for name in ("gan.GAN", "pix2pix.Pix2Pix", "cyclegan.CycleGAN"))
FASHION = {"images": "fashion", "budget": {"images": 48000}, "model": GAN}
GANS = {name: FASHION | {"family": "adversarial"} for name in ("gan", "mine")}
CONDITIONAL = {name: FASHION | {"family": "conditional"} for name in ("cgan", "my_cgan")}
STYLED = {name: FASHION | {"family": "style", "model": {"class": "genlab.recipes.stylegan.StyleGAN"}} for name in ("stylegan", "my_style")}
PAIRED = {"pix2pix": {"images": "pairs", "budget": {"images": 8000}, "family": "translation", "model": PIX2PIX}}


@pytest.fixture
def project(tmp_path):
    """A folder for pages and results; each test sets its recipes."""
    (tmp_path / "docs/results").mkdir(parents=True)
    return tmp_path


def described(folder: Path, *families: dict) -> Project:
    """Project in `folder` with the recipes of these families."""
    return Project(folder, {name: each for some in families for name, each in some.items()})


def evaluated(project: Path, recipe: str, metrics: dict, pictures: tuple[str, ...] = ("samples",)) -> None:
    folder = project / f"data/08_reporting/{recipe}"
    (folder / "pictures").mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps(metrics))
    for picture in pictures:
        Image.fromarray(np.zeros((2, 2), np.uint8)).save(folder / f"{picture}.png")


def benchmarked(project: Path, benchmark: Path, *names: str) -> None:
    (project / benchmark).parent.mkdir(parents=True, exist_ok=True)
    (project / benchmark).write_text(json.dumps(dict.fromkeys(names, SPEED)))


def styled(kid: float) -> dict:
    paths = {space: {"ppl_efflite0": 20.0, "ppl_efflite0_spread": 1.0} for space in "WZ"}
    sweep = {"1": {"kid_in_domain": 0.1, "precision": 0.5, "recall": 0.25}}
    return scored(kid) | {"path_length": paths, "truncation": sweep, "protocol": PROTOCOL | {"path_length": "500 pairs"}}


FAMILIES = [
    (adversarial, GANS, adversarial.BENCHMARK, scored, ("samples",)),
    (conditional, CONDITIONAL, adversarial.BENCHMARK, scored_conditional, conditional.PICTURES),
    (style, STYLED, style.BENCHMARK, styled, ("samples", "curves")),
]


@pytest.mark.parametrize(("page", "family", "benchmark", "scores", "pictures"), FAMILIES)
def test_a_recipe_that_was_never_benchmarked_has_dashes(page, family, benchmark, scores, pictures, project):
    pages = described(project, family)
    known, mine = family
    for name, kid in ((known, 0.06), (mine, 0.12)):
        evaluated(project, name, scores(kid), pictures)
    benchmarked(project, benchmark, known, mine)
    path, notes = page.write(pages)
    complete = path.read_text()
    assert not notes and f"| `{mine}` | 120 ± 4 | 5.0 | 60 ± 2 | 90 | 0.50 | 0.25 | 8.0 | 200 | 1.25 |" in complete
    benchmarked(project, benchmark, known)
    (note,) = page.write(pages).notes
    assert note.endswith(f"Measure it: `python benchmarks/{benchmark.stem}.py {mine}`.")
    assert path.read_text() == complete.replace(
        *(f"`{mine}` | 120 ± 4 | 5.0 | 60 ± 2 | 90 | 0.50 | 0.25 | 8.0 | {end} |" for end in ("200 | 1.25", "- | -"))
    )
    (project / benchmark).unlink()  # one note for the page, not one per recipe
    (note,) = page.write(pages).notes
    assert note.endswith(f"Measure it: `python benchmarks/{benchmark.stem}.py {' '.join(sorted(family))}`.")
    assert path.read_text() == complete.replace("200 | 1.25", "- | -")


@pytest.mark.parametrize(("page", "family", "benchmark", "scores", "pictures"), FAMILIES)
def test_a_recipe_that_was_never_evaluated_is_left_out(page, family, benchmark, scores, pictures, project):
    known, mine = family
    evaluated(project, known, scores(0.06), pictures)
    benchmarked(project, benchmark, known)
    pages = described(project, {known: family[known]})
    path, notes = page.write(pages)
    complete = path.read_text()
    assert not notes
    pages = described(project, family)
    (note,) = page.write(pages).notes
    assert (
        note.startswith(f"{mine} is left out: data/08_reporting/{mine}/metrics.json is not there")
        and f"`kedro run --pipeline={mine}`" in note
    )
    assert path.read_text() == complete


def test_a_recipe_whose_pictures_are_missing_is_left_out(project):
    pages = described(project, GANS)
    evaluated(project, "gan", scored(0.06))
    evaluated(project, "mine", scored(0.12), ())
    path, notes = adversarial.write(pages)
    assert any("mine is left out: data/08_reporting/mine/samples.png is not there" in note for note in notes)
    assert "`mine`" not in path.read_text()


def test_a_conditional_recipe_without_scores_by_class_is_left_out(project):
    pages = described(project, CONDITIONAL)
    evaluated(project, "cgan", scored_conditional(0.06), conditional.PICTURES)
    evaluated(project, "my_cgan", scored(0.12), conditional.PICTURES)
    path, notes = conditional.write(pages)
    assert any("my_cgan is left out" in note and "classes" in note for note in notes)
    assert "`my_cgan`" not in path.read_text()


def test_translators_without_results_are_left_out(project):
    pages = described(project, PAIRED | GANS)
    with pytest.raises(MissingResultsError, match=r"translation.md is not written.*\n.*metrics.json.*`kedro run --pipeline=pix2pix`"):
        translation.write(pages)
    evaluated(project, "pix2pix", {})  # scored, but without a checkpoint to make pictures with
    with pytest.raises(MissingResultsError, match=r"checkpoint\.safetensors is not there"):
        translation.write(pages)


def test_a_single_unpaired_translator_has_nothing_to_compare_with(project):
    pages = described(project, {"cyclegan": PAIRED["pix2pix"] | {"model": CYCLEGAN}} | PAIRED)
    own = {"protocol": {"reference_sha256": {"a": "x", "b": "y"}}, "a_to_b": {}}
    evaluated(project, "cyclegan", own)
    (project / "data/06_models/cyclegan").mkdir(parents=True)
    (project / "data/06_models/cyclegan/checkpoint.safetensors").touch()
    (project / "data/05_model_input/pairs").mkdir(parents=True)
    with pytest.raises(MissingResultsError, match=r"no recipe of class Pix2Pix.*\n.*`kedro run --pipeline=pix2pix`"):
        translation.write(pages)


def latent(bits: float) -> dict:
    kid = {"kid_efflite0": 0.1, "kid_efflite0_spread": 0.004, "ndb": 0.2}
    nats = {"bits_per_dimension": bits, "elbo": -90.0, "reconstruction": 80.0, "divergence": 10.0}
    return {
        "headline": {"value": bits},
        "protocol": {
            "extractor": "efflite0",
            "likelihood": "bounds of images in 256 levels; x",
            "size": [28, 28],
            "training_images": 4000,
            "images": {"held_out": 1000},
        },
        "likelihood": {"held-out images": nats, "training images": nats},
        "samples": dict.fromkeys(("generated", "untrained", "training images"), kid),
        "reconstructions": {"reconstructed": kid},
    }


def test_the_latent_page_without_benchmark_recipe_or_checkpoint(project):
    vae = FASHION | {"model": {"class": "genlab.recipes.vae.VAE"}, "family": "latent_variables"}
    pages = described(project, {"vae": vae, "my_vae": vae, "vae_linear": vae})
    evaluated(project, "vae", latent(3.5))
    evaluated(project, "vae_linear", latent(3.6))
    path, notes = latent_variables.write(pages)
    assert len(notes) == 3
    assert "`kedro run --pipeline=my_vae`" in notes[0]
    assert "checkpoint.safetensors" in notes[1] and "`kedro run --pipeline=vae_linear`" in notes[1]
    assert "`python benchmarks/mixtures.py`" in notes[2]
    text = path.read_text()
    assert "| `vae` | 3.500 |" in text and "`my_vae` |" not in text and "scikit-learn's" not in text


def test_pages_without_results_are_reported_and_the_others_written(project, capsys):
    pages = described(project, GANS, CONDITIONAL)
    evaluated(project, "gan", scored(0.06))
    assert write_pages(pages) == 0
    out, err = capsys.readouterr()
    assert out == f"{project / adversarial.PAGE}\n"
    for page in (original, conditional, style, translation, latent_variables):
        assert f"note: {page.PAGE} is not written" in err and not (project / page.PAGE).exists()
    for command in ("python benchmarks/adversarial.py gan", "kedro run --pipeline=mine", "kedro run --pipeline=my_cgan"):
        assert err.count(f"`{command}`") == 1


def test_the_exit_code_is_1_if_no_page_can_be_written(project, capsys):
    pages = described(project, GANS)
    assert write_pages(pages) == 1
    assert capsys.readouterr().err.count("is not written") == len(PAGES)


def test_different_protocols_are_an_error_but_other_pages_are_written(project, capsys):
    pages = described(project, GANS, CONDITIONAL)
    evaluated(project, "gan", scored(0.06))
    evaluated(project, "mine", scored(0.1) | {"protocol": PROTOCOL | {"training_images": 60000}})
    evaluated(project, "cgan", scored_conditional(0.06), conditional.PICTURES)
    assert write_pages(pages) == 1
    out, err = capsys.readouterr()
    assert f"error: {adversarial.PAGE}: gan and mine were scored under different protocols: training_images was" in err
    assert out == f"{project / conditional.PAGE}\n"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield importlib.import_module
    for name in ("adversarial", "style"):
        sys.modules.pop(name, None)


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
    entries = {"mine": STYLED["my_style"], "my_progan": GANS["mine"]}
    with pytest.raises(SystemExit, match=r"no recipe 'nosuch': expected it in conf/base/parameters/recipes/nosuch\.yml"):
        base.entry_of("nosuch")
    monkeypatch.setattr(base, "entry_of", entries.__getitem__)
    assert style_benchmark.hand_of("mine") is style_benchmark.by_hand
    assert style_benchmark.hand_of("my_progan") is base.by_hand
