"""Tests of the page that compares translation recipes."""

import pytest

from genlab.errors import InputError
from genlab.reports.translation import PAIRED, Section, describe, sections_of

SHARED = {
    "extractor": "efflite0",
    "extractor_sha256": "e",
    "size": [32, 32],
    "kid": "whole",
    "kid_spread": "over subsets",
    "ssim": "from 0",
    "ms_ssim": "2 scales",
    "perceptual": "squared distance",
}
CYCLEGAN = "genlab.recipes.cyclegan.CycleGAN"


def scored(held_out: tuple[str, str], kid: float, directions=("a_to_b",)) -> dict:
    own = {"l1": 0.25, "kid_efflite0": kid, "kid_efflite0_spread": 0.004, "fid_efflite0": 90.4}
    rows = {"translated": own, "untrained": own | {"kid_efflite0": 0.6}, "identity": own | {"kid_efflite0": 0.2}}
    protocol = SHARED | {"images": {"a": 120, "b": 120}, "reference_sha256": dict(zip("ab", held_out, strict=True))}
    return {"headline": {}, "protocol": protocol, **dict.fromkeys(directions, rows)}


def entry(image_set: str, model: str = PAIRED) -> dict:
    return {"images": image_set, "budget": {"images": 8000}, "model": {"class": model}}


ENTRIES = {"cyclegan": entry("emoji", CYCLEGAN), "other": entry("horses", CYCLEGAN), "flat": entry("flat"), "pix2pix": entry("pairs")}
METRICS = {
    "cyclegan": scored(("black", "colour"), 0.06, ("a_to_b", "b_to_a")),
    "other": scored(("horse", "zebra"), 0.06, ("a_to_b", "b_to_a")),
    "flat": scored(("flat", "colour"), 0.01),
    "pix2pix": scored(("black", "colour"), 0.05),
}


def test_recipes_with_the_same_held_out_images_are_compared():
    assert sections_of(ENTRIES, METRICS) == [Section("flat", "a_to_b", ("flat",)), Section("pairs", "a_to_b", ("pix2pix", "cyclegan"))]


def test_recipes_of_opposite_directions_are_not_compared():
    metrics = METRICS | {"pix2pix": scored(("black", "colour"), 0.05, ("b_to_a",))}
    assert sections_of(ENTRIES, metrics)[1] == Section("pairs", "b_to_a", ("pix2pix", "cyclegan"))
    metrics = METRICS | {"cyclegan": scored(("black", "colour"), 0.05), "pix2pix": scored(("black", "colour"), 0.05, ("b_to_a",))}
    assert sections_of(ENTRIES, metrics)[1] == Section("pairs", "b_to_a", ("pix2pix",))


def test_scores_of_different_protocols_are_not_compared():
    odd = {**METRICS["cyclegan"], "protocol": METRICS["cyclegan"]["protocol"] | {"ms_ssim": "3 scales"}}
    with pytest.raises(InputError, match="pix2pix and cyclegan were scored under different protocols: ms_ssim was"):
        sections_of(ENTRIES, METRICS | {"cyclegan": odd})


def test_models_are_listed_above_their_baselines():
    sections = sections_of(ENTRIES, METRICS)
    names = {section: {"a": "drawn", "b": "painted"} for section in sections}
    lines = describe(sections, ENTRIES, METRICS, names, "translation")
    (start,) = (index for index, line in enumerate(lines) if line.startswith("The set `pairs`: 120 held-out pairs of 32 x 32 px."))
    assert lines[start].endswith("`pix2pix` 8,000, `cyclegan` 8,000. The untrained generator is that of `pix2pix`.")
    assert lines[start - 2] == "## drawn → painted"
    assert lines[start + 4 : start + 8] == [
        "| `pix2pix` | 0.25 |  |  |  |  | 50 ± 4 | 90.4 |",
        "| `cyclegan` | 0.25 |  |  |  |  | 60 ± 4 | 90.4 |",
        "| the source as it is | 0.25 |  |  |  |  | 200 ± 4 | 90.4 |",
        "| untrained generator | 0.25 |  |  |  |  | 600 ± 4 | 90.4 |",
    ]
    assert "![drawn, its translations, and painted](translation/pairs_a_to_b.webp)" in lines


def test_the_order_of_the_configuration_does_not_matter():
    assert sections_of(dict(reversed(ENTRIES.items())), METRICS) == sections_of(ENTRIES, METRICS)
