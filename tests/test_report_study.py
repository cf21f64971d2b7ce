"""The report of a study: its numbers are those of the tables, its words say what they show, it needs nothing else."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.special import ndtr, ndtri

from ketum.errors import RunFolderError
from ketum.reports.study import write_study_report
from ketum.reports.study_apart import in_order
from ketum.reports.study_facts import Estimand, StudyFacts
from ketum.reports.study_planned import planned
from ketum.reports.study_reader import read_facts, read_study
from ketum.reports.study_scales import log_ticks, shown
from ketum.reports.study_svg import inline_svg
from ketum.reports.study_words import verdicts
from ketum.studies.crossing import Power, SmallBias
from ketum.studies.planning import find
from ketum.studies.searching import Batch, Effort
from report_pages import HOSTILE, Page, plots, source, unpacked, without_plotly, words
from study_folders import DESIGNS, SVG, Made, cohort, estimand, estimator, facts, relapse, survey, trial, write

Change = Callable[[Made], None]


@pytest.fixture(scope="session")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("studies")
    made = {name: write(place / name, make()) for name, make in DESIGNS.items()}
    for folder in made.values():
        write_study_report(folder)
    return made


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, keep_default_na=False, na_values=[""])


class Tables(HTMLParser):
    """Rows of every table of a page as lists of texts, under the caption (or label) of the table."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._open = True
        elif tag == "small" and self._open:
            self.tables[-1][-1][-1] += "|"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.tables[-1][-1][-1] += data.strip()


