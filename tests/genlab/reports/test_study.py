"""Tests of the report of a study, as Markdown, HTML and plot."""

import numpy as np
import pytest
from browser import BROWSER, Page
from study_people import answers, file_of, files_of, fooled, preferring, study_of

from genlab.reports.study import markdown
from genlab.reports.study_page import page
from genlab.reports.study_plot import plot
from genlab.study.analysis import analysed

JUDGE = fooled({"gan": 0.2, "lsgan": 0.6, "real": 0.8})


def results(**changes):
    made = study_of(**changes)
    judge = preferring({"gan": 0, "lsgan": 1}) if made.study["kind"] == "preference" else JUDGE
    sleepy = {"sleepy.json": file_of(answers(made, 9, judge, attentive=False))}
    return analysed(made.study, made.key, files_of(made, 8, judge) | sleepy | {"<b>damaged</b>.json": b"{"})


def test_the_report_ranks_the_models_with_intervals():
    found = results()
    text = markdown(found, "ranking.png")
    gan = found["models"]["gan"]["fooled"]
    assert f"| 2 | gan | {100 * gan['share']:.1f} % [{100 * gan['low']:.1f}, {100 * gan['high']:.1f}] | {gan['count']} of 32 |" in text
    assert text.index("lsgan") < text.index("| 2 | gan") and "![ranking](ranking.png)" in text and "HYPE" in text


def test_the_report_tells_who_does_not_count_and_why():
    text = markdown(results(), "ranking.png")
    assert "Participants that count: 8, with 128 answers. Excluded: 1. Files left out: 1." in text
    assert "failed 2 of 2 attention checks" in text and "it is damaged, or no JSON file" in text


def test_a_report_of_preferences_has_pairs_and_says_what_cannot_be_distinguished():
    text = markdown(results(kind="preference", items=16), "ranking.png")
    assert "| gan to lsgan |" in text and "log-odds of Bradley and Terry" in text
    close = analysed(*(made := study_of(kind="preference", items=16))[:2], files_of(made, 2, lambda group, rng: int(rng.integers(2))))
    assert "Not distinguishable: " in markdown(close, "ranking.png")


def test_a_report_without_answers_has_no_ranking():
    made = study_of()
    text = markdown(analysed(made.study, made.key, {}), "ranking.png")
    assert "There are no answers to analyse yet." in text and "Ranking" not in text


def test_names_of_files_are_escaped_in_the_page():
    html = page(results(), plot(results()))
    assert "<b>damaged" not in html and "&lt;b&gt;damaged" in html and "https://" not in html


@pytest.mark.parametrize("changes", [{}, {"kind": "preference", "items": 16}, {"kind": "real_against_generated"}])
def test_a_plot_is_drawn_for_each_kind(changes):
    assert np.asarray(plot(results(**changes))).std() > 0


@pytest.mark.skipif(BROWSER is None, reason="no chromium is installed")
@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_fits_a_desk_and_a_phone(tmp_path, width):
    (tmp_path / "report.html").write_text(page(results(), plot(results())), encoding="utf-8")
    with Page((tmp_path / "report.html").as_uri(), tmp_path, width) as opened:
        opened.wait("document.images.length == 1 && document.images[0].naturalWidth > 0")
        assert opened.value("document.documentElement.scrollWidth <= window.innerWidth")
        assert opened.value("document.querySelectorAll('table').length") == 2
