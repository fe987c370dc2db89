"""Tests that each version runs the code it ships, whichever genlab and whichever other version the process has loaded."""

import sys
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from served_networks import facts_of, make_release, sampling_network

import genlab.serving.sampler
from pipelines.release.registry import signature
from pipelines.release.serving import serving_of
from pipelines.release.shipping import PACKAGE, ship

FACTS = facts_of([])


@pytest.fixture
def save(tmp_path, monkeypatch):
    """(name) -> the folder of a saved version of one sampler."""
    monkeypatch.setattr(sys, "path", list(sys.path))  # MLflow puts each version's code there
    release = make_release(tmp_path / "release", FACTS, generator=sampling_network(False))

    def saved(name: str) -> Path:
        serving = serving_of(FACTS)
        mlflow.pyfunc.save_model(
            tmp_path / name,
            **ship(serving.file, tmp_path / f"{name} shipped")._asdict(),
            artifacts={"release": str(release)},
            signature=signature(serving),
            pip_requirements=[],
        )
        return tmp_path / name

    return saved


def answer(model) -> bytes:
    return model.predict(pd.DataFrame({"seed": [7]}))["image"][0]


def test_a_version_holds_the_adapter_and_all_of_the_package(save):
    model = save("model")
    package = Path(genlab.serving.__file__).parent
    assert (model / "served_sampler.py").read_bytes() == serving_of(FACTS).file.read_bytes()
    shipped = {file.name: file.read_bytes() for file in (model / "code" / PACKAGE).iterdir() if file.is_file()}
    assert shipped == {file.name: file.read_bytes() for file in package.glob("*.py")}
    assert not list(model.glob("code/**/*.pyc"))


def test_versions_with_different_code_each_use_their_own_in_one_process(save):
    paths = {name: save(name) for name in ("first", "second")}
    file = paths["second"] / "code" / PACKAGE / "images.py"
    file.write_text(file.read_text() + "\n\ndef png(pixels):\n    return b'second'\n")
    first, second = (mlflow.pyfunc.load_model(str(path)) for path in paths.values())
    own = genlab.serving.sampler.Sampler(paths["first"] / "artifacts" / "release").images([7])[0]
    assert own.startswith(b"\x89PNG")
    assert (answer(second), answer(first)) == (b"second", own)
    again = mlflow.pyfunc.load_model(str(paths["first"]))
    assert (answer(again), answer(second)) == (own, b"second")
    assert PACKAGE not in sys.modules
