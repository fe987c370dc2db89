"""Names of registered models: their form, which version they mean, and the errors."""

import shutil
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from importlib import import_module

import pytest
from conftest import ROOT, empty_store
from mlflow import MlflowClient

from genlab.errors import InputError
from pipelines import registered_models
from pipelines.local_registry import version_in
from pipelines.registered_models import parse, resolve


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A registry with three versions of gan-fashion, the second being champion; version 3 has no release. vae-fashion has no champion."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "mlflow.db").write_bytes(empty_store())
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    for name, count in (("gan-fashion", 3), ("vae-fashion", 11), ("empty-fashion", 0)):
        client.create_registered_model(name)
        for number in range(1, count + 1):
            source = folder / name / str(number)
            release = source / "artifacts/release"
            release.mkdir(parents=True)
            if (name, number) != ("gan-fashion", 3):
                (release / "release.json").write_text(f"{name} {number}")
            client.create_model_version(name, source.as_uri(), description=f"card {number}")
    client.set_registered_model_alias("gan-fashion", "champion", "2")
    return folder


@pytest.fixture
def project(store, monkeypatch):
    """A folder inside the project of the registry as the working directory."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (store / "photos").mkdir(exist_ok=True)
    monkeypatch.chdir(store / "photos")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gan-fashion", "gan-fashion 2"),  # the champion
        ("vae-fashion", "vae-fashion 11"),  # the newest: by number, not by text
        ("gan-fashion@champion", "gan-fashion 2"),
        ("gan-fashion/1", "gan-fashion 1"),
        ("models:/gan-fashion/1", "gan-fashion 1"),
    ],
)
def test_a_name_means_the_champion_or_the_newest_version(project, text, found):
    folder, card = resolve(text)
    assert (folder / "release.json").read_text() == found and card == f"card {found.split()[1]}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gan-fasion", r"no model of this name is registered\. Did you mean 'gan-fashion'\? Registered are: empty-fashion, gan-fashion"),
        ("gan-fashion@champio", r"has no alias 'champio'\. Did you mean 'champion'\? It has: champion\."),
        ("vae-fashion@champion", r"has no alias 'champion'\. It has: none\."),
        ("gan-fashion/7", r"has no version 7\. It has: 1, 2, 3\."),
        ("empty-fashion", r"has no version none\. It has: none\."),
        ("gan-fashion/3", "version 3 was not registered by genlab: it has no artifacts/release"),
        ("a/b/c", r"neither a file or folder that exists, nor the name of a registered model \(name, name@alias or name/version\)"),
    ],
)
def test_what_is_not_registered_is_an_error(project, text, message):
    with pytest.raises(InputError, match=message):
        resolve(text)


def test_without_a_registry_the_error_says_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=rf"there is no mlflow.db here or above: {tmp_path}/mlflow.db\. Go to the project"):
        resolve("gan-fashion")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(InputError, match=rf"MLFLOW_TRACKING_URI names {tmp_path}/other.db"):
        resolve("gan-fashion")
    assert not list(tmp_path.iterdir())  # no database is made by asking


@pytest.mark.parametrize("text", ["gan-fashion", "vae-fashion", "gan-fashion@champion", "gan-fashion/1", "vae-fashion/10"])
def test_the_database_gives_the_versions_that_mlflow_gives(project, store, monkeypatch, text):
    expected = resolve(text)
    monkeypatch.setattr(registered_models, "version_in", lambda *_: None)  # ask MLflow
    assert resolve(text) == expected
    name, alias, number = parse(text)
    monkeypatch.undo()
    assert version_in(store / "mlflow.db", name, alias, number, "champion").folder / "artifacts/release" == expected[0]


def test_registered_names_are_found_without_mlflow(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert resolve("gan-fashion")[1] == "card 2"


def test_deleted_versions_and_other_databases_are_left_to_mlflow(store, tmp_path):
    shutil.copy(store / "mlflow.db", tmp_path)
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    client.delete_model_version("vae-fashion", "11")
    assert version_in(tmp_path / "mlflow.db", "vae-fashion", None, None, "champion").card == "card 10"
    assert version_in(tmp_path / "mlflow.db", "vae-fashion", None, "11", "champion") is None
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as changed, changed:
        changed.execute("UPDATE model_versions SET source = 'models:/m-gone', storage_location = NULL WHERE version = 10")
    assert version_in(tmp_path / "mlflow.db", "vae-fashion", None, None, "champion") is None  # its logged model is not there
    (tmp_path / "other.db").write_bytes(b"no database")
    assert version_in(tmp_path / "other.db", "vae-fashion", None, None, "champion") is None
    with closing(sqlite3.connect(tmp_path / "empty.db")) as empty:
        empty.execute("CREATE TABLE some (thing TEXT)")
    assert version_in(tmp_path / "empty.db", "vae-fashion", None, None, "champion") is None


def test_without_mlflow_the_error_says_what_to_install(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setattr(registered_models, "version_in", lambda *_: None)
    with pytest.raises(InputError, match=r"registered models need MLflow, which is not installed .* pip install 'genlab\[pipelines\]'"):
        resolve("gan-fashion")


def test_the_parts_of_a_name():
    assert parse("a-b.c_d") == ("a-b.c_d", None, None)
    assert parse("a@b") == ("a", "b", None) and parse("a/12") == ("a", None, "12")


def test_the_entry_points_of_the_package_exist_and_load_neither_torch_nor_mlflow():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, function = project["entry-points"]["genlab.models"]["mlflow"].partition(":")
    assert getattr(import_module(module), function) is resolve
    module, _, function = project["scripts"]["genlab"].partition(":")
    assert callable(getattr(import_module(module), function))
    code = "import sys, pipelines.registered_models\nprint([name for name in ('torch', 'mlflow') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout.strip() == "[]"
