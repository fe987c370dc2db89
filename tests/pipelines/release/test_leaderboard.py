"""Tests of the leaderboard as a page, and of how MLflow keeps it."""

import html.parser
import re

import pytest
from conftest import empty_store
from mlflow import MlflowClient
from PIL import Image

from genlab.evaluation.scores import Headline
from pipelines.release.leaderboard.details import HEIGHT, WIDTH, Details, data_uri
from pipelines.release.leaderboard.entries import Entry
from pipelines.release.leaderboard.page import page
from pipelines.release.leaderboard.publish import BEGIN, END, described, publish
from pipelines.release.page import SAMPLES
from pipelines.release.promotion import Standing
from pipelines.tracking.description import NOTE
from pipelines.tracking.experiments import EXPERIMENT, LEADERBOARDS, experiment_id


def entry(name, version, value, protocol="p"):
    return Entry(name, version, ("champion",), Standing(Headline("kid_efflite0", value, True, 0.01), protocol, "d" * 64))


class Reader(html.parser.HTMLParser):
    """Collects the tags of a page with their attributes, and checks that they are closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.found = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_has_one_table_per_protocol_and_escapes_names():
    odd = "<b>&'\""
    groups = [[entry(odd, 1, 0.1), entry("b", 2, 0.25)], [entry("c", 1, 0.0403, "q")]]
    text = page(odd, groups, {("b", 2): Details("data:image/webp;base64,AA", {"fid": 12.345}, "9 images")})
    read = Reader(text)
    assert read.open == [] and "<b>&'" not in text
    assert [tag for tag, _ in read.found].count("table") == 2 and "cannot be compared" in text
    assert text.index("100 ± 10") < text.index("250 ± 10") < text.index("40 ± 10") and "12.3" in text and "9 images" in text
    assert [attrs["src"] for tag, attrs in read.found if tag == "img"] == ["data:image/webp;base64,AA"]
    assert not re.search(r"https?:|//|url\(|@import|<script|<link", text)  # nothing is loaded from elsewhere
    assert "cannot be compared" not in page("x", groups[:1], {})


def test_a_picture_is_made_small(tmp_path):
    Image.effect_noise((2000, 300), 80).save(tmp_path / "sheet.png")
    uri = data_uri(tmp_path / "sheet.png")
    assert uri.startswith("data:image/webp;base64,") and len(uri) < 60_000 and (WIDTH, HEIGHT) == (480, 240)


def test_a_description_keeps_what_a_user_has_written():
    first = described("My remark.\n", "one")
    assert first == f"{BEGIN}\none\n{END}\n\nMy remark."
    edited = f"Above.\n{first}\nBelow \\1."
    assert described(edited, r"two \1") == edited.replace("\none\n", "\ntwo \\1\n")
    assert described("", "one") == f"{BEGIN}\none\n{END}"


@pytest.fixture
def store(tmp_path):
    """A store with two models of one image set, without their files -> (client, address)."""
    (tmp_path / "mlflow.db").write_bytes(empty_store())
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = MlflowClient(uri, registry_uri=uri)
    experiment = experiment_id(client, uri, EXPERIMENT)
    for name, value in (("gan-mine", 0.1), ("vae-mine", 0.3)):
        run = client.create_run(experiment).info.run_id
        Image.new("RGB", (64, 32), "red").save(tmp_path / "samples.png")
        client.log_artifact(run, str(tmp_path / "samples.png"), SAMPLES.partition("/")[0])
        client.log_metric(run, "score/fid_efflite0", 200 * value)
        client.create_registered_model(name, tags={"image_set": "mine"})
        standing = Standing(Headline("kid_efflite0", value, True), "p", "d")
        client.create_model_version(name, "nowhere", run, tags=standing.tags(), await_creation_for=0)
    return client, uri


def kept(client):
    """The runs that keep leaderboards."""
    return client.search_runs([client.get_experiment_by_name(LEADERBOARDS).experiment_id])


def shown(client, folder):
    (run,) = kept(client)
    with open(client.download_artifacts(run.info.run_id, "mine.html", str(folder))) as file:
        return file.read()


def test_the_page_outlives_the_runs_of_its_models_and_the_deletion_of_its_own(store, tmp_path):
    client, uri = store
    experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
    client.set_experiment_tag(experiment, NOTE, "My remark.")
    publish(client, uri, "mine")
    first = shown(client, tmp_path)
    assert first.count("<img") == 2 and first.index("gan-mine") < first.index("vae-mine")
    (run,) = kept(client)
    for each in client.search_runs([experiment]):
        client.delete_run(each.info.run_id)
    client.delete_run(run.info.run_id)
    client.delete_experiment(run.info.experiment_id)
    client.create_model_version("vae-mine", "nowhere", tags=Standing(Headline("kid_efflite0", 0.05, True), "p", "d").tags())
    publish(client, uri, "mine")
    after = shown(client, tmp_path)
    assert kept(client)[0].info.run_id == run.info.run_id  # so that links to it stay
    assert after.index("vae-mine") < after.index("gan-mine") and after.count("<img") == 1  # the new version has no run
    note = client.get_experiment(experiment).tags[NOTE]
    assert note.count(BEGIN) == 1 and f"/runs/{run.info.run_id}/artifacts/mine.html" in note and note.endswith("My remark.")
    assert "vae-mine/2, kid_efflite0 x 1000 = 50" in note
