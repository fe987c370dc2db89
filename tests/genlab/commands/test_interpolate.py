"""`genlab interpolate` makes videos whose frames follow the path of latents."""

import gc
import re
import sys

import numpy as np
import pytest
from command_line import conditional, plain, run, styled, translator
from PIL import Image, ImageSequence

from genlab.commands.interpolate import walk
from genlab.commands.models import Model
from genlab.commands.samplers import chosen
from genlab.commands.video import even
from genlab.serving.latents import path
from genlab.serving.release import release_at
from genlab.serving.sampler import Sampler


def frames_of(file) -> list[np.ndarray]:
    with Image.open(file) as opened:
        return [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(opened)]


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
@pytest.mark.parametrize("batch_size", [1, 5])
def test_frames_follow_the_great_circles_between_the_seeds(capsys, tmp_path, suffix, batch_size):
    release, file = plain(tmp_path), tmp_path / f"walk{suffix}"
    code, out, _ = run(capsys, f"interpolate {release} --seeds 3 7 12 --frames 9 --fps 20 --batch-size {batch_size} --out", file)
    assert code == 0 and out == f"9 frames, 0.45 s: {file}\n"
    latents = [Sampler(release).drawn(seed, 0).latent for seed in (3, 7, 12)]
    expected = np.rint((path(np.stack(latents), 9).clip(-4, 4) / 4 + 1) * 127.5).reshape(9, 2, 2)
    shown = frames_of(file)
    assert len(shown) == 9 and shown[0].shape == (256, 256)
    got = np.array([frame[::128, ::128] for frame in shown])
    assert np.abs(got - expected).max() <= 1
    with Image.open(file) as opened:
        opened.load()
        assert opened.info["duration"] == 50


def test_class_and_noise_are_those_of_the_first_seed(tmp_path):
    choice = chosen(Model("m", release_at(styled(tmp_path)), None), None, "")
    inputs = walk(choice, [5, 6], 4, loop=False)
    first, last = choice.drawn(5), choice.drawn(6)
    assert {each.label for each in inputs} == {first.label}
    assert all(np.array_equal(each.noise, first.noise) for each in inputs)
    assert np.array_equal(inputs[0].latent, first.latent) and np.array_equal(inputs[-1].latent, last.latent)


def test_a_loop_ends_one_frame_before_its_start(tmp_path):
    choice = chosen(Model("m", release_at(plain(tmp_path)), None), None, "")
    inputs = walk(choice, [5, 6], 4, loop=True)
    assert len(inputs) == 4 and np.array_equal(inputs[2].latent, choice.drawn(6).latent)
    assert np.abs(inputs[1].latent - inputs[3].latent).max() < 1e-6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--seeds 3 --out w.gif", "--seeds: got 3, expected two seeds or more"),
        ("--seeds 3 7 12 --frames 2 --out w.gif", "--frames: got 2 for 3 seeds"),
        ("--seeds 3 7 --fps 0 --out w.gif", "--fps: got 0, expected a number above 0"),
        ("--seeds 3 7 --out walks/", r"--out: got 'walks', expected .mp4 or .gif or .webp\."),
        ("--seeds 3 7 --out w.avi", r"--out: got 'w.avi', expected .mp4"),
    ],
)
def test_a_wrong_choice_is_an_error(capsys, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, f"interpolate {conditional(tmp_path)} {options}")
    assert code == 2 and re.search(message, err)
    assert "expected a sampler" in run(capsys, f"interpolate {translator(tmp_path)} --seeds 1 2 --out w.gif")[2]


def test_mp4_without_imageio_is_one_clear_error(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio", None)
    monkeypatch.setitem(sys.modules, "imageio.v2", None)
    code, _, err = run(capsys, f"interpolate {plain(tmp_path)} --seeds 1 2 --out", tmp_path / "w.mp4")
    assert code == 2 and "w.mp4 needs the package imageio" in err and "pip install 'genlab[video]', or name a .gif or .webp file." in err


# imageio leaves the pipes of ffmpeg to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_mp4_has_all_frames_and_is_the_same_every_time(capsys, tmp_path):
    imageio = pytest.importorskip("imageio.v2")
    pytest.importorskip("imageio_ffmpeg")
    release = plain(tmp_path)
    for name, size in (("a", 1), ("b", 7)):
        code, _, err = run(capsys, f"interpolate {release} --seeds 3 7 --frames 12 --batch-size {size} --out", tmp_path / f"{name}.mp4")
        assert code == 0, err
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    with imageio.get_reader(tmp_path / "a.mp4", format="FFMPEG") as reader:
        shown = [frame[::128, ::128, 0].astype(int) for frame in reader]
        assert reader.get_meta_data()["fps"] == 30 and reader.get_meta_data()["size"] == (256, 256)
    expected = np.asarray(Image.open(as_file(capsys, release, tmp_path)))
    assert len(shown) == 12 and np.abs(shown[0] - expected).max() <= 8  # H.264 is lossy
    gc.collect()


def as_file(capsys, release, folder):
    run(capsys, f"sample {release} --seed 3 --out", folder / "one")
    return folder / "one/000003.png"


def test_odd_sides_are_made_even_by_repeating_the_border():
    frame = np.arange(15, dtype=np.uint8).reshape(5, 3, 1).repeat(3, 2)
    made = even(frame)
    assert made.shape == (6, 4, 3) and np.array_equal(made[:5, :3], frame) and np.array_equal(made[5, :3], frame[4])
