"""Tests that genlab.serving works in another folder under another name, without the rest of genlab and without torch."""

import shutil
import subprocess
import sys
from pathlib import Path

from genlab import serving


def test_a_copy_with_another_name_needs_neither_genlab_nor_torch_nor_a_framework(tmp_path):
    shutil.copytree(Path(serving.__file__).parent, tmp_path / "answers")
    modules = [f"answers.{file.stem}" for file in sorted((tmp_path / "answers").glob("*.py"))]
    assert {"answers.sampler", "answers.translator"} < set(modules)
    code = "import importlib, sys\nfor name in ('genlab', 'torch', 'mlflow', 'pandas', 'pipelines'): sys.modules[name] = None\n"
    code += f"for name in {modules!r}: importlib.import_module(name)\nprint('imported')"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "imported", done.stderr


def test_genlab_serving_loads_no_torch():
    code = "import sys, genlab.serving.sampler, genlab.serving.translator\nprint('torch' in sys.modules, 'mlflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"], done.stderr
