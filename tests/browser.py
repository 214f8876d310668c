"""A real browser: chromium without a window, driven by chromedriver over plain HTTP (the WebDriver protocol)."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's name for a reference to an element
PATIENCE = 60.0
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # a container's root has none
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
)


class WebDriverError(Exception):
    """What chromedriver refused, in its own words."""


@dataclass
class Browser:
    """One tab. Elements are named by CSS selectors; `console` and `requests` are what the page has caused so far."""

    port: int
    session: str = ""
    console: list[str] = field(default_factory=list)
    _requests: list[str] = field(default_factory=list)

    def open(self, url: str) -> None:
        """Go there, and wait until the page has loaded."""
        self._tell("POST", "url", {"url": url})

    def click(self, selector: str) -> None:
        self._tell("POST", f"element/{self._find(selector)}/click", {})

    def type(self, selector: str, text: str) -> None:
        """In place of what is in the field."""
        element = self._find(selector)
        self._tell("POST", f"element/{element}/clear", {})
        self._tell("POST", f"element/{element}/value", {"text": text})

    def choose(self, selector: str, option: str) -> None:
        """An option of a `select`, by its text."""
        self._tell("POST", f"element/{self._find(selector)}/value", {"text": option})

    def text(self, selector: str) -> str:
        """As it is seen: "" for what is hidden."""
        return str(self._tell("GET", f"element/{self._find(selector)}/text"))

    def value(self, selector: str) -> str:
        """Of a field."""
        return str(self._tell("GET", f"element/{self._find(selector)}/property/value"))

    def run(self, script: str, *arguments: object) -> Any:
        """The value that a function body in JavaScript returns."""
        return self._tell("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def until(self, true: Callable[[], Any]) -> Any:
        """Poll until `true()` is; its value. An element that is not there yet is no error."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                found = true()
            except WebDriverError:
                found = None
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"it did not come true; the console has {self.errors()}")
            time.sleep(0.02)

    def forget(self) -> None:
        """Leave the page, and whatever it has caused: a new window's own page asks for a lot."""
        self.open("about:blank")
        self.errors()
        self.requests()
        self.console, self._requests = [], []

    def errors(self) -> list[str]:
        """What the console has at the level of an error: exceptions, refused and failed requests, policies broken."""
        for entry in self._tell("POST", "se/log", {"type": "browser"}):
            if entry["level"] == "SEVERE":
                self.console.append(entry["message"])
        return self.console

    def requests(self) -> list[str]:
        """The addresses of all that the page has asked for, in their order."""
        for entry in self._tell("POST", "se/log", {"type": "performance"}):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                self._requests.append(event["params"]["request"]["url"])
        return self._requests

    def _find(self, selector: str) -> str:
        found = self._tell("POST", "element", {"using": "css selector", "value": selector})
        return str(found[ELEMENT])

    def _tell(self, method: str, path: str, body: object = None) -> Any:
        return tell(self.port, method, f"/session/{self.session}/{path}", body)


def tell(port: int, method: str, path: str, body: object = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        value = json.loads(connection.getresponse().read())["value"]
    finally:
        connection.close()
    if isinstance(value, dict) and "error" in value:
        raise WebDriverError(f"{value['error']}: {value['message']}")
    return value


def find_browser() -> tuple[str, str] | None:
    """(chromium, chromedriver); None where one of them is not installed."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@contextmanager
def open_browser(browser: str, driver: str, folder: Path) -> Iterator[Browser]:
    """`folder` is for its profile, and for chromedriver's log, `chromedriver.log`."""
    process = subprocess.Popen(
        [driver, "--port=0", f"--log-path={folder / 'chromedriver.log'}"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        said = ""
        for line in process.stdout:
            said += line
            if port := re.search(r"started successfully on port (\d+)", line):
                break
        else:
            raise AssertionError(f"chromedriver did not start: {said}")
        found = Browser(int(port.group(1)))
        options = {
            "binary": browser,
            "args": [*ARGUMENTS, f"--user-data-dir={folder / 'profile'}"],
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        made = tell(found.port, "POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        found.session = made["sessionId"]
        try:
            found.forget()
            yield found
        finally:
            tell(found.port, "DELETE", f"/session/{found.session}")
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()
