"""The nodes with a store: an unchanged set is neither decoded nor validated again, and the results are those without a store."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from genlab.errors import DataValidationError
from genlab.images import scan, store
from genlab.images.checking import lookalikes
from pipelines.data_preparation import suite
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.nodes import gate, prepare, read, validate

EXPECTATIONS = yaml.safe_load((Path(__file__).parents[3] / "conf/base/expectations/unlabelled.yml").read_text(encoding="utf-8"))


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(store, "YOUNG", 0)
    (tmp_path / "set").mkdir()
    for number in range(40):
        coarse = np.random.default_rng(number % 30).integers(0, 256, (8, 8, 3), dtype=np.uint8)  # the last ten look like the first ten
        image = Image.fromarray(coarse).resize((24, 24), Image.Resampling.BICUBIC)
        image.save(tmp_path / "set" / f"{number:02d}.png", compress_level=number // 30)
    (tmp_path / "set" / "broken.png").write_bytes(b"no image, but more than forty bytes of something else")
    return tmp_path / "set"


def run(root: Path, folder: Path | None, **more):
    """Manifest, outcome, report, quarantine and prepared set."""
    source = {"class": "genlab.images.sources.Folder", "root": str(root)}
    declared = {"name": "mine", "kind": "unlabelled", "source": source, "size": 16, "on_failure": "quarantine", "workers": 1}
    image_set = ImageSet(**declared | more)
    manifest = read(image_set, Path(), folder)
    validation, report = validate(manifest, image_set, EXPECTATIONS, Path(), folder)
    validated, quarantine = gate(manifest, validation, image_set)
    return manifest, validation, report, quarantine, prepare(validated, image_set, Path(), folder)


def check_equal(found, expected) -> None:
    for one, other in zip(found[:4], expected[:4], strict=True):
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other)
        else:
            assert one == other
    assert np.array_equal(found[4].images, expected[4].images)
    assert found[4].content_hash == expected[4].content_hash


def test_the_second_run_gives_the_same_results_without_decoding_and_validating(root, tmp_path, monkeypatch):
    expected = run(root, None)
    assert (expected[0]["lookalike"] != "").any()
    check_equal(run(root, tmp_path / "store"), expected)
    decoded, evaluated = [], []
    describe, evaluate = scan.describe, suite.evaluate
    monkeypatch.setattr(scan, "describe", lambda item, *rest: decoded.append(item.path) or describe(item, *rest))
    monkeypatch.setattr(suite, "evaluate", lambda *given: evaluated.append(len(given[0])) or evaluate(*given))
    monkeypatch.setattr(lookalikes, "search", None)
    check_equal(run(root, tmp_path / "store"), expected)
    assert decoded == ["broken.png"]  # a file that could not be read is tried again
    assert evaluated == [40]  # what is left by the quarantine; the set itself was validated before


def test_a_mended_file_leaves_the_quarantine(root, tmp_path):
    run(root, tmp_path / "store")
    Image.effect_noise((24, 24), 90).convert("RGB").save(root / "broken.png")
    found = run(root, tmp_path / "store")
    assert found[3].empty
    check_equal(found, run(root, None))


def test_other_expectations_are_evaluated(root, tmp_path, monkeypatch):
    run(root, tmp_path / "store")
    with pytest.raises(DataValidationError, match="1 of"):
        run(root, tmp_path / "store", on_failure="stop")
    stricter = [{**entry, "min_value": 100} if entry["name"] == "enough images" else entry for entry in EXPECTATIONS]
    monkeypatch.setattr(f"{__name__}.EXPECTATIONS", stricter)
    with pytest.raises(DataValidationError, match="enough images"):
        run(root, tmp_path / "store")


def test_a_changed_split_uses_the_pixels_again(root, tmp_path, monkeypatch):
    run(root, tmp_path / "store")
    monkeypatch.setattr(scan, "describe", lambda item, *rest: pytest.fail(item.path))
    (root / "broken.png").unlink()
    found = run(root, tmp_path / "store", seed=1)
    assert set(found[4].manifest["split"]) == {"train", "test"}
    monkeypatch.undo()
    check_equal(found, run(root, None, seed=1))
