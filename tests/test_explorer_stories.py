"""The explorer as people use it: stories in headless Chromium, none with an error in the page, most with a picture."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from explorer import Explorer, Visit, chromium, running, visit
from ketum.app.questions import questions

pytestmark = pytest.mark.xdist_group("browser")
DAYS = {"for": "30 d", "every": "1 d"}


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explorer]:
    with running(tmp_path_factory.mktemp("runs"), "--workers", "2") as found:
        found.wait(2)
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def visitor(browser: Browser, explorer: Explorer, request: pytest.FixtureRequest) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    made = visit(context, explorer, request.node.name.removeprefix("test_"))
    yield made
    context.close()
    assert not made.wrong


def scenario(**tables: Any) -> dict[str, Any]:
    people = {"count": 100, "population": "us_adults"}
    use = [{"product": "leaf_powder", "dose": "3 g", "per_day": 2, "for": "2 wk"}, {"stop": True}]
    arms = [{"name": "nothing"}, {"name": "kratom", "use": use}]
    return {"title": "Story", "seed": 1, "people": people, "arm": arms, "record": DAYS} | tables


def cells(page: Page, table: str) -> list[list[str]]:
    """Return the texts of a table, row by row."""
    rows = page.locator(f"{table} tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in rows.all()]


def set_slider(page: Page, control: str, value: float) -> None:
    """Move a slider to a value, as a hand does."""
    page.locator(control).fill(str(value))


def test_newcomer_asks_a_question(visitor: Visit) -> None:
    page = visitor.go()
    assert page.locator(".card").count() == len(questions())
    page.get_by_role("link", name=re.compile("half a year of daily use ends")).click()
    page.wait_for_selector("#answer[data-answered=stop-or-taper]")
    expect(
        page.get_by_role("heading", level=1, name="What happens when half a year of daily use ends?")
    ).to_be_visible()
    expect(page.locator("#answer")).to_contain_text("taper against stop")
    expect(page.locator("#answer .finding").first).to_be_visible()
    expect(page.locator("#answer")).to_contain_text("are assumptions")
    assert page.locator("#answer .js-plotly-plot").count() >= 2
    visitor.picture()
    page.get_by_role("button", name="Open this in the workbench").click()
    visitor.whole()
    expect(page.locator("#outcome-title")).to_have_text("Half a year of daily use, and its end")
    page.go_back()
    expect(page.locator("#view-question")).to_be_visible()


def test_every_question_is_answered(visitor: Visit) -> None:
    for asked in questions().values():
        page = visitor.go(f"question/{asked.id}")
        page.wait_for_selector(f"#answer[data-answered={asked.id}]")
        assert page.locator("#answer .js-plotly-plot").count() >= 1
        assert not page.locator("#question-status").inner_text().startswith("something")


def test_toxicologist_looks_at_a_serving(visitor: Visit) -> None:
    visitor.bench()
    tea = {"name": "tea", "use": [{"product": "leaf_tea", "dose": "39 mg mitragynine", "times": 1}]}
    page = visitor.take(scenario(arm=[tea], record={"for": "2 d", "every": "15 min", "pk": True}))
    expect(page.locator("#outcome-title")).to_have_text("Story")
    visitor.whole()
    page.get_by_role("tab", name="Concentrations").click()
    expect(page.locator("#panel")).to_contain_text("AUCinf")
    switch = page.get_by_role("button", name="Logarithmic axis").first
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    kind = page.evaluate("document.querySelector('#panel .plot').layout.yaxis.type")
    assert kind == "log"
    visitor.picture()


def test_slider_changes_what_is_shown(visitor: Visit) -> None:
    visitor.bench()
    page = visitor.take(scenario())
    visitor.whole()
    page.get_by_role("tab", name="Compare arms").click()
    before = cells(page, ".pairwise")
    set_slider(page, "#field-arm-1-use-0-dose", 9)
    visitor.whole()
    after = cells(page, ".pairwise")
    assert [row[0] for row in before] == [row[0] for row in after]
    assert before != after
    page.get_by_role("button", name="Undo").click()
    visitor.whole()
    assert cells(page, ".pairwise") == before


def test_two_arms_are_compared(visitor: Visit) -> None:
    visitor.bench()
    page = visitor.take(scenario())
    visitor.whole()
    page.get_by_role("button", name="kratom", exact=True).click()
    page.get_by_role("button", name="Duplicate this arm").click()
    expect(page.get_by_label("Name")).to_have_value("kratom (2)")
    set_slider(page, "#field-arm-2-use-0-per_day", 5)
    visitor.whole()
    page.get_by_role("tab", name="Compare arms").click()
    page.get_by_label("Compare", exact=True).select_option(label="kratom (2) against kratom")
    rows = cells(page, ".pair:not([hidden]) .pairwise")
    assert any("Highest SOWS" in row[0] or "Worst" in row[0] for row in rows)
    for row in rows:
        better, worse, same = (int(share) for share in re.findall(r"(\d+)%", row[-1]))
        assert 99 <= better + worse + same <= 101
        assert row[3].startswith(("+", "−", "0"))
    visitor.picture()


def test_clinician_compares_settings_and_treatment(visitor: Visit) -> None:
    visitor.bench()
    people = {"count": 60, "population": "adults_with_depression"}
    page = visitor.take(scenario(people=people))
    visitor.whole()
    page.get_by_role("button", name="kratom", exact=True).click()
    page.get_by_role("button", name="Add a treatment").click()
    page.locator("#field-arm-1-treatments-0-name").select_option("cbt")
    page.locator("#form summary", has_text="What kratom does to depression").click()
    for name in ("null", "harm", "benefit"):
        page.get_by_label(name, exact=True).check()
    visitor.whole()
    page.get_by_role("tab", name="Mood").click()
    for name in ("null", "pharmacology", "harm", "benefit"):
        expect(page.locator("#panel h4", has_text=name).first).to_be_visible()
    page.get_by_role("tab", name="Compare arms").click()
    expect(page.locator("#panel caption", has_text="Setting “harm”")).to_be_visible()
    visitor.picture()


def test_pharmacist_adds_a_medicine(visitor: Visit) -> None:
    visitor.bench()
    page = visitor.take(scenario())
    visitor.whole()
    page.get_by_role("button", name="kratom", exact=True).click()
    page.get_by_role("button", name="Add a medicine").click()
    page.locator("#field-arm-1-medicines-0-name").fill("methadone")
    page.locator("#field-arm-1-medicines-0-name").press("Tab")
    page.locator("#field-arm-1-medicines-0-dose").fill("40 mg")
    page.locator("#field-arm-1-medicines-0-dose").press("Tab")
    visitor.whole()
    expect(page.locator("#findings-summary")).to_contain_text("danger")
    page.locator("#findings-summary").click()
    expect(page.locator("#findings-body")).to_contain_text("breathing")
    visitor.picture()


def test_bad_input_is_told_where_it_was_made(visitor: Visit) -> None:
    visitor.bench()
    page = visitor.take(scenario())
    visitor.whole()
    page.get_by_role("button", name="kratom", exact=True).click()
    page.get_by_role("button", name="Add a medicine").click()
    page.locator("#field-arm-1-medicines-0-name").fill("ketoconazol")
    page.locator("#field-arm-1-medicines-0-name").press("Tab")
    told = page.get_by_role("alert").filter(has_text="ketoconazol")
    expect(told).to_contain_text("ketoconazole")
    expect(page.locator("#field-arm-1-medicines-0-name")).to_have_attribute("aria-invalid", "true")
    visitor.picture()
    page.locator("#field-arm-1-medicines-0-name").fill("ketoconazole")
    page.locator("#field-arm-1-medicines-0-name").press("Tab")
    visitor.whole()
    expect(page.locator("#mistake")).to_be_hidden()
    for content, words in (("title = ", "not valid TOML"), ('[record]\nfor = "3 parsecs"', "parsecs"), ("\0", "text")):
        page.set_input_files("#file", files=[{"name": "bad.toml", "mimeType": "", "buffer": content.encode()}])
        expect(page.locator("#file-mistake")).to_contain_text(words)
        expect(page.locator("#file-mistake")).to_contain_text("bad.toml")
    visitor.wrong[:] = [text for text in visitor.wrong if "422" not in text]  # the browser notes refused requests


def test_long_run_is_cancelled(visitor: Visit) -> None:
    visitor.bench()
    long = scenario(people={"count": 4000, "population": "us_adults"}, record={"for": "104 wk", "every": "1 wk"})
    page = visitor.take(long)
    expect(page.locator("#status")).to_contain_text("larger run")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("left")
    visitor.picture(full=False)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#status")).to_have_text("Cancelled.")
    page = visitor.take(scenario(title="Afterwards"))
    visitor.whole()
    expect(page.locator("#outcome-title")).to_have_text("Afterwards")


def test_two_tabs_work_at_once(visitor: Visit) -> None:
    visitor.bench()
    other = visit(visitor.page.context, visitor.explorer, "other")
    other.bench()
    visitor.take(scenario(title="One", people={"count": 400, "population": "regular_users"}))
    other.take(scenario(title="Two", seed=2))
    for k in range(4):
        set_slider(visitor.page, "#field-arm-1-use-0-dose", 2 + k)
        set_slider(other.page, "#field-arm-1-use-0-dose", 6 - k)
    visitor.whole()
    other.whole()
    expect(visitor.page.locator("#outcome-title")).to_have_text("One")
    expect(other.page.locator("#outcome-title")).to_have_text("Two")
    expect(visitor.page.locator("#panel")).to_contain_text("5 g of leaf powder")
    expect(other.page.locator("#panel")).to_contain_text("3 g of leaf powder")
    assert not other.wrong


def test_reload_keeps_the_scenario(visitor: Visit) -> None:
    visitor.bench()
    page = visitor.take(scenario(title="Kept"))
    visitor.whole()
    set_slider(page, "#field-arm-1-use-0-dose", 7.5)
    visitor.whole()
    told = page.locator("#panel .arms").inner_text()
    page.reload()
    visitor.whole()
    expect(page.locator("#outcome-title")).to_have_text("Kept")
    expect(page.locator("#field-arm-1-use-0-dose")).to_have_value("7.5")
    assert page.locator("#panel .arms").inner_text() == told


def test_phone_shows_everything(browser: Browser, explorer: Explorer) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, device_scale_factor=2, has_touch=True, is_mobile=True
    )
    made = visit(context, explorer, "phone")
    for where, waits in (
        ("questions", ".card"),
        ("question/one-cup", "#answer[data-answered]"),
        ("workbench", "#outcome[data-whole]"),
        ("evidence", "#found table"),
        ("claim/C33", "#found[data-answered]"),
    ):
        page = made.go(where)
        page.wait_for_selector(waits)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, where
        made.picture(where.partition("/")[0], full=False)
    page = made.bench()
    page.locator(".side > summary").tap()
    set_slider(page, "#field-arm-1-use-0-dose", 6)
    made.whole()
    page.get_by_role("tab", name="Withdrawal").tap()
    expect(page.locator("#panel .js-plotly-plot").first).to_be_visible()
    context.close()
    assert not made.wrong


def test_saved_scenario_gives_the_command_the_same_numbers(visitor: Visit, tmp_path: Path) -> None:
    visitor.bench()
    page = visitor.take(scenario(title="To be saved", people={"count": 150, "population": "regular_users"}))
    visitor.whole()
    set_slider(page, "#field-arm-1-use-0-dose", 4.5)
    visitor.whole()
    page.get_by_role("tab", name="End points").click()
    on_screen = cells(page, "#panel table")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save scenario").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "to-be-saved.toml"
    assert tomllib.loads(file.read_text())["arm"][1]["use"][0]["dose"] == "4.5 g"
    command = [sys.executable, "-c", "from ketum.cli.main import main; main()", "run", str(file)]
    out = visitor.explorer.runs / "saved"
    subprocess.run([*command, "--out", str(out), "--json"], check=True, capture_output=True)
    reported = visitor.page.context.new_page()
    reported.goto((out / "report.html").as_uri())
    assert cells(reported, "#endpoints table") == on_screen
    reported.close()

    page.get_by_role("button", name="Open …").click()
    page.get_by_role("button", name="saved").click()
    expect(page.locator("#status")).to_have_text("As the run folder holds it.")
    page.get_by_role("tab", name="End points").click()
    assert cells(page, "#panel table") == on_screen
    page.get_by_role("button", name="Open …").click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="report").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("To be saved")
    page.get_by_role("button", name="Close").last.click()


def test_run_folder_is_saved(visitor: Visit, tmp_path: Path) -> None:
    import zipfile

    visitor.bench()
    page = visitor.take(scenario())
    visitor.whole()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the run folder (.zip)").click()
    file = tmp_path / "run.zip"
    download.value.save_as(file)
    with zipfile.ZipFile(file) as archive:
        names = {Path(name).name for name in archive.namelist()}
        assert {"scenario.toml", "results.nc", "endpoints.csv", "provenance.json", "report.html"} <= names
        facts = json.loads(archive.read("run/provenance.json"))
    assert facts["seed"] == 1


def test_reviewer_follows_a_number_to_its_sources(visitor: Visit) -> None:
    visitor.bench()
    page = visitor.take(scenario())
    visitor.whole()
    page.locator("#panel .sources a").first.click()
    page.wait_for_selector("#found[data-answered]")
    expect(page.locator("#found")).to_contain_text("Parameters behind it")
    page.get_by_label("Search statements").fill("vein colour")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#found")).to_contain_text("C14")
    page.get_by_role("link", name="C14").click()
    expect(page.locator("#found .badge").first).to_have_text("contradicted")
    page.go_back()
    expect(page.locator("#found")).to_contain_text("huisman2023")
    page.get_by_label("Search statements").fill("zzzzqqq")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#evidence-mistake")).to_contain_text("not found")
    visitor.wrong[:] = [text for text in visitor.wrong if "422" not in text]
    page = visitor.go("claim/C33")
    page.get_by_role("link", name="year-of-depression").click()
    expect(page.locator("#form").get_by_label("Title")).not_to_have_value("")
    expect(page.locator("#view-workbench")).to_be_visible()


def test_hours_of_a_day_within_months(visitor: Visit) -> None:
    visitor.bench()
    page = visitor.take(scenario())
    visitor.whole()
    page.get_by_role("tab", name="Hour by hour").click()
    expect(page.locator("#panel h3", has_text="Mitragynine").first).to_be_visible()
    page.get_by_label("Two days, hour by hour, from day").fill("13")
    page.get_by_label("Two days, hour by hour, from day").press("Tab")
    expect(page.locator("#panel")).to_contain_text("Withdrawal")
    set_slider(page, "#field-arm-1-use-0-dose", 5)
    visitor.whole()
    expect(page.locator("#panel .js-plotly-plot").first).to_be_visible()
    visitor.picture(full=False)
    page.get_by_role("button", name="Make these days the scenario").click()
    visitor.whole()
    expect(page.get_by_label("Length", exact=True)).to_have_value("15")
    expect(page.get_by_label("One record every")).to_have_value("15 min")


def test_what_is_in_the_form_is_what_is_shown(visitor: Visit) -> None:
    visitor.bench()
    page = visitor.take(scenario())
    visitor.whole()
    name = page.get_by_label("Name", exact=True)
    name.fill("kratom, renamed")
    page.get_by_role("button", name="Duplicate this arm").click(delay=120)  # the form is built anew in between
    expect(name).to_have_value("kratom, renamed (2)")
    how = page.get_by_label("How", exact=True).first
    how.focus()
    how.select_option("as_needed")
    expect(page.get_by_label("At most a day")).to_be_visible()
    expect(page.get_by_label("How", exact=True).first).to_be_focused()
    visitor.whole()
    drawn = (
        "[...document.querySelectorAll('#panel details .plot.js-plotly-plot')]"
        ".flatMap((place) => place.data.map((trace) => trace.y?.bdata ?? '')).join()"
    )
    page.get_by_role("tab", name="Further outputs").click()
    folded = page.locator("#panel details > summary").first
    folded.click()
    page.wait_for_selector("#panel details .plot.js-plotly-plot")
    before = page.evaluate(f"() => {drawn}")
    folded.click()
    set_slider(page, "#field-arm-2-use-0-dose", 9)
    visitor.whole()
    folded.click()
    page.wait_for_function(f"(before) => {drawn} !== before", arg=before)


def test_saving_a_run_folder_leaves_the_right_result(visitor: Visit) -> None:
    visitor.bench()
    page = visitor.take(scenario())
    visitor.whole()
    page.get_by_label("Length", exact=True).fill("40")
    with page.expect_download():
        page.get_by_role("button", name="Save the run folder (.zip)").click()
    visitor.whole()
    expect(page.locator("#head")).to_contain_text("40 days")


def test_what_the_form_cannot_show_is_kept_and_told(visitor: Visit) -> None:
    visitor.bench()
    use = [
        {"product": "leaf_powder", "dose": "3 g", "every": "8 h", "content": "20 mg/g", "for": "2 wk"},
        {"stop": True},
    ]
    treated = [{"name": "cbt", "adherence": 0.5}]
    page = visitor.take(
        scenario(arm=[{"name": "one", "use": use, "treatments": treated}], monitoring={"every": "1 wk"})
    )
    visitor.whole()
    for told in ('content = "20 mg/g"', "adherence = 0.5", 'monitoring = {"every":"1 wk"}'):
        expect(page.locator("#form .note", has_text=told)).to_be_visible()
    set_slider(page, "#field-arm-0-use-0-dose", 4)
    visitor.whole()
    page.get_by_role("button", name="Show as file").click()
    expect(page.locator("#text")).not_to_have_value("")
    written = tomllib.loads(page.locator("#text").input_value())
    assert written["arm"][0]["use"][0] == {**use[0], "dose": "4 g"}
    assert written["arm"][0]["treatments"] == treated
    assert written["monitoring"] == {"every": "1 wk"}
    page.get_by_role("button", name="Close").click()


def test_keyboard_alone_is_enough(visitor: Visit) -> None:
    page = visitor.bench()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "field-arm-1-use-0-dose":
            break
    expect(page.locator(":focus")).to_have_attribute("type", "range")
    page.keyboard.press("ArrowRight")
    visitor.whole()
    expect(page.locator("#panel")).to_contain_text("4.5 g of leaf powder")
    page.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Compare arms")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Hour by hour")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_that_axe_can_find(browser: Browser, explorer: Explorer, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 1360, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    made = visit(context, explorer, f"axe-{scheme}")
    found = []
    for where, waits, tabs in (
        ("questions", ".card", ()),
        ("question/depression", "#answer[data-answered]", ()),
        ("workbench", "#outcome[data-whole]", ("summary", "between", "withdrawal", "endpoints", "basis")),
        ("claim/C33", "#found[data-answered]", ()),
        ("evidence/theta", "#found[data-answered]", ()),
    ):
        page = made.go(where)
        page.wait_for_selector(waits)
        for tab in tabs or ("",):
            if tab:
                page.locator(f"#tab-{tab}").click()
            page.wait_for_timeout(300)
            found += [(where, tab, v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]]
        made.picture(where.partition("/")[0], full=False)
    context.close()
    assert not found
    assert not made.wrong


def test_page_prints(visitor: Visit) -> None:
    page = visitor.go("question/stop-or-taper")
    page.wait_for_selector("#answer[data-answered]")
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()
    assert len(page.pdf(format="A4")) > 20_000
    visitor.picture()
