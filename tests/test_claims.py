"""The claims ledger: every statement has a record, no verdict is typed, and what decides a verdict changes it."""

from __future__ import annotations

import html
import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ketum.claims import VERDICTS, Ledger, current_key, kept_ledger, rules, shipped_ledger, store
from ketum.claims.behaviour import Answer, advice, no_dose_is_recommended, page_text
from ketum.claims.check import compute
from ketum.claims.cite import citations
from ketum.claims.emulated import RESAMPLES, Emulated, Fits, larger, study_series
from ketum.claims.evidence_rows import evidence_row, matching
from ketum.claims.model import REPLICATES, EvidenceRow, Values, as_json, from_json
from ketum.claims.plan import Direction, Evidence, NoneFound, Quantity, RowPlan, Within, read_plan, shipped_plan
from ketum.claims.quantities import lasting
from ketum.claims.rules import combine, direction, evidence, none_found, reaches, settings, within
from ketum.claims.scenarios import scenario_file, scenario_names, scenario_text
from ketum.claims.search import asked_ids, matching_records
from ketum.claims.studies import study_file, study_names, study_text
from ketum.cli.claims import ask
from ketum.cli.main import main
from ketum.errors import EvidenceError
from ketum.evidence import load_rows, load_sources
from ketum.reports.claims import claims_page
from ketum.running import run
from ketum.scenario import load_scenario
from ketum.studies.load import load_study
from ketum.studying import study

OPEN = "not answerable from the evidence"
SMALL = {"people": 32, "draws": 4, "workers": 1}


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    shipped = shipped_ledger()
    assert shipped is not None
    return shipped


@pytest.fixture(scope="session")
def page(ledger: Ledger) -> str:
    return claims_page(ledger)


def same(one: Ledger | None, other: Ledger) -> bool:
    """Whether two ledgers hold the same, those numbers that are none included."""
    return one is not None and store.to_text(one) == store.to_text(other)


# the ledger that ships


def test_the_list_of_verdicts_is_closed() -> None:
    assert VERDICTS == ("supported", "partly supported", "contradicted", "citation not found", OPEN)


def test_every_claim_has_its_record(ledger: Ledger) -> None:
    claims = load_rows("claims")
    assert len(claims) == 41
    assert [(r.id, r.claim, r.kind) for r in ledger.records] == [(c.id, c.claim, c.kind) for c in claims]


def test_every_claim_has_a_computed_verdict(ledger: Ledger) -> None:
    for record in ledger.records:
        assert record.verdict in VERDICTS
        assert record.verdict == combine([part.verdict for part in record.parts]), record.id
        assert any(part.verdict is not None for part in record.parts), record.id
        assert record.reason.endswith(".")
        assert record.checked
        assert record.would_change


def test_no_verdict_of_a_part_is_typed(ledger: Ledger) -> None:
    """Each follows by its rule from the figure or the rows that stand beside it."""
    plan, judged = shipped_plan(), 0
    for record in ledger.records:
        for part in record.parts:
            rule = next(p.rule for p in plan.of(record.id).part if p.name == part.name)
            if isinstance(rule, Evidence):
                assert evidence(part.rows).verdict == part.verdict
                assert [row.id for row in part.rows] == [row.id for row in rule.rows]
            elif isinstance(rule, Direction | Within):
                figure = record.figure(part.figure)
                ways = {"direction": lambda v, *r: direction(v[0], *r), "settings": settings, "reaches": reaches}
                if isinstance(rule, Within):
                    found = within(figure.values, rule.low, rule.high, plan.rules.enough)
                else:
                    found = ways[rule.kind](figure.values, rule.bound, rule.side, plan.rules.enough)
                assert found.verdict == part.verdict, (record.id, part.name)
                assert found.share == pytest.approx(part.share, abs=1e-5)
            else:
                continue
            judged += 1
    assert judged > 60


def test_the_shipped_records_belong_to_the_shipped_tables(ledger: Ledger) -> None:
    """If this fails: ketum claims --run --out src/ketum/claims/ledger.json"""
    assert ledger.key == current_key()
    assert same(kept_ledger(), ledger)


def test_the_ledger_survives_its_file(ledger: Ledger) -> None:
    again = json.loads(store.to_text(ledger), object_hook=store._numbers)
    assert same(from_json(again), ledger)
    assert same(from_json(as_json(ledger)), ledger)


def test_figures_of_settings_and_sets_are_complete(ledger: Ledger) -> None:
    for record in ledger.records:
        for figure in record.figures:
            sizes = {len(values.sets) for values in figure.values}
            ranges = {REPLICATES: RESAMPLES, "resamples of the simulated people": 200, "parameter sets": ledger.draws}
            wanted = 0 if "causal graph" in figure.label else ranges[figure.over]
            assert sizes == {wanted}, (record.id, figure.name)
            assert figure.label
            assert figure.scenario
    long_run = next(r for r in ledger.records if r.id == "C01").figure("long")
    assert [v.setting for v in long_run.values] == ["null", "pharmacology", "harm", "benefit", "mixed"]
    assert long_run.values[0].table == 0.0
    assert set(long_run.values[0].sets) == {0.0}, "in the null setting severity is exactly that without kratom"


