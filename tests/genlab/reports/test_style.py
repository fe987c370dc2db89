"""Test of the page that compares style-based recipes."""

import pytest
from scores import PROTOCOL, scored

from genlab.errors import InputError
from genlab.reports import style


def test_style_recipes_are_compared_per_image_set_with_path_lengths_truncation_and_sizes():
    entries = {name: {"images": "fashion", "budget": {"images": 48000}} for name in ("progan", "stylegan")}
    entries["stylegan2_ada"] = {"images": "emoji_3d", "budget": {"images": 48000}}
    paths = {"W": {"ppl_efflite0": 20.0, "ppl_efflite0_spread": 1.0}, "Z": {"ppl_efflite0": 40.0, "ppl_efflite0_spread": 2.0}}
    styled = {
        "path_length": paths,
        "truncation": {psi: {"kid_in_domain": 0.1, "precision": 0.5, "recall": 0.25} for psi in ("1", "0.5")},
        "protocol": PROTOCOL | {"path_length": "500 pairs", "samples": "psi = 1"},
    }
    ada = {key: value for key, value in scored(0.2).items() if key != "in_domain"} | styled
    ada["protocol"] = {key: value for key, value in styled["protocol"].items() if key != "classifier"} | {"training_images": 480}
    metrics = {"progan": scored(0.12), "stylegan": scored(0.06) | styled, "stylegan2_ada": ada}
    speeds = {name: {"images_per_second": 100.0, "ratio": 1.01} for name in entries}
    lines = style.describe(entries, metrics, speeds, {name: ["noise"] for name in entries}, style.sizes(), "style")
    page = "\n".join(lines)
    assert "## On `fashion`, side by side" in page and "## On `emoji_3d`, side by side" in page
    assert "| `stylegan` | 40 ± 2 | 20 ± 1 | 0.50 |" in lines and "| 0.5 | 100, 0.50, 0.25 | 100, 0.50, 0.25 |" in lines
    assert "| `progan` | 23.04 | 23.05 | 23.08 | 23.09 | 23.1 and 23.1 | table 2 |" in lines
    assert "| `stylegan2` | 30.03 | 28.86 | 30.37 | 29.01 |  | not stated |" in lines
    assert page.index("samples of stylegan]") < page.index("samples of progan]") < page.index("samples of stylegan2_ada]")
    with pytest.raises(InputError, match="scored under different protocols"):
        style.describe(entries, metrics | {"progan": ada}, speeds, {}, style.sizes(), "style")
