"""The checks of a device run on a CPU: every recipe agrees and continues exactly, and every part has its results."""

import json
import math
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from conftest import ROOT

from benchmarks.device import agreement, cases, requirements
from benchmarks.device.__main__ import PARTS
from benchmarks.device.draws import DrawnOnCPU
from benchmarks.device.page import page
from benchmarks.device.report import Report
from benchmarks.device.requirements import check_required
from benchmarks.device.speed import Operations
from genlab.errors import InputError
from genlab.training.interruption import Interrupted

FRAMEWORKS = ("kedro", "mlflow", "dvc", "pydantic", "great_expectations", "pipelines")


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A quick run on the CPU, in which the packages that a bare GPU machine lacks cannot be imported -> (results, its folder, page)."""
    folder = tmp_path_factory.mktemp("device")
    (folder / "bare").mkdir()
    block = f"import sys\nsys.modules.update(dict.fromkeys({FRAMEWORKS!r}))\n"  # `import kedro` raises ModuleNotFoundError
    (folder / "bare/bare.py").write_text(
        block + "import runpy\nrunpy.run_module('benchmarks.device', run_name='__main__', alter_sys=True)\n"
    )
    command = [sys.executable, str(folder / "bare/bare.py"), "--device", "cpu", "--quick", "--minutes", "60", "--out", str(folder / "cpu")]
    path = os.pathsep.join([str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    run = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads((folder / "cpu.json").read_text()), folder, (folder / "cpu.md").read_text()


def test_no_part_has_failed(quick):
    results = quick[0]["parts"]
    assert list(results) == list(PARTS)
    assert {name: part["failed"] for name, part in results.items()} == {name: [] for name in PARTS}
    assert all(part["rows"] for part in results.values())


def test_every_recipe_has_the_losses_of_the_cpu_and_continues_exactly(quick):
    rows = quick[0]["parts"]["recipes"]["rows"]
    recipes = {file.stem for file in (ROOT / "conf/base/parameters/recipes").glob("*.yml")}
    assert {row["recipe"] for row in rows} == recipes and len(rows) == len(recipes)
    for row in rows:
        assert row["losses_equal"] is True and row["resume_exact"] is True and row["turns"] >= 3, row


def test_scores_speeds_and_pictures_are_there(quick):
    parts, folder, text = quick[0]["parts"], quick[1], quick[2]
    assert {row["recipe"] for row in parts["training"]["rows"]} == {"gan", "stylegan2", "pix2pix", "cyclegan", "vae", "gmm"}
    for row in parts["training"]["rows"]:
        assert math.isfinite(row["trained"]) and math.isfinite(row["untrained"])
        assert (folder / row["picture"]).read_bytes().startswith(b"\x89PNG") and f"]({row['picture']})" in text
    for row in parts["speed"]["rows"]:
        assert row["images_per_second"] > 0 and row["share_of_peak"] > 0 and row["GFLOP_per_image"] > 0
    assert all(row["finite"] for row in parts["precision"]["rows"])


def test_the_page_says_what_it_was_run_on_and_what_was_left_out(quick):
    assert "**This is a run on a CPU.**" in quick[2]
    assert "albumentations cannot be imported: images are not augmented." in quick[2]  # it needs pydantic
    assert "- Left out: fp16 and TF32: they need a CUDA GPU." in quick[2]
    assert str(ROOT) not in quick[2] + json.dumps(quick[0])


def test_a_difference_in_losses_is_seen():
    rows = [{"images": 4, "critic/loss": 2.0, "critic/accuracy": 0.5, "critic/small": 0.001}]
    other = [{"images": 4, "critic/loss": 2.002, "critic/accuracy": 1.0, "critic/small": 0.002}]
    found = agreement.differences(other, rows)
    assert found["critic/loss"] == pytest.approx(1e-3) and found["critic/small"] == pytest.approx(0.01) and "critic/accuracy" not in found
    with pytest.raises(AssertionError, match="critic/loss"):
        agreement.differences([{"images": 4}], [{"images": 4, "critic/loss": 1.0}])


def test_draws_do_not_depend_on_the_memory_format():
    contiguous = torch.zeros(2, 3, 4, 4)
    last = contiguous.to(memory_format=torch.channels_last)
    for draw in (torch.randn_like, torch.rand_like, lambda x: x.clone().normal_(), lambda x: torch.nn.functional.dropout(x + 1, 0.5)):
        drawn = []
        for values in (contiguous, last):
            torch.manual_seed(0)
            with DrawnOnCPU():
                drawn.append(draw(values))
        assert torch.equal(*drawn) and drawn[1].stride() == last.stride()
    torch.manual_seed(0)
    with DrawnOnCPU():
        drawn = torch.randn(5, device="cpu"), torch.randint(3, (4,))
    torch.manual_seed(0)
    assert torch.equal(drawn[0], torch.randn(5)) and torch.equal(drawn[1], torch.randint(3, (4,)))


def test_operations_of_a_convolution_and_of_its_second_derivative():
    image, weight = torch.randn(1, 2, 4, 4, requires_grad=True), torch.randn(3, 2, 1, 1, requires_grad=True)
    with Operations() as forward:
        result = torch.nn.functional.conv2d(image, weight)
    assert forward.total == 2 * 16 * 2 * 3  # a multiplication and an addition per pixel and pair of channels
    with Operations() as twice:
        (slope,) = torch.autograd.grad(result.square().sum(), image, create_graph=True)
        slope.square().sum().backward()
    assert twice.total >= 3 * forward.total


def test_a_failure_is_noted_and_ends_neither_the_part_nor_the_run(tmp_path):
    report = Report(tmp_path / "page", {"device": "none"}, seconds=100.0)
    with report.part("first", "First", "Text.", 0.5) as part:
        with part.attempt("one"):
            raise ValueError("a | b\nc")
        part.row(recipe="two", value=1.5)
    with report.part("second", "Second", "Text.", 0.5) as part:
        raise KeyError("three")
    content = json.loads((tmp_path / "page.json").read_text())
    assert report.failures == 2 and content["parts"]["first"]["rows"] == [{"recipe": "two", "value": 1.5}]
    assert content["parts"]["second"]["failed"][0]["what"] == "the whole part"
    assert "- **Failed**: one: ValueError: a \\| b c (test_device.py:" in (tmp_path / "page.md").read_text()


def test_work_that_takes_too_long_is_ended_and_work_without_time_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.device.report.LEAST", 0.05)
    report = Report(tmp_path / "page", {}, seconds=0.0)
    with report.part("part", "Part", "Text.", 1.0) as part:
        with part.attempt("outer"):
            with part.attempt("inner"):
                time.sleep(10)
            time.sleep(10)  # the alarm of the outer work still rings
        assert not part.has_time("more")
    reasons = {each["what"]: each["reason"] for each in part.content["skipped"]}
    assert reasons == dict.fromkeys(("inner", "outer"), "not done after 0 seconds") | {"more": "the time of this part was over"}
    assert report.failures == 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_signal_during_a_training_ends_the_run_and_is_no_failure(tmp_path):
    report = Report(tmp_path / "page", {}, 100.0)
    with pytest.raises(Interrupted), report.part("part", "Part", "Text.", 1.0) as part, part.attempt("one"):
        raise Interrupted(signal.SIGTERM)
    assert report.failures == 0


def test_results_are_on_the_disk_after_each_row(tmp_path):
    with Report(tmp_path / "page", {}, 100.0).part("part", "Part", "Text.", 1.0) as part:
        part.row(recipe="gan", speed=1.0)
        assert json.loads((tmp_path / "page.json").read_text())["parts"]["part"]["rows"] == [{"recipe": "gan", "speed": 1.0}]
        assert "| gan | 1 |" in (tmp_path / "page.md").read_text()


def test_missing_packages_are_one_message_with_the_command(monkeypatch):
    monkeypatch.setitem(requirements.REQUIRED, "no_such_module", "no-such-package")
    with pytest.raises(InputError, match=r"not installed: no-such-package\. Run: pip install no-such-package$"):
        check_required()
    monkeypatch.setitem(requirements.OPTIONAL, "no_such.module", ("optional-package", "things are left out"))
    assert "optional-package cannot be imported: things are left out." in requirements.without()


def test_recipes_and_image_sets_are_those_of_conf():
    assert cases.case("gan").model["generator"]["width"] == 64 and cases.case("gan", "test").model["generator"]["width"] == 4
    sized = cases.case("stylegan2").with_arguments(size=64)
    assert sized.model["generator"]["synthesis"]["size"] == sized.model["critic"]["size"] == 64
    digits = cases.image_set("digits", 40)
    assert len(digits.images) == 40 and {*digits.manifest["split"]} == {"train", "test"}
    assert cases.enlarged(digits, 32).images.shape == (40, 32, 32, 1)


def test_cells_of_the_page():
    rows = [{"recipe": "a|b", "good": True, "count": 1234, "small": 1e-6}, {"recipe": "c", "good": False, "count": None, "small": 0.25}]
    text = page({"facts": {}, "parts": {"p": {"title": "T", "text": "t", "rows": rows, "failed": [], "skipped": []}}})
    assert "| a\\|b | yes | 1,234 | 1.0e-06 |" in text and "| c | **no** |  | 0.25 |" in text
