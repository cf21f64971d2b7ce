"""The report is true to its numbers: accounts, comparisons, tables and figures against the files of the run."""

from __future__ import annotations

import csv
import json
import re
from html import unescape
from math import inf
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from ketum.reports.accounts import accounts
from ketum.reports.comparisons import comparisons
from ketum.reports.phrases import number, percent, points, span
from ketum.reports.reader import read_folder
from ketum.reports.tables import endpoint_table
from ketum.running import run
from report_pages import (
    FREE,
    Page,
    by_setting,
    endpoints,
    plots,
    source,
    told_otherwise,
    unpacked,
    words,
)

STOPPED = "</script><img src=x onerror=y>"


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
    after = re.search(rf"{re.escape(worst)} and {number(value['worst_after'], 1)} in the (.+?) after the stop", text)
    assert after
    assert after[1] == "35 days"  # what was recorded of the twelve
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
    right = percent(table["harm", "kratom", "monitor_positive", "mean"])
    assert "(positive predictive value)" in text
    assert f"{right} of {table['harm', 'kratom', 'monitor_positive', 'n']:.0f} people" in text


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
    told_otherwise(copy, f"taper minus {STOPPED}", "withdrawal_peak", share_below=0.998)
    assert "more than 99% of the same people, by" in _peak_of_the_taper(copy)


def test_all_is_said_only_where_it_shows(copy: Path) -> None:
    told_otherwise(copy, f"taper minus {STOPPED}", "withdrawal_peak", share_below=1, share_above=0, p95=-0.04)
    assert "in all of the same people, in some of them by less than 0.05 points, by" in _peak_of_the_taper(copy)
    told_otherwise(copy, f"taper minus {STOPPED}", "withdrawal_peak", p95=-0.06)
    assert "in all of the same people, by" in _peak_of_the_taper(copy)


def _peak_of_the_taper(folder: Path) -> str:
    told = {(c.later, c.earlier): c for c in comparisons(read_folder(folder))}
    return next(s for s in told["taper", STOPPED].sentences if s.startswith("The worst SOWS"))


def _account(folder: Path, arm: str) -> str:
    account = next(account for account in accounts(read_folder(folder)) if account.arm == arm)
    return " ".join([*(p.text for p in account.paragraphs), *(f"{n.value} {n.words}." for n in account.numbers)])


@pytest.mark.parametrize(
    ("stats", "said"),
    [
        ({"p25": 9, "p50": 20, "p75": 31, "share_reached": 1}, "within 20 days in the median person (half of people"),
        (
            {"p25": 9, "p50": 20, "p75": inf, "mean": None, "share_reached": 0.625},
            "within 20 days in the median person (in one person in four nine days)",
        ),
        (
            {"p25": 9, "p50": 20, "p75": inf, "mean": None, "share_reached": 0.625},
            ". 38% were not back when the record",
        ),
        (
            {"p25": 9, "p50": inf, "p75": inf, "mean": None, "share_reached": 0.25},
            "not back at the person’s own life without kratom within the record in the median person (in one person in",
        ),
        (
            {"p25": 9, "p50": inf, "p75": inf, "mean": None, "share_reached": 0.25},
            ". 75% were not back when the record",
        ),
        (
            {"p25": inf, "p50": inf, "p75": inf, "mean": None, "share_reached": 0, "n": 20},
            "not back at the person’s own life without kratom within the record in anybody of the 20 people who used",
        ),
    ],
)
def test_a_way_back_beyond_the_record_is_told_as_that(copy: Path, stats: dict[str, float], said: str) -> None:
    told_otherwise(copy, STOPPED, "back_to_baseline_d", **stats)
    text = _account(copy, STOPPED)
    assert said in text
    assert not re.search(r"\binf\b", text)


