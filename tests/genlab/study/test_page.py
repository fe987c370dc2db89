"""Tests of the page: in a real browser by keyboard, on a phone, with a reload in the middle, with a time limit, and with a server."""

import json
import re
import threading
import time

import pytest
from browser import BROWSER, Page
from study_people import study_of

from genlab.study.answers import read
from genlab.study.design import Made
from genlab.study.page import consent_of, page
from genlab.study.server import StudyServer

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium is installed")
SHORT = {"trials": 4, "items": 4, "practice": 1, "checks": 1}
READY = "!document.getElementById('trial').hidden && ready"


def written(made: Made, folder):
    """Address of the page as a file."""
    (folder / "study.html").write_text(page(made), encoding="utf-8")
    return (folder / "study.html").as_uri()


def agree(opened):
    """Agree by keyboard: the button has the focus."""
    opened.wait("document.activeElement.id == 'agree'")
    press(opened, "Enter", 13, "\r")


def press(opened, name, code, text=None):
    """Press and release a key."""
    typed = {"text": text} if text else {}
    for kind in ("keyDown", "keyUp"):
        opened.call(
            "Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, **(typed if kind == "keyDown" else {})
        )


def answer(opened, key):
    """Answer one trial by keyboard, and wait for the next one or the end."""
    opened.wait(READY)
    before = opened.value("state.answers.length + state.practised")
    press(opened, *(("ArrowLeft", 37), ("ArrowRight", 39))[key])
    opened.wait(f"state.answers.length + state.practised > {before}")


def finished(opened):
    """The answers that the page has at its end."""
    opened.wait("!document.getElementById('done').hidden")
    return json.loads(opened.value("document.getElementById('copy').value"))


def test_the_page_is_self_contained_and_does_not_tell_what_the_images_are():
    made = study_of(models=["alpha", "beta"])
    text = page(made)
    assert not re.search(r"(https?:|src=[\"'](?!data:)|href=)", text.replace("link.href =", "").replace("location.protocol", ""))
    assert not any(word in text for word in ("alpha", "beta", "origin", "checkpoint", '"group"'))
    assert text.count("data:image/png;base64,") == len(made.images)


def test_a_consent_text_cannot_end_the_script():
    made = study_of(consent="Agree? </script><script>alert(1)</script>")
    assert consent_of(made.study).startswith("Agree?") and "<script>alert" not in page(made)
    assert consent_of(study_of().study).startswith(
        "You will see 20 images or pairs of images and answer one question about each, which takes about 1"
    )


@needs_browser
@pytest.mark.parametrize("width", [1200, 390])
def test_a_study_is_done_by_keyboard_on_a_desk_and_on_a_phone(tmp_path, width):
    made = study_of(kind="real_against_generated", **SHORT)
    with Page(written(made, tmp_path), tmp_path, width, 800) as opened:
        agree(opened)
        for key in (0, 0, 1, 0, 1, 1):
            opened.wait(READY)
            assert opened.value("document.documentElement.scrollWidth <= window.innerWidth")  # nothing is cut off
            assert opened.value("document.getElementById('right').getBoundingClientRect().bottom <= window.innerHeight")
            answer(opened, key)
        given = finished(opened)
        assert opened.value("document.activeElement.id") == "save"
    found = read(json.dumps(given).encode(), made.study)
    assert [each.answer for each in found.answers] == [0, 1, 0, 1, 1]
    assert all(each.views == 1 and each.milliseconds >= 0 for each in found.answers)
    assert set(given) == {"study", "hash", "participant", "form", "consent", "answers"}  # no personal data


