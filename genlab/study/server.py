"""A small server of one study: it hands out the page and stores posted answers, one file per participant."""

import json
import os
import threading
from collections import Counter
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from genlab.engine.files import whole
from genlab.engine.json_text import json_text
from genlab.errors import InputError
from genlab.study.answers import MOST_BYTES, AnswerError, read

SECONDS = 30  # a connection that sends nothing for this long is closed


class StudyServer(ThreadingHTTPServer):
    """Serves a study at (host, port): GET / is the page, GET /form the form of the next participant, POST /answers stores answers."""

    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        page: bytes,
        study: dict[str, Any],  # the content of study.json
        answers: Path,  # folder of the files of answers
    ):
        self.page, self.study, self.answers = page, study, answers
        self.lock = threading.Lock()  # held while a form is chosen or a file is stored
        self.handed_out = Counter(answered_forms(answers, study))
        super().__init__(address, Handler)

    def next_form(self) -> int:
        """The form that was handed out least often."""
        with self.lock:
            form = min(range(len(self.study["forms"])), key=lambda number: (self.handed_out[number], number))
            self.handed_out[form] += 1
            return form

    def store(self, content: bytes) -> tuple[HTTPStatus, str]:
        """Store the answers of a participant -> (status, message). The same answers may be sent again, other ones not."""
        try:
            participant = read(content, self.study)
        except AnswerError as error:
            return HTTPStatus.BAD_REQUEST, str(error)
        file = self.answers / f"{participant.code}.json"
        with self.lock:
            if file.exists():
                same = file.read_bytes() == content
                return (
                    (HTTPStatus.OK, "received before")
                    if same
                    else (HTTPStatus.CONFLICT, f"participant {participant.code} has answered before.")
                )
            try:
                with whole(file, len(content)) as partial, partial.open("wb") as opened:
                    opened.write(content)
                    opened.flush()
                    os.fsync(opened.fileno())
            except InputError as error:
                return HTTPStatus.INSUFFICIENT_STORAGE, str(error)
        return HTTPStatus.OK, "received"


def answered_forms(folder: Path, study: dict[str, Any]) -> list[int]:
    """Forms of the answers in a folder; files that cannot be used are left out."""
    forms = []
    for file in sorted(folder.glob("*.json")):
        try:
            forms.append(read(file.read_bytes(), study).form)
        except AnswerError:
            continue
    return forms


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: StudyServer
    server_version, sys_version = "genlab", ""
    timeout = SECONDS

    def do_GET(self) -> None:  # the name is that of http.server
        """Send the page, or a form."""
        path = self.path.partition("?")[0]
        if path in ("/", "/index.html"):
            self.send(HTTPStatus.OK, self.server.page, "text/html; charset=utf-8")
        elif path == "/form":
            self.send(HTTPStatus.OK, json_text({"form": self.server.next_form()}).encode(), "application/json")
        else:
            self.say(HTTPStatus.NOT_FOUND, "There is nothing at this address. The page is at /.")

    def do_POST(self) -> None:
        """Store answers."""
        if self.path != "/answers":
            return self.refuse(HTTPStatus.NOT_FOUND, "There is nothing at this address. Answers are posted to /answers.")
        origin = self.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != self.headers.get("Host"):
            return self.refuse(HTTPStatus.FORBIDDEN, "Answers are taken from the page of this server only.")
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal():
            return self.refuse(HTTPStatus.BAD_REQUEST, "Content-Length: expected the number of bytes.")
        if int(length) > MOST_BYTES:
            return self.refuse(HTTPStatus.BAD_REQUEST, f"got {int(length):,} bytes, expected at most {MOST_BYTES:,}.")
        status, message = self.server.store(self.rfile.read(int(length)))
        return self.say(status, message)

    def refuse(self, status: HTTPStatus, message: str) -> None:
        """Answer without reading the rest of the request, which ends the connection."""
        self.close_connection = True
        self.say(status, message)

    def say(self, status: HTTPStatus, message: str) -> None:
        """Send a message as plain text."""
        self.send(status, message.encode(), "text/plain; charset=utf-8")

    def send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        """Send a response."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *values: object) -> None:
        """Log nothing: the addresses of participants are personal data."""


def study_at(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """Read a study that was made -> (page, content of study.json).

    Raises:
        InputError: there is none.
    """
    try:
        return (folder / "study.html").read_bytes(), dict(json.loads((folder / "study.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} holds no study ({error}). Make it: `kedro run --pipeline=user_study --tags=make`.") from error
