"""Every public module, class and function of genlab has a docstring; the build of the site checks the same."""

import sys

from conftest import ROOT

sys.path.insert(0, str(ROOT / "docs/_ext"))

from docstrings import missing


def test_nothing_public_lacks_a_docstring():
    assert missing() == []


def test_a_missing_docstring_is_found_and_an_inherited_one_is_not(tmp_path):
    room = tmp_path / "genlab" / "room"
    room.mkdir(parents=True)
    (room / "base.py").write_text('"""A."""\n\n\nclass Base:\n    """B."""\n\n    def draw(self):\n        """C."""\n')
    (room / "other.py").write_text(
        "def bare(): ...\n\n\nclass Child(Base):\n    def draw(self): ...\n    def own(self): ...\n    def _own(self): ...\n"
    )
    assert missing(tmp_path / "genlab") == [
        "genlab/room/other.py: the module",
        "genlab/room/other.py: bare",
        "genlab/room/other.py: Child",
        "genlab/room/other.py: Child.own",
    ]
