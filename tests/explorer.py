"""A running explorer and a browser in front of it, for the tests of `ketum app`."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
ARTEFACTS = Path(os.environ.get("KETUM_ARTEFACTS", Path(__file__).parents[1] / ".artefacts"))
"""Where screenshots of the stories are kept."""
READY_S = 180
"""An engine that was never compiled takes a while."""
expect.set_options(timeout=30_000)  # a machine that does much else beside
OWN = {"X-Ketum": "1", "Content-Type": "application/json"}


@dataclass
class Explorer:
    """A running `ketum app`."""

    address: str
    process: subprocess.Popen[str]
    runs: Path

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def base(self) -> str:
        return f"http://{self.host}/"

    def ask(
        self,
        path: str,
        body: bytes | str | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        method: str | None = None,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Return status, body and headers of an answer; headers that are given stand in place of the usual ones."""
        name, _, port = self.host.rpartition(":")
        connection = http.client.HTTPConnection(name.strip("[]"), int(port), timeout=60)
        content = json.dumps(body) if isinstance(body, Mapping) else body
        usual = OWN if body is not None else {}
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, content, dict(headers or usual))
            answer = connection.getresponse()
            return answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()}
        finally:
            connection.close()

    def lines(self, path: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the lines of an answer."""
        status, content, _ = self.ask(path, body)
        assert status == 200, content
        return [json.loads(line) for line in content.splitlines()]

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.ask("/state", headers={})[1])
        return found

    def wait(self, ready: int = 1) -> None:
        """Wait until so many processes are warm."""
        until = time.monotonic() + READY_S
        while time.monotonic() < until:
            try:
                if self.state()["ready"] >= ready:
                    return
            except (ConnectionError, OSError):
                assert self.process.poll() is None, "the explorer ended"
            time.sleep(0.2)
        raise AssertionError("the explorer did not get ready")


@contextmanager
def running(runs: Path, *options: str) -> Iterator[Explorer]:
    """Run `ketum app` on a free port."""
    command = [sys.executable, "-c", "from ketum.cli.main import main; main()", "app", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--runs", str(runs), *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("Explorer: "), first
        yield Explorer(first.removeprefix("Explorer: ").strip(), process, runs)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give Debian's chromium, driven by Playwright."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A visitor: a page, and what went wrong in it."""

    page: Page
    explorer: Explorer
    name: str
    wrong: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Note errors, and requests to anywhere else, of a page."""
        page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if urlsplit(request.url).scheme.startswith("http") and urlsplit(request.url).netloc != self.explorer.host:
            self.wrong.append(f"asked {request.url}")

    def go(self, where: str = "") -> Page:
        """Open a place of the explorer."""
        self.page.goto(f"{self.explorer.base}#{where}")
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def bench(self) -> Page:
        """Open the workbench and wait for its first result."""
        self.go("workbench")
        self.whole()
        return self.page

    def whole(self, page: Page | None = None) -> None:
        """Wait until the result of what stands in the form is whole."""
        (page or self.page).wait_for_function(
            "() => { const o = document.getElementById('outcome');"
            " return o.dataset.whole && !o.classList.contains('old') && o.dataset.settled === 'yes' }"
        )

    def take(self, tables: Mapping[str, Any]) -> Page:
        """Open a scenario as a file from this computer."""
        from ketum.scenario.plain import plain_toml

        self.page.set_input_files(
            "#file", files=[{"name": "story.toml", "mimeType": "text/plain", "buffer": plain_toml(tables).encode()}]
        )
        self.page.wait_for_function(
            "(title) => document.getElementById('field-title').value === title", arg=str(tables["title"])
        )
        return self.page

    def picture(self, what: str = "", *, full: bool = True) -> None:
        """Keep a screenshot."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        place = ARTEFACTS / f"{self.name}{'-' + what if what else ''}.png"
        self.page.wait_for_timeout(250)
        self.page.screenshot(path=place, full_page=full)


def visit(context: BrowserContext, explorer: Explorer, name: str) -> Visit:
    """Return a visitor with a page of a context."""
    made = Visit(context.new_page(), explorer, name)
    made.page.set_default_timeout(30_000)
    made.watch(made.page)
    return made