def test_long_run_statements_are_judged_in_all_settings(ledger: Ledger) -> None:
    """No verdict rests on one causal setting where severity in the long run is claimed."""
    for id_ in ("C01", "C02", "C21", "C25", "C31", "C32", "C34", "C36", "C37", "C40", "C41"):
        rules_of = {part.rule for part in ledger.record(id_).parts}
        assert "settings" in rules_of, id_
    for id_ in ("C01", "C02", "C34", "C37", "C40"):
        assert ledger.record(id_).verdict == OPEN


def test_words_stay_neutral(ledger: Ledger) -> None:
    wrong = re.compile(r"\b(you should|we recommend|recommended dose|is safe|cures?|heals?|proven)\b", re.IGNORECASE)
    for record in ledger.records:
        own = " ".join([record.reason, record.checked, record.would_change, *(p.finding for p in record.parts)])
        assert not wrong.search(own.replace('dose = "recommended"', "")), record.id


# evidence


def test_rows_from_memory_and_hearsay_never_carry_a_verdict(ledger: Ledger) -> None:
    rows = [row for record in ledger.records for part in record.parts for row in part.rows]
    assert len(rows) > 100
    assert any(row.verified == "recall" for row in rows), "there are such rows"
    assert any(row.grade == "hearsay" for row in rows)
    assert not any(row.counts for row in rows if row.verified == "recall" or row.grade == "hearsay")


def test_no_page_of_the_web_is_graded_as_a_study(ledger: Ledger) -> None:
    for record in ledger.records:
        for part in record.parts:
            for row in part.rows:
                if "[not a study" in row.words:
                    assert row.grade == "hearsay", row.id


def test_cited_papers_were_looked_up(ledger: Ledger) -> None:
    for id_ in ("C03", "C04", "C05"):
        assert not citations()[id_].found
        assert ledger.record(id_).verdict == "citation not found"
    assert all(entry.nearest in load_sources() for entry in citations().values())


def test_a_filter_that_should_find_nothing_can_find_something() -> None:
    tables = ("associations", "treatments")
    some = NoneFound(kind="none found", tables=tables, patterns=("kratom", "depress|mood"), why="control")
    found, looked = matching(some)
    assert 0 < len(found) < looked
    assert none_found(len(found)).verdict == "contradicted"
    for id_ in ("C21", "C23"):
        rule = next(p.rule for p in shipped_plan().of(id_).part if isinstance(p.rule, NoneFound))
        assert matching(rule)[0] == []


def test_an_unknown_row_is_refused_with_the_nearest() -> None:
    with pytest.raises(EvidenceError, match=r"'products-0577' is in no table; nearest known: 'products-057'"):
        evidence_row(RowPlan(id="products-0577", grade="people", why="typo"), "people")


# rules


def v(*sets: float, setting: str = "pharmacology", table: float | None = None) -> Values:
    return Values(setting, sets[0] if table is None else table, sets)


@pytest.mark.parametrize(
    ("sets", "verdict", "share"),
    [
        ([1.0] * 19 + [-1.0], "supported", 0.95),
        ([1.0] * 18 + [-1.0] * 2, OPEN, 0.9),
        ([-1.0] * 19 + [1.0], "contradicted", 0.05),
        ([0.0] * 20, OPEN, 0.0),
        ([math.nan] * 10 + [1.0] * 10, "supported", 1.0),
        ([math.nan] * 3, OPEN, None),
        ([math.inf] * 20, "supported", 1.0),
    ],
)
def test_direction(sets: list[float], verdict: str, share: float | None) -> None:
    found = direction(v(*sets), 0.0, "above", 0.95)
    assert (found.verdict, found.share) == (verdict, pytest.approx(share))
    mirrored = direction(v(*(-x for x in sets)), 0.0, "below", 0.95)
    assert mirrored == found


def test_settings_must_agree() -> None:
    up, down, none = v(1.0, 2.0), v(-1.0, -2.0), v(0.0, 0.0)
    assert settings([up, up], 0.0, "above", 0.95).verdict == "supported"
    assert settings([down, down], 0.0, "above", 0.95).verdict == "contradicted"
    assert settings([up, down], 0.0, "above", 0.95) == rules.Judged(OPEN, 0.0)
    assert settings([up, none], 0.0, "above", 0.95).verdict == OPEN
    assert settings([up, v(math.nan)], 0.0, "above", 0.95) == rules.Judged(OPEN)


def test_what_falls_short_is_not_contradicted_where_the_model_shows_it_in_part() -> None:
    assert reaches([v(0.0, 0.1)], 1.0, "above", 0.95).verdict == OPEN
    assert reaches([v(2.0, 3.0)], 1.0, "above", 0.95).verdict == "supported"
    assert reaches([v(2.0, 3.0), v(0.0, 0.0)], 1.0, "above", 0.95) == rules.Judged(OPEN, 0.0)
    assert reaches([v(math.nan)], 1.0, "above", 0.95) == rules.Judged(OPEN)


