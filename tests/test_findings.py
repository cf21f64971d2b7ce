"""Safety findings: every rule fires where it applies and not beside it, with source and date, and changes no number."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import fields
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ketum.claims import accompany
from ketum.claims.behaviour import advice
from ketum.claims.check import compute
from ketum.cli.main import main
from ketum.engine.collected import Collected
from ketum.errors import EvidenceError
from ketum.evidence import load_medicines, load_parameters, load_rows, load_sources, medicine_flags
from ketum.evidence.records import SEVERITIES
from ketum.evidence.safety import (
    CONDITION_KINDS,
    concerns,
    figure,
    legal_places,
    rules_of_medicine,
    safety_conditions,
    safety_rules,
    table_checked,
)
from ketum.evidence.tables import shipped
from ketum.findings import Finding, find
from ketum.findings.outcomes import outcome
from ketum.reports.page import write_report
from ketum.results.folder import FINDINGS_COLUMNS
from ketum.running import run
from ketum.scenario import load_scenario
from ketum.scenario.model import Context
from report_pages import source, words
from run_folders import differing

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
TEA = 'use = [{ product = "leaf_tea", dose = "2 g", times = 1 }]'
DAILY = 'use = [{ product = "leaf_powder", dose = "4 g", per_day = 3, for = "4 wk" }, { stop = true }]'
ON = 'use = [{ product = "leaf_powder", dose = "4 g", per_day = 3 }]'


def text(
    *arms: str, more: str = "", count: int = 16, experience: str = "0 d", length: str = "8 wk", every: str = "1 d"
) -> str:
    """A scenario with these arms, named 1, 2, ..."""
    told = "".join(f'[[arm]]\nname = "{k}"\n{arm}\n' for k, arm in enumerate(arms, 1))
    people = f'[people]\ncount = {count}\npopulation = "healthy_adults"\nexperience = "{experience}"\n'
    return f'seed = 3\n{people}{more}\n{told}[record]\nfor = "{length}"\nevery = "{every}"\n'


def found(folder: Path, scenario: str) -> dict[str, Finding]:
    """Findings by rule (the last one of each), from the scenario alone."""
    path = folder / "scenario.toml"
    path.write_text(scenario, encoding="utf-8")
    return {finding.rule: finding for finding in find(load_scenario(path))}


def beside(use: str, name: str, more: str = "") -> str:
    return f'{use}\nmedicines = [{{ name = "{name}"{more} }}]'


def treated(use: str, name: str, more: str = "") -> str:
    return f'{use}\ntreatments = [{{ name = "{name}"{more} }}]'


OPIOID = ', dose = "10 mg", per_day = 2'
LATE = ', from = "5 d"'
"""Four days after the day of one cup of tea."""
CASES: list[tuple[str, str, str, str]] = [
    # rule, what it is, a scenario that meets it, a near one that does not
    ("R01", "benzodiazepine", text(beside(TEA, "Valium")), text(beside(TEA, "omeprazole"))),
    ("R01", "alcohol", text(beside(TEA, "alcohol")), text(beside("", "alcohol"))),
    ("R01", "gabapentinoid", text(beside(TEA, "pregabalin")), text(beside(TEA, "pregabalin", LATE))),
    ("R01", "morphine", text(beside(TEA, "morphine", OPIOID)), text(beside(TEA, "morphine", OPIOID + LATE))),
    ("R01", "methadone", text(beside(TEA, "methadone", OPIOID)), text(beside("", "methadone", OPIOID))),
    ("R01", "buprenorphine", text(beside(TEA, "buprenorphine", OPIOID)), text(beside(TEA, "naloxone", OPIOID))),
    (
        "R01",
        "morphine after the run-in",
        text('use = [{ product = "morphine", dose = "10 mg", times = 1 }]', experience="28 d"),
        text('use = [{ product = "morphine", dose = "10 mg", times = 1 }]'),
    ),
    ("R01", "substitution", text(treated(ON, "substitution")), text(treated(ON, "cbt"))),
    (
        "R01",
        "hidden opioid",
        text(ON.replace("per_day", 'hidden_opioid = { name = "morphine", dose = "5 mg" }, per_day')),
        text(ON),
    ),
    ("R02", "quetiapine", text(beside(TEA, "Seroquel")), text(beside(TEA, "olanzapine"))),
    ("R03", "venlafaxine", text(treated(TEA, "venlafaxine")), text(treated("", "venlafaxine"))),
    ("R03", "serotonergic", text(beside(TEA, "sumatriptan")), text(beside(TEA, "alprazolam"))),
    ("R04", "MAO inhibitor", text(beside(TEA, "Nardil")), text(beside(TEA, "sertraline"))),
    (
        "R04",
        "MAO inhibitor two weeks before",
        text(beside(TEA, "phenelzine", ', from = "2 wk"')),
        text(beside(TEA, "phenelzine", ', from = "3 wk"')),
    ),
    ("R05", "long QT", text(TEA, more="[context]\nheart_rhythm = true"), text(TEA)),
    ("R05", "QT-prolonging medicine", text(beside(TEA, "citalopram")), text(beside(TEA, "sertraline"))),
    ("R06", "liver disease", text(TEA, more="[context]\nliver_disease = true"), text(TEA)),
    ("R06", "liver medicine", text(beside(TEA, "valproate")), text(beside(TEA, "lamotrigine"))),
    ("R07", "pregnancy", text(TEA, more="[context]\npregnancy = true"), text("", more="[context]\npregnancy = true")),
    ("R07", "breast-feeding", text(TEA, more="[context]\nbreast_feeding = true"), text(TEA)),
    ("R08", "tablet", text('use = [{ product = "7oh_tablet", dose = "1 tablet", times = 1 }]'), text(TEA)),
    ("R08", "added 7-OH", text(TEA.replace("times", 'added_7oh = "2 mg/g", times')), text(TEA)),
    ("R09", "seizures", text(TEA, more="[context]\nseizures = true"), text(TEA)),
    ("R09", "threshold", text(beside(TEA, "bupropion")), text(beside(TEA, "mirtazapine"))),
    ("R10", "stop", text(DAILY), text(DAILY.replace("stop = true", 'taper_over = "2 wk"'))),
    ("R10", "stop after a week", text(DAILY, experience="14 d"), text(DAILY.replace("4 wk", "1 wk"))),
    ("R10", "stop of the run-in", text("use = [{ stop = true }]", experience="28 d"), text("use = [{ stop = true }]")),
    (
        "R10",
        "from daily to weekends",
        text('use = [{ product = "leaf_powder", dose = "4 g", per_day = 1, on_days = ["sat"] }]', experience="28 d"),
        text('use = [{ product = "leaf_powder", dose = "4 g", per_day = 1, on_days = ["sat"] }]'),
    ),
    ("R10", "stop within the record", text(DAILY), text(DAILY, length="4 wk")),
    ("R10", "left to the person", text(DAILY, experience="28 d"), text('use = "natural"', experience="28 d")),
    (
        "R11",
        "naltrexone in regular use",
        text(beside(ON, "naltrexone", OPIOID + ', from = "3 wk"')),
        text(beside(TEA, "naltrexone", OPIOID)),
    ),
    (
        "R11",
        "buprenorphine after the run-in",
        text(beside(TEA, "buprenorphine", OPIOID), experience="28 d"),
        text(beside(TEA, "buprenorphine", OPIOID)),
    ),
    (
        "R11",
        "naloxone before use is regular",
        text(beside(ON, "naloxone", OPIOID)),
        text(beside(ON, "naloxone", OPIOID + ', for = "1 wk"')),
    ),
    ("R11", "substitution", text(treated(ON, "substitution")), text(treated(TEA, "substitution"))),
    ("R12", "narrow margin", text(beside(TEA, "nortriptyline")), text(beside(TEA, "warfarin"))),
    ("R13", "first pass", text(beside(TEA, "midazolam")), text(beside(TEA, "diazepam"))),
    ("R14", "inhibitor", text(beside(TEA, "ketoconazole")), text(beside(TEA, "terbinafine"))),
    ("R14", "inducer", text(beside(TEA, "rifampin")), text(beside("", "rifampin"))),
    ("R16", "leaf daily", text(ON), text(TEA)),
    (
        "R16",
        "run-in",
        text(TEA, experience="28 d"),
        text(ON.replace("leaf_powder", "extract").replace("4 g", "200 mg")),
    ),
    ("R17", "driving", text(TEA, more="[context]\ndriving = true"), text(TEA)),
    ("R17", "drowsy", text(beside(TEA, "diphenhydramine")), text(beside(TEA, "citalopram"))),
    ("R18", "law", text(TEA, more='[context]\njurisdiction = "Thailand"'), text(TEA)),
    ("R22", "warfarin", text(beside(TEA, "warfarin")), text(beside(TEA, "metoprolol"))),
    ("R23", "terbinafine", text(beside(TEA, "terbinafine")), text(beside(TEA, "ketoconazole"))),
    ("R19", "minors", text(TEA, more="[context]\nage_under_18 = true"), text(TEA)),
]


@pytest.mark.parametrize(("rule", "what", "fires", "near"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES])
def test_a_rule_fires_where_it_applies_and_not_beside_it(
    tmp_path: Path, rule: str, what: str, fires: str, near: str
) -> None:
    del what
    finding = found(tmp_path, fires)[rule]
    assert finding.severity == safety_rules()[rule].severity
    assert rule not in found(tmp_path, near)


# the tables


def test_every_rule_has_a_condition_that_is_tried_here() -> None:
    assert {condition.rule for condition in safety_conditions()} == set(safety_rules())
    of_results = {c.rule for c in safety_conditions() if c.kind in ("trait", "survey", "exposure")}
    assert {case[0] for case in CASES} | of_results == set(safety_rules())
    assert {condition.kind for condition in safety_conditions()} == set(CONDITION_KINDS)


def test_every_rule_and_legal_row_has_a_source_and_a_date() -> None:
    for rule in safety_rules().values():
        assert all(key.strip() in load_sources() for key in rule.source.split(";"))
        assert date(2026, 1, 1) <= rule.checked <= table_checked()
    for row in load_rows("legal"):
        assert row.source
        assert row.checked
    assert table_checked() == date(2026, 11, 22)


def test_figures_are_those_of_the_rows_they_rest_on() -> None:
    by_rule = {(c.rule, c.kind): c for c in safety_conditions()}
    assert figure(by_rule["R20", "exposure"]) == (3300.0, "ng/mL")  # mata2023, peripheral blood
    assert figure(by_rule["R21", "exposure"]) == (230.0, "ng/mL")  # mcintyre2015: 0.23 mg/L
    rise = next(c for c in safety_conditions() if c.of == "phq9_risen")
    assert figure(rise) == (load_parameters("rules").value("monitor_rise"), "PHQ-9 points")


def test_the_flags_of_a_medicine_and_its_rules_do_not_contradict_each_other() -> None:
    flags = medicine_flags()
    for flag in flags.values():
        if flag.rule:
            assert flag.severity == safety_rules()[flag.rule].severity, flag.name
    for medicine in load_medicines().values():
        rules = {rule.id for rule in rules_of_medicine(medicine)}
        told = {flags[name].rule for name in medicine.flags} - {""}
        assert told <= rules, medicine.name


def test_a_place_within_another_has_the_rows_of_both() -> None:
    rows = [row.jurisdiction for row in legal_places()["Sarasota County"]]
    assert rows[0] == "Sarasota County FL"
    assert {"Florida", "United States (federal)"} <= set(rows)
    assert all(row.jurisdiction.startswith("Thailand") for row in legal_places()["Thailand"])


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("rule", "R99", "give a rule of safety_rules.csv"),
        ("kind", "weather", "give one of medicine"),
        ("of", "flag:breathin", "nearest known: 'breathing'"),
        ("of", "colour:red", "give flag:..."),
        ("rests_on", "", "a number rests on"),
        ("rests_on", "pk-9999", "give an observation, a parameter or a source"),
        ("within_d", "soon", "give a finite number"),
        ("words", "", "a text is required"),
    ],
)
def test_a_wrong_condition_is_refused_with_its_cell(tmp_path: Path, column: str, cell: str, said: str) -> None:
    rows = list(csv.DictReader(shipped("safety_conditions.csv").read_text(encoding="utf-8").splitlines()))
    rows[0][column] = cell
    path = tmp_path / "mine.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    with pytest.raises(EvidenceError, match=re.escape(said)) as caught:
        safety_conditions(path)
    assert f"mine.csv, row 2, column '{column}'" in str(caught.value)


def test_a_rule_without_a_condition_is_refused(tmp_path: Path) -> None:
    lines = shipped("safety_conditions.csv").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(line for line in lines if not line.startswith("R08")) + "\n", encoding="utf-8")
    with pytest.raises(EvidenceError, match="rule R08 has no condition"):
        safety_conditions(path)


# what a finding says


def every_finding(folder: Path) -> list[Finding]:
    """All findings of all cases."""
    path = folder / "scenario.toml"
    everything = []
    for case in CASES:
        path.write_text(case[2], encoding="utf-8")
        everything += find(load_scenario(path))
    return everything


def test_no_finding_names_an_amount_to_take_or_gives_advice(tmp_path: Path) -> None:
    for finding in every_finding(tmp_path):
        assert advice(finding.text) == []
        assert not re.search(r"\d ?(?:g|mg|grams?|tablets?)\b", finding.text), finding.text
        assert "{" not in finding.text
        assert finding.source
        assert finding.checked
        assert set(finding.row()) == set(FINDINGS_COLUMNS)


def test_the_most_serious_come_first_and_arms_are_joined(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    arms = (beside(TEA, "valium"), "", beside(TEA, "diazepam"), beside(TEA, "lorazepam"), DAILY)
    path.write_text(text(*arms, more='[context]\npregnancy = true\njurisdiction = ["Thailand", "Malaysia"]'))
    told = find(load_scenario(path))
    ranks = [SEVERITIES.index(finding.severity) for finding in told]
    assert all(one >= other for one, other in pairwise(ranks))
    breathing = {finding.arm: finding.text for finding in told if finding.rule == "R01"}
    assert breathing.keys() == {"1; 3", "4"}
    assert breathing["1; 3"].startswith("Diazepam beside kratom. Sedation")
    assert [finding.arm for finding in told if finding.rule == "R07"] == ["1; 3; 4; 5"]
    law = [finding for finding in told if finding.rule == "R18"]
    assert [finding.arm for finding in law] == ["", "", ""]
    assert law[0].text.startswith("Thailand, since 2021-08-24: Banned 1943; removed from narcotics list")
    assert {finding.source for finding in law} == {"law-firm alerts", "law-firm alert", "web pages; year from memory"}


def test_names_that_meet_a_rule_in_one_way_are_listed(tmp_path: Path) -> None:
    both = f'{TEA}\nmedicines = [{{ name = "valium" }}, {{ name = "alcohol" }}]'
    assert found(tmp_path, text(both))["R01"].text.startswith("Diazepam and alcohol beside kratom. ")
    long = found(tmp_path, text(DAILY, experience="28 d"))["R10"].text
    assert long.startswith("8 weeks of daily use that ends suddenly. ")


def test_an_event_table_is_followed_person_by_person(tmp_path: Path) -> None:
    table = 'product = "leaf_powder"\nevents = """\nID TIME AMT II ADDL\n{}\n"""\n'
    one = text(table.format("1 0 50 24 20"))
    assert found(tmp_path, one)["R10"].text.startswith("3 weeks of daily use")
    apart = text(table.format("1 0 50 24 9\n2 240 50 24 9"))
    assert "R10" not in found(tmp_path, apart)


# what comes out of a run


class Ran:
    """End points of single persons, made by hand: two arms in two settings."""

    def __init__(self, columns: Mapping[str, list[float]]) -> None:
        self.values = columns
        self.columns = list(columns)
        arms = [SimpleNamespace(name=name, never_used=name == "never", takes_kratom=True) for name in ("never", "use")]
        settings = [SimpleNamespace(name=name) for name in ("null", "harm")]
        body = SimpleNamespace(value=lambda symbol: {"MW_MG": 400.0}[symbol])
        self.experiment: Any = SimpleNamespace(
            arms=arms,
            settings=settings,
            run_in=None,
            over_days=True,
            cohort=SimpleNamespace(tables=SimpleNamespace(body=body)),
            label=lambda setting, arm: f"{arm}, {setting.name}",
        )

    def column(self, name: str) -> np.ndarray:
        return np.array(self.values[name])


def told(columns: Mapping[str, list[float]], rule: str, kind: str) -> tuple[str, dict[str, tuple[float, float]]] | None:
    condition = next(c for c in safety_conditions() if c.rule == rule and c.kind == kind)
    return outcome(condition, Ran(columns))


def test_shares_of_persons_are_told_by_arm_from_setting_to_setting() -> None:
    rises = {
        "never, null|phq9_risen": [0.0, 0.0, 0.0, 1.0],
        "never, harm|phq9_risen": [0.0, 0.0, 0.0, 1.0],
        "use, null|phq9_risen": [0.0, 1.0, 0.0, 1.0],
        "use, harm|phq9_risen": [1.0, 1.0, 1.0, 0.0],
    }
    assert told(rises, "R15", "survey") == (
        "PHQ-9 at some visit 5 points or more above the first: 25% (never) and 50% to 75% (use) of persons",
        {"never": (0.25, 0.25), "use": (0.5, 0.75)},
    )
    assert told({name: [0.0] * 4 for name in rises}, "R15", "survey") is None
    assert told({}, "R15", "survey") is None


def test_exposure_is_compared_in_one_unit() -> None:
    # 3300 ng/mL / 400 g/mol x 1000 = 8250 nM
    cells = [f"{arm}, {setting}|mitragynine_highest" for arm in ("never", "use") for setting in ("null", "harm")]
    above = {cell: [8251.0, 8249.0, 8250.0, 0.0] if "use" in cell else [0.0] * 4 for cell in cells}
    assert told(above, "R20", "exposure") == (
        "24-hour mean of plasma mitragynine above 3,300 ng/mL in 25% (use) of persons",
        {"use": (0.25, 0.25)},
    )
    assert told(dict.fromkeys(cells, [8249.0] * 4), "R20", "exposure") is None


def test_a_trait_is_told_of_arms_with_kratom_only() -> None:
    traits = {"alcohol_use_disorder": [1.0, 0.0, 0.0, 0.0]}
    assert told(traits, "R06", "trait") == (
        "an alcohol use disorder in 25% of the simulated people",
        {"use": (0.25, 0.25)},
    )
    assert told({"alcohol_use_disorder": [0.0] * 4}, "R06", "trait") is None


CONTEXT = '[context]\njurisdiction = "Texas"\n' + "".join(
    f"{key.name} = true\n" for key in fields(Context) if key.name != "jurisdiction"
)
RUN = text("", beside(ON, "valium"), count=64, length="10 wk", more='[monitoring]\nevery = "2 wk"\n')


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The same scenario with and without a context."""
    folder = tmp_path_factory.mktemp("findings")
    made = {}
    for name, more in (("bare", ""), ("context", CONTEXT)):
        path = folder / f"{name}.toml"
        path.write_text(RUN.replace("[monitoring]", f"{more}[monitoring]"), encoding="utf-8")
        made[name] = run(path, folder / name, workers=1)
    return made


