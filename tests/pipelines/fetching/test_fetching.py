"""`kedro run --pipeline=fetch`, and the declarations of data sets in conf/."""

import hashlib
import io
import zipfile

import pytest
import yaml
from conftest import ROOT, make_project, parameters, run_kedro
from kedro.validation.exceptions import ParameterValidationError
from PIL import Image
from web import serving

from genlab.build import check
from genlab.errors import InputError
from genlab.fetching.licence import known
from genlab.images.sources import Folder
from pipelines.cli import message as message_of
from pipelines.fetching.checks import check_fetched
from pipelines.fetching.parameters import set_of
from pipelines.session import Session

BASE = parameters("base")
SETS = BASE["fetch"]["sets"]
FETCHED = {name: declared for name, declared in BASE["images"].items() if set_of(declared["source"].get("root"), BASE["fetch"])}


@pytest.fixture
def project(tmp_path, monkeypatch):
    make_project(tmp_path, recipes=("gan",))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def photos() -> bytes:
    """A .zip file of twelve pictures."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for number in range(12):
            picture = io.BytesIO()
            Image.effect_noise((32, 32), 20.0 * number + 10).save(picture, "png")
            opened.writestr(f"photos/{number}.png", picture.getvalue())
    return archive.getvalue()


def parameters_of(project) -> dict:
    """The parameters of a project."""
    return Session.on_disk(project).parameters


def declare(project, url: str, sha256: str) -> None:
    """Declare a data set and its images, as a user does, in one file."""
    file = project / "conf/local/parameters/fetch/mine.yml"
    file.parent.mkdir(parents=True)
    download = {"class": "genlab.fetching.Url", "url": url, "sha256": sha256}
    source = {"class": "genlab.images.sources.Folder", "root": "data/01_raw/mine/photos.zip"}
    values = {
        "fetch": {"sets": {"mine": {"downloads": {"photos": download}, "make": {"class": "genlab.fetching.Keep"}, "licence": "mine"}}},
        "images": {"mine": {"kind": "unlabelled", "source": source, "size": 32, "channels": 1}},
    }
    file.write_text(yaml.safe_dump(values))


def test_a_set_of_ones_own_is_fetched_once(project, caplog):
    content = photos()
    with serving(content) as web:
        declare(project, web.address, hashlib.sha256(content).hexdigest())
        with pytest.raises(InputError, match=r"image set 'mine': data/01_raw/mine has not been fetched yet.*--params=fetch.set=mine`"):
            run_kedro(project, "prepare_mine")
        run_kedro(project, "fetch", fetch={"set": "mine"})
    caplog.set_level("INFO")
    run_kedro(project, "fetch", fetch={"set": "mine"})  # the server has gone
    assert "data set 'mine' is there already: 2 files" in caplog.text
    check_fetched(["mine"], parameters_of(project), project)
    assert len(list(Folder("data/01_raw/mine/photos.zip").items())) == 12
    assert "mine" in (project / "data/01_raw/mine/LICENSE").read_text()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"fetch.set: got None, expected one of digits, .*openmoji. For example: kedro run --pipeline=fetch --params=fetch.set=digits"),
        ({"set": "fashion_mnits"}, r"fetch.set: got 'fashion_mnits', .*Did you mean 'fashion_mnist'"),
        ({"sett": "digits"}, r"fetch.sett: there is no key 'sett'. Did you mean 'set'"),
        ({"sets": {"digits": {"make": {"size": 64}}}, "set": "digits"}, r"fetch.sets.digits.make.size: .* has no argument 'size'"),
        ({"sets": {"a b": {}}, "set": "digits"}, "the name of a data set has letters"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(project, given, message):
    with pytest.raises(InputError, match=message):
        run_kedro(project, "fetch", fetch=given)
    assert not (project / "data/01_raw/digits").exists()


def test_a_key_that_a_declaration_lacks_is_named(project):
    with pytest.raises(ParameterValidationError) as raised:
        run_kedro(project, "fetch", fetch={"set": "digits", "sets": {"digits": {"lisence": "x"}}})
    assert "there is no key 'lisence'. Did you mean 'licence'?" in str(message_of(raised.value))


@pytest.mark.parametrize("name", SETS)
def test_a_declaration_agrees_with_the_classes_and_has_a_licence(name):
    declared = SETS[name]
    check(declared, f"fetch.sets.{name}")
    assert declared["credit"].strip() and declared["licence"]
    for text in declared["licence_texts"]:
        assert text in known() or text.partition(":")[0] in declared["downloads"]
    assert all(each["bytes"] > 0 for each in declared["downloads"].values())
    assert any(set_of(each["source"].get("root"), BASE["fetch"]) == name for each in FETCHED.values()), "no image set uses it"


def test_a_data_set_is_declared_in_a_file_of_its_own():
    files = sorted((ROOT / "conf/base/parameters/fetch").glob("*.yml"))
    assert [file.stem for file in files] == sorted(SETS)
    for file in files:
        assert list(yaml.safe_load(file.read_text(encoding="utf-8"))["fetch"]["sets"]) == [file.stem]