def test_within_looks_at_the_table_value_first() -> None:
    assert within([v(10.0, 90.0, table=25.0)], 20.0, 30.0, 0.95).verdict == "supported"
    assert within([v(25.0, 26.0, 40.0, table=31.0)], 20.0, 30.0, 0.95).verdict == OPEN
    assert within([v(40.0, 50.0, table=45.0)], 20.0, 30.0, 0.95).verdict == "contradicted"
    outside, inside = v(40.0, 50.0), v(25.0, 26.0)
    assert within([outside, inside], 20.0, 30.0, 0.95) == rules.Judged(OPEN, 0.0), "the settings disagree"


def test_within_a_range_without_a_number_is_open() -> None:
    assert within([v(math.nan, math.nan)], 20.0, 30.0, 0.95) == rules.Judged(OPEN)
    assert within([v(40.0, 50.0), v(math.nan)], 20.0, 30.0, 0.95) == rules.Judged(OPEN)


def row(says: str, *, counts: bool = True) -> EvidenceRow:
    return EvidenceRow("x", "", "", "text", says, "people", counts, "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([row("for"), row("nothing")], "supported"),
        ([row("against")], "contradicted"),
        ([row("for"), row("against")], "partly supported"),
        ([row("for", counts=False)], OPEN),
        ([row("for", counts=False), row("against")], "contradicted"),
        ([row("nothing")], OPEN),
        ([], OPEN),
    ],
)
def test_evidence(rows: list[EvidenceRow], verdict: str) -> None:
    assert evidence(rows).verdict == verdict


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        (["supported"], "supported"),
        (["supported", None], "supported"),
        (["supported", OPEN], "partly supported"),
        (["supported", "contradicted"], "contradicted"),
        (["partly supported", OPEN], "partly supported"),
        (["citation not found"], "citation not found"),
        (["citation not found", OPEN], OPEN),
        (["citation not found", "supported"], "partly supported"),
        ([OPEN, OPEN], OPEN),
    ],
)
def test_parts_are_combined(parts: list[str | None], verdict: str) -> None:
    assert combine(parts) == verdict  # type: ignore[arg-type]
    assert combine(parts[::-1]) == verdict  # type: ignore[arg-type]


def test_lasting_counts_from_the_last_time_above_the_share() -> None:
    hours = np.arange(6.0)
    assert lasting(hours, np.array([0.0, 4.0, 1.0, 3.0, 1.0, 0.0]), 0.5) == 4.0
    assert lasting(hours, np.array([0.0, 4.0, 4.0, 4.0, 4.0, 4.0]), 0.5) == math.inf
    assert math.isnan(lasting(hours, -np.ones(6), 0.5))


# runs


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize(
    ("id_", "change", "part", "before", "after"),
    [
        ("C39", "h_X=400", "peak", "partly supported", "contradicted"),
        ("C11", "F_rel_ext=0.2", "differ", "partly supported", "contradicted"),
        ("C18", "g_W=0.01", "rises", "supported", "contradicted"),
    ],
    ids=["slow recruitment of withdrawal", "extract absorbed like tea", "withdrawal hardly felt"],
)
def test_a_parameter_that_decides_a_verdict_changes_it(
    id_: str, change: str, part: str, before: str, after: str, ledger: Ledger
) -> None:
    assert ledger.record(id_).verdict == before
    (changed,) = compute(run, ask, ids=[id_], overrides=[change], people=32, draws=2, workers=1).records
    assert changed.verdict == after
    assert {p.name for p in changed.parts if p.verdict == "contradicted"} == {part}
    assert changed.reason != ledger.record(id_).reason


@pytest.mark.usefixtures("no_report")
def test_figures_are_the_numbers_of_the_run(tmp_path: Path) -> None:
    """Read again from the tables that a run writes, by hand."""
    computed = compute(run, ask, ids=["C38", "C39"], **SMALL)  # type: ignore[arg-type]
    with scenario_file("withdrawal-days") as file:
        run(file, tmp_path / "run", people=32, overrides=["uncertainty.draws=4"], workers=1)
    at_table, in_sets, course = (
        pd.read_csv(tmp_path / "run" / f"{name}.csv", keep_default_na=False)
        for name in ("endpoints", "draws", "summary")
    )
    of = {"arm": "stop at once", "endpoint": "withdrawal_peak_h", "statistic": "p50"}
    (middle,) = computed.record("C39").figure("middle").values
    assert middle.table == pytest.approx(float(one(at_table, **of)["value"].iloc[0]), rel=1e-6)
    assert middle.sets == pytest.approx(one(in_sets, **of).sort_values("draw")["value"].astype(float).tolist())
    (fatigue,) = computed.record("C38").figure("fatigue").values
    second_day = {"arm": "stop at once", "output": "symptom:fatigue", "statistic": "mean", "time_h": 48.0}
    assert fatigue.table == pytest.approx(float(one(course, **second_day)["value"].iloc[0]), rel=1e-6)


