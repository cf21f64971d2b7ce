"""How fast the explorer answers, seen from the browser, and whether it stays small: writes docs/explorer-times.md.

Run it on a calm machine: ``python tests/explorer_times.py``. It is no test; the tests hold what must hold anywhere.
"""

from __future__ import annotations

import json
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page

from explorer import Explorer, Visit, chromium, running, visit

DOCS = Path(__file__).parents[1] / "docs" / "explorer-times.md"
PRESSES = 40
INTERACTIONS = 500
SESSIONS = 20
LOAD_S = 60
SLIDER = "#field-arm-1-use-0-dose"
_USE = [{"product": "leaf_powder", "dose": "4 g", "per_day": 3, "for": "2 wk"}, {"stop": True}]
_NEEDED = [{"product": "leaf_powder", "dose": "3 g", "as_needed": True}]
_WATCH = """() => {
  const seen = (window.ketumSeen = { pressed: 0, took: [] });
  const control = document.querySelector('%s');
  control.addEventListener('input', () => (seen.pressed = performance.now()), { capture: true });
  new MutationObserver(() => {
    const pressed = seen.pressed;
    if (!pressed) return;
    seen.pressed = 0;
    requestAnimationFrame(() => setTimeout(() => seen.took.push(performance.now() - pressed), 0));
  }).observe(document.getElementById('outcome'), { attributes: true, attributeFilter: ['data-answered'] });
}"""


@dataclass(frozen=True)
class Case:
    """A scenario of which a slider is moved while a part of its result is looked at."""

    words: str
    people: dict[str, Any]
    use: list[dict[str, Any]]
    length: str
    part: str
    most_ms: int

    @property
    def tables(self) -> dict[str, Any]:
        arms = [{"name": "nothing"}, {"name": "kratom", "use": self.use}]
        record = {"for": self.length, "every": "1 d"}
        return {"title": self.words, "seed": 1, "people": self.people, "arm": arms, "record": record}


def _people(count: int, population: str) -> dict[str, Any]:
    return {"count": count, "population": population}


CASES = [
    Case("200 x 30 d, daily use, then a stop", _people(200, "us_adults"), _USE, "30 d", "summary", 300),
    Case("200 x 30 d, the same", _people(200, "us_adults"), _USE, "30 d", "withdrawal", 300),
    Case("200 x 30 d, the same", _people(200, "us_adults"), _USE, "30 d", "mood", 300),
    Case("200 x 30 d, regular users", _people(200, "regular_users"), _USE, "30 d", "summary", 300),
    Case("200 x 30 d, as needed, depression", _people(200, "adults_with_depression"), _NEEDED, "30 d", "summary", 300),
    Case("500 x 1 year, daily use, then a stop", _people(500, "us_adults"), _USE, "364 d", "summary", 2000),
    Case("500 x 1 year, regular users", _people(500, "regular_users"), _USE, "364 d", "withdrawal", 2000),
    Case("500 x 1 year, as needed, depression", _people(500, "adults_with_depression"), _NEEDED, "364 d", "use", 2000),
]


def responses(visitor: Visit, case: Case, presses: int = PRESSES) -> list[float]:
    """Return the times from a press of a key on a slider to the drawn result, ms."""
    page = visitor.bench()
    visitor.take(case.tables)
    visitor.whole()
    page.locator(f"#tab-{case.part}").click()
    page.evaluate(_WATCH % SLIDER)
    page.locator(SLIDER).focus()
    rng = random.Random(1)
    for k in range(presses):
        page.keyboard.press("ArrowRight" if k % 8 < 4 else "ArrowLeft")
        page.wait_for_function("(n) => window.ketumSeen.took.length === n", arg=k + 1)
        page.wait_for_timeout(rng.uniform(150, 400))
    took: list[float] = page.evaluate("window.ketumSeen.took")
    return took


def _told(times: Sequence[float]) -> str:
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"{ordered[0]:.0f} | {statistics.median(ordered):.0f} | {p95:.0f} | {ordered[-1]:.0f}"


def _memory(explorer: Explorer) -> float:
    """Return the resident memory of the explorer and its processes, MB."""
    whole = psutil.Process(explorer.process.pid)
    return sum(p.memory_info().rss for p in (whole, *whole.children(recursive=True))) / 1e6


