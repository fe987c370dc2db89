"""Tests of validation: a sound image set passes, and each kind of fault is reported with its file and reason."""

import json
import os
import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from PIL import Image
from pydantic import ValidationError

from genlab.errors import DataValidationError, InputError
from genlab.images.checking.splits import uniform
from genlab.images.sources import TwoFolders
from pipelines.data_preparation import create_pipeline
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.nodes import gate, prepare, read, validate

CONF = Path(__file__).parents[3] / "conf" / "base"
KINDS = ("unlabelled", "labelled", "paired", "unpaired")
SIDE = 40
NUMBERS = range(30)  # 30 stems in two domains: 60 images
HELD_OUT = [f"{number:02d}" for number in NUMBERS if uniform(0, f"{number:02d}") < 0.2]
TRAINING = [f"{number:02d}" for number in NUMBERS if uniform(0, f"{number:02d}") >= 0.2]


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Fail if Great Expectations tries to connect to another host."""

    def refuse(*arguments, **options):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """60 random smooth pictures, 30 in each of two domains, and a table of labels."""
    root = tmp_path_factory.mktemp("drawn")
    random = np.random.default_rng(0)
    for domain in ("sketch", "paint"):
        (root / domain).mkdir()
    for number in NUMBERS:
        for domain in ("sketch", "paint"):
            coarse = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(root / domain / f"{number:02d}.png")
    rows = "".join(f"{number:02d},{'even' if number % 2 == 0 else 'odd'}\n" for number in NUMBERS)
    (root / "labels.csv").write_text(f"stem,label\n{rows}")
    return root


@pytest.fixture
def root(drawn, tmp_path) -> Path:
    return shutil.copytree(drawn, tmp_path / "drawn")


def declare(root: Path, kind: str = "paired", **more) -> ImageSet:
    layouts = "genlab.images.sources"
    source = {
        "unlabelled": {"class": f"{layouts}.Folder", "root": str(root / "paint")},
        "labelled": {"class": f"{layouts}.LabelsFile", "root": str(root), "folder": "paint"},
    }.get(kind, {"class": f"{layouts}.TwoFolders", "root": str(root), "a": "sketch", "b": "paint"})
    return ImageSet(**{"name": "drawn", "kind": kind, "source": source, "size": 32, "seed": 0} | more)


def expectations(kind: str) -> list[dict]:
    return yaml.safe_load((CONF / "expectations" / f"{kind}.yml").read_text(encoding="utf-8"))


def run(image_set: ImageSet) -> tuple[pd.DataFrame, pd.DataFrame, dict, str]:
    manifest = read(image_set)
    validation, report = validate(manifest, image_set, expectations(image_set.kind))
    return *gate(manifest, validation, image_set), validation, report


def failure(image_set: ImageSet) -> str:
    with pytest.raises(DataValidationError) as error:
        run(image_set)
    return str(error.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_set_passes_and_its_tables_can_be_saved(root, tmp_path, kind):
    image_set = declare(root, kind)
    manifest = read(image_set)
    manifest.to_parquet(tmp_path / "manifest.parquet", index=False)
    manifest = pd.read_parquet(tmp_path / "manifest.parquet")
    validation, _ = validate(manifest, image_set, expectations(kind))
    assert validation["success"]
    assert validation["evaluated"] == len(expectations(kind)) >= 12
    validated, quarantine = gate(manifest, json.loads(json.dumps(validation)), image_set)
    assert len(quarantine) == 0
    assert "reason" in quarantine
    found = prepare(validated, image_set)
    assert found.images.shape == (len(validated), 32, 32, 3)
    assert (found.name, found.kind) == ("drawn", kind)
    assert found.classes == (("even", "odd") if kind == "labelled" else ())


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def truncated_file(root: Path) -> None:
    rewrite(root / "paint" / "03.png", lambda content: content[: len(content) // 2])


def not_an_image(root: Path) -> None:
    (root / "paint" / "03.png").write_text("<html>404</html> and some more text, as a server sends it")


def missing_partner(root: Path) -> None:
    (root / "paint" / "03.png").unlink()


def duplicate_across_splits(root: Path) -> None:
    shutil.copy(root / "paint" / f"{TRAINING[0]}.png", root / "paint" / f"{HELD_OUT[0]}.png")


def resaved_across_splits(root: Path) -> None:
    Image.open(root / "paint" / f"{TRAINING[0]}.png").save(root / "paint" / f"{HELD_OUT[0]}.jpg", quality=95)
    (root / "paint" / f"{HELD_OUT[0]}.png").unlink()


def blank_image(root: Path) -> None:
    Image.new("RGB", (SIDE, SIDE), "white").save(root / "paint" / "03.png")


def tiny_image(root: Path) -> None:
    for domain in ("sketch", "paint"):
        image = Image.open(root / domain / "03.png")
        image.resize((12, 12)).save(root / domain / "03.png")


def unequal_pair(root: Path) -> None:
    image = Image.open(root / "paint" / "03.png")
    image.resize((SIDE, 2 * SIDE)).save(root / "paint" / "03.png")


def wrong_mode(root: Path) -> None:
    Image.open(root / "paint" / "03.png").convert("CMYK").save(root / "paint" / "03.jpg")
    (root / "paint" / "03.png").unlink()


def wrong_label(root: Path) -> None:
    table = root / "labels.csv"
    table.write_text(table.read_text().replace("03,odd", "03,ood"))


def unlabelled_image(root: Path) -> None:
    table = root / "labels.csv"
    table.write_text(table.read_text().replace("03,odd\n", ""))


def label_without_image(root: Path) -> None:
    (root / "paint" / "03.png").unlink()


def empty_domain(root: Path) -> None:
    for path in (root / "paint").iterdir():
        path.unlink()


H, T = re.escape(HELD_OUT[0]), re.escape(TRAINING[0])
FAULTS = [  # fault, kind, expected part of the message
    (truncated_file, "paired", r"decodes +1 of 60 rows, e.g. paint/03.png: .*truncated"),
    (not_an_image, "paired", r"decodes +1 of 60 rows, e.g. paint/03.png: not an image: it begins with b'<html>404"),
    (missing_partner, "paired", r"pairs are complete +1 of 30 pairs, e.g. 03: no image in 'paint'"),
    (
        duplicate_across_splits,
        "paired",
        rf"no leak +1 of 60 rows, e.g. paint/{H}.png: held out, but the same file as paint/{T}.png in training",
    ),
    (
        resaved_across_splits,
        "paired",
        rf"no look-alike leak +1 of 60 rows, e.g. paint/{H}.jpg: held out, but looks like paint/{T}.png in training",
    ),
    (blank_image, "paired", r"not blank +1 of 60 rows, e.g. paint/03.png: std 0; expected at least 2"),
    (tiny_image, "paired", r"wide enough +2 of 60 rows, e.g. sketch/03.png: width 12; expected at least 32"),
    (unequal_pair, "paired", r"pairs are equal in size +1 of 30 pairs, e.g. 03: 40 x 40 and 40 x 80"),
    (wrong_mode, "paired", r"usable mode +1 of 60 rows, e.g. paint/03.jpg: mode CMYK; expected one of .*RGB"),
    (wrong_label, "labelled", r"enough of each label +1 of 30 rows, e.g. paint/03.png: label 'ood' has 1; expected at least 5"),
    (unlabelled_image, "labelled", r"known label +1 of 30 rows, e.g. paint/03.png: label ''; expected one of even, odd"),
    (label_without_image, "labelled", r"decodes +1 of 30 rows, e.g. paint/03: no such file"),
    (empty_domain, "paired", r"both domains +no rows with domain b \('paint'\)"),
]


@pytest.mark.parametrize(("fault", "kind", "words"), FAULTS, ids=[fault.__name__ for fault, _, _ in FAULTS])
def test_a_fault_is_reported_with_its_file_and_reason(root, fault, kind, words):
    fault(root)
    text = failure(declare(root, kind))
    assert re.match(r"image set 'drawn': \d+ of \d+ expectations failed\.\n  ", text)
    assert re.search(words, text)
    assert text.endswith("Report: data/08_reporting/drawn/validation.html")
    advice = "Mend or remove these files, or set `on_failure: quarantine` in conf/base/parameters/images.yml."
    assert ("If images that look alike are different, set `severity: warning`" in text) is (fault is resaved_across_splits)
    assert (advice in text) is (fault is not empty_domain)  # quarantine cannot fill an empty domain


def test_an_undeclared_label_is_reported(root):
    wrong_label(root)
    text = failure(declare(root, "labelled", classes=["even", "odd"]))
    assert re.search(r"known label +1 of 30 rows, e.g. paint/03.png: label ood; expected one of even, odd", text)


def test_a_missing_folder_is_reported(root):
    shutil.rmtree(root / "paint")
    with pytest.raises(InputError, match=r"image set 'drawn': No folder 'paint' in .*drawn; there is: sketch/."):
        read(declare(root))


def test_an_unreadable_folder_is_reported(root, monkeypatch):
    """The tests may run as root, for whom chmod has no effect, so that listing the folder is made to fail."""

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(InputError, match=r"image set 'drawn': Can't read .*sketch: permission denied. Allow this user to read it."):
        read(declare(root))


def test_a_set_without_images_is_reported(tmp_path):
    (tmp_path / "paint").mkdir()
    with pytest.raises(InputError, match=r"image set 'drawn': No images in .*paint; looked for .*png"):
        read(declare(tmp_path, "unlabelled"))


def test_two_domains_need_a_layout_that_has_them(root):
    source = declare(root, "unlabelled").source
    with pytest.raises(InputError, match=r"The kind paired needs two domains, which Folder hasn't. Use TwoFolders"):
        read(declare(root, "paired", source=source))


def test_quarantine_sets_failing_rows_and_their_partners_aside(root):
    blank_image(root)
    (root / "sketch" / "05.png").unlink()
    image_set = declare(root, on_failure="quarantine")
    validated, quarantine, _, _ = run(image_set)
    reasons = dict(zip(quarantine["path"], quarantine["reason"], strict=True))
    assert reasons.keys() == {"paint/03.png", "sketch/03.png", "paint/05.png"}
    assert reasons["paint/03.png"] == "not blank: std 0; expected at least 2"
    assert reasons["sketch/03.png"] == "its partner paint/03.png was set aside"
    assert len(validated) == 56
    assert len(prepare(validated, image_set).pairs("train")[0]) + len(HELD_OUT) >= 28


def test_quarantine_stops_when_too_little_is_left(root):
    for number in range(25):
        Image.new("RGB", (SIDE, SIDE), (number, 0, 0)).save(root / "paint" / f"{number:02d}.png")
    text = failure(declare(root, on_failure="quarantine"))
    assert "with 50 rows set aside" in text
    assert re.search(r"enough in a +5 rows where domain is a \('sketch'\); expected at least 10", text)


def test_quarantine_does_not_repair_an_empty_domain(root):
    empty_domain(root)
    assert "both domains" in failure(declare(root, on_failure="quarantine"))


def test_a_warning_is_reported_and_stops_nothing(root):
    image_set = declare(root)
    manifest = read(image_set)
    suite = [{"type": "expect_table_row_count_to_be_between", "name": "many", "min_value": 1000, "severity": "warning"}]
    validation, report = validate(manifest, image_set, suite)
    assert validation["success"]
    assert not validation["expectations"][0]["success"]
    assert "1 warning" in report
    assert len(gate(manifest, validation, image_set)[0]) == 60


@pytest.mark.parametrize(
    ("name", "shown"), [(os.fsdecode(b"caf\xe9"), r"caf\xe9"), ("a\nb", r"a\nb"), ("x" * 240, f"{'x' * 80}...{'x' * 76}")]
)
def test_a_damaged_file_with_an_odd_name_is_named_readably_and_a_sound_one_is_used(root, tmp_path, name, shown):
    shutil.copy(root / "paint" / "00.png", root / "paint" / f"{name}.png")
    rewrite(root / "paint" / f"{name}.png", lambda content: content[:-100])
    image_set = declare(root, "unlabelled", on_failure="quarantine")
    assert f"decodes 1 of 31 rows, e.g. {shown}.png: image file is truncated" in failure(declare(root, "unlabelled"))
    _, quarantine, validation, report = run(image_set)
    quarantine.to_csv(tmp_path / "quarantine.csv")
    (tmp_path / "report.html").write_text(report + json.dumps(validation), encoding="utf-8")
    Image.effect_noise((SIDE, SIDE), 50).save(root / "paint" / f"{name}.png")
    validated, quarantine, _, _ = run(image_set)
    assert len(prepare(validated, image_set).images) == 31


def test_what_is_passed_over_and_what_is_no_split_are_in_the_outcome_and_the_report(root):
    (root / "paint" / "notes.txt").write_text("not an image")
    (root / "paint" / ".DS_Store").write_text("not an image")
    (root / "paint" / "train").mkdir()
    shutil.copy(root / "paint" / "00.png", root / "paint" / "train" / "<00>.png")
    image_set = declare(root, "unlabelled")
    validation, report = validate(read(image_set), image_set, [])
    assert validation["passed_over"] == {".txt": 1, "system": 1}
    assert "'train' looks like a split" in validation["remarks"][0]
    assert "Files that are no images, passed over: 1 .txt, 1 system" in report or "passed over: 1 system, 1 .txt" in report
    assert "&#x27;train&#x27; looks like a split" in report
    assert "1 warning" in report
    assert json.loads(json.dumps(validation)) == validation


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            {"type": "expect_pears_to_be_complete", "name": "x"},
            "no type expect_pears_to_be_complete. Did you mean expect_pairs_to_be_complete?",
        ),
        ({"type": "expect_column_values_to_be_unique", "name": "x", "colum": "path"}, "colum"),
        ({"type": "expect_column_values_to_be_unique", "name": "x", "column": "paht"}, "'x' .*can't be evaluated: .*paht"),
        ({"type": "expect_column_values_to_be_between", "name": "x", "column": "width", "min_value": "$sise"}, r"\$sise, which is unknown"),
        ({"type": "expect_column_values_to_be_unique", "column": "path"}, "needs a type and a name"),
    ],
)
def test_a_suite_that_cannot_be_run_is_an_error_and_not_a_failure(root, entry, words):
    image_set = declare(root)
    with pytest.raises(InputError, match=words) as error:
        validate(read(image_set), image_set, [entry])
    assert not isinstance(error.value, DataValidationError)


def test_the_report_loads_nothing_external_and_escapes_its_text(root):
    name = "<script>alert(1)<&.png"
    (root / "paint" / name).write_text("<b>not an image</b> but long enough for the file size")
    image_set = declare(root, "unlabelled")
    manifest = read(image_set)
    _, report = validate(manifest, image_set, expectations("unlabelled"))
    assert "<script" not in report
    assert "&lt;script&gt;alert(1)&lt;&amp;.png" in report
    assert "can&#x27;t be read" in report.replace("can't", "can&#x27;t")
    assert not re.search(r"(src|href)=['\"](?!data:)", report)
    assert "@import" not in report
    assert "http" not in report
    assert len(re.findall("src='data:image/webp;base64,", report)) == 30  # the sheet; the damaged file's tile has no image


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sise": 32}, "no key 'sise'. Did you mean 'size'\\? It has: name, kind, source"),
        ({"kind": "coupled"}, "'unlabelled', 'labelled', 'paired' or 'unpaired'"),
        ({"test": 1.5}, "less than 1"),
        ({"truth": "stem"}, "`truth` is for sets of the kind unpaired"),
        ({"source": {"labels": "x"}}, "`source` needs a class"),
        ({"size": 0}, "greater than 0"),
    ],
)
def test_the_error_for_a_wrong_declaration_explains_it(root, change, words):
    with pytest.raises(ValidationError, match=words):
        declare(root, **change)


def test_the_pipeline_runs_in_kedro(root):
    image_set = declare(root)
    given = {"params:image_set": image_set, "expectations": expectations("paired"), "project": root, "store": root.parent / "store"}
    catalog = DataCatalog({name: MemoryDataset(data) for name, data in given.items()})
    names = ("manifest", "validation", "validation_report", "validated", "quarantine", "images")
    for name in names:
        catalog[name] = MemoryDataset(copy_mode="assign")
    pipeline = create_pipeline()
    assert pipeline.inputs() == set(given)
    assert pipeline.all_outputs() == set(names)
    assert all(node.tags == {"prepare"} for node in pipeline.nodes)
    SequentialRunner().run(pipeline, catalog)
    assert catalog.load("images").images.shape == (60, 32, 32, 3)
    assert catalog.load("validation_report").startswith("<!doctype html>")


def test_the_declared_sets_match_their_comments():
    sets = yaml.safe_load((CONF / "parameters" / "images.yml").read_text(encoding="utf-8"))["images"]
    emoji = ImageSet(**sets["emoji"], name="emoji")
    held_out = {stem for stem in emoji_stems() if uniform(emoji.seed, stem) < emoji.test}
    assert len(held_out) == 120
    assert emoji.truth == "stem"


def emoji_stems() -> set[str]:
    return {item.stem for item in TwoFolders(str(CONF.parents[1] / "data/01_raw/emoji"), "flat", "3d").items()}