def one(table: pd.DataFrame, **wanted: object) -> pd.DataFrame:
    chosen = table
    for column, value in wanted.items():
        chosen = chosen[chosen[column] == value]
    assert len(chosen)
    return chosen


def test_every_scenario_runs_what_a_claim_reads() -> None:
    used = {q.scenario for claim in shipped_plan().claim for q in claim.quantity if q.scenario}
    assert used == set(scenario_names())
    assert not used & set(study_names()), "files of both kinds are saved into one folder"
    for name in used:
        with scenario_file(name) as file:
            scenario = load_scenario(file)
        assert scenario.uncertainty is not None
        assert scenario_text(name).startswith("# "), "says in words what is run"


# emulated studies


SMALL_WORLD = ('world.for="104 wk"', "world.enrichment=20", "replicates=20")
SMALL_STUDIES: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(
        ("survey", "survey-without-selection"),
        (*SMALL_WORLD, "pool.persons=3000", "sampling.users=50", "sampling.others=50"),
    ),
    "users-asked": (*SMALL_WORLD, "pool.persons=8000", "sampling.users=40"),
    "severe-cases": (*SMALL_WORLD, "pool.persons=8000", "sampling.cases=10", "sampling.phq9_at_least=12"),
    "trial": ("pool.persons=2000", "sampling.per_arm=50", "replicates=200"),
    "new-users": ("pool.persons=500", "sampling.participants=100", "replicates=5", 'cohort.start_until="8 wk"'),
    "prompts": (
        *("pool.persons=100", "sampling.persons=20", "replicates=5"),
        *('moments.experience="4 wk"', 'moments.for="5 d"'),
    ),
}
"""Changes that make the shipped studies take a second."""


@dataclass
class Small:
    """Emulates the shipped studies small, with further changes by study, and remembers what came of it."""

    changes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    done: dict[str, Emulated] = field(default_factory=dict)

    def __call__(self, file: Path, out: Path, *, overrides: Sequence[str] = (), workers: int | None = None) -> Emulated:
        del workers
        own = [*SMALL_STUDIES[file.stem], *overrides, *self.changes.get(file.stem, ())]
        self.done[file.stem] = study(file, out, overrides=own, workers=1)
        return self.done[file.stem]


