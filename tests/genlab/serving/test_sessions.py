"""Tests of the options of onnxruntime sessions."""

import ast

from conftest import ROOT

from genlab.serving.sessions import session_options


def test_threads_sleep_while_they_wait():
    options = session_options(3)
    assert options.intra_op_num_threads == 3
    for pool in ("intra_op", "inter_op"):
        assert options.get_session_config_entry(f"session.{pool}.allow_spinning") == "0"


def test_every_session_of_the_library_has_these_options():
    """The second argument of every `InferenceSession(...)` in genlab/ is a call of `session_options`."""
    found = []
    for file in sorted((ROOT / "genlab").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("InferenceSession"):
                found.append(file.name)
                assert ast.unparse(node.args[1]).startswith("session_options("), file
    assert len(found) >= 3
