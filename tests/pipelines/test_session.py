"""Tests that sessions of one process share nothing, and of what their datasets receive."""

from importlib import import_module
from types import SimpleNamespace

import pytest
import yaml
from conftest import ROOT, make_project
from kedro.config import OmegaConfigLoader
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog
from PIL import Image

from pipelines import session as sessions
from pipelines.bound import BoundDataset
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.nodes import read
from pipelines.datasets import Pictures
from pipelines.hooks import BOUND, SHARED, ProjectHooks
from pipelines.pipeline_registry import register_pipelines
from pipelines.session import CONFIG_LOADER_ARGS, Session, named
from pipelines.tracking import Journal


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    return [make_project(tmp_path_factory.mktemp(name), recipes=("gan",)) for name in ("first", "second")]


def opened(project, **parameters):
    """The catalog of a session that does not run, as in a notebook."""
    bootstrap_project(project)
    return KedroSession.create(project, env="test", runtime_params=parameters).load_context().catalog


def test_a_second_session_is_independent_of_the_first(projects):
    one = opened(projects[0], gan={"seed": 7, "images": "emoji_3d"})
    assert "emoji_3d.images" in pipelines["gan"].datasets()  # registered with the session's --params
    first = one.get("gan.journal").session
    first.runs.under_way["gan"] = "a run"
    two = opened(projects[1])
    assert "emoji_3d.images" not in pipelines["gan"].datasets()
    second = two.get("gan.journal").session
    assert one.get("gan.journal").session is first is one.get("gan.model_version").session
    assert second is two.get("gan.model_version").session is not first
    assert [each.project for each in (first, second)] == projects == [each.load("project") for each in (one, two)]
    assert first.parameters["gan"]["seed"] == 7 != second.parameters["gan"]["seed"]
    assert second.parameters["gan"]["images"] != "emoji_3d" and not second.runs.under_way
    assert sessions.current() is second


def test_a_catalog_outside_a_run_uses_its_own_project_and_creates_no_other_dataset(projects, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    catalog = opened(projects[0])
    assert not {"gan.checkpoint", "gan.metrics", "fashion.images"} & set(catalog.keys())
    opened(projects[1])
    (projects[1] / "mlflow.db").write_bytes(b"no database")
    assert not catalog.get("gan.model_version").exists()


def test_every_dataset_that_needs_a_session_receives_it():
    catalog = yaml.safe_load((ROOT / "conf/base/catalog.yml").read_text())
    ours = {pattern: entry["type"].rpartition(".") for pattern, entry in catalog.items() if entry["type"].startswith("pipelines.")}
    bound = [pattern for pattern, (module, _, name) in ours.items() if issubclass(getattr(import_module(module), name), BoundDataset)]
    assert sorted(bound) == sorted([*SHARED, *(f"{{recipe}}.{kind}" for kind in BOUND), "seeds.{recipe}.{seed}.journal"])


def test_the_error_for_a_dataset_without_a_session_explains_what_to_do():
    with pytest.raises(RuntimeError, match=r"Journal has no session\. Take it from a session's catalog"):
        _ = Journal("gan").run


def test_without_a_session_conf_is_read_once_and_as_by_kedro(projects, monkeypatch):
    project, found = projects[0], []
    real = Session.on_disk
    monkeypatch.setattr(Session, "on_disk", lambda: found.append(real(project)) or found[-1])
    with sessions.using(None):
        assert set(register_pipelines()) >= {"gan", "adversarial", "prepare_emoji"}
    assert len(found) == 1
    for text in (None, "gan: {seed: 3}"):
        if text:
            (project / "conf/local/parameters.yml").write_text(text)
        expected = named(OmegaConfigLoader(str(project / "conf"), **CONFIG_LOADER_ARGS)["parameters"])
        assert real(project).parameters == expected
    assert real(project).parameters["gan"]["seed"] == 3
    (project / "conf/local/parameters.yml").unlink()


def test_a_relative_root_is_relative_to_the_project(tmp_path, monkeypatch):
    root = tmp_path / "project" / "raw"
    root.mkdir(parents=True)
    for number in range(4):
        Image.new("RGB", (8, 8), (60 * number, 0, 0)).save(root / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    source = {"class": "genlab.images.sources.Folder", "root": "raw"}
    assert len(read(ImageSet(name="mine", kind="unlabelled", source=source, size=8), tmp_path / "project")) == 4


def test_only_the_current_files_of_a_folder_are_logged(tmp_path):
    dataset = Pictures(str(tmp_path / "pictures"), metadata={"mlflow": "artifact", "folder": "samples"})
    dataset.save({"old": Image.new("L", (2, 2)), "kept": Image.new("L", (2, 2))})
    (dataset.filepath / "mine.png").write_bytes(b"mine")
    data = {"kept": Image.new("L", (2, 2)), "new": Image.new("L", (2, 2))}
    dataset.save(data)
    logged, hooks = [], ProjectHooks()
    run = SimpleNamespace(file=lambda file, folder: logged.append((file.name, folder)))
    hooks.catalog = DataCatalog({"gan.pictures": dataset})
    hooks.session = SimpleNamespace(runs=SimpleNamespace(under_way={"gan": run, "wgan": None}))
    hooks.after_dataset_saved("gan.pictures", data)
    assert logged == [("kept.png", "samples"), ("new.png", "samples")]
