"""Tests of the page of one recipe under several seeds."""

import re

from PIL import Image
from seed_spreads import spread_of

from genlab.reports.seeds_page import page, stated, table

SPREAD = spread_of("gan", (0.01, 0.02, 0.03), images="<fashion>")


def test_the_headline_states_mean_spread_and_number_of_seeds():
    assert stated(SPREAD) == "kid_efflite0 x 1000 = 20 ± 10 over 3 seeds (lower is better)"


def test_the_table_has_one_row_per_score_and_one_column_per_seed():
    first = next(row for row in table(SPREAD).splitlines() if row.startswith("| kid_efflite0"))
    assert [cell.strip() for cell in first.strip("|").split("|")] == ["kid_efflite0 x 1000", "20 ± 10", "5.77", "10", "20", "30"]
    constant = next(row for row in table(SPREAD).splitlines() if row.startswith("| recall"))
    assert [cell.strip() for cell in constant.strip("|").split("|")] == ["recall", "0.25", "0", "0.25", "0.25", "0.25"]
    assert table(SPREAD).count("### ") == 2


def test_the_page_needs_no_other_file_and_escapes_names():
    html = page(SPREAD, Image.new("RGB", (8, 8)))
    assert "data:image/webp;base64," in html and "&lt;fashion&gt;" in html and "<fashion>" not in html
    assert not re.search(r"<script|<link|(src|href)=\"(?!data:)", html)
    assert "budget.images" in html and "extractor_sha256" in html
