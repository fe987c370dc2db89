"""The pipeline of a study: from a release to a report, what it never overwrites, the errors of wrong entries, and `make study`."""

import hashlib
import json
import socket
import threading
import urllib.request

import pytest
from conftest import make_project, run_kedro
from mlflow import MlflowClient
from served_networks import facts_of, sampling_network
from study_people import ENTRY, answers, file_of, fooled

from genlab.errors import InputError, root_cause
from genlab.study.design import Made
from pipelines import pipeline_registry, session
from pipelines.user_study.__main__ import declared, main, opened
from pipelines.user_study.parameters import wrong_entry

RECIPES = {"gan": {"images": "fashion"}, "lsgan": {"images": "fashion"}, "vae": {"images": "fashion_28"}}
STUDY = {"user_study": {"models": ["gan"]}}  # over conf/test, in a project with one recipe


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a prepared set, and a release of a model of it."""
    folder = make_project(tmp_path_factory.mktemp("project"), recipes=("gan",))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        run_kedro(folder, "prepare_fashion")
    release(folder, "weights")
    return folder


@pytest.fixture(autouse=True)
def inside(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def release(project, checkpoint):
    """Write the release of a network whose images can be computed by hand."""
    description = json.loads((project / "data/05_model_input/fashion/set.json").read_text())
    network = sampling_network(conditional=False)
    facts = facts_of([], checkpoint=checkpoint, data_hash=description["content_hash"], image_set="fashion")
    folder = project / "data/06_models/gan/release"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "generator.onnx").write_bytes(network)
    (folder / "release.json").write_text(json.dumps(facts | {"sha256": {"generator.onnx": hashlib.sha256(network).hexdigest()}}))


def made_in(project, name):
    """The study of a folder."""
    folder = project / "data/08_reporting/user_study" / name
    study, key = (json.loads((folder / file).read_text()) for file in ("study.json", "study_key.json"))
    return Made(study, key, {})


def answer(project, name, count):
    """Put the answers of simulated participants into the folder of answers."""
    made, folder = made_in(project, name), project / "data/01_raw/user_study" / name
    folder.mkdir(parents=True)
    for number in range(count):
        given = answers(made, number, fooled({"gan": 0.25, "real": 0.75}))
        (folder / f"{number}.json").write_bytes(file_of(given))


def settings(name, **changes):
    return {"user_study": STUDY["user_study"] | {"name": name} | changes}


def test_a_study_through_the_whole_path(project):
    run_kedro(project, "user_study", **settings("whole"))
    folder = project / "data/08_reporting/user_study/whole"
    page = (folder / "study.html").read_text()
    assert "data:image/png;base64," in page and "weights" not in page and '"gan"' not in page
    assert "There are no answers" in (folder / "report.md").read_text()
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    run_kedro(project, "user_study", **settings("whole"))
    assert before == {file.name: file.read_bytes() for file in folder.iterdir()}  # no date, no path of this machine
    answer(project, "whole", 6)
    (project / "data/01_raw/user_study/whole/damaged.json").write_text("{")
    run_kedro(project, "user_study", ["analyse"], **settings("whole"))
    results = json.loads((folder / "results.json").read_text())
    assert results["participants"] + len(results["excluded"]) == 6 and list(results["skipped"]) == ["damaged.json"]
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    run = client.search_runs([client.get_experiment_by_name("genlab").experiment_id], "tags.user_study = 'whole'")[0]
    assert run.info.run_name == "user_study whole" and run.data.params["kind"] == "real_or_generated"
    assert run.data.metrics["gan/fooled"] == results["models"]["gan"]["fooled"]["share"]
    assert run.data.tags["mlflow.note.content"].startswith("# Study whole")
    assert {"report.html", "report.md", "ranking.png", "results.json"} <= {file.path for file in client.list_artifacts(run.info.run_id)}


def test_a_study_with_answers_is_not_overwritten(project):
    run_kedro(project, "user_study", **settings("kept"))
    answer(project, "kept", 2)
    folder = project / "data/08_reporting/user_study/kept"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(Exception, match="2 files of answers") as caught:
        run_kedro(project, "user_study", **settings("kept", seed=1))
    message = str(root_cause(caught.value))
    assert isinstance(root_cause(caught.value), InputError) and "Nothing was overwritten. Give the new study a name of its own" in message
    assert before == {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_study_without_answers_is_moved_aside(project):
    run_kedro(project, "user_study", **settings("moved"))
    first = made_in(project, "moved").key["hash"]
    run_kedro(project, "user_study", **settings("moved", seed=1))
    assert made_in(project, "moved").key["hash"] != first
    former = json.loads((project / "data/08_reporting/user_study/moved.former/1/study_key.json").read_text())
    assert former["hash"] == first


def test_a_changed_study_file_is_not_analysed(project):
    run_kedro(project, "user_study", **settings("changed"))
    file = project / "data/08_reporting/user_study/changed/study.json"
    file.write_text(file.read_text().replace('"failed_checks": 1', '"failed_checks": 9'))
    with pytest.raises(Exception, match=r"study\.json has another sha256"):
        run_kedro(project, "user_study", ["analyse"], **settings("changed"))


def test_a_missing_release_is_named_with_the_command_that_makes_it(project, tmp_path):
    (project / "data/06_models/gan/release").rename(tmp_path / "release")
    try:
        with pytest.raises(Exception, match=r"release, which does not exist. Make it: `kedro run --pipeline=gan --tags=release`"):
            run_kedro(project, "user_study", **settings("missing"))
    finally:
        (tmp_path / "release").rename(project / "data/06_models/gan/release")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": ["gan", "lsgn"]}, "user_study.models: 'lsgn' is not a recipe. Did you mean 'lsgan'? There are: gan, lsgan, vae."),
        ({"models": ["gan", "vae"]}, "user_study.images: got 'fashion', but vae is trained on 'fashion_28'."),
        ({"trails": 3}, "user_study.trails: there is no key 'trails'."),
    ],
)
def test_wrong_entries_are_named(change, message):
    assert wrong_entry(ENTRY | change, RECIPES).startswith(message)
    assert wrong_entry(ENTRY, RECIPES) == ""


def test_a_wrong_entry_is_refused_by_its_own_pipeline():
    with session.using(session.Session(session.ROOT, {"user_study": [1], "images": {}})):
        pipelines = pipeline_registry.register_pipelines()
    with pytest.raises(InputError, match=r"user_study: got \[1\], expected a mapping"):
        pipelines["user_study"].nodes[0].run({})


def test_the_server_of_make_study_stores_where_the_analysis_reads(project):
    run_kedro(project, "user_study", **settings("served"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = opened(project, "served", "127.0.0.1", port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        content = file_of(answers(made_in(project, "served"), 0, fooled({"gan": 0.3, "real": 0.7})))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/answers", content) as reply:
            assert reply.status == 200
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    run_kedro(project, "user_study", ["analyse"], **settings("served"))
    assert json.loads((project / "data/08_reporting/user_study/served/results.json").read_text())["files"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--name", "nothing"], "holds no study"),
        (["--name", "whole", "--port", "0"], "Port 0: expected a whole number from 1 to 65535: make study PORT=5050."),
        (["--name", "whole", "--host", "192.0.2.1"], "Host '192.0.2.1': this machine has no such address."),
    ],
)
def test_a_server_that_cannot_start_says_why(project, capsys, options, message):
    run_kedro(project, "user_study", ["make"], **settings("whole"))
    assert main([*options, "--project", str(project)]) == 1
    assert message in capsys.readouterr().err


def test_the_server_serves_the_study_of_the_parameters(project):
    assert declared(project) == "fashion"