@pytest.fixture
def no_study_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the report of studies, which is tested elsewhere."""
    monkeypatch.setattr("ketum.reports.study.write_study_report", lambda folder: (folder / "report.html").touch())


UNLIKE = "setting.selection=false"
TINY_DOSE = 'treatment.use=[{product="leaf_powder",dose="0.2 g",per_day=3}]'


@pytest.mark.usefixtures("no_study_report")
@pytest.mark.parametrize(
    ("id_", "parameters", "studies", "parts", "verdicts"),
    [
        ("C20", [], {"trial": [TINY_DOSE]}, {"harm_told", "benefit_told"}, ("supported", "partly supported", OPEN)),
        ("C31", [], {"survey": [UNLIKE]}, {"vanishes"}, ("partly supported", "contradicted", "contradicted")),
        ("C31", ["a_S=0", "d_S=0"], {}, {"vanishes"}, ("partly supported", "contradicted", "contradicted")),
        ("C32", ["w_P=60"], {}, {"most_are_better"}, ("partly supported", "contradicted", "contradicted")),
        ("C34", ["w_P=60"], {}, {"series"}, (OPEN, "partly supported", "supported")),
        ("C36", [], {"survey": [UNLIKE]}, {"not_identified"}, ("partly supported", "contradicted", "contradicted")),
    ],
    ids=[
        "a trial of next to nothing",
        "a survey of people whom depression does not lead to use",
        "depression that leads nobody to use",
        "use that harms users in every setting",
        "a harm that no case could hide",
        "a survey that identifies the effect",
    ],
)
def test_a_study_or_parameter_that_decides_a_verdict_changes_it(
    id_: str,
    parameters: Sequence[str],
    studies: Mapping[str, Sequence[str]],
    parts: set[str],
    verdicts: tuple[str, str, str],
    ledger: Ledger,
) -> None:
    before, after, of_parts = verdicts
    assert ledger.record(id_).verdict == before
    (changed,) = compute(run, ask, emulate=Small(studies), ids=[id_], overrides=parameters).records
    assert changed.verdict == after
    assert parts <= {p.name for p in changed.parts if p.verdict == of_parts}
    assert {p.verdict for p in ledger.record(id_).parts if p.name in parts}.isdisjoint({of_parts})
    assert changed.reason != ledger.record(id_).reason


@pytest.mark.usefixtures("no_study_report")
def test_what_hangs_on_recall_changes_with_it(ledger: Ledger) -> None:
    """Who recalls the mood of the start as that of today tells of no change, whatever kratom did."""
    blind = {"users-asked": ["recall.towards_now=1", "recall.error=4"]}
    (changed,) = compute(run, ask, emulate=Small(blind), ids=["C36"]).records
    before, after = (next(p for p in r.parts if p.name == "same_told") for r in (ledger.record("C36"), changed))
    assert (before.verdict, after.verdict) == (OPEN, "supported")


def test_figures_of_studies_say_what_is_true_of_their_settings(ledger: Ledger) -> None:
    """Kratom does nothing in null; benefit lowers and harm raises what is true, whatever a survey finds."""
    record = ledger.record("C36")
    true, found = ({v.setting: v.table for v in record.figure(name).values} for name in ("true_or", "survey_or"))
    assert true["null"] == 1.0
    assert true["benefit"] < 1.0 < true["pharmacology"] < true["harm"]
    assert all(found[setting] > max(true[setting], 1.0) for setting in true)
    assert set(record.studies) == {"survey", "survey-without-selection", "users-asked", "new-users", "trial"}
    assert record.figure("alike").scenario == "survey-without-selection, survey"
    assert {f.over for f in record.figures} == {REPLICATES}


@pytest.mark.usefixtures("no_study_report")
def test_figures_of_studies_are_the_numbers_of_the_study(tmp_path: Path) -> None:
    """Read again from the tables that a study writes, by hand."""
    with study_file("trial") as file:
        done = Small()(file, tmp_path / "trial")
    table = pd.read_csv(tmp_path / "trial" / "performance.csv", keep_default_na=False)
    of = {"estimand": "difference_week_8", "estimator": "ancova"}
    for measure in ("truth", "mean", "bias", "coverage", "rejection"):
        series = study_series(quantity(measure=measure, study="trial", **of), {"trial": done})
        rows = one(table, **of)
        assert list(series) == rows["setting"].tolist()
        read = rows[measure].astype(float).tolist()
        assert [values[0] for values in series.values()] == pytest.approx(read, rel=1e-6, abs=1e-12)
        assert {len(values) for values in series.values()} == {1 + RESAMPLES}
    graph = study_series(quantity(measure="identified", study="trial", **of), {"trial": done})
    assert [values.tolist() for values in graph.values()] == [[1.0]] * 5
    with pytest.raises(KeyError, match="harm difference_week_9 ancova"):
        study_series(
            quantity(measure="mean", study="trial", settings=("harm",), **{**of, "estimand": "difference_week_9"}),
            {"trial": done},
        )


@pytest.mark.usefixtures("no_study_report")
def test_a_trial_of_the_size_found_has_the_power_asked_for(tmp_path: Path) -> None:
    """The size is computed from the standard error of another size; emulated at that size, the power is there."""
    of = {"study": "trial", "estimand": "difference_week_10", "estimator": "ancova", "settings": ("harm",)}
    only = ('setting.causal=["harm"]', "pool.persons=4000", "replicates=400")
    with study_file("trial") as file:
        at_50 = Small({"trial": only})(file, tmp_path / "50")
        size = study_series(quantity(measure="size", power=0.8, **of), {"trial": at_50})["harm"][0]
        assert 100 < size < 250
        per_arm = f"sampling.per_arm={math.ceil(size / 2)}"
        at_size = Small({"trial": (*only, per_arm)})(file, tmp_path / "size")
    power = study_series(quantity(measure="rejection", **of), {"trial": at_size})["harm"][0]
    assert power == pytest.approx(0.8, abs=0.06)  # three binomial errors of 400 studies


def quantity(**keys: object) -> Quantity:
    return Quantity.model_validate({"name": "x", "read": "study", **keys})


def fits(values: Sequence[float], *, used: float = 1.0, truth: float = 0.0, se: float = 1.0) -> Fits:
    columns = {"value": values, "low": values, "high": values, "se": se, "p": 1.0, "truth": truth, "converged": True}
    return Fits(pd.DataFrame(columns), {"used": used}, 200, seed=1)


def test_ranges_are_as_wide_as_one_round_through_the_pool_allows() -> None:
    """The standard error of a mean of normal values; of people asked ten times each, that of a tenth of the studies."""
    values = np.random.default_rng(5).normal(size=1000).tolist()
    for used, count in ((1.0, 1000), (10.0, 100), (0.2, 1000)):
        found = fits(values, used=used)
        assert found.resamples.shape == (RESAMPLES, count)
        means = found.column("value")[found.resamples].mean(axis=1)
        assert means.std() == pytest.approx(1.0 / math.sqrt(count), rel=0.25)
    assert fits([1.0, 2.0, 3.0], used=50.0).resamples.shape == (RESAMPLES, 2)


def test_values_of_two_worlds_are_told_apart_by_pairs() -> None:
    rng = np.random.default_rng(7)
    here, there = fits(rng.normal(size=2000).tolist()), fits(rng.normal(loc=1.0, size=2000).tolist())
    chance = 0.5 * (1.0 + math.erf(1.0 / 2.0))  # of normal values one SD apart: Phi(1 / sqrt 2)
    assert larger(there, there.all, here, here.all)[0] == pytest.approx(chance, abs=0.02)
    assert larger(here, here.all, there, there.all)[0] == pytest.approx(1.0 - chance, abs=0.02)
    same = fits([1.0, 1.0, 2.0])
    assert larger(same, same.all, same, same.all)[0] == 0.5


def test_failed_fits_are_in_no_figure_but_the_truth() -> None:
    table = pd.DataFrame(
        {
            "converged": [True, True, False],
            "value": [1.0, 3.0, math.nan],
            "truth": [0.0, 1.0, 2.0],
            **{name: [1.0, 1.0, math.nan] for name in ("se", "low", "high", "p")},
        }
    )
    assert np.nanmean(Fits(table, {"used": 1.0}, 10, 1).column("value")) == 2.0
    assert Fits(table, {"used": 1.0}, 10, 1).column("truth").tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"measure": "mean"}, "estimator"),
        ({"measure": "larger"}, "than"),
        ({"measure": "mean", "power": 0.8}, "power"),
        ({"measure": "coverage", "exponentiate": True}, "exponentiate"),
        ({"measure": "mean", "read": "made"}, "study"),
    ],
)
def test_what_a_figure_of_a_study_must_say(keys: Mapping[str, object], words: str) -> None:
    whole = {"study": "survey", "estimand": "log_odds_ratio", "estimator": "crude"}
    if words == "estimator":
        del whole["estimator"]
    with pytest.raises(ValueError, match=f"{words}.*allowed: with"):
        quantity(**{**whole, **keys})


def test_a_claim_that_needs_a_study_is_not_computed_without_one() -> None:
    with pytest.raises(EvidenceError, match="study 'trial' is asked for"):
        compute(run, ask, ids=["C20"])


def test_every_study_is_read_and_says_in_words_what_is_emulated() -> None:
    used = {name for claim in shipped_plan().claim for q in claim.quantity for name in q.studies}
    assert used == set(study_names())
    for name in used:
        with study_file(name) as file:
            assert load_study(file).title
        assert study_text(name).startswith("# ")
    with pytest.raises(EvidenceError, match=r"study 'survay' is not shipped; nearest known: 'survey'"):
        study_text("survay")


# the tool names no dose


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[Sequence[str]], Answer]:
    """The command in this process, which is faster than one of its own."""

    def call(arguments: Sequence[str]) -> Answer:
        monkeypatch.setattr(sys, "argv", ["ketum", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return call


def test_no_wish_is_taken_for_a_dose_and_no_run_or_report_gives_advice(
    door: Callable[[Sequence[str]], Answer],
) -> None:
    kept = no_dose_is_recommended(door)
    assert len(kept) == 5 + len(scenario_names())
    assert kept == dict.fromkeys(kept, True)


@pytest.mark.parametrize(
    "says", ["We recommend 4 g.", "A starting dose of 2 g is common.", "Take 3 g.", "You should stop.", ""]
)
def test_a_tool_that_gave_advice_would_be_found(says: str) -> None:
    """It takes every dose, and puts one sentence under what it rightly says (or leaves that out)."""
    usual = "Never a recommendation of a dose."

    def adviser(arguments: Sequence[str]) -> Answer:
        if "--out" in arguments:
            folder = Path(arguments[arguments.index("--out") + 1])
            folder.mkdir()
            (folder / "report.html").write_text(f"<p>{usual}</p><p>{says}</p>", encoding="utf-8")
        return 0, usual if says else ""

    assert rules.behaviour(no_dose_is_recommended(adviser)) == rules.Judged("contradicted", 0.0)


def test_a_run_that_breaks_is_no_verdict() -> None:
    with pytest.raises(EvidenceError, match="'first-serving' cannot be run"):
        no_dose_is_recommended(lambda arguments: (1, "broken") if "--out" in arguments else (2, "refused"))


def test_what_denies_is_no_advice(page: str) -> None:
    assert advice("Nothing here recommends kratom, a dose, or a way to stop. No optimal dose is known.") == []
    words = page_text(page.partition('<section id="records">')[0])
    assert "recommends" in words
    assert advice(words) == []


def test_the_command_is_asked_in_a_process_of_its_own() -> None:
    code, told = ask(["run", "nowhere.toml"])
    assert code == 2
    assert "nowhere.toml" in told


# the ledger as it is written


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('side = "above", bound = 2.6', 'sides = "above", bound = 2.6', ["claim C01", "sides"]),
        ('quantity = "acute"', 'quantity = "akute"', ["claim C01", "'akute'"]),
        ('id = "C02"', 'id = "C42"', ["C02, C42", "claims.csv"]),
        ('read = "difference"', 'read = "guess"', ["claim C01", "read"]),
    ],
)
def test_mistakes_in_the_ledger_name_the_claim(tmp_path: Path, old: str, new: str, words: Sequence[str]) -> None:
    text = Path(store.__file__).with_name("ledger.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "ledger.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(EvidenceError) as error:
        read_plan(tmp_path / "ledger.toml")
    for word in ["ledger.toml", *words]:
        assert word in str(error.value)


def test_a_sentence_may_only_name_what_the_claim_has() -> None:
    plan = shipped_plan()
    claim = plan.of("C14").model_copy(update={"say": {"contradicted": "It is {not_there}."}})
    changed = plan.model_copy(update={"claim": tuple(claim if c.id == "C14" else c for c in plan.claim)})
    with pytest.raises(EvidenceError, match=r"claim C14: 'not_there'"):
        compute(run, ask, ids=["C14"], plan=changed)


# the command


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: Command, ledger: Ledger) -> Command:
    assert ledger.key == current_key(), "the command would compute all records anew, which takes minutes"
    monkeypatch.chdir(tmp_path)
    return partial(in_process, "claims")


def test_the_table_fits_80_columns_and_lists_all(command: Command) -> None:
    code, out, _ = command()
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert re.findall(r"^ ?(C\d\d) ", out, re.MULTILINE) == [f"C{k:02d}" for k in range(1, 42)]


def test_a_record_says_everything(command: Command, ledger: Ledger) -> None:
    code, out, _ = command("c33")
    plain = " ".join(out.split())
    record = ledger.record("C33")
    assert code == 0
    for text in (record.claim, record.verdict, record.reason, record.would_change, "--save DIR"):
        assert text in plain
    for part in record.parts:
        assert part.words in plain
        assert all(row.id in plain for row in part.rows)


def test_search_and_what_is_not_there(command: Command) -> None:
    code, out, _ = command("vein", "colour")
    assert code == 0
    assert "C14" in out
    assert "C39" not in out
    for arguments in (("C99",), ("zzzz", "qqqq")):
        code, out, err = command(*arguments)
        assert (code, out, err.count("\n")) == (2, "", 1)


def test_json_holds_the_records(command: Command) -> None:
    code, out, _ = command("C10", "C11", "--json")
    told = json.loads(out)
    assert code == 0
    assert [record["id"] for record in told["records"]] == ["C10", "C11"]
    assert told["key"] == current_key()


def test_scenarios_of_a_claim_are_saved_and_load(command: Command, tmp_path: Path) -> None:
    code, out, _ = command("C18", "--save", "here")
    assert code == 0
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["histories.toml", "use-then-stop.toml"]
    assert "ketum run here/histories.toml" in out
    assert load_scenario(tmp_path / "here" / "histories.toml").arms


def test_studies_of_a_claim_are_saved_and_load(command: Command, tmp_path: Path) -> None:
    code, out, _ = command("C34", "--save", "here")
    assert (code, out.split()) == (0, ["ketum", "study", "here/severe-cases.toml"])
    assert load_study(tmp_path / "here" / "severe-cases.toml").design == "case_series"
    assert command("--save", "all")[0] == 0
    assert {path.stem for path in (tmp_path / "all").iterdir()} == {*scenario_names(), *study_names()}


def test_a_record_names_its_studies_and_what_their_ranges_are_over(command: Command) -> None:
    code, out, _ = command("C31")
    plain = " ".join(out.split())
    assert code == 0
    assert f"Figures, at table values (5th to 95th percentile over {REPLICATES})" in plain
    assert "ketum claims C31 --save DIR, then ketum study DIR/survey.toml" in plain
    assert "then ketum run" not in plain


def test_an_old_verdict_is_never_shown(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(store, "current_key", lambda: "0" * 64)
    monkeypatch.setattr(store, "user_cache_path", lambda name: tmp_path / name)
    assert kept_ledger() is None
    asked: list[object] = []

    def fake(*_: object, **options: object) -> Ledger:
        asked.append(options["ids"])
        raise EvidenceError("computing anew was asked for")

    monkeypatch.setattr("ketum.claims.check.compute", fake)
    code, out, err = command("C33")
    assert (code, out, asked) == (2, "", [None])
    assert "belong to other tables" in err


def test_a_ledger_of_ones_own_is_kept_and_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ledger: Ledger
) -> None:
    monkeypatch.setattr(store, "current_key", lambda: "1" * 64)
    monkeypatch.setattr(store, "user_cache_path", lambda name: tmp_path / name)
    store.keep(replace(ledger, key="1" * 64))
    assert same(kept_ledger(), replace(ledger, key="1" * 64))


def test_any_change_of_a_table_or_scenario_changes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = current_key()
    seen = [file.name for package, folder in store._PLACES for file in store._files(store._place(package, folder))]
    assert {"parameters_body.csv", "withdrawal.csv", "ledger.toml", "histories.toml", "citations.csv"} <= set(seen)
    assert {"survey.toml", "severe-cases.toml", "estimands.toml", "limitations.toml"} <= set(seen)
    assert "ledger.json" not in seen
    monkeypatch.setattr(store, "__version__", "another")
    assert current_key() != whole


@pytest.mark.usefixtures("no_report")
def test_what_other_parameters_change_is_shown(command: Command) -> None:
    code, out, _ = command("C11", "--set", "F_rel_ext=0.2", "--people", "32", "--draws", "2", "--workers", "1")
    assert code == 0
    assert "1 of 1 verdicts change" in out
    assert re.search(r"C11\s+partly supported\s+->\s+contradicted", out)
    code, _, err = command("C11", "--set", "no_such=1", "--people", "32")
    assert code == 2
    assert "no_such" in err


@pytest.mark.usefixtures("no_report")
def test_without_kept_records_the_verdicts_before_are_computed(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ketum.claims.kept_ledger", lambda: None)
    monkeypatch.setattr("ketum.claims.check.compute", lambda *_, **options: compute(run, ask, **{**options, **SMALL}))
    code, out, _ = command("C11", "--set", "F_rel_ext=0.8")
    assert code == 0
    assert "0 of 1 verdicts change" in out
    assert "C11  stays partly supported" in out


# search


def test_ids_and_words_are_told_apart(ledger: Ledger) -> None:
    assert asked_ids(["C01,c02"]) == ("C01", "C02")
    assert asked_ids(["C01", "mood"]) == ()
    found, replaced = matching_records(ledger.records, "ptsd paper 2013")
    assert found[0].id in {"C02", "C05"}
    assert replaced == {}


def test_a_search_knows_words_that_mean_the_same_and_says_what_it_took_for_others(ledger: Ledger) -> None:
    wanted, _ = matching_records(ledger.records, "vein colour")
    assert matching_records(ledger.records, "vein color") == (wanted, {})
    found, replaced = matching_records(ledger.records, "withdrawl")
    assert "C39" in {record.id for record in found}
    assert "withdrawal" in replaced["withdrawl"]


# the page


def test_the_page_has_every_record(page: str, ledger: Ledger) -> None:
    for record in ledger.records:
        assert f'id="{record.id}"' in page
        for text in (record.claim, record.reason, record.key):
            assert html.escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;") in page, record.id
    assert page.count('<article class="record"') == 41


def test_every_figure_of_the_page_shows_the_values_of_the_record(page: str, ledger: Ledger) -> None:
    from ketum.reports.claims_plots import record_panels

    found = re.search(r'<script type="application/json" id="plots">(.*?)</script>', page)
    assert found is not None
    plots = json.loads(found[1])
    panels = [panel for record in ledger.records for panel in record_panels(record)]
    assert {panel.id for panel in panels} == set(plots)
    shown = sum(len(plot["data"]) for plot in plots.values())
    assert shown > 200
    long_run = plots[next(p.id for p in record_panels(ledger.record("C01")) if "PHQ" in p.heading)]
    figure = ledger.record("C01").figure("long")
    ticks = [decoded(trace["x"]) for trace in long_run["data"]]
    for values in figure.values:
        assert any(x == pytest.approx(values.sets, rel=1e-6) for x in ticks if len(x) == len(values.sets))
        assert any(x == pytest.approx([values.table], rel=1e-6) for x in ticks if len(x) == 1)


def decoded(packed: dict[str, str]) -> list[float]:
    import base64

    return [float(x) for x in np.frombuffer(base64.b64decode(packed["bdata"]), dtype="<f4")]


def test_the_page_needs_no_network_and_says_what_it_is_not(page: str) -> None:
    own = page.partition("<script>")[0]
    assert not re.search(r'(?:src|href)="(?:https?:)?//', own)
    assert "No verdict says that kratom helps or harms" in own
    assert "They are hypotheses" in own
    rules_of = shipped_plan().rules
    for words in (*rules_of.words.values(), rules_of.studies):
        assert html.escape(words, quote=False) in own
    for name in study_names():
        assert f'id="study-{name}"' in own
    assert "ketum study DIR/severe-cases.toml" in own


@pytest.mark.parametrize("option", [["--people", "32"], ["--draws", "9"], ["--out", "kept.json"]], ids=lambda o: o[0])
def test_options_of_a_computation_are_refused_without_one(option: list[str]) -> None:
    code, said = ask(["claims", *option])
    assert code == 2
    assert said.startswith(f"ketum: {option[0]}: nothing is computed; allowed: with --run")


def test_saved_scenarios_that_were_changed_are_kept(tmp_path: Path) -> None:
    assert ask(["claims", "C33", "--save", str(tmp_path)])[0] == 0
    assert ask(["claims", "C33", "--save", str(tmp_path)])[0] == 0
    mine = next(tmp_path.glob("*.toml"))
    mine.write_text("mine", encoding="utf-8")
    code, said = ask(["claims", "C33", "--save", str(tmp_path)])
    assert code == 2
    assert "was changed" in said
    assert mine.read_text(encoding="utf-8") == "mine"
