"""`genlab sample` writes what the served model answers."""

import numpy as np
import pytest
from command_line import conditional, contents, mixing, plain, run, styled, translator
from PIL import Image

from genlab.serving.operations import Answerer
from genlab.serving.sampler import Sampler


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_files_are_those_of_the_served_model_whatever_the_batch_size(capsys, tmp_path, batch_size):
    release = styled(tmp_path)
    code, out, _ = run(
        capsys, f"sample {release} --count 5 --seed 8 --truncation 0.5 --batch-size {batch_size} --out", tmp_path / "samples"
    )
    made = contents(tmp_path / "samples")
    assert code == 0 and out == f"5 images and sheet.png: {tmp_path}/samples\n"
    assert list(made) == ["000008.png", "000009.png", "000010.png", "000011.png", "000012.png", "sheet.png"]
    assert list(made.values())[:5] == Sampler(release).images([8], truncation=0.5, count=5)


def test_the_sheet_has_the_images_in_their_order(capsys, tmp_path):
    run(capsys, f"sample {plain(tmp_path)} --count 13 --out", tmp_path / "samples")
    sheet = np.asarray(Image.open(tmp_path / "samples/sheet.png"))
    assert sheet.shape == (2 * (64 + 2), 12 * (64 + 2), 3)  # images of 2 px are enlarged to 64
    last = np.asarray(Image.open(tmp_path / "samples/000012.png"))
    assert np.array_equal(sheet[66:130:32, 0:64:32, 0], last)


def test_npz_has_the_pixels_seeds_and_labels(capsys, tmp_path):
    release, file = conditional(tmp_path), tmp_path / "new" / "samples.npz"
    code, out, _ = run(capsys, f"sample {release} --count 4 --seed 2 --out", file)
    arrays, first = np.load(file), file.read_bytes()
    assert code == 0 and out == f"4 images: {file}\n" and arrays["images"].shape == (4, 2, 2, 1)
    assert arrays["seeds"].tolist() == [2, 3, 4, 5] and arrays["classes"].tolist() == ["hat", "shoe", "0"]
    labels = [int(Sampler(release).drawn(seed, 0).label) for seed in range(2, 6)]
    assert arrays["labels"].tolist() == labels
    assert np.array_equal(arrays["images"][:, 0, 0, 0], np.rint((np.array(labels) / 4 + 1) * 127.5))
    assert run(capsys, f"sample {release} --count 4 --seed 2 --batch-size 3 --overwrite --out", file)[0] == 0
    assert file.read_bytes() == first


def test_one_class_is_chosen_by_name_or_number(capsys, tmp_path):
    release = conditional(tmp_path)
    for label in ("shoe", "1"):
        run(capsys, f"sample {release} --count 3 --label {label} --out", tmp_path / f"{label}.npz")
        assert np.load(tmp_path / f"{label}.npz")["labels"].tolist() == [1, 1, 1]


def test_nothing_is_overwritten_unless_asked(capsys, tmp_path):
    release, folder = plain(tmp_path), tmp_path / "samples"
    assert run(capsys, f"sample {release} --count 2 --out", folder)[0] == 0
    before = contents(folder)
    code, _, err = run(capsys, f"sample {release} --count 3 --seed 1 --out", folder)
    assert code == 2 and contents(folder) == before
    assert f"--out: {folder}/000001.png and 1 more exist already. Name another place, or replace them with --overwrite." in err
    assert run(capsys, f"sample {release} --count 2 --seed 1 --overwrite --out", folder)[0] == 0
    assert set(contents(folder)) == {*before, "000002.png"}


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (plain, "--label hat", "--label: got 'hat', but .* has no classes"),
        (conditional, "--label glove", r"label: got 'glove', expected one of hat \(0\)"),
        (plain, "--truncation -1", "truncation: got -1.0, expected a positive number"),
        (styled, "--truncation 1.5", "truncation: got 1.5, expected psi"),
        (plain, f"--seed {2**63 - 1} --count 2", f"--seed: got {2**63 - 1} with a count of 2, expected at most {2**63 - 2}"),
        (translator, "", "is a translator, expected a sampler"),
        (plain, "--recipe gan", "--recipe: got 'gan', but .* is no checkpoint"),
    ],
)
def test_a_wrong_choice_is_an_error_before_anything_is_written(capsys, tmp_path, make, options, message):
    import re

    code, _, err = run(capsys, f"sample {make(tmp_path)} {options} --out", tmp_path / "out")
    assert code == 2 and re.search(message, err) and not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["out.mp4", "out.png"])
def test_a_file_of_another_kind_is_refused(capsys, tmp_path, name):
    code, _, err = run(capsys, f"sample {plain(tmp_path)} --out", tmp_path / name)
    assert code == 2 and f"--out: got '{tmp_path}/{name}', expected a folder or .npz." in err


def test_mixed_styles_are_those_of_the_served_model(capsys, tmp_path):
    release = mixing(tmp_path)
    assert run(capsys, f"sample {release} --seed 3 --count 2 --fine 9 --crossover 1 --out", tmp_path / "mixed")[0] == 0
    made = contents(tmp_path / "mixed")
    expected = Answerer(release).answer({"seed": [3, 4]}, {"operation": "mix", "fine": 9, "crossover": 1})["image"]
    assert [made["000003.png"], made["000004.png"]] == expected
    run(capsys, f"sample {release} --seed 3 --out", tmp_path / "own")
    assert contents(tmp_path / "own")["000003.png"] != made["000003.png"]


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (plain, "--fine 1", "has no styles to mix."),
        (mixing, "--crossover 2", "--crossover: got 2 without --fine"),
        (mixing, "--fine 1 --crossover 5", "--crossover: got 5, expected the first layer with the styles of --fine, 0 to 4."),
    ],
)
def test_wrong_mixing_is_refused(capsys, tmp_path, make, options, message):
    code, _, err = run(capsys, f"sample {make(tmp_path)} {options} --out", tmp_path / "out")
    assert code == 2 and message in err and not (tmp_path / "out").exists()
