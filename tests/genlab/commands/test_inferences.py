"""`genlab encode`, `reconstruct`, `score` and `cluster` on small trained models."""

import csv
import re

import numpy as np
import pytest
from command_line import contents, picture, plain, run
from PIL import Image
from stand_ins import COMPUTE, image_set

import genlab
from genlab.build import build
from genlab.commands.inferences import pixels_of
from genlab.commands.pictures import Picture
from genlab.images.decode import resize
from genlab.serving.inference import Inference


def made(folder, model: dict):
    """Train a model for a moment on the ramps of `image_set`, and release it."""
    images = image_set()
    trained = genlab.fit(model, images, budget=60, batch_size=20, compute=build(COMPUTE))
    genlab.release(trained, images, folder, tolerance=1e-3)
    return folder


CODER = {"size": 16, "channels": 1, "latent_size": 3, "hidden": [8]}
VAE = {
    "class": "genlab.recipes.vae.VAE",
    "likelihood": {"class": "genlab.variational.likelihoods.Gaussian"},
    "encoder": {"class": "genlab.networks.coders.FullyConnectedEncoder", **CODER, "classes": 2},
    "decoder": {"class": "genlab.networks.coders.FullyConnectedDecoder", **CODER, "classes": 2},
    "optimizer": {"class": "torch.optim.Adam", "partial": True, "lr": 1e-3},
}
GMM = {
    "class": "genlab.recipes.mixture.Mixture",
    "size": 16,
    "components": 3,
    "covariance": {"class": "genlab.mixtures.covariances.Diagonal", "partial": True, "regularisation": 1.0e-3},
    "start": {"class": "genlab.mixtures.starts.KMeans", "restarts": 1},
}


@pytest.fixture(scope="module")
def vae(tmp_path_factory):
    return made(tmp_path_factory.mktemp("vae") / "release", VAE)


