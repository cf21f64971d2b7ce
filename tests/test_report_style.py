"""How the report tells: headings, conventions of tables, what is left out and what is folded away."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from ketum.reports.accounts import accounts
from ketum.reports.figures import MOST_PANELS
from ketum.reports.page import on_one_line
from ketum.reports.phrases import number
from ketum.reports.plots import dash
from ketum.reports.reader import read_folder
from ketum.reports.tables import difference_table, endpoint_table
from ketum.running import run
from report_pages import (
    TABLE,
    endpoints,
    plots,
    source,
    unpacked,
    words,
)


@pytest.mark.parametrize("steady", [0, 1])
def test_a_steady_state_is_said_to_be_of_the_kinetics_only(tmp_path: Path, steady: int) -> None:
    (tmp_path / "table.toml").write_text(TABLE, encoding="utf-8")
    (tmp_path / "events.csv").write_text(f"TIME,AMT,EVID,II,SS\n0,50,1,8,{steady}\n", encoding="utf-8")
    text = words(run(tmp_path / "table.toml", tmp_path / "table", workers=1).folder)
    said = "sets the pharmacokinetics to their steady state and nothing else: the states of the brain (tolerance, depen"
    assert (said in text) == bool(steady)


def test_paragraphs_have_headings_and_a_taper_does_not_repeat_the_stop(folders: dict[str, Path]) -> None:
    told = {
        account.arm: {p.heading: p.text for p in account.paragraphs}
        for account in accounts(read_folder(folders["stop"]))
    }
    stop = "</script><img src=x onerror=y>"
    assert list(told[stop])[:3] == ["Exposure", "Withdrawal", "Mood"]
    assert told["taper"]["Exposure"] == f"As in “{stop}”."
    table = endpoints(folders["stop"])
    for name in ("alkaloid_mg_per_day", "tolerance"):
        assert table["taper", name, "p50"] == table[stop, name, "p50"]
    assert told["taper"]["Channels"].endswith(f"The rest is as in “{stop}”.")
    assert "The rest is as in" not in told[stop]["Mood"], "the arm without kratom says more under this heading"
    assert told["taper"]["Worst weeks"] != told[stop]["Worst weeks"]
    assert '<strong class="runin">Exposure.</strong>' in source(folders["stop"])


def test_tables_have_one_convention(folders: dict[str, Path]) -> None:
    table = endpoints(folders["stop"])
    cells = {
        row.label: row.cells for group in endpoint_table(read_folder(folders["stop"])).groups for row in group.rows
    }
    median, low, high, mean = (
        number(table["taper", "withdrawal_highest", s], 1) for s in ("p50", "p05", "p95", "mean")
    )
    cell = cells["Highest SOWS in the record"][2]
    assert (cell.text, cell.small) == (f"{median} ({low} to {high})", f"mean {mean}")
    differences = difference_table(read_folder(folders["stop"]))
    assert differences is not None
    pair = "taper minus </script><img src=x onerror=y>"
    row = next(r for r in differences.groups[0].rows if r.label == "Highest SOWS in the record")
    median, low, high, mean = (number(table[pair, "withdrawal_highest", s], 1) for s in ("p50", "p05", "p95", "mean"))
    assert row.cells[differences.heads.index(pair)].text == f"{median} ({low} to {high})"
    assert row.cells[differences.heads.index(pair)].small.startswith(f"mean {mean}; ↓ ")


def test_times_of_tapers_are_not_told_as_times_after_a_stop(folders: dict[str, Path]) -> None:
    rows = {r.label: r.cells for group in endpoint_table(read_folder(folders["stop"])).groups for r in group.rows}
    for label in ("Onset of withdrawal after the last serving", "Time of that peak after the last serving"):
        assert [cell.text == "–" for cell in rows[label]] == [True, False, True]
    assert "Loss of natural reward 4 weeks after the stop (in a taper: from its start)" in rows
    rows = {r.label: r.cells for group in endpoint_table(read_folder(folders["weekends"])).groups for r in group.rows}
    assert "Loss of natural reward 4 weeks after the stop" in rows
    assert not any("taper" in label for label in rows)


def test_dose_ratios_are_told_only_where_people_choose(folders: dict[str, Path]) -> None:
    label = "Dose in the last four weeks of use against the first four"
    assert ("daily", "dose_ratio", "p50") not in endpoints(folders["weekends"])
    assert label not in words(folders["weekends"])
    assert label in words(folders["settings"])


def test_arms_at_rest_are_left_out_of_figures_of_the_body(folders: dict[str, Path]) -> None:
    assert "Left out, because no kratom or other opioid is taken there: “never used”." in words(folders["stop"])
    headings = re.findall(r'id="(plot-1-\d)-withdrawal"', source(folders["stop"]))
    assert headings == ["plot-1-1", "plot-1-2"]
    assert "Left out" not in words(folders["weekends"])


def test_uneven_days_are_drawn_by_the_week_and_two_weeks_day_by_day(folders: dict[str, Path]) -> None:
    drawn, text = plots(folders["weekends"]), words(folders["weekends"])
    with netCDF4.Dataset(folders["weekends"] / "results.nc") as file:
        statistics = [str(s) for s in file["statistic"][:]]
        daily = np.asarray(file["withdrawal"][:, 0, 0, statistics.index("p50")])
        effect = np.asarray(file["mor_activation"][1, 0, 0, statistics.index("p50")])
    median = [
        unpacked(next(t for t in drawn[f"plot-1-{k}-withdrawal"]["data"] if t.get("meta") == "median")["y"])
        for k in (0, 1)
    ]
    np.testing.assert_allclose(median[0], daily[0], rtol=1e-6)
    np.testing.assert_allclose(median[1], daily[1].reshape(14, 7).max(axis=1), rtol=1e-6)
    assert "Days of “weekends” differ, so curves have one point a week: the highest of its seven daily values." in text
    window = next(plot for name, plot in drawn.items() if name.endswith("1-mor-activation-days"))
    line = unpacked(next(t for t in window["data"] if t.get("meta") == "median")["y"])
    np.testing.assert_allclose(line, effect[56:70], rtol=1e-6)
    assert "“weekends”: the last two weeks of use, with every day shown." in text


def test_lots_are_named_where_they_show(folders: dict[str, Path]) -> None:
    said = "lots change on the same day for everybody (every 30 days)"
    assert said in words(folders["stop"])
    assert said not in words(folders["tea"])


def test_further_outputs_are_closed_and_their_words_are_there(folders: dict[str, Path]) -> None:
    for folder in folders.values():
        text = source(folder)
        inside = text.partition('<details class="folded">')[2].partition("</details>")[0]
        assert "<figure" in inside
        assert "<details open" not in text
    inside = source(folders["settings"]).partition('<details class="folded">')[2].partition("</details>")[0]
    assert "What each channel adds" in inside
    assert "Outcomes by causal setting and arm" not in inside


def test_the_scenario_is_shown_with_its_outputs_on_one_line(folders: dict[str, Path]) -> None:
    text = (folders["stop"] / "scenario.toml").read_text(encoding="utf-8")
    shown = on_one_line(text)
    assert tomllib.loads(shown) == tomllib.loads(text)
    assert len(next(line for line in shown.splitlines() if line.startswith("outputs = ")).split(",")) > 5


def test_no_two_lines_share_colour_and_dash() -> None:
    assert len({(k % 6, dash(k)) for k in range(MOST_PANELS)}) == MOST_PANELS
