"""`genlab translate` on files and folders, sound and broken."""

import re

import numpy as np
import pytest
from command_line import contents, picture, plain, run, translator
from PIL import Image

from genlab.serving.translator import Translator


def test_a_folder_of_any_sizes_keeps_its_names_and_a_broken_picture_is_named_at_the_end(capsys, tmp_path):
    photos, done = tmp_path / "photos", tmp_path / "done"
    sound = {"a.png": picture(photos / "a.png"), "deep/b.jpg": picture(photos / "deep/b.jpg", 33, 7), "c.webp": picture(photos / "c.webp")}
    (photos / "broken.png").write_bytes((photos / "a.png").read_bytes()[:60])
    (photos / "empty.gif").touch()
    (photos / "notes.txt").write_text("hello")
    (photos / ".hidden.png").touch()
    code, out, err = run(capsys, f"translate {translator(tmp_path)} {photos} --direction photo_to_drawing --out {done}")
    assert code == 1 and sorted(contents(done)) == ["a.png", "c.png", "deep/b.png"]
    assert out == f"3 of 5 pictures, b_to_a (photo_to_drawing): {done}\npassed over: 1 .txt\n"
    assert re.search(
        rf"2 of 5 pictures could not be done; .*\n  {photos}/broken.png: not a picture .*\n  {photos}/empty.gif: the file is empty", err
    )
    assert np.array_equal(np.asarray(Image.open(done / "a.png")), 255 - sound["a.png"])
    with Image.open(done / "deep/b.png") as translated:
        assert translated.size == (7, 33)


@pytest.mark.parametrize("options", ["", "--tile 8", "--tile 0 --seed 3"])
def test_results_are_those_of_the_served_model_whatever_the_batch_size(capsys, tmp_path, options):
    release = translator(tmp_path, noise=True)
    for number in range(5):
        picture(tmp_path / f"in/{number}.png", 20 + number, 30, number)
    for size in (1, 4):
        assert run(capsys, f"translate {release} {tmp_path}/in {options} --batch-size {size} --out {tmp_path}/{size}")[0] == 0
    first = contents(tmp_path / "1")
    served = {"tile": 8} if "8" in options else {"seed": 3} if options else {}
    files = sorted((tmp_path / "in").iterdir())
    assert list(first.values()) == Translator(release).images([file.read_bytes() for file in files], "a_to_b", **served)
    assert contents(tmp_path / "4") == first


def test_files_are_read_whatever_their_suffix_and_names_that_would_collide_keep_theirs(capsys, tmp_path):
    picture(tmp_path / "in/x.png")
    picture(tmp_path / "in/x.jpg")
    picture(tmp_path / "y.data", format="PNG")
    assert run(capsys, f"translate {translator(tmp_path)} {tmp_path}/in {tmp_path}/y.data --out {tmp_path}/out")[0] == 0
    assert sorted(contents(tmp_path / "out")) == ["x.jpg.png", "x.png.png", "y.png"]


def test_a_result_inside_the_folder_of_pictures_is_not_translated_again(capsys, tmp_path):
    release = translator(tmp_path)
    picture(tmp_path / "in/x.png")
    for _ in range(2):
        assert run(capsys, f"translate {release} {tmp_path}/in --overwrite --out {tmp_path}/in/done")[0] == 0
    assert sorted(contents(tmp_path / "in")) == ["done/x.png", "x.png"]


def test_pictures_are_never_lost(capsys, tmp_path):
    release, before = translator(tmp_path), picture(tmp_path / "in/x.png")
    code, _, err = run(capsys, f"translate {release} {tmp_path}/in/x.png --overwrite --out {tmp_path}/in")
    assert code == 2 and "x.png is one of the pictures to read, which would be lost. Name another folder." in err
    assert np.array_equal(np.asarray(Image.open(tmp_path / "in/x.png")), before)
    assert run(capsys, f"translate {release} {tmp_path}/in --out {tmp_path}/out")[0] == 0
    code, _, err = run(capsys, f"translate {release} {tmp_path}/in --out {tmp_path}/out")
    assert code == 2 and "out/x.png exists already" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--direction photo", r"direction: got 'photo', expected one of: a_to_b \(drawing_to_photo\), b_to_a"),
        ("--tile 18", "tile: got 18, expected a side in pixels, a multiple of 4 from 8 on"),
        ("--tile large", "--tile: got 'large', expected a whole number from 0 on"),
        ("--seed 3", "--seed: got 3, but .* takes no noise"),
    ],
)
def test_a_wrong_choice_is_an_error_before_anything_is_written(capsys, tmp_path, options, message):
    picture(tmp_path / "x.png")
    code, _, err = run(capsys, f"translate {translator(tmp_path)} {tmp_path}/x.png {options} --out {tmp_path}/out")
    assert code == 2 and re.search(message, err) and not (tmp_path / "out").exists()


def test_pictures_that_are_not_there_and_another_kind_of_model_are_errors(capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/notes.txt").touch()
    release = translator(tmp_path)
    assert "empty: there is no picture in it" in (err := run(capsys, f"translate {release} {tmp_path}/empty --out x")[2])
    assert "It has: 1 .txt." in err
    assert "none: there is no such file or folder of pictures" in run(capsys, f"translate {release} {tmp_path}/none --out x")[2]
    picture(tmp_path / "x.png")
    assert "is a sampler, expected a translator" in run(capsys, f"translate {plain(tmp_path)} {tmp_path}/x.png --out {tmp_path}/o")[2]