@needs_browser
def test_a_reload_in_the_middle_loses_nothing(tmp_path):
    made = study_of(**SHORT)
    with Page(written(made, tmp_path), tmp_path, 390, 800) as opened:
        agree(opened)
        for key in (1, 0, 1):
            answer(opened, key)
        opened.wait(READY)
        before = json.loads(opened.value("JSON.stringify(state)"))
        time.sleep(1)  # chromium stores values asynchronously
        opened.value("window.earlier = true")
        opened.call("Page.reload")
        opened.call("Page.bringToFront")  # a page out of sight paints no frame
        opened.wait(f"!window.earlier && typeof state == 'object' && state && {READY}")
        after = json.loads(opened.value("JSON.stringify(state)"))
        seen = after["views"]
        assert after == before | {"views": seen} and seen in (1, 2)  # 1 if the first view was not stored yet, which costs its count only
        for key in (1, 1, 0):
            answer(opened, key)
        found = read(json.dumps(finished(opened)).encode(), made.study)
    assert [each.answer for each in found.answers] == [0, 1, 1, 1, 0] and [each.views for each in found.answers] == [1, 1, seen, 1, 1]


@needs_browser
def test_the_answers_are_saved_as_a_file(tmp_path):
    made = study_of(trials=4, items=4, practice=0, checks=0, exclusion={**study_of().study["exclusion"], "failed_checks": 0})
    with Page(written(made, tmp_path), tmp_path) as opened:
        opened.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path / "saved"))
        agree(opened)
        for key in (1, 0, 1, 0):
            answer(opened, key)
        opened.wait("document.activeElement.id == 'save'")
        opened.value("document.getElementById('again').click()")
        assert opened.value("document.getElementById('problem').textContent") == "Save the answers first: they would be lost."
        press(opened, "Enter", 13, "\r")
        deadline = time.monotonic() + 20
        while not (files := list((tmp_path / "saved").glob("*.json"))):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        found = read(files[0].read_bytes(), made.study)
        assert files[0].name == f"mine-{found.code}.json" and [each.answer for each in found.answers] == [1, 0, 1, 0]
        opened.value("document.getElementById('again').click()")
        assert opened.value("state.participant") != found.code and opened.value("state.answers.length") == 0


@needs_browser
def test_a_time_limit_hides_the_images_and_the_answer_may_follow(tmp_path):
    made = study_of(kind="real_against_generated", exposure_milliseconds=50, **SHORT)
    with Page(written(made, tmp_path), tmp_path) as opened:
        agree(opened)
        opened.wait(READY)
        opened.wait("[...document.querySelectorAll('#stage img')].every(each => each.alt == 'hidden')")
        shown = "[...document.querySelectorAll('#stage img')].map(each => each.src)"
        assert opened.value(f"{shown}.every(each => !Object.values(study.images).includes(each))")
        for key in (0, 0, 1, 0, 1, 1):
            answer(opened, key)
        assert len(finished(opened)["answers"]) == 5


@needs_browser
def test_practice_tells_whether_an_answer_was_right(tmp_path):
    made = study_of(**SHORT)
    (practice,) = made.study["practice"]
    with Page(written(made, tmp_path), tmp_path) as opened:
        agree(opened)
        opened.wait(READY)
        press(opened, *(("ArrowLeft", 37), ("ArrowRight", 39))[1 - practice["right"]])
        opened.wait("document.getElementById('feedback').textContent.startsWith('Not correct')")


@needs_browser
def test_two_participants_at_once_send_their_answers_to_the_server(tmp_path):
    made = study_of(**SHORT)
    server = StudyServer(("127.0.0.1", 0), page(made).encode(), made.study, tmp_path / "answers")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    address = "http://{}:{}/".format(*server.server_address)
    try:
        with Page(address, tmp_path / "first") as first, Page(address, tmp_path / "second", 390) as second:
            for opened in (first, second):
                agree(opened)
            for key in (0, 1, 0, 1, 0, 1):
                answer(first, key)
                answer(second, 1 - key)
            for opened in (first, second):
                opened.wait("state.sent && document.getElementById('thanks').textContent.includes('have been received')")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    found = [read(file.read_bytes(), made.study) for file in sorted((tmp_path / "answers").iterdir())]
    assert sorted([each.answer for each in participant.answers] for participant in found) == [[0, 1, 0, 1, 0], [1, 0, 1, 0, 1]]
    assert {participant.form for participant in found} == {0, 1}