def _heap(page: Page) -> float:
    """Return what the page holds after its rubbish was collected, MB."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    session.detach()
    return used


def interactions(visitor: Visit, explorer: Explorer) -> Iterator[tuple[int, float, float, int]]:
    """Yield how many interactions were done, memory of the explorer and of the page, MB, and plots that are held."""
    page = visitor.bench()
    visitor.take(CASES[0].tables)
    visitor.whole()
    tabs = ("summary", "between", "withdrawal", "mood", "effects", "endpoints")
    for k in range(INTERACTIONS + 1):
        if k % 100 == 0:
            nodes = page.evaluate("document.querySelectorAll('*').length")
            yield k, _memory(explorer), _heap(page), nodes
        if k % 5 == 4:
            page.locator(f"#tab-{tabs[(k // 5) % len(tabs)]}").click()
        else:
            page.locator(SLIDER).fill(str(1 + k % 9))
            visitor.whole()


def load(explorer: Explorer) -> dict[str, Any]:
    """Let a second process be so many sessions at once; return how long their runs took, s, and how many failed."""
    name, _, port = explorer.host.rpartition(":")
    asked = [name, port, str(LOAD_S), str(SESSIONS), json.dumps(CASES[0].tables)]
    command = [sys.executable, str(Path(__file__).with_name("explorer_sessions.py")), *asked]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure and write."""
    machine = f"{psutil.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    lines = [
        "# How fast the explorer answers",
        "",
        f"Written by `python tests/explorer_times.py` ({machine}), with two processes of the engine, headless Chromium "
        "on the same machine, nothing else running. Times run from the press of a key on a slider to the frame in "
        f"which the part that is looked at is drawn with all its plots; {PRESSES} presses each, two arms.",
        "",
        "| scenario | part | asked for | min, ms | median | 95% | max |",
        "|---|---|---|---|---|---|---|",
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), "--workers", "2") as explorer,
        chromium() as browser,
    ):
        explorer.wait(2)
        for case in CASES:
            context = browser.new_context(viewport={"width": 1360, "height": 900})
            took = responses(visit(context, explorer, "times"), case)
            context.close()
            lines.append(f"| {case.words} | {case.part} | {case.most_ms} ms | {_told(took)} |")
            print(lines[-1], flush=True)
        lines += [
            "",
            f"## Memory over {INTERACTIONS} interactions",
            "",
            "One page; four moves of a slider, then another part of the result, and so on. The page after its garbage "
            "was collected.",
            "",
            "| interactions | explorer with its processes, MB | page, MB | elements of the page |",
            "|---|---|---|---|",
        ]
        context = browser.new_context(viewport={"width": 1360, "height": 900})
        for done, whole, page, nodes in interactions(visit(context, explorer, "memory"), explorer):
            lines.append(f"| {done} | {whole:.0f} | {page:.1f} | {nodes:,} |")
            print(lines[-1], flush=True)
        context.close()
        before = _memory(explorer)
        with ThreadPoolExecutor(1) as pool:
            others = pool.submit(load, explorer)
            time.sleep(2)
            context = browser.new_context(viewport={"width": 1360, "height": 900})
            took = responses(visit(context, explorer, "loaded"), CASES[0], 20)
            context.close()
            found = others.result()
        explorer.wait(2)
        runs = [1000 * t for t in found["took"]]
        lines += [
            "",
            f"## {SESSIONS} sessions at once",
            "",
            f"A second process is {SESSIONS} sessions for {LOAD_S} s: each runs 200 x 30 d, waits half a second to "
            "two, and runs again. Meanwhile a browser moves a slider of the same scenario.",
            "",
            "| | number | min, ms | median | 95% | max |",
            "|---|---|---|---|---|---|",
            f"| runs of the sessions | {len(runs)} | {_told(runs)} |",
            f"| moves of the slider | {len(took)} | {_told(took)} |",
            "",
            f"Runs that failed: {found['failed']}. Memory before {before:.0f} MB, after {_memory(explorer):.0f} MB. "
            "The explorer stayed up.",
            "",
        ]
    DOCS.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines[-10:]))


if __name__ == "__main__":
    main()
