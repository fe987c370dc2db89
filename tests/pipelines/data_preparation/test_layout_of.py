"""How the source of a declaration becomes a layout."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from genlab.build import ConfigurationError
from genlab.serving.images import MAX_PIXELS
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.nodes import layout_of


def declared(root: str, **more) -> ImageSet:
    source = {"class": "genlab.images.sources.Folder", "root": root}
    return ImageSet(**{"name": "mine", "kind": "unlabelled", "source": source, "size": 8} | more)


@pytest.mark.parametrize(
    ("root", "expected"),
    [("data/x", "/project/data/x"), ("/data/x", "/data/x"), ("~/x", "/home/me/x"), ("$HOME/x", "/home/me/x"), ("~", "/home/me")],
)
def test_a_root_is_relative_to_the_project_and_home_is_expanded(monkeypatch, root, expected):
    monkeypatch.setenv("HOME", "/home/me")
    assert layout_of(declared(root), Path("/project")).root == expected


def test_the_limit_of_a_set_is_that_of_its_source():
    assert layout_of(declared("x"), Path()).max_pixels == MAX_PIXELS
    assert layout_of(declared("x", max_pixels=200_000_000), Path()).max_pixels == 200_000_000
    with pytest.raises(ValidationError, match="greater than 0"):
        declared("x", max_pixels=0)


def test_a_limit_of_a_source_that_decodes_no_file_is_an_error():
    digits = declared("x", source={"class": "genlab.images.sources.digits.Digits"}, max_pixels=5)
    with pytest.raises(ConfigurationError, match=r"source.max_pixels: .*Digits has no argument 'max_pixels'"):
        layout_of(digits, Path())
