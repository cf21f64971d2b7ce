"""The report is true to its numbers: accounts, comparisons, tables and figures against the files of the run."""

from __future__ import annotations

import csv
import json
import re
from html import unescape
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from ketum.reports.comparisons import comparisons
from ketum.reports.phrases import count, number, percent, points, span
from ketum.reports.reader import read_folder
from report_pages import (
    Page,
    by_setting,
    endpoints,
    plots,
    source,
    unpacked,
    words,
)


def test_the_account_of_a_stop_tells_the_numbers_of_the_end_points(folders: dict[str, Path]) -> None:
    folder = folders["stop"]
    table = endpoints(folder)
    arm = "</script><img src=x onerror=y>"
    text = unescape(Page(source(folder)).text).replace("\u00a0", " ")
    low, middle, high, top = (table[arm, "withdrawal_peak", s] for s in ("p25", "p50", "p75", "p95"))
    said = (
        f"SOWS reached {points(middle)} in the median person (half of people between {points(low)} and {points(high)}"
    )
    assert f"{said}; one in twenty above {points(top)})" in text
    assert f"Withdrawal began about {span(table[arm, 'withdrawal_onset_h', 'p50'])} after the last serving" in text
    assert f"was worst after about {span(table[arm, 'withdrawal_peak_h', 'p50'])}" in text
    assert f"about {span(24 * table[arm, 'withdrawal_tenth_d', 'p50'])} after the last serving" in text
    assert f"took in {number(table[arm, 'alkaloid_mg_per_day', 'p50'], 0)} mg of alkaloid a day" in text
    assert "Three servings a day of 4 g of leaf powder for three weeks, then an abrupt stop." in text
    assert "Three servings a day of 4 g of leaf powder for three weeks, then a taper over seven days." in text


def test_the_account_of_mood_tells_the_numbers_of_the_end_points(folders: dict[str, Path]) -> None:
    table, text = endpoints(folders["stop"]), words(folders["stop"])
    arm = "</script><img src=x onerror=y>"
    value = {name: table[arm, name, "mean"] for name in ("remission", "phq9_end", "worst_in_use", "worst_after")}
    assert f"{percent(value['remission'])} of people were in remission" in text
    assert f"the mean PHQ-9 was {number(value['phq9_end'], 1)} (90% of people" in text
    assert f"after the stop rather than during use in {percent(table[arm, 'worst_is_after', 'mean'])} of people" in text
    worst = f"{number(value['worst_in_use'], 1)} points in the last twelve weeks of use"
    assert f"{worst} and {number(value['worst_after'], 1)} in the twelve weeks after the stop" in text
    assert f"within {count(round(table[arm, 'back_to_baseline_d', 'p50']), 'day')} in the median person" in text
    assert f"by {percent(table[arm, 'anhedonia_use', 'mean'])} in the mean at the end of use" in text
    assert f"the protracted state adds {number(table[arm, 'channel:protracted', 'mean'], 1)}" in text
    assert "Without kratom: the course of mood in the same people had they never used kratom." in text
    assert "Causal setting: “pharmacology”, a hypothesis and not an estimate; other settings would give other" in text


def test_several_settings_are_told_from_the_lowest_to_the_highest(folders: dict[str, Path]) -> None:
    table, text = by_setting(folders["settings"]), words(folders["settings"])
    low, high = (table[s, "kratom", "excess_end", "mean"] for s in ("benefit", "harm"))
    assert low < 0 < high
    said = f"from {points(-low)} points lower (benefit) to {points(high)} points higher (harm)"
    assert f"depressive severity (PHQ-9 points) was, in the mean, {said} than in the same people without kratom" in text
    assert text.count("none of them is the finding") >= 4
    for setting in ("null", "harm", "benefit"):
        worse, better = (percent(table[setting, "kratom", name, "mean"]) for name in ("worse_end", "better_end"))
        assert f"{worse} worse, {better} better" in text
    assert "The dose of sertraline counts for interactions only" in text
    assert "Beside it" not in text
    assert "beside it sertraline 50 mg once a day" in text


def test_each_setting_is_seen_by_itself(folders: dict[str, Path]) -> None:
    run_folder = read_folder(folders["settings"])
    assert run_folder.settings == ("null", "harm", "benefit")
    with netCDF4.Dataset(folders["settings"] / "results.nc") as file:
        values = np.asarray(file["severity"][1, :, 0, 0])
    for view, mean in zip(run_folder.views, values, strict=True):
        np.testing.assert_array_equal(view.curves["severity"][1].mean, mean)
    kratom, nothing = (run_folder.within("null").curves["severity"][k].mean for k in (1, 0))
    np.testing.assert_array_equal(kratom, nothing)


def test_settings_stand_side_by_side(folders: dict[str, Path]) -> None:
    drawn = [plot for name, plot in plots(folders["settings"]).items() if name.startswith("plot-1-")]
    assert len(drawn) == 3
    with netCDF4.Dataset(folders["settings"] / "results.nc") as file:
        weekly = np.asarray(file["severity"][:, :, 0, 0]).reshape(3, 3, 20, 7).mean(axis=-1)
    for setting, plot in enumerate(drawn):
        lines = [unpacked(trace["y"]) for trace in plot["data"] if trace.get("meta") == "mean"]
        np.testing.assert_allclose(lines, weekly[:, setting], rtol=1e-5)


def test_monitoring_is_told(folders: dict[str, Path]) -> None:
    table, text = by_setting(folders["settings"]), words(folders["settings"])
    assert "Everyone fills in the PHQ-9 every 2 weeks; an alert is a score at least 5 points above the first." in text
    share = percent(table["harm", "kratom", "monitor_found", "mean"])
    assert f"{share} of {table['harm', 'kratom', 'monitor_found', 'n']:.0f} people" in text


