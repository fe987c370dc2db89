"""A web server on this machine, whose behaviour a test chooses."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Web:
    """What the server sends, and what it was asked for."""

    def __init__(self, content: bytes, ranges: bool = True):
        self.content, self.ranges = content, ranges
        self.cuts: list[int] = []  # number of bytes after which the next answers end, without the rest
        self.status = 200
        self.asked: list[str | None] = []  # the header Range of each request
        self.address = ""


@contextmanager
def serving(content: bytes, ranges: bool = True) -> Iterator[Web]:
    """Context manager with a running server."""
    web = Web(content, ranges)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            web.asked.append(asked)
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and web.ranges else 0
            if web.status != 200 or (start and start >= len(web.content)):
                self.send_response(web.status if web.status != 200 else 416)
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(web.content) - 1}/{len(web.content)}")
            rest = web.content[start:]
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: web.cuts.pop(0)] if web.cuts else rest)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.address = f"http://127.0.0.1:{server.server_port}/photos.zip"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
