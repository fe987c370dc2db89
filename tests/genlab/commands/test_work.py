"""Work on many items: order, progress, failures, and files that are never overwritten."""

import io
import sys
import threading

import pytest

from genlab.commands.outputs import check_new, check_suffix
from genlab.commands.work import Failure, attempted, counted, in_order, report
from genlab.errors import InputError


@pytest.mark.parametrize("at_once", [1, 3])
def test_results_are_in_order_and_at_most_as_many_are_in_work_as_asked(at_once):
    running, most, lock = 0, 0, threading.Lock()

    def square(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.001)
        with lock:
            running -= 1
        return number**2

    assert list(in_order(square, range(20), at_once, "squares")) == [(number, number**2) for number in range(20)]
    assert 1 <= most <= at_once


def test_a_terminal_shows_progress_with_the_time_left_and_a_file_does_not(monkeypatch):
    for terminal in (True, False):
        shown = io.StringIO()
        monkeypatch.setattr(shown, "isatty", lambda terminal=terminal: terminal, raising=False)
        monkeypatch.setattr(sys, "stderr", shown)
        list(in_order(lambda number: threading.Event().wait(0.15), range(4), 1, "sample"))
        assert ("sample: " in shown.getvalue() and "4/4" in shown.getvalue() and "<" in shown.getvalue()) == terminal


def test_expected_errors_are_failures_and_others_are_bugs(capsys):
    def fail(number: int) -> int:
        if number == 2:
            raise OSError("disk on fire")
        if number == 7:
            raise ZeroDivisionError
        return number

    found = [result for _, result in in_order(attempted(fail, "number {}".format), range(4), 2, "")]
    assert found == [0, 1, Failure("number 2", "disk on fire"), 3]
    with pytest.raises(ZeroDivisionError):
        list(in_order(attempted(fail, str), range(9), 2, ""))
    assert report([], 3, "picture") == 0 and capsys.readouterr().err == ""
    assert report([Failure(str(number), "no") for number in range(25)], 30, "picture") == 1
    err = capsys.readouterr().err
    assert err.startswith("25 of 30 pictures could not be done; the others are complete:\n  0: no\n") and err.endswith("  and 5 more\n")
    assert (counted(1, "image"), counted(1000, "image")) == ("1 image", "1,000 images")


def test_out_is_a_folder_or_a_file_of_a_kind_that_the_command_writes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.npz").mkdir()
    (tmp_path / "file").touch()
    for out in ("new", "v1.0", "there.npz"):  # a folder that exists may be called anything
        check_suffix(tmp_path / out, [".npz"])
    for out, suffixes, folder in (
        ("x.csv", [".npz"], True),
        ("file", [".npz"], True),
        ("there.npz", [".npz"], False),
        ("new", [".csv"], False),
    ):
        with pytest.raises(InputError, match="--out: got "):
            check_suffix(tmp_path / out, suffixes, folder)
    check_new([tmp_path / "new"], False)
    check_new([tmp_path / "file"], True)
    with pytest.raises(InputError, match="file exists already"):
        check_new([tmp_path / "file"], False)
