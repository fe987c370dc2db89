"""The command line as a whole: help, wrong words, exit codes, and what it imports."""

import os
import subprocess
import sys
import time

import pytest
from command_line import plain, run, translator

import genlab
from genlab.commands import main as entry


def test_help_lists_the_commands_and_each_command_has_its_own(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0 and all(f"\n  {name} " in out for name in entry.COMMANDS)
    for name in entry.COMMANDS:
        with pytest.raises(SystemExit, match="0"):
            run(capsys, f"{name} --help")
        assert f"usage: genlab {name}" in capsys.readouterr().out
    assert run(capsys, "--version") == (0, f"genlab {genlab.__version__}\n", "")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("smaple x", r"got the command 'smaple', expected one of: sample, .* Did you mean 'sample'\?"),
        ("sample x --out y --cuont 3", r"genlab sample: got '--cuont', which it does not take\. Did you mean '--count'\?"),
        ("sample x --out y --cou 3", r"got '--cou', which it does not take"),  # no abbreviations
        ("sample x", r"genlab sample: the following arguments are required: --out\. See `genlab sample --help`\."),
        ("sample x --out y --count 0", r"--count: got '0', expected a whole number from 1 on\."),
        ("sample x --out y --seed 7.5", r"--seed: got '7.5', expected a whole number from 0 on\."),
        ("sample x --out y --truncation nan", r"--truncation: got 'nan', expected a number\."),
        ("sample x --out y --batch-size 0", r"--batch-size: got '0', expected a whole number from 1 on\."),
        ("sample x --out y --device gpu", r"argument --device: invalid choice: 'gpu'"),
        ("sample ./x --out y", r"\./x: there is no such file or folder\."),
    ],
)
def test_wrong_words_are_one_message_with_the_value_and_what_is_expected(capsys, line, message):
    import re

    code, out, err = run(capsys, line)
    assert code == entry.WRONG_INPUT and out == "" and re.match(f"error: .*{message}", err) and "Traceback" not in err


def test_a_cuda_that_onnxruntime_has_not_is_an_error(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    code, _, err = run(capsys, "sample --device cuda --out", tmp_path / "out", plain(tmp_path))
    assert code == 2 and "device: got 'cuda', but this onnxruntime has only CPUExecutionProvider. Install onnxruntime-gpu" in err


def test_an_interruption_is_a_message(capsys, monkeypatch):
    def interrupted(command, words):
        raise KeyboardInterrupt

    monkeypatch.setattr(entry, "run", interrupted)
    assert run(capsys, "sample")[::2] == (130, "interrupted; the files written so far are complete\n")


@pytest.mark.parametrize("kind", [plain, translator])
def test_a_release_needs_neither_torch_nor_a_framework_and_answers_within_seconds(kind, tmp_path):
    release, picture = kind(tmp_path), "" if kind is plain else ["in.png"]
    if picture:
        from command_line import picture as draw

        draw(tmp_path / "in.png")
    words = ["sample" if kind is plain else "translate", str(release), *picture, "--out", "out"]
    code = (
        f"import sys\nfrom genlab.commands.main import main\ncode = main({words!r})\n"
        "print(code, [name for name in ('torch', 'mlflow', 'kedro', 'pandas', 'matplotlib') if name in sys.modules])"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=os.environ, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr
    assert time.monotonic() - started < 20  # 0.3 s on a machine without other work


def test_the_module_runs_as_a_program(tmp_path):
    done = subprocess.run([sys.executable, "-m", "genlab", "sampel"], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("error: genlab: got the command 'sampel'")
    reader = subprocess.run(f"{sys.executable} -m genlab info {plain(tmp_path)} | head -c 1", shell=True, capture_output=True, text=True)
    assert reader.stderr == ""
