"""The report: made from the files of a run folder alone, self-contained, true to its numbers, safe with any text."""

from __future__ import annotations

import base64
import csv
import json
import re
import shutil
import time
import tomllib
from html import unescape
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from ketum.errors import RunFolderError
from ketum.reports.accounts import accounts
from ketum.reports.comparisons import comparisons
from ketum.reports.figures import MOST_PANELS
from ketum.reports.page import on_one_line, write_report
from ketum.reports.phrases import count, number, percent, points, span
from ketum.reports.plots import dash
from ketum.reports.reader import read_folder
from ketum.reports.tables import difference_table, endpoint_table
from ketum.running import run

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


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("runs")
    made = {}
    for name, text in (("stop", STOP), ("tea", TEA), ("settings", SETTINGS), ("weekends", WEEKENDS)):
        (place / f"{name}.toml").write_text(text, encoding="utf-8")
        made[name] = run(place / f"{name}.toml", place / name, workers=1).folder
    return made


@pytest.fixture
def copy(folders: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(folders["stop"], tmp_path / "copy"))


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


@pytest.mark.parametrize(
    ("name", "anchors"),
    [
        ("stop", "findings summary withdrawal mood effects concentrations differences further endpoints basis repeat"),
        ("tea", "findings summary concentrations effects further endpoints basis repeat"),
    ],
)
def test_sections_stand_in_their_order(folders: dict[str, Path], name: str, anchors: str) -> None:
    page = Page(source(folders[name]))
    assert [value for tag, key, value in page.attributes if tag == "section" and key == "id"] == anchors.split()
    assert ("html", "lang", "en") in page.attributes
    assert page.tags.count("h1") == 1
    assert "never a recommendation of a dose or of kratom" in page.text


@pytest.mark.parametrize("name", ["stop", "tea"])
def test_the_file_needs_nothing_from_elsewhere(folders: dict[str, Path], name: str) -> None:
    ours = without_plotly(source(folders[name]))
    assert not re.search(r"https?://", ours)
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", ours)
    assert "@import" not in ours
    assert "url(" not in ours


def test_what_users_wrote_is_text_and_never_markup(folders: dict[str, Path]) -> None:
    page = Page(source(folders["stop"]))
    assert len(page.scripts) == 3
    assert "img" not in page.tags
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert HOSTILE in page.text
    assert "</script><img src=x onerror=y>" in page.text
    names = json.dumps(plots(folders["stop"]))
    assert "onerror" not in names
    assert "alert" not in names


def test_findings_come_first_and_are_escaped(copy: Path) -> None:
    with (copy / "findings.csv").open("a", encoding="utf-8") as file:
        file.write('danger,taper,"<i>Do not</i> combine",olsen2019\n')
    write_report(copy)
    text = source(copy)
    page = Page(text)
    assert "<i>Do not</i> combine" in page.text
    assert "Source: olsen2019" in page.text
    assert text.index('class="finding danger"') < text.index('id="summary"')
    assert "no safety findings" not in page.text


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


@pytest.mark.parametrize("name", ["results.nc", "endpoints.csv", "scenario.toml", "findings.csv", "provenance.json"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(RunFolderError, match=rf"{re.escape(name)}: is missing"):
        write_report(copy)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("results.nc", b"not a netCDF file", "is no results file of ketum"),
        ("endpoints.csv", b"arm,value\nx,1\n", "must have the columns arm, setting, endpoint"),
        (
            "endpoints.csv",
            b"arm,setting,endpoint,unit,statistic,value\nx,null,tolerance,0-1,mean,high\n",
            "'high' is not a number",
        ),
        ("scenario.toml", b"title = ", "is not valid TOML"),
        ("scenario.toml", b'title = "x"\n', "is no resolved scenario"),
        ("findings.csv", b"text\n", "must have the columns severity"),
        ("provenance.json", b"{", "is not valid JSON"),
        ("provenance.json", b"{}", "does not say how the run was made"),
        ("pk.csv", b"arm\n", "must have the columns arm, analyte"),
    ],
)
def test_a_broken_file_is_named_and_the_old_report_stays(copy: Path, name: str, content: bytes, message: str) -> None:
    before = source(copy)
    (copy / name).write_bytes(content)
    with pytest.raises(RunFolderError, match=re.escape(message)) as caught:
        write_report(copy)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert source(copy) == before


def test_files_of_different_runs_are_refused(copy: Path, folders: dict[str, Path]) -> None:
    shutil.copy(folders["tea"] / "scenario.toml", copy / "scenario.toml")
    with pytest.raises(RunFolderError, match="different runs"):
        write_report(copy)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="no such run folder"):
        write_report(tmp_path / "nothing")


def test_the_folder_alone_is_enough_and_gives_the_same_page(copy: Path) -> None:
    before = source(copy)
    for spare in ("report.html", "summary.csv", "persons.csv"):
        (copy / spare).unlink()
    write_report(copy)
    assert source(copy) == before


def test_many_arms_are_all_in_the_tables(tmp_path: Path) -> None:
    arms = "".join(
        f'[[arm]]\nname = "arm {k}"\nuse = [{{ product = "leaf_powder", dose = "{k} g", per_day = 1, for = "2 d" }}]\n'
        for k in range(1, MOST_PANELS + 2)
    )
    text = f'[people]\ncount = 2\npopulation = "healthy_adults"\n{arms}[record]\nfor = "4 d"\nevery = "1 d"\n'
    (tmp_path / "many.toml").write_text(text, encoding="utf-8")
    folder = run(tmp_path / "many.toml", tmp_path / "many", workers=1).folder
    page = Page(source(folder))
    assert f"arm {MOST_PANELS + 1}" in page.text
    assert "Figures show the first" in page.text
    assert max(int(name.split("-")[2]) for name in plots(folder)) == MOST_PANELS - 1


def test_one_person_is_not_told_as_many(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(STOP, encoding="utf-8")
    folder = run(tmp_path / "one.toml", tmp_path / "one", people=1, workers=1).folder
    summary = Page(source(folder)).text.partition("How to read the ranges")[0]
    assert "One person drawn from regular users" in summary
    assert "half of people" not in summary
    assert "median person" not in summary


def test_it_is_quick(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(folders["stop"], tmp_path / "quick"))
    write_report(folder)
    began = time.perf_counter()
    write_report(folder)
    assert time.perf_counter() - began < 1.0
    assert (folder / "report.html").stat().st_size < 12e6


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
    assert ("daily", "dose_ratio", "p50") in endpoints(folders["weekends"])
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
