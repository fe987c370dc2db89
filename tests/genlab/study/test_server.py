"""Tests of the server: what it hands out, what it stores, and what it refuses."""

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from study_people import answers, file_of, fooled, study_of

from genlab.errors import InputError
from genlab.study.page import page
from genlab.study.server import StudyServer, study_at

MADE = study_of()
JUDGE = fooled({"gan": 0.5, "lsgan": 0.5, "real": 0.5})


@pytest.fixture
def server(tmp_path):
    made = StudyServer(("127.0.0.1", 0), page(MADE).encode(), MADE.study, tmp_path / "answers")
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def ask(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection(*server.server_address, timeout=10)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def stored(server):
    return sorted(server.answers.glob("*")) if server.answers.exists() else []


def test_the_page_is_served_and_nothing_else(server):
    assert ask(server, "GET", "/") == (200, page(MADE))
    for path in ("/study_key.json", "/answers", "/../study_key.json", "/answers/x.json"):
        assert ask(server, "GET", path)[0] == 404
    assert ask(server, "POST", "/")[0] == 404


def test_forms_are_handed_out_equally_often(server):
    forms = [json.loads(ask(server, "GET", "/form")[1])["form"] for _ in range(12)]
    assert sorted(forms) == sorted([*range(6), *range(6)])


def test_a_new_server_goes_on_with_the_forms_that_have_no_answers(server, tmp_path):
    for number in (0, 1, 2):
        server.store(file_of(answers(MADE, number, JUDGE)))
    again = StudyServer(("127.0.0.1", 0), b"", MADE.study, server.answers)
    assert {again.next_form() for _ in range(3)} == {3, 4, 5}
    again.server_close()


def test_answers_are_stored_whole_under_the_code(server):
    content = file_of(answers(MADE, 0, JUDGE))
    assert ask(server, "POST", "/answers", content) == (200, "received")
    assert ask(server, "POST", "/answers", content) == (200, "received before")  # after a reload
    (file,) = stored(server)
    assert file.read_bytes() == content and file.stem == answers(MADE, 0, JUDGE)["participant"]


def test_other_answers_of_the_same_participant_replace_nothing(server):
    first = file_of(answers(MADE, 0, JUDGE))
    ask(server, "POST", "/answers", first)
    other = file_of(answers(MADE, 0, JUDGE, milliseconds=900))
    assert ask(server, "POST", "/answers", other)[0] == 409
    assert stored(server)[0].read_bytes() == first


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "it is damaged, or no JSON file"),
        (b"{", "it is damaged, or no JSON file"),
        (file_of(answers(MADE, 0, JUDGE) | {"hash": "x"}), "these are answers to the study 'mine' with the hash 'x'"),
        (file_of(answers(MADE, 0, JUDGE) | {"participant": "../../key"}), "participant: got '../../key'"),
        (b" " * 1_000_001, "got 1,000,001 bytes, expected at most 1,000,000."),
    ],
)
def test_a_wrong_post_is_refused_with_a_message(server, body, message):
    status, text = ask(server, "POST", "/answers", body)
    assert status == 400 and text.startswith(message) and not stored(server)


def test_a_page_of_another_site_cannot_post(server):
    content = file_of(answers(MADE, 0, JUDGE))
    assert ask(server, "POST", "/answers", content, Origin="http://elsewhere.invalid")[0] == 403
    host = "{}:{}".format(*server.server_address)
    assert ask(server, "POST", "/answers", content, Origin=f"http://{host}")[0] == 200


def test_many_participants_at_once(server):
    contents = [file_of(answers(MADE, number, JUDGE)) for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        assert {status for status, _ in pool.map(lambda content: ask(server, "POST", "/answers", content), contents)} == {200}
    assert sorted(file.read_bytes() for file in stored(server)) == sorted(contents)


def test_a_study_that_was_not_made_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"holds no study .* Make it: `kedro run --pipeline=user_study --tags=make`"):
        study_at(tmp_path)
