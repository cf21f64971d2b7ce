"""Scenarios whose reports are read, and a reader of pages: shared by the tests of the report."""

from __future__ import annotations

import base64
import csv
import json
import re
from html import unescape
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

HOSTILE = '<script>alert("x")</script> & <b>bold</b>'
STOP = f"""
title = '{HOSTILE}'
seed = 5
[people]
count = 24
population = "regular_users"
[[arm]]
name = "never used"
[[arm]]
name = '</script><img src=x onerror=y>'
use = [{{ product = "leaf_powder", dose = "4 g", per_day = 3, for = "3 wk" }}, {{ stop = true }}]
[[arm]]
name = "taper"
use = [{{ product = "leaf_powder", dose = "4 g", per_day = 3, for = "3 wk" }}, {{ taper_over = "1 wk" }}]
[record]
for = "8 wk"
every = "1 d"
"""
TEA = """
title = "One cup of tea"
seed = 5
[people]
count = 16
population = "healthy_adults"
[[arm]]
name = "tea"
use = [{ product = "leaf_tea", dose = "39 mg mitragynine", times = 1 }]
[record]
for = "2 d"
every = "15 min"
pk = true
"""


SETTINGS = """
title = "Three answers"
seed = 5
[people]
count = 32
population = "adults_with_depression"
[setting]
causal = ["null", "harm", "benefit"]
[monitoring]
every = "2 wk"
[[arm]]
name = "nothing"
[[arm]]
name = "kratom"
use = [{ product = "leaf_powder", dose = "3 g", as_needed = true, for = "20 wk" }]
[[arm]]
name = "sertraline"
treatments = [{ name = "sertraline", dose = "50 mg", per_day = 1 }]
[record]
for = "20 wk"
every = "1 d"
"""

WEEKENDS = """
seed = 5
[people]
count = 12
population = "regular_users"
[[arm]]
name = "daily"
use = [{ product = "leaf_powder", dose = "4 g", per_day = 2, for = "10 wk" }, { stop = true }]
[[arm]]
name = "weekends"
use = [{ product = "leaf_powder", dose = "4 g", per_day = 2, on_days = ["sat", "sun"], for = "10 wk" }, { stop = true }]
[record]
for = "14 wk"
every = "1 d"
"""
FREE = """
seed = 5
[people]
count = 12
population = "regular_users"
[[arm]]
name = "free"
use = [{ natural = true }]
[[arm]]
name = "waiting"
treatments = [{ name = "watchful_waiting" }]
[[arm]]
name = "placebo"
treatments = [{ name = "placebo" }]
[[arm]]
name = "usual"
treatments = [{ name = "usual_care" }]
[[arm]]
name = "CBT"
treatments = [{ name = "cbt" }]
[record]
for = "12 wk"
every = "1 d"
"""
TABLE = """
seed = 5
[people]
count = 4
population = "healthy_adults"
[[arm]]
name = "table"
product = "leaf_powder"
events = "events.csv"
[record]
for = "2 d"
every = "1 h"
"""


class Page(HTMLParser):
    """What a browser would see: tags, attributes, and text outside scripts and styles."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._inside = tag if tag in ("script", "style") else ""
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif not self._inside:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def source(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def plots(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Page(source(folder)).scripts[0])
    return found


def unpacked(packed: Any) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype="<f4")


def endpoints(folder: Path) -> dict[tuple[str, str, str], float]:
    with (folder / "endpoints.csv").open(encoding="utf-8", newline="") as file:
        return {(r["arm"], r["endpoint"], r["statistic"]): float(r["value"]) for r in csv.DictReader(file)}


def by_setting(folder: Path) -> dict[tuple[str, str, str, str], float]:
    with (folder / "endpoints.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(r["setting"], r["arm"], r["endpoint"], r["statistic"]): float(r["value"]) for r in rows}


def told_otherwise(folder: Path, arm: str, endpoint: str, **stats: float | None) -> None:
    """Put other statistics of an end point of an arm (or pair) into a run folder; None takes one out.

    The names of statistics have underscores for spaces.
    """
    with (folder / "endpoints.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    mine = [row for row in rows if (row["arm"], row["endpoint"]) == (arm, endpoint)]
    for name, value in stats.items():
        statistic = name.replace("_", " ")
        kept = [row for row in rows if row not in mine or row["statistic"] != statistic]
        rows = kept if value is None else [*kept, {**mine[0], "statistic": statistic, "value": str(value)}]
    with (folder / "endpoints.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def words(folder: Path) -> str:
    return unescape(Page(source(folder)).text).replace("\u00a0", " ")


def without_plotly(text: str) -> str:
    """Cut out plotly.js, which is not ours."""
    spec = find_spec("plotly")
    assert spec is not None
    assert spec.origin is not None
    library = (Path(spec.origin).parent / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    library = library.replace("</script", "<\\/script")
    assert text.count(library) == 1
    return text.replace(library, "")
