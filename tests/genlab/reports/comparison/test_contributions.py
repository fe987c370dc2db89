"""Tests of the table of variants and their authors' metrics."""

import re

import pytest
from conftest import ROOT
from scored_runs import run, sampled

from genlab.reports.comparison.contributions import CONTRIBUTIONS, Metric, contribution_of, measured

FILES = sorted((ROOT / "conf/base/parameters/recipes").glob("*.yml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_recipe_of_conf_has_an_entry(file):
    found = contribution_of(run(file.stem, sampled(0.1)))
    assert found.key and re.match(r"arXiv:\d{4}\.\d{5}|arXiv:\d{4}\.\d{4}", found.paper)


def test_the_longest_name_decides():
    assert contribution_of(run("stylegan2_ada", sampled(0.1))).variant == "StyleGAN2-ADA"
    assert contribution_of(run("original_gan_digits", sampled(0.1))) is CONTRIBUTIONS["original_gan"]
    assert contribution_of(run("mine", sampled(0.1))).metric is Metric.FID


def test_an_estimate_is_the_mean_of_the_last_tenth_of_the_training():
    history = tuple({"images": float(images), "critic/wasserstein": float(images > 900)} for images in range(1, 1001))
    assert measured(run("wgan", sampled(0.1), history=history)) == "1"
    assert measured(run("wgan", sampled(0.1), history=())) == "-"


def test_fid_is_named_with_its_extractor():
    assert measured(run("lsgan", sampled(0.1))) == "90.4 (fid_efflite0)"