@pytest.fixture(scope="module")
def gmm(tmp_path_factory):
    return made(tmp_path_factory.mktemp("gmm") / "release", GMM)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Folders left and top with three pictures each, one of them of another size, and a broken one."""
    folder = tmp_path_factory.mktemp("photos")
    for index in range(6):
        picture(folder / ("left", "top")[index % 2] / f"{index}.png", *((40, 60) if index == 5 else (16, 16)), index)
    (folder / "left/broken.png").write_bytes(b"no")
    return folder


def pictures_of(photos) -> list:
    return [photos / name for name in ("left/0.png", "left/2.png", "left/4.png", "top/1.png", "top/3.png", "top/5.png")]


def pixels(file) -> np.ndarray:
    return pixels_of(Picture(file, file), {"training_size": [16, 16], "channels": 1})


@pytest.mark.parametrize("batch_size", [1, 4])
def test_latents_of_a_conditional_vae_take_the_class_from_the_folder(capsys, tmp_path, vae, photos, batch_size):
    code, out, err = run(capsys, f"encode {vae} {photos} --batch-size {batch_size} --out {tmp_path}/latents.npz")
    arrays, inference = np.load(tmp_path / "latents.npz"), Inference(vae)
    assert code == 1 and out == f"6 pictures, 3 latents each: {tmp_path}/latents.npz\n"
    assert f"1 of 7 pictures could not be done; the others are complete:\n  {photos}/left/broken.png: not a picture" in err
    assert arrays["files"].tolist() == [str(file) for file in pictures_of(photos)]
    for row, file in enumerate(pictures_of(photos)):
        mean, log_variance = inference.encode(pixels(file), label=int(file.parent.name == "top"))
        assert np.array_equal(arrays["mean"][row], mean) and np.array_equal(arrays["log_variance"][row], log_variance)
    other = run(capsys, f"encode {vae} {photos}/left/0.png --label top --out {tmp_path}/other.npz")
    assert other[0] == 0 and not np.array_equal(np.load(tmp_path / "other.npz")["mean"][0], arrays["mean"][0])


def test_a_picture_without_a_class_is_named(capsys, tmp_path, vae):
    picture(tmp_path / "elsewhere/x.png")
    code, _, err = run(capsys, f"score {vae} {tmp_path}/elsewhere --out {tmp_path}/scores.csv")
    assert code == 1 and "its folder 'elsewhere' is no class of the model (left, top). Use --label." in err
    assert not (tmp_path / "scores.csv").exists()


def test_scores_are_those_of_the_released_model(capsys, tmp_path, gmm, vae, photos):
    for release, name in ((gmm, "gmm"), (vae, "vae")):
        code, out, _ = run(capsys, f"score {release} {photos} --samples 5 --out {tmp_path}/{name}.csv")
        with (tmp_path / f"{name}.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert code == 1 and [row["file"] for row in rows] == [str(file) for file in pictures_of(photos)]
        for row, file in zip(rows, pictures_of(photos), strict=True):
            score = Inference(release).score(pixels(file), int(file.parent.name == "top"), samples=5)
            assert float(row["log_likelihood"]) == pytest.approx(score.nats, rel=1e-6)
            assert float(row["bits_per_dimension"]) == pytest.approx(score.bits_per_dimension, rel=1e-6)
        assert re.search(r"6 pictures, [\d.e+]+ bits per dimension on average", out)


def test_clusters_are_the_most_likely_components(capsys, tmp_path, gmm, vae, photos):
    code, out, _ = run(capsys, f"cluster {gmm} {photos}/top --out {tmp_path}/clusters.csv")
    with (tmp_path / "clusters.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert code == 0 and "3 pictures in " in out
    for row, file in zip(rows, pictures_of(photos)[3:], strict=True):
        shares = Inference(gmm).responsibilities(pixels(file))
        assert int(row["component"]) == shares.argmax()
        assert [float(row[f"p_{number}"]) for number in range(3)] == pytest.approx(shares.tolist(), rel=1e-6, abs=1e-30)
    assert "has no components: its prior is a single normal" in run(capsys, f"cluster {vae} {photos} --out {tmp_path}/x.csv")[2]


def test_reconstructions_have_names_and_a_sheet(capsys, tmp_path, gmm, photos):
    code, out, _ = run(capsys, f"reconstruct {gmm} {photos}/left/0.png {photos}/top --out {tmp_path}/done")
    assert code == 0 and out == f"4 pictures and sheet.png: {tmp_path}/done\n"
    assert sorted(contents(tmp_path / "done")) == ["0.png", "1.png", "3.png", "5.png", "sheet.png"]
    with Image.open(tmp_path / "done/5.png") as opened:
        assert np.array_equal(np.asarray(opened), Inference(gmm).reconstruct(pixels(photos / "top/5.png"))[..., 0])
    before = contents(tmp_path / "done")
    assert "exist already" in run(capsys, f"reconstruct {gmm} {photos}/top --out {tmp_path}/done")[2]
    assert contents(tmp_path / "done") == before


def test_pictures_are_resized_as_image_sets_are(photos):
    file = photos / "top/5.png"
    with Image.open(file) as opened:
        expected = np.asarray(resize(opened, 16, 16, "crop"))
    assert np.array_equal(pixels(file)[..., 0], expected)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("encode {gmm} {photos} --out {out}.npz", "has no encoder: a mixture has components instead of latents. Use `genlab cluster`"),
        ("encode {vae} {photos} --out {out}", r"--out: got .*, expected \.npz\."),
        ("score {vae} {photos} --out {out}.npz", r"--out: got .*, expected \.csv\."),
        ("score {plain} {photos} --out {out}.csv", "can't infer from pictures: its release has no encoder. Expected a variational"),
        ("score {gmm} {photos} --label left --out {out}.csv", "--label: got 'left', but .* has no classes"),
        ("score {vae} {photos} --label right --out {out}.csv", r"label: got 'right', expected one of left \(0\), top \(1\)"),
        ("score {vae} {photos} --samples 0 --out {out}.csv", "--samples: got '0', expected a whole number from 1 on"),
    ],
)
def test_a_wrong_choice_is_an_error(capsys, tmp_path, vae, gmm, photos, line, message):
    words = {"vae": vae, "gmm": gmm, "photos": photos, "out": tmp_path / "out", "plain": plain(tmp_path)}
    code, _, err = run(capsys, line.format(**words))
    assert code == 2 and re.search(message, err), err
    assert not list(tmp_path.glob("out*"))


def test_info_names_the_commands_that_a_model_can_do(capsys, vae, gmm):
    assert f"genlab encode {vae} photos/ --label 0 --out latents.npz" in (out := run(capsys, f"info {vae}")[1]) and "cluster" not in out
    assert f"genlab cluster {gmm} photos/ --out clusters.csv" in (out := run(capsys, f"info {gmm}")[1]) and "genlab encode" not in out
