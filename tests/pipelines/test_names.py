"""Tests that nothing a user wrote is ignored: settings in conf/local, names in YAML, and names on the command line."""

import re
from importlib.util import find_spec

import pytest
from conftest import ROOT, make_project, run_kedro
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from genlab.build import ConfigurationError, find
from pipelines.names import RECIPE_KEYS, check_names

GAN = {
    "images": "fashion",
    "seed": 0,
    "budget": {},
    "monitoring": {},
    "augmentation": None,
    "compute": {"class": "genlab.engine.compute.Compute"},
    "release": {},
    "model": {"class": "genlab.recipes.gan.GAN"},
}
PARAMETERS = {"gan": GAN, "cgan": GAN, "images": {"fashion": {}, "emoji": {}}}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("own"), recipes=("gan",))
    local = project / "conf/local/parameters"
    local.mkdir(parents=True)
    (local / "mine.yml").write_text("gan: {images: flowers, seed: 7}\nimages: {flowers: {kind: unlabelled, size: 32}}\n")
    return project


def loaded(project, environment, **given):
    bootstrap_project(project)
    session = KedroSession.create(project, env=environment, runtime_params=given)
    return session.load_context().config_loader["parameters"]


@pytest.mark.parametrize("environment", [None, "test", "base", "full", "whole"])
def test_local_settings_lie_on_top_of_every_environment(project, environment):
    parameters = loaded(project, environment)
    assert parameters["gan"]["images"] == "flowers" and parameters["gan"]["seed"] == 7
    assert parameters["images"]["flowers"]["size"] == 32 and "emoji" in parameters["images"]
    assert parameters["gan"]["budget"]["images"] == {"test": 24}.get(environment, parameters["gan"]["budget"]["images"])


def test_the_command_line_lies_on_top_of_local_settings(project):
    assert loaded(project, "test", gan={"seed": 8})["gan"]["seed"] == 8
    assert loaded(project, "test", gan={"seed": 8})["gan"]["images"] == "flowers"


def test_the_stages_of_dvc_read_what_git_tracks_only(project):
    parameters = loaded(project, "dvc")
    assert parameters["gan"]["images"] == "fashion" and "flowers" not in parameters["images"]


@pytest.mark.parametrize(
    ("change", "given", "message"),
    [
        ({"stylgan2": {"images": "fashion"}}, {}, r"conf/: 'stylgan2' is no recipe"),
        ({"gann": {"seed": 5}}, {"gann": {"seed": 5}}, r"--params: 'gann' is no recipe .*Did you mean 'gan'"),
        ({"seed": 5}, {"seed": 5}, r"--params: 'seed' is no recipe .*Write a setting of a recipe as <recipe>\.<key>"),
        ({"gan": GAN | {"seed": None}}, {}, r"gan\.seed: got None, expected a whole number from 0 on"),
        ({"gan": GAN | {"sead": 5}}, {}, r"gan\.sead: a recipe has no key 'sead'\. Did you mean 'seed'"),
        ({"gan": GAN | {"augmentaton": {"flip": 0.5}}}, {}, r"gan\.augmentaton: .*Did you mean 'augmentation'"),
        ({"gan": {key: GAN[key] for key in GAN if key != "budget"}}, {}, r"gan: there is no 'budget'\. A recipe has: family, images"),
        ({"gan": GAN | {"compute": None}}, {}, r"gan\.compute: got None, expected \{class: genlab"),
        ({"gan": GAN | {"augmentation": "flip"}}, {}, r"gan\.augmentation: got 'flip', expected .*, or null for none"),
        ({}, {"cgan": {"seed": 5}}, r"--params: cgan is not part of this run, .* This run has: gan, images\.fashion\."),
        ({}, {"images": {"emoji": {"test": 0.5}}}, r"--params: the image set 'emoji' is not part of this run"),
    ],
)
def test_a_name_without_effect_is_an_error_with_the_nearest_name(change, given, message):
    with pytest.raises(ConfigurationError, match=message):
        check_names(PARAMETERS | change, given, ["gan"], ["fashion"])


def test_known_names_and_anchors_are_accepted():
    check_names(PARAMETERS | {"_mine": {"lr": 1}}, {"gan": {"seed": 1}, "images": {"fashion": {"test": 0.5}}}, ["gan"], ["fashion"])
    assert {*GAN} <= set(RECIPE_KEYS)


def test_names_in_the_comments_of_yaml_files_exist():
    for file in sorted((ROOT / "conf").rglob("*.yml")):
        for name in re.findall(r"#.*?\b((?:genlab|torch\.optim)\.\w+(?:\.\w+)*)", file.read_text(encoding="utf-8")):
            is_module = (ROOT / name.replace(".", "/")).is_dir() or name.rpartition(".")[2].islower()
            assert find_spec(name) if is_module else find(name, file.name), name


def test_an_unknown_key_on_the_command_line_stops_a_run_before_any_node(project):
    with pytest.raises(ConfigurationError, match=r"gan\.sead: a recipe has no key 'sead'"):
        run_kedro(project, "gan", gan={"sead": 5, "images": "fashion"})
