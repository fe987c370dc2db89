"""Tests of the commands of `genlab` on MLflow's registry: promotion by hand, and the leaderboard."""

import math
import re
from pathlib import Path

import pytest
from conftest import run_kedro
from projects import RECIPE, client_of, prepared_project

from genlab.errors import InputError
from genlab.evaluation.scores import Headline
from pipelines.commands import leaderboard, promote
from pipelines.release.leaderboard.entries import Entry, tables
from pipelines.release.leaderboard.text import as_text
from pipelines.release.promotion import Standing
from pipelines.tracking.description import NOTE
from pipelines.tracking.experiments import EXPERIMENT


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with two versions of one model."""
    folder = prepared_project(tmp_path_factory.mktemp("registry"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for seed in (0, 1):
            run_kedro(folder, RECIPE, gan={"seed": seed})
    return folder


@pytest.fixture
def inside(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return project


def said(module, *words):
    return module.run(module.parser().parse_args(words))


def test_a_version_is_promoted_by_hand_with_a_reason(inside, capsys):
    client = client_of(inside)
    champion = int(client.get_registered_model("gan-fashion").aliases["champion"])
    other = 3 - champion
    assert said(promote, "gan-fashion", str(other), "--why", "the hems are\nsharper") == 0
    assert f"gan-fashion: version {other} is champion instead of version {champion}." in capsys.readouterr().out
    assert int(client.get_registered_model("gan-fashion").aliases["champion"]) == other
    version = client.get_model_version("gan-fashion", str(other))
    assert version.tags["champion"].startswith("yes: by hand, by ") and version.tags["champion"].endswith(": the hems are sharper")
    model = client.get_registered_model("gan-fashion")
    assert f"Champion: version {other}, kid_efflite0 x 1000 = " in model.description and version.run_id in model.description
    for words, message in (
        (("gan-fashion", str(other), "--why", "again"), rf"gan-fashion: version {other} is the champion already"),
        (("gan-fashion", "7", "--why", "x"), r"gan-fashion: has no version 7\. It has: 1, 2"),
        (("gan-fashio", "1", "--why", "x"), r"no model of this name is registered\. Did you mean 'gan-fashion'"),
        (("gan-fashion", str(champion), "--why", " "), r"--why: got an empty text"),
    ):
        with pytest.raises(InputError, match=message):
            said(promote, *words)


def test_the_leaderboard_lists_the_models_of_an_image_set(inside, capsys):
    assert said(leaderboard, "fashion", "--all") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("fashion: kid_efflite0 x 1000, lower is better (protocol ") and lines[1].split()[:2] == ["model", "version"]
    assert [line.split()[0] for line in lines[2:]] == ["1", "2"] and all("gan-fashion" in line for line in lines[2:])
    with pytest.raises(
        InputError, match=r"fashio: no model of this image set is registered\. Did you mean 'fashion'\? There are models of: fashion"
    ):
        said(leaderboard, "fashio")


def test_the_page_of_the_leaderboard_is_linked_from_the_experiment_and_follows_a_promotion(inside, tmp_path, capsys):
    client = client_of(inside)
    note = client.get_experiment_by_name(EXPERIMENT).tags[NOTE]
    run_id, name = re.search(r"\[fashion\]\(#/experiments/\d+/runs/(\w+)/artifacts/(fashion\.html)\?", note).groups()
    assert "| 1 | gan-fashion | " in note and "kid_efflite0 x 1000" in note
    page = Path(client.download_artifacts(run_id, name, str(tmp_path))).read_text()
    assert page.count("<img src='data:image/webp;base64,") == 1 and "24 images in " in page
    champion = int(client.get_registered_model("gan-fashion").aliases["champion"])
    said(promote, "gan-fashion", str(3 - champion), "--why", "to see the page change")
    after = Path(client.download_artifacts(run_id, name, str(tmp_path))).read_text()
    out = tmp_path / "out.html"
    assert said(leaderboard, "fashion", "--out", str(out)) == 0 and str(out) in capsys.readouterr().out
    assert out.read_text() == after != page
    with pytest.raises(InputError, match=r"out\.html exists already\. Name another place, or replace them with --overwrite"):
        said(leaderboard, "fashion", "--out", str(out))
    with pytest.raises(InputError, match=r"--out: got 'board', expected \.html"):
        said(leaderboard, "fashion", "--out", "board")


def entry(name, version, value, protocol="p", score="kid", aliases=()):
    return Entry(name, version, aliases, Standing(Headline(score, value, True, 0.01), protocol, "d" * 64))


def test_models_are_ordered_within_one_protocol_and_the_best_version_of_each_is_shown():
    entries = [
        entry("a", 1, 0.3),
        entry("a", 2, 0.2, aliases=("champion",)),
        entry("b", 1, 0.25),
        entry("c", 1, math.nan),
        entry("d", 1, 0.1, protocol="q"),
        entry("e", 1, 3.0, score="bits_per_dimension"),
    ]
    shown = [as_text("mine", group) for group in tables(entries, every=False)]
    assert [[line.split()[1] for line in each.splitlines()[2:]] for each in shown] == [["a", "b", "c"], ["e"], ["d"]]
    assert shown[0].splitlines()[2].split() == ["1", "a", "2", "200", "±", "10", "champion"]
    assert [line.split()[1] for line in as_text("mine", tables(entries, every=True)[0]).splitlines()[2:]] == ["a", "b", "a", "c"]
