"""A real browser for tests of pages, driven through its DevTools protocol. It reaches this machine only."""

import asyncio
import base64
import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from tornado.websocket import websocket_connect

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# Printed when a test waits in vain.
PAGE = "document.readyState + ', ' + document.visibilityState + ': ' + document.body.innerText.slice(0, 500)"


class Page:
    """A page in chromium. Use it as a context manager."""

    def __init__(self, address: str, folder: Path, width: int = 1200, height: int = 900):
        self.address, self.folder, self.size, self.count = address, folder, (width, height), 0
        self.loop = asyncio.new_event_loop()

    def __enter__(self) -> "Page":
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", f"--user-data-dir={self.folder}/profile"]
        options += ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", f"--window-size={self.size[0]},{self.size[1]}"]
        self.process = subprocess.Popen([BROWSER, *options, "about:blank"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        line = ""
        while not (found := re.search(r"ws://\S+", line)):
            line = self.process.stderr.readline()

        async def connected() -> Any:
            return await websocket_connect(found[0], max_message_size=2**26)

        self.socket = self.loop.run_until_complete(connected())
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Emulation.setDeviceMetricsOverride", width=self.size[0], height=self.size[1], deviceScaleFactor=1, mobile=False)
        self.call("Page.navigate", url=self.address)
        return self

    def __exit__(self, *error: object) -> None:

        async def disconnected() -> None:  # inside the loop: elsewhere, tornado would make another one and leave it open
            self.socket.close()

        self.loop.run_until_complete(disconnected())
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.loop.close()

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": params} | ({"sessionId": self.session} if hasattr(self, "session") else {})

        async def answer() -> dict[str, Any]:
            await self.socket.write_message(json.dumps(message))
            while True:
                received = json.loads(await self.socket.read_message())
                if received.get("id") == message["id"]:
                    return received

        received = self.loop.run_until_complete(answer())
        assert "error" not in received, received
        return received["result"]

    def value(self, expression: str) -> Any:
        """Value of a JavaScript expression."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return result["result"].get("value")

    def wait(self, expression: str, seconds: float = 30) -> Any:
        """Wait until an expression is true; return its value."""
        deadline = time.monotonic() + seconds
        while not (value := self.value(expression)):
            if time.monotonic() > deadline:
                raise AssertionError(f"{expression} is not true after {seconds} s; the page is {self.value(PAGE)}")
            time.sleep(0.05)
        return value

    def drag(self, *points: tuple[float, float]) -> None:
        """Press the mouse at the first point, move it over the others, and release it."""
        for index, (x, y) in enumerate(points):
            kind = "mousePressed" if index == 0 else "mouseMoved"
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=points[-1][0], y=points[-1][1], button="left", clickCount=1)

    def key(self, name: str) -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            code = {"Tab": 9, "ArrowUp": 38, "ArrowDown": 40, "ArrowRight": 39}[name]
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def screenshot(self, file: Path) -> None:
        """Save the visible page as a PNG file."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))