def test_no_key_of_the_context_changes_a_bit(runs: dict[str, Any]) -> None:
    assert differing(runs["context"].folder, runs["bare"].folder) == []
    more = {f.rule for f in runs["context"].findings} - {f.rule for f in runs["bare"].findings}
    assert {"R05", "R07", "R09", "R18", "R19"} <= more


def test_the_folder_holds_what_is_found(runs: dict[str, Any]) -> None:
    for done in runs.values():
        with (done.folder / "findings.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert rows == [finding.row() for finding in done.findings]
        assert {"safety_checked", "tables_sha256"} <= json.loads((done.folder / "provenance.json").read_text()).keys()


def test_shares_of_a_run_are_those_of_its_persons(runs: dict[str, Any]) -> None:
    import pandas as pd

    done = runs["bare"]
    persons = pd.read_csv(done.folder / "persons.csv")
    finding = next(f for f in done.findings if f.rule == "R15")
    arms = ("1", "2")
    risen, ninth = ([persons[f"{name} [{arm}]"].mean() for arm in arms] for name in ("phq9_risen", "item_9_any"))
    assert finding.share == max(*risen, *ninth)
    assert all(f"{100 * share:.0f}%" in finding.text for share in (*risen, *ninth))
    # an alert of the monitoring is a rise at a later visit
    alerted = persons["monitor_positive [2]"].notna() | (persons["monitor_false_per_year [2]"] > 0)
    assert set(persons.loc[alerted, "phq9_risen [2]"]) <= {1.0}
    assert (persons["mitragynine_highest [1]"] == 0).all()
    assert (persons["mitragynine_highest [2]"] > 0).all()


def test_the_report_shows_findings_first_with_their_sources(runs: dict[str, Any]) -> None:
    folder = runs["context"].folder
    page, html = words(folder), source(folder)
    assert "Safety table last checked on 2026-11-22." in page
    assert html.index('class="finding danger"') < html.index('class="finding caution"') < html.index('id="summary"')
    for finding in runs["context"].findings:
        assert " ".join(finding.text.split()) in page, finding.rule
    assert "Source: Olsen et al. 2019 (observation of people, seen in the text; looked at on 2026-11-22)" in page
    assert "Source: Assumption" not in page
    assert "general pharmacology, source not checked; table of 2026-11-22" in page
    cautions = [finding for finding in runs["context"].findings if finding.severity == "caution"]
    assert html.count('class="finding caution"') == len(cautions) > 3
    assert html.index('<details class="folded cautions">') < html.index('class="finding caution"')


def test_a_rule_from_memory_is_never_shown_as_evidence_on_kratom(tmp_path: Path) -> None:
    (tmp_path / "mao.toml").write_text(text(beside(TEA, "phenelzine"), length="2 d"), encoding="utf-8")
    done = run(tmp_path / "mao.toml", tmp_path / "mao", workers=1)
    page = words(done.folder)
    at = page.index("Phenelzine within 14 days of kratom")
    assert "(general pharmacology, source not checked; table of" in page[at : at + 300]
    rows = [row.split(",") for row in (done.folder / "findings.csv").read_text().splitlines()]
    assert "recall" in next(row for row in rows if "R04" in row)
    write_report(done.folder)
    assert words(done.folder) == page


def test_a_run_without_findings_says_so(tmp_path: Path) -> None:
    (tmp_path / "none.toml").write_text(text("", length="2 d", every="1 h"), encoding="utf-8")
    done = run(tmp_path / "none.toml", tmp_path / "none", workers=1)
    assert done.findings == ()
    page = words(done.folder)
    assert "No rule of the safety table applies to this scenario and its result" in page
    assert "That does not mean that what is simulated here is safe." in page


def ketum(path: Path, *arguments: str) -> str:
    """Run a scenario by the command, in a process of its own."""
    door = "from ketum.cli.main import main; main()"
    command = [sys.executable, "-c", door, "run", str(path), "--out", str(path.parent / "out"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_document_shows_what_the_command_prints_and_names_all_keys(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(toml|text)\n(.*?)```", document, re.DOTALL))
    path = tmp_path / "document.toml"
    path.write_text(blocks["toml"], encoding="utf-8")
    assert blocks["text"] in ketum(path)
    names = (*CONDITION_KINDS, *(key.name for key in fields(Context)), *FINDINGS_COLUMNS)
    assert [name for name in names if f"`{name}`" not in document] == []


def test_the_terminal_tells_dangers_and_warnings_and_counts_cautions(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    more = '[context]\njurisdiction = "Malaysia"\npregnancy = true'
    path.write_text(text(beside(TEA, "valium"), more=more, length="2 d"), encoding="utf-8")

    lines = ketum(path).splitlines()
    assert "Danger: Diazepam beside kratom: sedation and slowed breathing can add up" in lines
    assert "Danger: Pregnancy: newborns of daily users had withdrawal" in lines
    rows = json.loads(ketum(path, "--json"))["findings"]
    assert {row["rule"] for row in rows} >= {"R01", "R07", "R18"}
    cautions = sum(row["severity"] == "caution" for row in rows)
    assert f"{cautions} cautions; safety findings with their sources stand in the report." in lines


def test_shipped_examples_have_the_findings_that_apply() -> None:
    rules = {
        path.stem: {(finding.rule, finding.arm) for finding in find(load_scenario(path))}
        for path in sorted(EXAMPLES.glob("*.toml"))
    }
    assert rules["single-dose"] == set()
    assert {("R10", "use, then stop"), ("R16", "use, then stop; use, then taper")} <= rules["use-then-stop"]
    assert ("R03", "sertraline and kratom") in rules["self-medication"]
    assert ("R08", "7-OH tablets daily") in rules["intermittent"]


def test_columns_of_traits_and_surveys_exist(runs: dict[str, Any]) -> None:
    header = (runs["bare"].folder / "persons.csv").read_text(encoding="utf-8").splitlines()[0]
    for condition in safety_conditions():
        if condition.kind in ("trait", "survey"):
            assert condition.of in header
        if condition.kind == "exposure":
            assert f"{condition.of}_highest" in header
        if condition.kind == "context":
            assert hasattr(Context(), condition.of)
        if condition.kind.startswith("medicine") and not condition.of.startswith("treatment"):
            assert any(concerns(condition, medicine) for medicine in load_medicines().values()), condition.of


def test_collected_rows_are_what_findings_read() -> None:
    assert {"experiment", "columns", "column"} <= set(dir(Collected)) | set(Collected.__annotations__)


# claims C08 and C09


def test_results_come_with_their_findings_and_a_tool_that_hid_them_would_be_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accompany, "scenario_names", lambda: ("side-effects",))
    rows = {(row.arm, row.rule) for row in accompany.combinations()}
    assert {rule for _, rule in rows} == {c[0] for c in CASES} - {"R02", "R12", "R13", "R14", "R19", "R22", "R23"}

    def door(arguments: Sequence[str]) -> tuple[int, str]:
        told = io.StringIO()
        monkeypatch.setattr(sys, "argv", ["ketum", *arguments])
        with redirect_stdout(told), pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), told.getvalue()

    def forgetful(arguments: Sequence[str]) -> tuple[int, str]:
        """It runs, and leaves the first finding out of the table."""
        code, told = door(arguments)
        file = Path(arguments[arguments.index("--out") + 1]) / "findings.csv"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(line for line in lines if "R01" not in line), encoding="utf-8")
        return code, told

    kept = accompany.findings_accompany(door)
    assert len(kept) == len(accompany.combinations()) + 1
    assert kept == dict.fromkeys(kept, True)
    missed = [words for words, went in accompany.findings_accompany(forgetful).items() if not went]
    assert missed == [f"told: {row.words}" for row in accompany.combinations() if row.rule == "R01" and row.told]
    assert set(accompany.findings_accompany(lambda _: (0, "")).values()) == {False}


def test_claims_on_safety_and_law_have_verdicts_of_their_own() -> None:
    ledger = compute(run, lambda _: (0, ""), ids=["C08", "C09"])  # type: ignore[arg-type]
    silent, law = ledger.records
    assert silent.verdict == "contradicted"  # a tool that tells nothing
    assert law.verdict == "supported"
    area = next(part for part in law.parts if part.name == "area")
    assert all("looked up 2026-11-22" in row.words for row in area.rows)
    assert not next(row for row in area.rows if row.id == "legal:United Kingdom").counts  # from memory
