"""Portable digits: what is pinned and when, and the hashes of trained states, which are equal on every machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from genlab.build import build
from genlab.engine import portable
from genlab.engine.compute import Compute
from genlab.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
RECORD = json.loads(Path(__file__).with_name("portable_hashes.json").read_text())
FREE = {name: value for name, value in os.environ.items() if name not in (portable.SWITCH, *portable.PINNED)}
X86 = "flags\t\t: fpu sse2 fma avx2\n"


@pytest.fixture
def pinned(monkeypatch, tmp_path):
    """Pretend that this process was pinned, on a processor with these flags."""
    monkeypatch.setattr(portable, "PROCESSORS", tmp_path / "cpuinfo")
    monkeypatch.setattr(portable.platform, "machine", lambda: "x86_64")
    portable.PROCESSORS.write_text(X86)
    portable.warn.cache_clear()
    for name, value in {portable.SWITCH: "1", **portable.PINNED}.items():
        monkeypatch.setenv(name, value)


def test_trained_states_have_the_recorded_hashes():
    """The record was made on another machine, or with another number of cores, than most of those that run this test."""
    if lacking := portable.lacking():
        pytest.skip(f"portable digits need AVX2 and FMA: {'; '.join(lacking)}")
    if RECORD["torch"] != torch.__version__:
        pytest.skip(f"the hashes are those of torch {RECORD['torch']}, this is {torch.__version__}: run scripts/portable_hashes.py")
    command = [sys.executable, "scripts/portable_hashes.py", "--print"]
    done = subprocess.run(command, cwd=ROOT, env=FREE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.keys() == RECORD["hashes"].keys()
    different = {name for name, value in found.items() if RECORD["hashes"][name] != value}
    if different and "GenuineIntel" not in portable.PROCESSORS.read_text():
        pytest.xfail(f"the record is of an Intel processor, and no real one of another vendor has been tried; other digits: {different}")
    assert not different, "if a recipe, its update or a network changed, run scripts/portable_hashes.py; else digits are not portable"


SHOW = "import genlab, os, torch; print(torch.backends.cpu.get_cpu_capability(), torch.get_num_threads(), os.environ.get('MKL_CBWR'))"


@pytest.mark.parametrize(
    ("given", "shown"),
    [({"GENLAB_PORTABLE": "1"}, "AVX2 2 COMPATIBLE"), ({"GENLAB_PORTABLE": "1", "OMP_NUM_THREADS": "1"}, "AVX2 1 COMPATIBLE")],
)
@pytest.mark.skipif(bool(portable.lacking()), reason="portable digits need AVX2 and FMA")
def test_torch_is_pinned_before_it_is_loaded_and_variables_of_the_user_stay(given, shown):
    done = subprocess.run([sys.executable, "-c", SHOW], env=FREE | given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == shown


def test_portable_digits_are_those_of_the_cpu_in_fp32_and_of_one_memory_format(pinned, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    compute = Compute()
    assert compute.portable and compute.device.type == "cpu" and compute.precision.name == "fp32" and not compute.format_is_open
    assert compute.settings()["portable"] is True


def test_saved_states_of_earlier_versions_fit_trainings_without_portable_digits():
    assert "portable" not in Compute(device="cpu").settings()


@pytest.mark.parametrize("settings", [{"compile": True}, {"precision": "bf16"}])
def test_other_settings_turn_auto_off_and_contradict_true(settings, pinned):
    assert not Compute(device="cpu", **settings).portable
    with pytest.raises(InputError, match=f"compute.{next(iter(settings))}: got .* with portable digits"):
        Compute(portable=True, **settings)


def test_a_variable_of_the_user_that_contradicts_is_named_once(pinned, monkeypatch, caplog):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert not Compute(device="cpu").portable and not Compute(device="cpu").portable
    assert [record.message for record in caplog.records] == [
        "Digits are not portable, although GENLAB_PORTABLE=1: the environment has OMP_NUM_THREADS=1 (expected 2)."
    ]
    with pytest.raises(InputError, match=r"portable: got true, but the environment has OMP_NUM_THREADS=1"):
        Compute(portable=True)


@pytest.mark.parametrize(
    ("machine", "flags", "reason"), [("x86_64", "flags : fma sse2", "have avx2"), ("arm64", "", "no x86-64 but arm64")]
)
def test_a_processor_without_avx2_computes_other_digits_and_says_so(machine, flags, reason, pinned, monkeypatch, caplog):
    monkeypatch.setattr(portable.platform, "machine", lambda: machine)
    portable.PROCESSORS.write_text(flags)
    assert not Compute(device="cpu").portable and reason in caplog.text


def test_a_process_that_is_not_pinned_cannot_be_made_portable(pinned, monkeypatch):
    monkeypatch.delenv("MKL_CBWR")
    with pytest.raises(InputError, match="was imported before genlab, so that MKL_CBWR cannot be set"):
        Compute()
    monkeypatch.delenv(portable.SWITCH)
    with pytest.raises(portable.NotPinnedError, match="needs GENLAB_PORTABLE=1"):
        build({"class": "genlab.engine.compute.Compute", "portable": True})
    monkeypatch.setenv(portable.SWITCH, "yes")
    with pytest.raises(InputError, match="got 'yes', expected 1"):
        Compute()


def test_a_setting_that_contradicts_the_environment_is_an_error(pinned):
    with pytest.raises(InputError, match="got false with GENLAB_PORTABLE=1"):
        Compute(portable=False)


def test_caches_are_not_shared_with_other_digits(pinned, monkeypatch):
    from genlab.extractors import classifier_cache

    of_portable = classifier_cache.key(1)
    monkeypatch.delenv(portable.SWITCH)
    assert classifier_cache.key(1) != of_portable and portable.marks() == []