def rows_under(folder: Path, head: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the heading of the group and the cells of each row of the table that has a head."""
    found = next(rows for rows in Tables(without_plotly(source(folder))).tables if rows and head in rows[0])
    group = ""
    for row in found[1:]:
        if len(row) == 1:
            group = row[0]
        else:
            yield group, row


def value(text: str) -> float:
    """Return the number that a cell begins with."""
    return float(text.partition("|")[0].replace("−", "-").replace(",", "").replace("%", "").replace("†", ""))


# numbers


def test_every_number_of_the_whole_table_is_that_of_the_file(studies: dict[str, Path]) -> None:
    scores = table(studies["cohort"], "performance.csv")
    labels = {"crude": "x", "adjusted (a)": "a", "adjusted (b)": "b", "adjusted (c)": "c", "matched": "m"}
    columns = ("truth", "mean", "bias", "empirical_se", "model_se", "rmse")
    seen = 0
    for group, cells in rows_under(studies["cohort"], "RMSE"):
        digits = 2 if "week 26" in group else 1
        key = scores["estimand"].eq("w26" if digits == 2 else "w52") & scores["estimator"].eq(
            labels[cells[0].removesuffix(" †")]
        )
        setting = re.findall(r"“(\w+)”", group)[0]
        row = scores[key & scores["setting"].eq(setting)].iloc[0]
        assert ("†" in cells[0]) == (row["identified"] == "no")
        assert [value(cells[9]), value(cells[10])] == [row["failed"], row["participants"]]
        seen += 1
        if row["failed"] == 100:
            assert [cell.rstrip("|") for cell in cells[2:9]] == ["–"] * 7
            continue
        for column, cell in zip(columns, cells[1:7], strict=True):
            assert value(cell) == pytest.approx(row[column], abs=0.51 * 10.0**-digits), (group, column)
        for column, cell in zip(("coverage", "rejection"), cells[7:9], strict=True):
            assert value(cell) == pytest.approx(100 * row[column], abs=0.051), (group, column)
            error = float(re.findall(r"± ([\d.]+)", cell)[0])
            assert error == pytest.approx(100 * row[f"{column}_mcse"], abs=0.051)
        assert cells[8].endswith(row["rejection_is"])
    assert seen == len(scores) == 50


def test_ratios_are_exponentiated_and_their_bias_is_not(studies: dict[str, Path]) -> None:
    scores = table(studies["survey"], "performance.csv")
    main = scores[scores["estimator"] == "crude"].set_index("setting")
    rows = {cells[0]: cells for _, cells in rows_under(studies["survey"], "Would report")}
    assert list(rows) == ["null", "pharmacology", "harm", "benefit", "mixed"]
    for setting, cells in rows.items():
        assert value(cells[1]) == pytest.approx(math.exp(main["truth"][setting]), abs=0.006)
        assert value(cells[2]) == pytest.approx(math.exp(main["mean"][setting]), abs=0.006)
        assert value(cells[3]) == pytest.approx(main["bias"][setting], abs=0.006)
    text = words(studies["survey"])
    assert "Odds ratios are exponentiated, means geometric; bias and its error stand on the log scale" in text
    assert "The bias of odds and hazard ratios is that of their logarithm." in text
    drawn = plots(studies["survey"])
    assert drawn["plot-estimates-0"]["layout"]["xaxis"]["type"] == "log"
    assert "type" not in drawn["plot-bias-0"]["layout"]["xaxis"]
    assert drawn["plot-bias-0"]["layout"]["xaxis"]["title"]["text"] == "Bias (log odds ratio)"
    shown_means = drawn["plot-estimates-0"]["data"][2]["x"]
    np.testing.assert_allclose(shown_means, np.exp(main["mean"]), rtol=1e-9)


def test_what_a_study_would_report_is_counted_from_the_replicates(studies: dict[str, Path]) -> None:
    replicates = table(studies["trial"], "replicates.csv")
    for _, cells in rows_under(studies["trial"], "Would report"):
        here = replicates[replicates["setting"] == cells[0]]
        side = Counter(np.where(here["p"] < 0.05, np.sign(here["value"]), 0.0))
        told = {name: int(n.replace(",", "")) for name, n in re.findall(r"(\w[a-z ]+): ([\d,]+)", cells[6])}
        counted = {"harm": side[1.0], "no difference": side[0.0], "benefit": side[-1.0]}
        assert told == {name: n for name, n in counted.items() if n}


def test_shares_are_percentages_and_their_bias_percentage_points(tmp_path: Path) -> None:
    def as_share(made: Made) -> None:
        made.facts["estimands"][0] |= {"scale": "share", "noun": "share", "digits": 2, "unit": ""}
        made.facts.pop("planning")

    folder = _written(tmp_path, trial, as_share)
    row = table(folder, "performance.csv").set_index("setting").loc["harm"]
    cells = next(cells for _, cells in rows_under(folder, "Would report") if cells[0] == "harm")
    assert cells[1].startswith(f"{100 * row['truth']:.1f}%")
    assert value(cells[3]) == pytest.approx(100 * row["bias"], abs=0.06)
    assert "%" not in cells[3]
    axis = plots(folder)["plot-bias-0"]["layout"]["xaxis"]
    assert axis["title"]["text"] == "Bias (percentage points)"


# words


def test_the_words_tell_estimate_truth_conclusion_and_coverage(studies: dict[str, Path]) -> None:
    text = words(studies["cohort"])
    row = (
        table(studies["cohort"], "performance.csv")
        .set_index(["setting", "estimand", "estimator"])
        .loc["null", "w26", "b"]
    )
    harm, covered = round(row["rejection"] * 100), round(row["coverage"] * 100)
    assert row["rejection_is"] == "type I error"
    assert (
        f"In a world without any effect (“null”) it finds a difference of {row['mean']:.2f} PHQ-9 points on average "
        f"(truth 0.00): too high by {row['bias']:.2f}. It would report no difference in {100 - harm} of 100 "
        f"repetitions and harm in {harm}; a valid test at 5% would report an effect in about 5%. Its 95% intervals "
        f"hold the truth in {covered} of 100, too rarely."
    ) in text


def test_the_wrong_side_of_no_effect_is_said(studies: dict[str, Path]) -> None:
    text = words(studies["survey"])
    parts = re.findall(r"In the “(\w+)” world it finds ([^;]*?)(?= It would)", text)
    assert [setting for setting, said in parts if "on the wrong side of no effect" in said] == ["benefit"]
    ratio = math.exp(table(studies["survey"], "performance.csv").query("setting == 'benefit'")["bias"].iloc[0])
    assert f"too high by a factor of {ratio:.2f}, and on the wrong side of no effect" in text


def test_an_unbiased_analysis_is_told_so(studies: dict[str, Path]) -> None:
    text = words(studies["trial"])
    assert text.count("no bias beyond Monte-Carlo error") == 3
    assert "in keeping with 95%" in text
    assert "a valid test at 5% would report" not in text
    assert "“ANCOVA on PHQ-9 at entry” identifies it in this trial. Assumption needed: the arms are alike" in text


def test_an_estimator_that_is_too_sure_is_told_so(tmp_path: Path) -> None:
    def too_sure(made: Made) -> None:
        made.stated = lambda _: 0.5

    text = words(_written(tmp_path, trial, too_sure))
    assert text.count("too rarely: it states its standard error too small") == 3


def test_what_is_not_identified_is_said_with_its_assumption(studies: dict[str, Path]) -> None:
    assert (
        "No analysis identifies it in this survey. Assumption needed by “crude odds ratio”: users and non-users would "
        "have had the same symptoms had nobody used: false here by construction"
    ) in words(studies["survey"])
    assert "“adjusted (b)” does not identify it in this cohort, “adjusted (c)” does." in words(studies["cohort"])
    assert "Open: Use ← Severity → PHQ-9" in words(studies["survey"])


def test_failed_fits_are_told(studies: dict[str, Path]) -> None:
    text = words(studies["broken"])
    assert "This trial gives no answer: the analysis “Cox regression” failed in every repetition." in text
    assert "the fit failed in all 100 repetitions: there is no estimate (truth 1.35)" in text
    assert "There are none: every fit failed." in text

    scores = table(studies["cohort"], "performance.csv")
    failed = scores[scores["failed"].between(1, 99)]
    assert len(failed) == 10
    notes = plots(studies["cohort"])["plot-bias-0"]["layout"]["annotations"]
    assert [note["text"] for note in notes] == ["all fits failed"]


def test_failures_of_the_main_analysis_stand_in_the_sentence(tmp_path: Path) -> None:
    def failing(made: Made) -> None:
        made.fails = lambda setting, by: 0.2 * (setting == "harm" and by == "ancova")

    folder = _written(tmp_path, trial, failing)
    failed = int(table(folder, "performance.csv").set_index("setting").loc["harm", "failed"])
    assert 100 < failed < 300
    text = words(folder)
    assert f"In {failed} of 1,000 repetitions the fit failed." in text
    assert f"of {1000 - failed} repetitions" in text


# settings told apart


def test_a_design_that_concludes_the_same_everywhere_is_said_to_tell_nothing_apart(studies: dict[str, Path]) -> None:
    assert (
        "This survey cannot tell these settings apart: whichever of “null”, “pharmacology”, “harm”, “benefit” and "
        "“mixed” holds, it would mostly report harm (in every repetition)."
    ) in words(studies["survey"])
    assert "none of them is the finding" in words(studies["survey"])


def test_the_probability_of_order_has_its_closed_form() -> None:
    low = ndtri((np.arange(2000) + 0.5) / 2000)  # quantiles of a normal distribution
    high = low + 0.8
    assert in_order(low, high) == pytest.approx(ndtr(0.8 / math.sqrt(2.0)), abs=1e-3)
    assert in_order(low, low) == 0.5
    assert in_order(np.zeros(3), np.zeros(5)) == 0.5
    assert in_order(high, low) == pytest.approx(1.0 - in_order(low, high))


def test_settings_are_told_apart_by_conclusion_as_the_shares_say(studies: dict[str, Path]) -> None:
    found = verdicts(read_study(studies["trial"]))[0]
    replicates = table(studies["trial"], "replicates.csv")
    shares = {
        setting: np.array([((rows["p"] < 0.05) & (np.sign(rows["value"]) == s)).mean() for s in (-1, 1)])
        for setting, rows in replicates.groupby("setting")
    }
    pair = next(pair for pair in found.pairs if (pair.smaller, pair.larger) == ("null", "harm"))
    (low0, up0), (low1, up1) = shares["null"], shares["harm"]
    none0, none1 = 1 - low0 - up0, 1 - low1 - up1
    above = up1 * (1 - up0) + none1 * low0
    ties = up0 * up1 + none0 * none1 + low0 * low1
    assert pair.by_conclusion == pytest.approx(above + ties / 2)
    assert not pair.same
    assert found.claim.startswith("By what it concludes this trial mostly tells settings apart")


def test_one_setting_is_no_comparison(studies: dict[str, Path]) -> None:
    text = words(studies["relapse"])
    assert "Only this setting was studied, so nothing here says whether it could be told from others." in text
    assert "The causal setting is a hypothesis about what kratom does, not an estimate and not a finding." in text
    assert "that stopping makes relapse sooner in" in text
    assert not verdicts(read_study(studies["relapse"]))[0].pairs


def test_equal_truths_leave_nothing_to_tell_apart(tmp_path: Path) -> None:
    def equal(made: Made) -> None:
        made.truths = dict.fromkeys(made.truths, 0.0)

    text = words(_written(tmp_path, trial, equal))
    assert "The truth is the same in every setting with answers, so there is nothing to tell apart." in text


# the page


@pytest.mark.parametrize("name", list(DESIGNS))
def test_the_page_needs_nothing_from_elsewhere_and_its_anchors_lead_somewhere(
    studies: dict[str, Path], name: str
) -> None:
    ours = without_plotly(source(studies[name]))
    assert not re.search(r"https?://", ours)
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", ours)
    assert "@import" not in ours
    assert not re.search(r"url\((?!#dag-\d)", ours)
    page = Page(ours)
    ids = [text for _, key, text in page.attributes if key == "id"]
    assert len(ids) == len(set(ids))
    assert {text[1:] for _, key, text in page.attributes if key == "href" and text.startswith("#")} <= set(ids)
    assert page.tags.count("h1") == 1
    assert "never a recommendation of a dose or of kratom" in page.text


@pytest.mark.parametrize("name", list(DESIGNS))
def test_every_figure_has_words_and_every_table_that_scrolls_a_name(studies: dict[str, Path], name: str) -> None:
    ours = without_plotly(source(studies[name]))
    drawn = plots(studies[name])
    told = dict(re.findall(r'class="plot" id="([\w-]+)" role="img" aria-label="([^"]+)"', ours))
    assert told.keys() == drawn.keys()
    assert all(len(text) > 20 for text in told.values())
    svgs = re.findall(r"<svg[^>]*>", ours)
    assert all('aria-hidden="true"' in svg or 'aria-label="' in svg for svg in svgs)
    assert ours.count('class="scroll"') == len(
        re.findall(r'class="scroll" tabindex="0" role="region" aria-label="', ours)
    )
    names = re.findall(r'class="figure[^"]*" aria-labelledby="([\w-]+)"', ours)
    assert names == [f"figure-{k + 1}" for k in range(len(names))]


def test_sections_stand_in_their_order(studies: dict[str, Path]) -> None:
    page = Page(without_plotly(source(studies["trial"])))
    order = "verdict performance intervals data design estimands table planning findings basis limits repeat"
    assert [text for tag, key, text in page.attributes if tag == "section" and key == "id"] == order.split()
    assert "planning" not in [text for _, key, text in Page(source(studies["survey"])).attributes if key == "id"]


def test_what_was_written_by_others_is_text_and_never_markup(tmp_path: Path) -> None:
    long = f"{HOSTILE} {'and on ' * 30}"

    def hostile(made: Made) -> None:
        told = made.facts
        told |= {"title": HOSTILE, "question": long, "noun": HOSTILE, "limitations": [HOSTILE], "commands": [HOSTILE]}
        told["estimands"][0] |= {"label": long, "words": HOSTILE, "symbols": HOSTILE, "above": HOSTILE, "noun": long}
        told["estimators"][0] |= {"label": long, "description": HOSTILE}
        told["settings"][0]["meaning"] = HOSTILE
        told["protocol"][0]["emulation"] = HOSTILE
        told["dag"][0] |= {"heading": '"><img src=x onerror=y>', "text": HOSTILE}
        told["example"] |= {"title": HOSTILE, "x_label": HOSTILE, "groups": {"0": HOSTILE, "1": long}}
        told["findings"][0]["text"] = HOSTILE
        told["rests_on"] = {HOSTILE: {"assumption": 3}}

    folder = _written(tmp_path, survey, hostile)
    page = Page(source(folder))
    assert len(page.scripts) == 3
    assert not {"img", "b"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert HOSTILE in page.text
    assert '"><img src=x onerror=y>' in page.text
    drawn = [text for plot in plots(folder).values() for text in _texts(plot)]
    assert [text for text in drawn if re.search(r"<(?!br>|extra>|/extra>)", text)] == []


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def test_a_target_trial_stands_beside_its_emulation_only_where_there_is_one(studies: dict[str, Path]) -> None:
    assert "Protocol: the target trial and its emulation" in words(studies["cohort"])
    assert "target trial" not in words(studies["trial"])
    assert next(rows_under(studies["trial"], "This trial"))[1] == ["Assignment", "Randomised one to one"]


def test_many_estimands_are_folded(tmp_path: Path) -> None:
    names = [f"w{k}" for k in (1, 2, 4, 8, 12)]
    told = facts(
        "Many weeks",
        [estimand(name, f"difference, week {name[1:]}", "a", unit="points") for name in names],
        [estimator("a", "ANCOVA", dict.fromkeys(names, True))],
        settings=["null", "harm"],
    )
    told["sampling"]["replicates"] = 30
    truths = {(s, n): 0.2 * k for s in ("null", "harm") for k, n in enumerate(names)}
    folder = write(tmp_path / "many", Made(told, truths, lambda *_: 0.0))
    write_study_report(folder)
    text = words(folder)
    assert "two more estimands" in text
    assert "Intervals of all other estimands and analyses stand in replicates.csv." in text
    drawn = plots(folder)
    assert len([name for name in drawn if name.startswith("plot-bias")]) == 5
    for figure in ("bias", "estimates"):
        assert len({tuple(drawn[f"plot-{figure}-{k}"]["layout"]["xaxis"]["range"]) for k in range(5)}) == 1


# figures


def test_a_zip_plot_sorts_intervals_by_their_distance_and_colours_them_by_coverage(studies: dict[str, Path]) -> None:
    replicates, scores = (table(studies["cohort"], f"{name}.csv") for name in ("replicates", "performance"))
    chosen = {"setting": "harm", "estimand": "w26", "estimator": "b"}
    here = replicates[np.logical_and.reduce([replicates[k] == v for k, v in chosen.items()])]
    row = scores[np.logical_and.reduce([scores[k] == v for k, v in chosen.items()])].iloc[0]
    covers, misses = plots(studies["cohort"])["plot-zip-0-2-2"]["data"]
    lows, highs, at = ({}, {}, {})
    for name, trace in (("covers", covers), ("misses", misses)):
        x, y = unpacked(trace["x"]).reshape(-1, 3), unpacked(trace["y"]).reshape(-1, 3)
        lows[name], highs[name], at[name] = x[:, 0], x[:, 1], y[:, 0]
    assert len(lows["covers"]) == round(row["coverage"] * 100)
    assert (lows["covers"] <= row["truth"] + 1e-6).all()
    assert (highs["covers"] >= row["truth"] - 1e-6).all()
    assert ((lows["misses"] > row["truth"]) | (highs["misses"] < row["truth"])).all()
    order = np.argsort(np.abs(here["value"] - row["truth"]) / here["se"], kind="stable")
    level = np.concatenate([at["covers"], at["misses"]])
    low = np.concatenate([lows["covers"], lows["misses"]])
    np.testing.assert_allclose(low[np.argsort(level)], here["low"].to_numpy()[order], rtol=1e-5, atol=1e-6)


def test_of_many_repetitions_evenly_many_intervals_are_drawn(studies: dict[str, Path]) -> None:
    drawn = [unpacked(trace["y"])[::3] for trace in plots(studies["trial"])["plot-zip-0-0-0"]["data"]]
    level = np.sort(np.concatenate(drawn))
    assert 300 < len(level) <= 400
    np.testing.assert_allclose(np.diff(level), 0.3, rtol=1e-4)
    assert "Of 1,000 repetitions every third is drawn." in words(studies["trial"])


def test_bias_is_drawn_with_monte_carlo_intervals(studies: dict[str, Path]) -> None:
    scores = table(studies["cohort"], "performance.csv").query("estimand == 'w26' and estimator == 'a'")
    trace = next(t for t in plots(studies["cohort"])["plot-bias-0"]["data"] if t["meta"] == "estimator-1")
    np.testing.assert_allclose(trace["x"], scores["bias"])
    np.testing.assert_allclose(trace["error_x"]["array"], 1.96 * scores["bias_mcse"], rtol=1e-4)
    assert sorted(trace["y"]) == trace["y"]


def test_survival_curves_are_those_of_kaplan_and_meier(tmp_path: Path) -> None:
    def four(made: Made) -> None:
        made.example = pd.DataFrame(
            {"arm": ["a"] * 4 + ["b"] * 2, "days": [1, 2, 3, 4, 5, 6], "relapse": [1, 0, 1, 0, 0, 0]}
        )

    drawn = plots(_written(tmp_path, relapse, four))["plot-example"]["data"]
    assert drawn[2]["x"] == [0.0, 1.0, 2.0, 3.0, 4.0, 4.0]
    assert drawn[2]["y"] == pytest.approx([100.0, 75.0, 75.0, 37.5, 37.5, 37.5])  # 3/4, then 3/4 x 1/2
    assert drawn[5]["y"] == [100.0, 100.0]


@pytest.mark.parametrize("kind", ["bars", "counts"])
def test_categories_hold_everybody(tmp_path: Path, kind: str) -> None:
    def as_kind(made: Made) -> None:
        made.facts["example"]["kind"] = kind

    folder = _written(tmp_path, survey, as_kind)
    rows = table(folder, "example.csv")
    never, used = (np.array(trace["y"]) for trace in plots(folder)["plot-example"]["data"])
    counts = [(rows["used"] == k).sum() for k in (0, 1)]
    assert [never.sum(), used.sum()] == pytest.approx([100.0, 100.0] if kind == "bars" else counts)
    low = ((rows["used"] == 1) & (rows["phq9"] < 3)).sum()
    assert used[0] == pytest.approx(100.0 * low / counts[1] if kind == "bars" else low)
    assert plots(folder)["plot-example"]["data"][0]["x"][:2] == ["0 to 2", "3 to 5"]


def test_means_of_a_category_and_of_a_series_are_those_of_the_data(studies: dict[str, Path], tmp_path: Path) -> None:
    rows = table(studies["trial"], "example.csv")
    thick = [t for t in plots(studies["trial"])["plot-example"]["data"] if t["mode"] == "lines+markers"]
    means = rows.groupby(["arm", "week"])["phq9"].mean()
    for arm, trace in zip(("placebo", "kratom"), thick, strict=True):
        np.testing.assert_allclose(trace["y"], means[arm], rtol=1e-9)

    def as_bars(made: Made) -> None:
        made.facts["example"] |= {"kind": "bars", "unit": ""}

    bars = plots(_written(tmp_path, trial, as_bars))["plot-example"]["data"]
    np.testing.assert_allclose(bars[1]["y"], means["kratom"], rtol=1e-9)


def test_ticks_of_a_logarithmic_axis_are_round_and_several() -> None:
    for low, high in ((0.8, 4.2), (1.8, 2.6), (0.02, 300.0), (1.02, 1.05), (1e-8, 1e8)):
        ticks = log_ticks(low, high)
        assert 2 <= len(ticks) <= 6
        assert all(low <= tick <= high for tick in ticks)


def test_ratios_far_out_are_printed_short() -> None:
    one = Estimand(name="r", label="r", words="", symbols="", noun="odds ratio", main="m", scale="log odds")
    assert shown(one, 20.0) == "4.9e+08"
    assert shown(one, -12.0) == "6.1e-06"
    assert shown(one, math.nan) == "–"


# planning


def test_a_size_that_was_found_is_told_with_its_interval(studies: dict[str, Path]) -> None:
    text = words(studies["trial"])
    assert "209 participants (95% interval 188 to 236)." in text
    assert "if “harm” holds? Searched from 50 to 1,600. The setting is a hypothesis" in text
    path = [row for _, row in rows_under(studies["trial"], "Repetitions")]
    told = read_facts(studies["trial"] / "study.json").planning
    assert told is not None
    assert [value(row[1]) for row in path] == [one.size for one in told.evaluations]
    assert [value(row[3]) for row in path] == pytest.approx([100 * (e.value or 0) for e in told.evaluations], abs=0.051)
    shapes = plots(studies["trial"])["plot-planning"]["layout"]["shapes"]
    assert [shape["x0"] for shape in shapes if shape["type"] != "line" or shape.get("yref") == "paper"] == [209, 188.0]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("not reached", "None: not even 1,600 participants, the most that can be had, give this power."),
        ("biased", "does not come to the truth: with 1,600 participants it comes to 2.40, the truth is 1.67."),
        ("no effect", "None: in “harm” there is no effect, so there is nothing to find."),
        ("failed", "None: with 1,600 participants every fit failed."),
        ("open", "Open: the repetitions were spent before it could be told."),
    ],
)
def test_the_reason_is_told_why_no_size_was_found(tmp_path: Path, outcome: str, said: str) -> None:
    folder = write(tmp_path / "trial", trial(outcome))
    write_study_report(folder)
    assert said in words(folder)


def test_a_plan_is_told_as_it_was_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)

    def evaluate(x: int, _: int, count: int) -> Batch:
        values = rng.normal(1.0, 20.0 / math.sqrt(x), count)
        return Batch((np.abs(values) > 1.96 * 20.0 / math.sqrt(x)) * 1.0, values, np.ones(count))

    goal = Power(0.8)
    plan = find(evaluate, goal, 100, 20_000, share_of_truth=0.2, effort=Effort(1500, 200, 50))
    told = planned(plan, goal, 100, 20_000, estimand="d8", estimator="ancova", setting="harm")
    assert told.size is not None
    assert told.size == pytest.approx(((1.96 + 0.8416) * 20.0) ** 2, rel=0.25)  # normal power, by hand
    assert [one.size for one in told.evaluations] == [one.x for one in plan.path]
    near = min(told.curve, key=lambda point: abs(point.size - told.size))
    assert near.value == pytest.approx(0.8, abs=0.03)

    def with_plan(made: Made) -> None:
        made.facts["planning"] = json.loads(told.model_dump_json())

    assert f"{told.size:,} participants (95% interval" in words(_written(tmp_path, trial, with_plan))


def test_a_plan_for_a_small_bias_tells_sizes_of_bias(tmp_path: Path) -> None:
    rng = np.random.default_rng(10)

    def evaluate(x: int, _: int, count: int) -> Batch:
        values = 1.0 + 8.0 * math.exp(-x / 8.0) + rng.normal(0.0, 0.5, count)
        return Batch(np.ones(count), values, np.ones(count))

    goal = SmallBias(0.5)
    plan = find(evaluate, goal, 0, 60, share_of_truth=0.2, effort=Effort(1200, 200, 40))
    told = planned(plan, goal, 0, 60, estimand="d8", estimator="ancova", setting="harm", of="days")
    assert told.goal == "bias"
    assert told.size == pytest.approx(8.0 * math.log(16.0), abs=3)  # 8 exp(-x/8) = 0.5

    def with_plan(made: Made) -> None:
        made.facts["planning"] = json.loads(told.model_dump_json())

    folder = _written(tmp_path, trial, with_plan)
    assert "How many days give a bias of at most 0.50 PHQ-9 points" in words(folder)
    assert plots(folder)["plot-planning"]["layout"]["yaxis"]["title"]["text"] == "Size of the bias (PHQ-9 points)"


# what is refused


def _written(folder: Path, make: Callable[[], Made], change: Change) -> Path:
    """Write a changed study with its report."""
    made = make()
    change(made)
    place = write(folder / "changed", made)
    write_study_report(place)
    return place


def test_facts_are_read_as_they_were_written(studies: dict[str, Path]) -> None:
    for folder in studies.values():
        told = read_facts(folder / "study.json")
        assert StudyFacts.model_validate_json(told.model_dump_json()) == told


@pytest.mark.parametrize("name", ["study.json", "study.toml", "performance.csv", "replicates.csv", "example.csv"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "cohort", cohort())
    (folder / name).unlink()
    with pytest.raises(RunFolderError, match=rf"{re.escape(name)}: is missing"):
        write_study_report(folder)
    with pytest.raises(RunFolderError, match="there is no such study folder"):
        write_study_report(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"surprise": 1}, r"study\.json: surprise: Extra inputs are not permitted"),
        ({"settings": []}, r"study\.json: settings: .*at least 1 item"),
        ({"example": {"kind": "pie"}}, r"study\.json: example\.kind: Input should be"),
    ],
)
def test_facts_of_another_shape_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    folder = write(tmp_path / "cohort", cohort())
    told = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    (folder / "study.json").write_text(json.dumps(told | change), encoding="utf-8")
    with pytest.raises(RunFolderError, match=message):
        write_study_report(folder)
    with pytest.raises(ValidationError):
        StudyFacts.model_validate(told | change)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("performance.csv", "participants", "people", r"performance\.csv: must have the columns setting, estimand"),
        ("performance.csv", "harm,w26,b", "harm,w26,q", r"performance\.csv: estimator 'q' is not in study\.json"),
        ("performance.csv", ",yes", ",no", r"identified\.w26\.yes is true, but performance\.csv says no"),
        ("performance.csv", ",yes", ",perhaps", r"identified: 'perhaps' must be yes or no"),
        ("replicates.csv", "null,0,w26,x,2000", "null,0,w26,x,many", r"replicates\.csv: column participants"),
        ("replicates.csv", "null,0,w26", "nil,0,w26", r"replicates\.csv: setting 'nil' is not in study\.json"),
        ("example.csv", "before", "earlier", r"example\.csv: has no column 'before', which study\.json asks for"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    folder = write(tmp_path / "cohort", cohort())
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RunFolderError, match=message):
        write_study_report(folder)


def test_a_missing_setting_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "cohort", cohort())
    rows = (folder / "performance.csv").read_text(encoding="utf-8").splitlines()
    (folder / "performance.csv").write_text("\n".join(r for r in rows if not r.startswith("null,")), encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"performance\.csv: has no row of w26 by b in null"):
        write_study_report(folder)


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        ("<svg><script>x</script></svg>", "<script> may not stand in a drawing"),
        ('<svg><a href="x"/></svg>', "<a> may not stand in a drawing"),
        ('<svg onload="x"/>', "onload='x' may not stand in a drawing"),
        ('<svg><rect fill="url(x.svg#a)"/></svg>', "points outside the drawing"),
        ("<p/>", "is no SVG, but <p>"),
        ("<svg>", "is no SVG"),
    ],
)
def test_a_drawing_that_is_more_than_a_drawing_is_refused(drawing: str, message: str) -> None:
    with pytest.raises(RunFolderError, match=re.escape(message)):
        inline_svg(drawing, "dag-0", "A drawing", "study.json: dag.0.svg")


def test_two_drawings_share_a_page() -> None:
    first, second = (inline_svg(SVG, f"dag-{k}", "A drawing", "here") for k in (0, 1))
    assert 'id="dag-0-tip"' in first
    assert 'marker-end="url(#dag-0-tip)"' in first
    assert "dag-0" not in second
    assert "http" not in first