@pytest.mark.parametrize(
    ("stats", "said"),
    [
        (
            {"n": 18, "p25": 5, "p50": 7, "p75": 9, "share_reached": 1},
            ("7.0 days after the last serving (half of people between 5.0 and 9.0 days). 25% of people had",),
        ),
        (
            {"n": 18, "p25": 5, "p50": 7, "p75": inf, "mean": None, "share_reached": 2 / 3},
            (
                "about 7.0 days after the last serving (in one person in four within 5.0 days). In 25% of people with",
                "In 25% of people withdrawal lasted beyond the record; 25% of people had hardly any.",
                "7.0 days until withdrawal is over.",
            ),
        ),
        (
            {"n": 24, "p25": 5, "p50": inf, "p75": inf, "mean": None, "share_reached": 0.25},
            (
                "Withdrawal was not over (10% of the rise left) within the record in the median person; in one person",
                "in one person in four it was within 5.0 days. In 75% of people withdrawal lasted beyond the record.",
                "25% of those with withdrawal saw its end within the record.",
            ),
        ),
    ],
)
def test_withdrawal_beyond_the_record_is_told_as_that(
    copy: Path, stats: dict[str, float], said: tuple[str, ...]
) -> None:
    told_otherwise(copy, STOPPED, "withdrawal_tenth_d", **stats)
    text = _account(copy, STOPPED)
    assert [part for part in said if part not in text] == []
    assert not re.search(r"\binf\b", text)


def test_tables_tell_times_beyond_the_record_in_words(copy: Path) -> None:
    stats = {"p05": 5, "p50": 7, "p95": inf, "mean": None, "share_reached": 0.5, "n": 20}
    told_otherwise(copy, STOPPED, "withdrawal_near_background_d", **stats)
    rows = [row for group in endpoint_table(read_folder(copy)).groups for row in group.rows]
    cell = next(row for row in rows if row.label.startswith("Until SOWS is within 2 points")).cells[1]
    assert (cell.text, cell.small) == ("7.0 (5.0 to not in the record)", "reached by 50% of 20 people")
    assert not [c for row in rows for c in row.cells if "inf" in c.text + c.small]


def test_use_left_to_the_person_is_told_of_those_who_used(tmp_path: Path) -> None:
    (tmp_path / "free.toml").write_text(FREE, encoding="utf-8")
    folder = run(tmp_path / "free.toml", tmp_path / "free", workers=1).folder
    told_otherwise(folder, "free", "excess_use", n=9)
    told_otherwise(folder, "free", "anhedonia_use", n=9)
    told_otherwise(folder, "free", "dose_ratio", n=8, p50=0.0)
    text = _account(folder, "free")
    assert "In the last four weeks of use of the 9 people who used, each at their own time, depressive severity" in text
    assert "At the end of the record depressive severity, over all people, was" in text
    assert "points of depressive severity in use against no kratom, of the 9 people who used" in text
    assert "in the mean of the 9 people who used at the end of use" in text
    assert "in the median person of the 8 people who used for long enough hardly any was left of it" in text
    assert "times that of the first four" not in text
    for setting in ("p50", "n", "mean", "p05", "p25", "p75", "p95"):
        told_otherwise(folder, "free", "excess_use", **{setting: None})
    assert "Nobody used kratom within the record." in _account(folder, "free")


def test_arms_without_kratom_say_what_they_are_under(tmp_path: Path) -> None:
    (tmp_path / "free.toml").write_text(FREE, encoding="utf-8")
    folder = run(tmp_path / "free.toml", tmp_path / "free", workers=1).folder
    said = {
        "waiting": "under watchful waiting",
        "placebo": "with placebo",
        "usual": "under usual care or on a waiting list",
        "CBT": "under treatment",
    }
    for arm, under in said.items():
        text = f"Without kratom: the course of mood in the same people had they never used kratom, {under}."
        assert text in _account(folder, arm)


def test_a_taper_names_what_it_tells(folders: dict[str, Path]) -> None:
    paragraphs = next(a for a in accounts(read_folder(folders["stop"])) if a.arm == "taper").paragraphs
    told = next(p.text for p in paragraphs if p.heading == "Effect on mood")
    assert told.startswith("At the end of the record depressive severity was ")
    assert " than without kratom. " in told


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
