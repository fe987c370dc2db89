"""Kedro datasets for what genlab makes."""

from PIL import Image

from pipelines.datasets import Pictures


def test_a_folder_of_pictures_holds_those_of_the_last_time_alone(tmp_path):
    dataset = Pictures(str(tmp_path / "pictures"))
    black, white = (Image.new("RGB", (4, 4), colour) for colour in ("black", "white"))
    dataset.save({"old": black, "kept": black})
    dataset.save({"kept": white, "new": black})
    assert {name: picture.getpixel((0, 0))[0] for name, picture in dataset.load().items()} == {"kept": 255, "new": 0}
