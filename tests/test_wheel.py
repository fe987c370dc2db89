"""The built wheel: installed alone in a fresh environment, the library trains, evaluates and exports without the pipelines' packages."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from conftest import ROOT

import genlab

FRAMEWORKS = ("dvc", "great_expectations", "kedro", "mlflow")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of the files that git tracks or would track."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("genlab", "pipelines", "conf/base/parameters/recipes"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE.md"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The interpreter of a fresh environment with the wheel and its dependencies, without any extra."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=True)
    interpreter = folder / "bin" / "python"
    pip = [interpreter, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "requirements.lock", wheel]
    # Installing asks the package registry, which the guard of the tests would refuse.
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    installed = subprocess.run(pip, env=outside, capture_output=True, text=True)
    if "Could not find a version" in installed.stderr and "Connection" in installed.stderr:
        pytest.skip("the package registry cannot be reached")
    assert installed.returncode == 0, installed.stderr
    yield interpreter
    shutil.rmtree(folder)  # 1.8 GB


def test_version_is_declared_once(wheel):
    assert wheel.name == f"genlab-{genlab.__version__}-py3-none-any.whl"
    assert importlib.metadata.version("genlab") == genlab.__version__


def test_library_alone_trains_in_ten_lines(python, tmp_path):
    (script,) = re.findall(r"```python\n(import genlab\n.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len([line for line in script.splitlines() if line]) <= 10
    photos = tmp_path / "data/01_raw/emoji/3d"
    photos.mkdir(parents=True)
    for file in sorted((ROOT / "data/01_raw/emoji/3d").iterdir())[::15]:
        shutil.copy(file, photos)
    ends = f"import importlib.util\nprint([name for name in {FRAMEWORKS} if importlib.util.find_spec(name)])\nprint(genlab.__file__)"
    command = [python, "-c", script.replace("2_000", "64") + ends]
    # Of the test's own path only the guard, which comes first: the project's folder must not stand in for the wheel.
    environment = os.environ | {"PYTHONPATH": os.environ["PYTHONPATH"].split(os.pathsep)[0]}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    printed = done.stdout.splitlines()
    assert "kid_efflite0" in printed[-3]
    assert printed[-2] == "[]"
    assert Path(printed[-1]).is_relative_to(python.parent.parent)
    assert (tmp_path / "release" / "generator.onnx").stat().st_size > 10_000
    assert (tmp_path / "samples.png").stat().st_size > 1_000
