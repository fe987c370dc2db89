"""Tests of the page of a comparison, in a real browser."""

import re

import pytest
from browser import BROWSER, Page
from scored_runs import run, sampled

from genlab.evaluation.spread import Replicate, SeedSpread
from genlab.reports.comparison.choice import Chosen
from genlab.reports.comparison.files import written
from genlab.reports.comparison.table import table_of

RUNS = (
    run("gan", sampled(0.04), parameters=2_000),
    run("wgan", sampled(0.3), parameters=900, history=()),
    run("<b>odd", sampled(0.31), family="style"),
)
NAMES = "[...document.querySelectorAll('#models tbody tr')].filter(row => !row.hidden).map(row => row.dataset.name)"


def texts(page):
    return page.value(NAMES)


@pytest.fixture
def file(tmp_path):
    contents = written(Chosen("fashion", RUNS, {"few": "samples was 1000 and is 500"}))
    (tmp_path / "compare.html").write_bytes(contents["compare.html"])
    return tmp_path / "compare.html"


def test_the_page_loads_nothing_and_escapes_names(file):
    text = file.read_text()
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import|<script src", text) and "<b>odd" not in text
    assert "few</b>: samples was 1000 and is 500" in text


@pytest.mark.skipif(BROWSER is None, reason="no chromium")
def test_the_table_is_sorted_filtered_and_a_sheet_enlarged_by_the_keyboard(file, tmp_path):
    with Page(f"file://{file}", tmp_path, 390, 800) as page:
        page.wait("document.readyState == 'complete'")
        assert page.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert texts(page) == ["gan", "wgan", "<b>odd"] and page.value("document.querySelector('#count').textContent") == "3 of 3 models"
        click = "[...document.querySelectorAll('thead button')].find(each => each.textContent == '{}').click()"
        page.value(click.format("parameters"))
        assert texts(page) == ["wgan", "gan", "<b>odd"]  # an unknown number comes last
        page.value(click.format("parameters"))
        assert texts(page) == ["gan", "wgan", "<b>odd"] and page.value("document.querySelector('[aria-sort]').ariaSort") == "descending"
        page.value(click.format("recipe"))
        assert texts(page) == ["<b>odd", "gan", "wgan"]
        page.value("text.value = 'WGAN'; text.dispatchEvent(new Event('input'))")
        assert texts(page) == ["wgan"]
        assert page.value("[...document.querySelectorAll('.sheets > div')].filter(each => !each.hidden).length") == 1
        page.value("text.value = ''; family.value = 'style'; family.dispatchEvent(new Event('change'))")
        assert texts(page) == ["<b>odd"]
        page.value("document.querySelector('.sheets > div:last-child button').focus()")
        page.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
        assert page.wait("document.querySelector('dialog').open && document.querySelector('dialog img').naturalWidth == 320")
        page.call("Input.dispatchKeyEvent", type="keyDown", key="Escape", code="Escape", windowsVirtualKeyCode=27)
        assert page.wait("!document.querySelector('dialog').open")
        assert page.value("document.activeElement.getAttribute('aria-label')") == "enlarge samples of <b>odd"


def test_scores_over_seeds_replace_single_ones_and_similar_ones_are_marked():
    def spread(name, *values):
        replicates = [Replicate(seed, {}, sampled(value)) for seed, value in enumerate(values)]
        return run(name, sampled(values[0]), spread=SeedSpread.of(name, "fashion", replicates))

    table = table_of([spread("a", 0.1, 0.12, 0.11), spread("b", 0.1, 0.13, 0.12), spread("c", 0.5, 0.51, 0.52)])
    kid = table.headings.index("kid_efflite0 x 1000")
    assert [row[kid].text for row in table.rows] == ["110 ± 10", "≈ 117 ± 15", "510 ± 10"]
    assert [row[0].text for row in table.baselines] == ["training images", "untrained a"]
