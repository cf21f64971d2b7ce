"""The report of a run with parameter sets: spread and uncertainty apart, and a way from every number to its sources."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from ketum.reports.behind import anchor
from ketum.reports.phrases import points
from ketum.reports.reader import read_folder
from ketum.results.dossier import look_up
from ketum.running import run
from report_pages import Page, plots, source, unpacked, words

SETS = """
title = "Sets"
seed = 5
[people]
count = 32
population = "regular_users"
experience = "28 d"
[setting]
causal = ["pharmacology", "null"]
[uncertainty]
draws = 24
shares = 8
[[arm]]
name = "never used"
[[arm]]
name = "use, then stop"
use = [{ product = "leaf_powder", dose = "4 g", per_day = 3, for = "6 wk" }, { stop = true }]
[record]
for = "12 wk"
outputs = ["withdrawal", "mor_activation", "phq9", "severity", "in_episode", "servings", "dose_mg"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sets")
    (place / "sets.toml").write_text(SETS)
    return run(place / "sets.toml", place / "run", workers=1).folder


def known(folder: Path, arm: str, endpoint: str, statistic: str) -> tuple[float, float]:
    """Interval over the settings, from the table."""
    with (folder / "endpoints.csv").open(newline="") as file:
        rows = [
            (float(r["low"]), float(r["high"]))
            for r in csv.DictReader(file)
            if (r["arm"], r["endpoint"], r["statistic"]) == (arm, endpoint, statistic) and r["low"]
        ]
    return min(low for low, _ in rows), max(high for _, high in rows)


def test_words_tell_the_intervals_of_the_table(folder: Path) -> None:
    text = words(folder)
    low, high = known(folder, "use, then stop", "withdrawal_peak", "p50")
    assert f"known to within {points(low)} to {points(high)}" in text
    assert f"the median of the highest SOWS lies between {points(low)} and {points(high)}" in text
    assert "Over 24 parameter sets in each setting, from the lowest 5th to the highest 95th percentile" in text
    assert "half of people between" in text
    assert "“Known to within” and the dotted lines of the figures tell something else" in text
    assert "How uncertain the values are is not in any range" not in text


def test_dotted_lines_are_the_percentiles_of_the_median(folder: Path) -> None:
    with netCDF4.Dataset(folder / "results.nc") as file:
        names = [str(s) for s in file["statistic"][:]]
        arm = [str(a) for a in file["arm"][:]].index("use, then stop")
        medians = np.asarray(file["withdrawal"][arm, 0, 1:, names.index("p50")])
    expected = np.percentile(medians, [5, 95], axis=0)
    drawn = [
        [unpacked(trace["y"]) for trace in plot["data"] if trace.get("meta") == "known"]
        for name, plot in plots(folder).items()
        if name.endswith("withdrawal")
    ]
    assert any(
        len(lines) == 2 and all(np.allclose(a, b, rtol=1e-5) for a, b in zip(lines, expected, strict=True))
        for lines in drawn
    )


def test_shares_are_those_of_the_file(folder: Path) -> None:
    facts = json.loads((folder / "provenance.json").read_text())["uncertainty"]
    text = words(folder)
    quantity = next(q for q in facts["quantities"] if q["endpoint"] == "withdrawal_peak")
    for share in quantity["by_class"]:
        first, total = 100 * share["first"], 100 * share["total"]
        shown = f"in all {total:.0f} ± {100 * share['total_se']:.0f}%".replace("-", "−")
        assert shown in text, (share["of"], first, total)
    for share in quantity["by_parameter"][:3]:
        if share["total"] > 0.005 and not share["of"].startswith("other"):
            assert f"ketum evidence {share['of']}" in text
    assert f"{facts['shares']['base']:,} base samples, {facts['shares']['sets']:,} parameter sets" in text


def test_a_sign_that_depends_on_the_setting_is_not_answered(folder: Path) -> None:
    """Severity rises in `pharmacology` and does not change in `null`: no human data tell them apart."""
    rows = json.loads((folder / "provenance.json").read_text())["uncertainty"]["conclusions"]
    told = {(r["setting"], r["endpoint"]): r for r in rows if r["arm"] == "use, then stop"}
    assert ("null", "excess_use") not in told
    excess = told["pharmacology", "excess_use"]
    assert excess["verdict"] != "holds"
    certain = told["pharmacology", "excess_end"]
    assert certain["verdict"] == "not answerable from the evidence", "it holds in pharmacology and is zero in null"
    assert certain["why"] == "settings"
    assert "What the evidence does not answer" in words(folder)


@pytest.mark.parametrize("which", ["sets", "stop", "settings", "tea"])
def test_every_number_of_the_summary_leads_to_its_sources(
    which: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    """Each number, paragraph and comparison has links; each leads to a row that shows a command which works."""
    place = folder if which == "sets" else request.getfixturevalue("folders")[which]
    page = source(place)
    summary = page[page.index('<section id="summary"') :]
    summary = summary[: summary.index("</section>")]
    places = set(re.findall(r'id="(behind-[\w-]+)"', page))
    told = re.findall(r"<div><dd>.*?</dt></div>", summary, re.DOTALL)
    paragraphs = re.findall(r'<p><strong class="runin">.*?</p>', summary, re.DOTALL)
    compared = re.findall(r"<dd><ul>.*?</ul></dd>", summary, re.DOTALL)
    assert told
    assert paragraphs
    for piece in [*told, *paragraphs, *compared]:
        links = re.findall(r'href="#(behind-[\w-]+)" title="ketum evidence ([^"]+)"', piece)
        assert links or "As in “" in piece, piece
        assert {link for link, _ in links} <= places
        for link, name in links:
            assert link == anchor(name)
    for name in dict.fromkeys(re.findall(r'title="ketum evidence ([^"]+)"', summary)):
        assert look_up(name)["kind"] == "pages", name
        assert f"<code>ketum evidence {name}</code>" in page


def test_a_run_without_sets_has_no_intervals(folders: dict[str, Path]) -> None:
    stop = read_folder(folders["stop"])
    assert stop.sets == 0
    assert not any(curve.known for curves in stop.curves.values() for curve in curves)
    text = Page(source(folders["stop"])).text
    assert "known to within" not in text
    assert "How uncertain the values are is not in any range" in text
