"""A headless Chromium, driven through its own debugging protocol."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
)  # fmt: skip
PATIENCE = 60.0


class Browser:
    """One page. `with Browser(profile, url) as page:`"""

    def __init__(self, profile: Path, url: str, *, width: int = 1400, height: int = 1300) -> None:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            pytest.skip("needs chromium")
        self._profile = profile
        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._numbers = itertools.count(1)
        self.complaints: list[str] = []
        self._open = contextlib.ExitStack()
        self._open.callback(self._end)
        try:
            self._socket = self._open.enter_context(connect(self._page_address(), max_size=None))
            self._begin(url, width, height)
        except BaseException:
            self._open.close()
            raise

    def _begin(self, url: str, width: int, height: int) -> None:
        for domain in ("Page", "Runtime", "Log", "Accessibility"):
            self.send(f"{domain}.enable")
        self.size(width, height)
        self.send("Page.navigate", url=url)

    def size(self, width: int, height: int) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def _page_address(self) -> str:
        file, end = self._profile / "DevToolsActivePort", time.monotonic() + PATIENCE
        while not (file.exists() and file.read_text().count("\n")):
            assert time.monotonic() < end, "chromium does not start"
            time.sleep(0.05)
        port = file.read_text().splitlines()[0]
        while True:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as answer:
                pages = [target["webSocketDebuggerUrl"] for target in json.load(answer) if target["type"] == "page"]
            if pages:
                return pages[0]
            assert time.monotonic() < end, "chromium shows no page"
            time.sleep(0.05)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE))
            if message.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(str(message["params"]["exceptionDetails"]))
            if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.complaints.append(str(message["params"]["entry"]))
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                return message["result"]

    def js(self, expression: str) -> Any:
        """The value of an expression in the page."""
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression holds."""
        end = time.monotonic() + PATIENCE
        while not self.js(expression):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        codes = {"Enter": 13, "Tab": 9, "ArrowRight": 39, "ArrowLeft": 37, " ": 32}
        text = {"Enter": "\r", " ": " "}.get(key, "")
        common = {"key": key, "code": key if key != " " else "Space", "windowsVirtualKeyCode": codes[key]}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        self.send("Input.insertText", text=text)

    def tree(self) -> list[tuple[str, str]]:
        """(role, name) of all that assistive technology meets."""
        nodes = self.send("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")
        ]

    def screenshot(self, path: Path) -> bytes:
        image = base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])
        path.write_bytes(image)
        return image

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_how: object) -> None:
        self._open.close()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE)
