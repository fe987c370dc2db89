"""Tests that every configuration file is read, or named in an error."""

import pytest
from conftest import make_project
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from genlab.errors import InputError
from pipelines.pipeline_registry import REFUSED, register_pipelines


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("yaml"), recipes=("gan", "wgan"))


def loaded(project, file, content, environment="test"):
    """The parameters with this file in conf/local."""
    path = project / "conf/local" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    bootstrap_project(project)
    try:
        return KedroSession.create(project, env=environment).load_context().config_loader["parameters"]
    finally:
        path.unlink()


@pytest.mark.parametrize("environment", [None, "test"])
@pytest.mark.parametrize("first", ["", "# a comment\n", "---\n"])
def test_a_byte_order_mark_changes_nothing(project, environment, first):
    text = f"{first}gan: {{seed: 5}}\nimages: {{mine: {{size: 8}}}}\n".encode("utf-8-sig")
    parameters = loaded(project, "parameters.yml", text, environment)
    assert parameters["gan"]["seed"] == 5 and parameters["images"]["mine"]["size"] == 8


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("gan.yml", "gan: {seed: 5}", r"conf/local/gan\.yml is not read\. .* move it to .*conf/local/parameters/gan\.yml"),
        ("recipes/gan.yaml", "gan: {seed: 5}", r"recipes/gan\.yaml is not read"),
        ("parameters/a.yml", "gan:\n  seed: 5\ngan:\n  seed: 6\n", r"a\.yml, line 3: found duplicate key gan"),
        ("parameters/a.yml", "gan:\n\tseed: 5\n", r"a\.yml, line 2: found character '\\t' .*indent with spaces"),
        ("parameters/a.yml", "gan: {seed: 5", r"a\.yml, line \d: "),
        ("parameters/a.yml", "gan: {seed: 5}".encode("utf-16"), r"a\.yml is not UTF-8 text .*Save it in the encoding UTF-8"),
        ("parameters/a.yml", b"# caf\xe9\ngan: {seed: 5}", r"a\.yml is not UTF-8 text \(invalid continuation byte at byte 5\)"),
        ("parameters/a.yml", "- gan\n- 5\n", r"a\.yml holds a list, expected a mapping"),
        ("parameters/a.yml", "gan: {seed: '${foo}'}", r"a\.yml: Interpolation key 'foo' not found"),
        ("parameters/a.yml", "images: [1]", r"images: got \[1\], expected a mapping of image sets"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(project, file, content, message):
    with pytest.raises(InputError, match=message):
        loaded(project, file, content)


def test_a_value_that_two_files_set_is_an_error_that_names_both(project):
    other = project / "conf/local/parameters/b.yml"
    other.parent.mkdir(parents=True, exist_ok=True)
    other.write_text("gan: {seed: 6}")
    with pytest.raises(InputError, match=r"gan\.seed is set twice, in .*a\.yml and in .*b\.yml"):
        loaded(project, "parameters/a.yml", "gan: {seed: 5}")
    other.unlink()


@pytest.mark.parametrize("written", ["", "[1, 2]", "hello", "5"])
def test_a_wrong_entry_refuses_its_own_pipeline_only(project, written):
    loaded(project, "parameters.yml", f"wgan: {written}\n")
    pipelines = register_pipelines()
    assert [REFUSED in pipelines[name].nodes[0].tags for name in ("gan", "wgan", "prepare_fashion")] == [False, True, False]
    with pytest.raises(InputError, match=r"wgan: got .*, expected a mapping\. Write its settings below it, or remove it"):
        pipelines["wgan"].nodes[0].run({})


@pytest.mark.parametrize("written", ["null", "[fashion]", "{a: 1}", "5"])
def test_the_name_of_an_image_set_is_text(project, written):
    loaded(project, "parameters.yml", f"wgan: {{images: {written}}}\n")
    with pytest.raises(InputError, match=r"wgan\.images: '.*' is not an image set"):
        register_pipelines()["wgan"].nodes[0].run({})
