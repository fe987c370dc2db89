"""Pickles are read as data: malicious ones are refused, and nothing in them runs."""

import builtins
import os
import pickle
import subprocess
from pathlib import Path

import numpy as np
import pytest

from genlab.errors import InputError
from genlab.images.sources.pickles import array_of, numbers_of, read_pickled_dict, texts_of

FILE = Path("data_batch_1")


class Attack:
    """Calls a function when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (os.system, "touch {}", "posix.system"),
        (subprocess.check_output, ["touch", "{}"], "(subprocess|commands).check_output"),
        (builtins.eval, "open('{}', 'w').close()", "(builtins|__builtin__).eval"),
        (os.mkdir, "{}", "posix.mkdir"),
        (np.save, "{}", "numpy.save"),
    ],
)
def test_a_malicious_pickle_is_refused_and_not_run(tmp_path, protocol, function, arguments, name):
    trace = tmp_path / "trace"
    filled = [each.format(trace) for each in arguments] if isinstance(arguments, list) else arguments.format(trace)
    extra = (np.zeros(1),) if function is np.save else ()
    content = pickle.dumps({"data": Attack(function, filled, *extra), "labels": []}, protocol)
    with pytest.raises(InputError, match=rf"data_batch_1 asks to run '{name}' when it is read.*nothing in it was run"):
        read_pickled_dict(content, FILE)
    assert not trace.exists()
    if protocol == 2:  # the attack is a real one
        pickle.loads(content)
        assert trace.exists() or (tmp_path / "trace.npy").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02}(U\x04dataccopyreg\n_reconstructor\n0.",  # another function of the standard library
        b"\x80\x02}(U\x04datacnumpy.core.multiarray\nfrombuffer\n0.",  # another function of an admitted module
        b"(inumpy.testing._private.utils\nrunstring\n.",  # the opcode INST
    ],
)
def test_other_names_are_refused(content):
    with pytest.raises(InputError, match="asks to run"):
        read_pickled_dict(content, FILE)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x02}", b"PK\x03\x04", b"<html>not found</html>", b"\x80\x02}(U\x04data", b"\x80\x02P0\n.", b"cnumpy\nndarray\n)\x81."],
)
def test_what_is_no_pickle_is_an_error_that_names_the_file(content):
    with pytest.raises(InputError, match=r"data_batch_1 is no complete pickle of Python|asks to run"):
        read_pickled_dict(content, FILE)


def test_any_damage_is_an_input_error_or_harmless():
    images = np.arange(24, dtype=np.uint8).reshape(2, 12)
    content = pickle.dumps({"data": images, "labels": [1, 2]}, 2)
    random = np.random.default_rng(0)
    for _ in range(2000):
        damaged = bytearray(content)
        damaged[random.integers(len(damaged))] = random.integers(256)
        try:
            found = read_pickled_dict(bytes(damaged), FILE)
            array_of(found.get("data"), FILE), numbers_of(found.get("labels"), FILE)
        except InputError:
            pass


def test_arrays_in_both_orders_are_read():
    images = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)
    for array in (images, np.asfortranarray(images)):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            found = read_pickled_dict(pickle.dumps({"data": array}, protocol), FILE)
            assert np.array_equal(array_of(found["data"], FILE), images)


@pytest.mark.parametrize("array", [np.zeros((2, 2)), np.array([object]), np.zeros(3, "u2"), np.bool_(True), "text", None])
def test_other_arrays_are_refused(array):
    if isinstance(array, np.ndarray) and array.dtype == object:
        array = np.array([None])
    try:
        value = read_pickled_dict(pickle.dumps({"data": array}, 2), FILE)["data"]
    except InputError:
        return
    with pytest.raises(InputError, match="no array of bytes"):
        array_of(value, FILE)


def test_values_of_other_types_are_refused():
    for numbers in ([1.0], [True], [2**80], "12", None):
        with pytest.raises(InputError, match="no list of numbers"):
            numbers_of(numbers, FILE)
    for texts in ([1], "ab", None):
        with pytest.raises(InputError, match="no list of names"):
            texts_of(texts, FILE)
    with pytest.raises(InputError, match="holds a list, expected a dictionary"):
        read_pickled_dict(pickle.dumps([]), FILE)
