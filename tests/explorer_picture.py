"""Photograph the workbench for the README: ``python tests/explorer_picture.py docs/explorer.png``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from explorer import chromium, running, visit

_USE = {"product": "leaf_powder", "dose": "4 g", "per_day": 3, "for": "26 wk"}
TABLES = {
    "title": "Half a year of daily use, then stop or taper",
    "seed": 1,
    "people": {"count": 200, "population": "regular_users"},
    "arm": [
        {"name": "stop", "use": [_USE, {"stop": True}]},
        {"name": "taper", "use": [_USE, {"taper_over": "8 wk"}]},
    ],
    "record": {"for": "40 wk", "every": "1 d"},
}


def main() -> None:
    """Open the scenario, look at withdrawal, and take the picture."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as explorer, chromium() as browser:
        explorer.wait()
        context = browser.new_context(viewport={"width": 1280, "height": 860}, device_scale_factor=1.25)
        visitor = visit(context, explorer, "picture")
        page = visitor.bench()
        visitor.take(TABLES)
        visitor.whole()
        page.locator("#tab-withdrawal").click()
        page.wait_for_timeout(1000)
        page.screenshot(path=sys.argv[1])
        assert not visitor.wrong


if __name__ == "__main__":
    main()
