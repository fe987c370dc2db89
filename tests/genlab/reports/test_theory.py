"""The page of the theory, in Markdown and as self-contained HTML."""

import json
import re

import pytest
from PIL import Image

from genlab.engine.json_text import json_text
from genlab.pictures.animation import webp
from genlab.reports import theory
from genlab.reports.artifacts import MissingResultsError, Project
from genlab.reports.theory_page import page
from genlab.theory.claim import Claim, Measurement, Picture, Recorded, Table

FRAMES = tuple(Image.new("RGB", (4, 4), (0, shade, 0)) for shade in (0, 120, 240))
CLAIM = Claim(
    "Energy & mass are equal",
    "A claim about $m$, in words.",
    r"E = m c^2",
    "Einstein 1905",
    (Measurement("energy of $m = 1$", 9.0, 8.5, 1.0, reason="one sample"), Measurement("at most", 1.0, 2.0, relation="<=")),
    ("It fails here.",),
    (Table("Values", ("a", "b"), (("1", "2"),), "A note."),),
    {"plot": Picture("Look at *this*.", FRAMES[:1]), "moving": Picture("It moves.", FRAMES, 100)},
)
PICTURES = {f"{name}.webp": webp(picture.frames, picture.milliseconds) for name, picture in CLAIM.pictures.items()}


def test_a_chapter_states_verdicts_and_shows_every_part():
    text = theory.chapters({"energy": Recorded.of(CLAIM)}, lambda name, file: f"{name}/{file}")
    assert "| [Energy & mass are equal](#energy--mass-are-equal) | Einstein 1905 | **does not hold** |" in text
    assert "| energy of $m = 1$ | 9 | 8.5 | 1 (one sample) | holds |" in text
    assert "| at most | ≤ 1 | 2 | - | **does not hold** |" in text
    assert "![moving](energy/moving.webp)" in text and "It fails here." in text and "A note." in text


def test_the_html_page_is_self_contained():
    html = page({"energy": Recorded.of(CLAIM)}, {"energy": PICTURES})
    assert html.count("data:image/webp;base64,") == 2 and "<math" in html and "$" not in html
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", html) and "<script" not in html
    assert '<h2 id="energy--mass-are-equal"' in html and 'href="#energy--mass-are-equal"' in html


def test_animations_keep_their_frames(tmp_path):
    (tmp_path / "moving.webp").write_bytes(PICTURES["moving.webp"])
    with Image.open(tmp_path / "moving.webp") as moving, Image.open(tmp_path / "moving.webp") as again:
        assert moving.n_frames == 3 and again.is_animated
    assert webp(FRAMES) == webp(FRAMES)


def test_the_page_in_docs_has_the_measured_claims_and_notes_the_others(tmp_path):
    project = Project(tmp_path, {}, {"energy": {}, "momentum": {}})
    with pytest.raises(MissingResultsError, match="no claim has been measured"):
        theory.write(project)
    folder = tmp_path / "data/08_reporting/theory/energy"
    folder.mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    for file, content in PICTURES.items():
        (folder / file).write_bytes(content)
    (folder / "claim.json").write_text(json_text({"claim": Recorded.of(CLAIM).to_json(), "sha256": {}}))
    written, notes = theory.write(project)
    assert "E = m c^2" in written.read_text() and (tmp_path / "docs/theory/energy/plot.webp").is_file()
    assert notes == ["momentum is left out. Measure it: `kedro run --pipeline=theory --params=theory.only=momentum`."]
    assert json.loads((folder / "claim.json").read_text())["claim"]["title"] == CLAIM.title
