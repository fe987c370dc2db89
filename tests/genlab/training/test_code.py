"""Tests of the hashes of the code that a training run depends on."""

import subprocess
import sys

import pytest

from genlab.training.code import PACKAGE, code_of


@pytest.fixture
def package(tmp_path):
    """A package like genlab: `fit` imports `engine`, a recipe imports a loss, nothing imports the metric."""
    for name, content in {
        "lab/__init__.py": "",
        "lab/engine.py": '"""The engine."""\n\nA = 1  # one\n',
        "lab/fit.py": "from lab.engine import A\n",
        "lab/recipes/__init__.py": "",
        "lab/recipes/gan.py": "from lab import losses\nfrom lab.losses import hinge\ndef f():\n    from lab.late import x\n",
        "lab/losses/__init__.py": "",
        "lab/losses/hinge.py": "def hinge():\n    '''Hinge.'''\n    return 1\n",
        "lab/late.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lab.hints import T\nx = 1\n",
        "lab/hints.py": "T = int\n",
        "lab/metric.py": "import lab.engine\n",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return tmp_path / "lab"


def found(package):
    return code_of(["lab.fit", "lab.recipes.gan.GAN", "torch.optim.Adam"], package)


def test_exactly_the_imported_modules_are_found(package):
    assert list(found(package)) == [
        "lab/__init__.py",
        "lab/engine.py",
        "lab/fit.py",
        "lab/late.py",
        "lab/losses/__init__.py",
        "lab/losses/hinge.py",
        "lab/recipes/__init__.py",
        "lab/recipes/gan.py",
    ]


@pytest.mark.parametrize(
    ("file", "content", "changed"),
    [
        ("metric.py", "B = 2\n", False),  # not imported
        ("hints.py", "T = float\n", False),  # for type checkers
        ("engine.py", "# another comment\nA = (1)\n", False),  # comments, docstrings, layout
        ("losses/hinge.py", "def hinge():\n    '''The hinge loss.'''\n    return 1\n", False),
        ("engine.py", "A = 2\n", True),
        ("losses/hinge.py", "def hinge():\n    return 2\n", True),
        ("fit.py", "from lab.engine import A as B\n", True),
        ("late.py", "x = 2\n", True),
    ],
)
def test_only_code_that_is_imported_changes_the_hashes(package, file, content, changed):
    before = found(package)
    (package / file).write_text(content)
    after = found(package)
    different = {name for name in before | after if before.get(name) != after.get(name)}
    assert different == ({f"lab/{file}"} if changed else set())


def test_a_recipe_depends_on_its_own_networks_and_not_on_others_or_on_metrics():
    names = ["genlab.training.fit", "genlab.recipes.cyclegan.CycleGAN", "genlab.networks.resnet.ResNet"]
    files = set(code_of(names))
    assert {"genlab/training/fit.py", "genlab/engine/stream.py", "genlab/recipes/cyclegan.py", "genlab/networks/resnet.py"} <= files
    assert not {file for file in files if file.startswith("genlab/metrics/")}
    assert "genlab/networks/biggan.py" not in files and "genlab/recipes/gan.py" not in files
    # Independent truth: the modules that Python itself imports in a new process.
    code = "import sys, genlab.training.fit, genlab.recipes.cyclegan, genlab.networks.resnet\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True).stdout.split()
    paths = [PACKAGE.parent / name.replace(".", "/") for name in loaded if name.startswith("genlab.")]
    imported = {path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py" for path in paths}
    assert {str(file.relative_to(PACKAGE.parent)) for file in imported} <= files


def test_relative_imports_count(package):
    for name, content in {
        "served/__init__.py": "",
        "served/images.py": "from .errors import E\nfrom . import depth\nfrom ..late import x\n",
        "served/errors.py": "E = 1\n",
        "served/depth.py": "",
    }.items():
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_text(content)
    files = ["__init__", "late", "served/__init__", "served/depth", "served/errors", "served/images"]
    assert list(code_of(["lab.served.images"], package)) == [f"lab/{file}.py" for file in files]