def test_paired_sentences_have_the_direction_of_the_pairs(folders: dict[str, Path]) -> None:
    run_folder = read_folder(folders["stop"])
    table = endpoints(folders["stop"])
    later, earlier = "taper", "</script><img src=x onerror=y>"
    told = next(c for c in comparisons(run_folder) if (c.later, c.earlier) == (later, earlier))
    pair = f"{later} minus {earlier}"
    mean = table[pair, "withdrawal_peak", "mean"]
    assert mean < 0
    assert table[pair, "withdrawal_peak", "share below"] > 0.75
    sentence = next(s for s in told.sentences if s.startswith("The worst SOWS"))
    assert "lower in" in sentence
    assert f"by {number(-mean, 1)} points in the mean" in sentence


def test_an_overwhelming_share_is_not_rounded_to_everybody(copy: Path) -> None:
    text = (copy / "endpoints.csv").read_text(encoding="utf-8")
    pair = "taper minus </script><img src=x onerror=y>"
    text = re.sub(rf"({re.escape(pair)},pharmacology,withdrawal_peak,[^,]*,share below),.*", r"\1,0.998", text)
    (copy / "endpoints.csv").write_text(text, encoding="utf-8")
    told = {(c.later, c.earlier): c for c in comparisons(read_folder(copy))}
    sentences = told["taper", "</script><img src=x onerror=y>"].sentences
    assert any("more than 99% of the same people" in sentence for sentence in sentences)


def test_the_account_of_a_single_dose_tells_its_kinetics(folders: dict[str, Path]) -> None:
    with (folders["tea"] / "pk.csv").open(encoding="utf-8", newline="") as file:
        pk = {(r["analyte"], r["quantity"], r["statistic"]): float(r["value"]) for r in csv.DictReader(file)}
    text = Page(source(folders["tea"])).text.replace("\u00a0", " ")
    assert "One serving of leaf tea with 39 mg of mitragynine." in text
    found = re.search(r"Mitragynine in plasma peaked at (\S+) nM .*?, (\S+) h after the dose", text)
    assert found is not None
    assert float(found[1]) == pytest.approx(pk["mitragynine", "Cmax", "p50"], rel=0.05)
    assert float(found[2]) == pytest.approx(pk["mitragynine", "Tmax", "p50"], abs=0.0051)
    half = re.search(r"terminal half-life (?:was )?(\S+) h", text)
    assert half is not None
    assert float(half[1]) == pytest.approx(pk["mitragynine", "t1/2", "p50"], rel=0.05)


def test_tables_have_captions_and_say_the_end_points(folders: dict[str, Path]) -> None:
    page = Page(source(folders["stop"]))
    assert page.tags.count("caption") == page.tags.count("table") >= 4
    table = endpoints(folders["stop"])
    stats = [table["taper", "withdrawal_highest", s] for s in ("p50", "p05", "p95")]
    median, low, high = (number(s, 1) for s in stats)
    assert f"{median} ({low} to {high})" in page.text


def test_every_plot_has_words_and_a_place(folders: dict[str, Path]) -> None:
    for folder in folders.values():
        page = Page(source(folder))
        placed = [value for tag, name, value in page.attributes if tag == "div" and name == "id"]
        assert sorted(placed) == sorted(plots(folder))
        words = [v for tag, name, v in page.attributes if tag == "div" and name == "aria-label" and "median" in v]
        assert words
        assert page.tags.count("figure") == page.tags.count("figcaption")


def test_arms_share_their_axis_and_the_median_is_the_one_in_the_file(folders: dict[str, Path]) -> None:
    first = [plot for name, plot in plots(folders["stop"]).items() if name.startswith("plot-1-")]
    assert len(first) == 2
    ranges = [plot["layout"]["yaxis"]["range"] for plot in first]
    assert ranges[0] == ranges[1]
    with netCDF4.Dataset(folders["stop"] / "results.nc") as file:
        values = np.asarray(file["withdrawal"][1, 0, 0])
        statistics = [str(s) for s in file["statistic"][:]]
    median = next(trace for trace in first[0]["data"] if trace.get("meta") == "median")
    np.testing.assert_allclose(unpacked(median["y"]), values[statistics.index("p50")], rtol=1e-6)
    assert ranges[0][1] >= values[statistics.index("p95")].max()


def test_days_after_the_stop_count_from_it(folders: dict[str, Path]) -> None:
    stop = plots(folders["stop"])["plot-2-1-withdrawal"]
    median = next(trace for trace in stop["data"] if trace.get("meta") == "median")
    with netCDF4.Dataset(folders["stop"] / "results.nc") as file:
        hours, at = np.asarray(file["time_h"][:]), float(file["stop_h"][1])
    days = (hours - at) / 24
    np.testing.assert_allclose(unpacked(median["x"]), days[(days >= -3) & (days <= 28)], atol=1e-5)
    assert stop["layout"]["xaxis"]["title"]["text"] == "Days since the stop"


def test_plots_hold_numbers_that_a_browser_reads(folders: dict[str, Path]) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    for folder in folders.values():
        assert json.loads(Page(source(folder)).scripts[0], parse_constant=refuse)


def test_a_logarithmic_axis_gets_no_zero(folders: dict[str, Path]) -> None:
    logs = [p for p in plots(folders["tea"]).values() if p["layout"]["yaxis"]["type"] == "log"]
    assert logs
    for plot in logs:
        for trace in plot["data"]:
            if trace.get("yaxis") != "y2":
                y = unpacked(trace["y"])
                assert y[np.isfinite(y)].min() > 0
