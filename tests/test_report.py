"""The report: made from the files of a run folder alone, self-contained, safe with any text, refused if broken."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path

import pytest

from ketum.errors import RunFolderError
from ketum.reports.figures import MOST_PANELS
from ketum.reports.page import write_report
from ketum.reports.reader import read_folder
from ketum.reports.tables import Table, difference_table, endpoint_table
from ketum.running import run
from report_pages import (
    HOSTILE,
    STOP,
    Page,
    plots,
    source,
    without_plotly,
)
from run_folders import USE_THEN_STOP, scenario


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
        file.write('danger,taper,"<i>Do not</i> combine",olsen2019,R01,human_observational,text,2026-11-22\n')
    write_report(copy)
    text = source(copy)
    page = Page(text)
    assert "<i>Do not</i> combine" in page.text
    assert "Source: Olsen et al. 2019 (observation of people, seen in the text; looked at on 2026-11-22)" in page.text
    assert text.index('class="finding danger"') < text.index('id="summary"')
    assert "no safety findings" not in page.text


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
            b"arm,setting,endpoint,unit,statistic,value,low,high\nx,null,tolerance,0-1,mean,high,,\n",
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


def test_hours_long_after_a_stop_have_a_report(tmp_path: Path) -> None:
    taper = USE_THEN_STOP.replace("stop = true", 'taper_over = "2 d"').replace('"leaf"', '"taper"')
    record = 'start = "60 d"\nfor = "62 d"\nevery = "1 h"'
    page = Page(source(run(scenario(tmp_path, USE_THEN_STOP + taper, count=8, record=record), tmp_path / "run").folder))
    assert "Withdrawal day by day" not in page.text  # none of these days is near the stop
    assert "Figure 1." in page.text


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


def _cells(table: Table | None) -> list[str]:
    assert table is not None
    return [cell.text for group in table.groups for row in group.rows for cell in row.cells]


def test_one_person_is_not_told_as_many(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(STOP, encoding="utf-8")
    folder = run(tmp_path / "one.toml", tmp_path / "one", people=1, workers=1).folder
    summary = Page(source(folder)).text.partition("Other people would differ from this one")[0]
    assert "One person drawn from regular users" in summary
    assert "half of people" not in summary
    assert "median person" not in summary
    assert "90% of the differences" not in summary
    assert "in the mean" not in summary
    assert "same people" not in summary
    assert re.search(
        r"The worst SOWS after the stop or from the start of the taper was \S+ points (?:lower|higher)\.", summary
    )
    cells = [cell for table in (endpoint_table, difference_table) for cell in _cells(table(read_folder(folder)))]
    assert not [text for text in cells if " to " in text]


def test_it_is_quick(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(folders["stop"], tmp_path / "quick"))
    write_report(folder)
    began = time.perf_counter()
    write_report(folder)
    assert time.perf_counter() - began < 1.0
    assert (folder / "report.html").stat().st_size < 12e6
