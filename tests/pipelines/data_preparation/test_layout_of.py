"""How the source of a declaration becomes a layout."""

from pathlib import Path

import pytest

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
