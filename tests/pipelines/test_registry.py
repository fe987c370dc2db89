import subprocess
import sys
import textwrap

import pytest
from conftest import ROOT

HEAVY = ("torch", "mlflow", "great_expectations", "albumentations", "lightning_fabric", "onnxruntime", "matplotlib", "sklearn")


def python(code: str) -> str:
    """What this code prints in a fresh process."""
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_listing_pipelines_imports_nothing_heavy():
    loaded = python("""
        import sys
        from kedro.framework.project import pipelines
        from kedro.framework.startup import bootstrap_project
        bootstrap_project(".")
        assert {"cyclegan", "prepare_emoji", "__default__"} <= set(pipelines)
        print(*{name.split(".")[0] for name in sys.modules})
    """)
    assert not set(loaded.split()) & set(HEAVY)


def test_genlab_imports_no_framework():
    loaded = python("""
        import importlib, pkgutil, sys
        import genlab
        for module in pkgutil.walk_packages(genlab.__path__, "genlab."):
            importlib.import_module(module.name)
        print(*{name.split(".")[0] for name in sys.modules})
    """)
    assert not set(loaded.split()) & {"kedro", "mlflow", "dvc", "great_expectations", "pipelines"}


@pytest.mark.parametrize("arguments", [["--pipeline=cyclgan"]])
def test_a_misspelt_pipeline_says_which_was_meant(arguments):
    result = subprocess.run([sys.executable, "-m", "kedro", "run", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert "cyclgan" in result.stderr and "cyclegan" in result.stderr.replace("cyclgan", "")
    assert "Traceback" not in result.stderr
