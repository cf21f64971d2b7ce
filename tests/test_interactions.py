"""Kratom and medicines: ratios both ways against closed forms, limits, and a run; names, flags, severity, no data."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from helpers import BODY, DAY, daily, once, typical
from ketum.body.perpetrator import activity, cyp2d6_auc_ratio, reference_peak, unbound_inhibitor
from ketum.body.pharmacokinetics import rate_matrix
from ketum.cli.main import app, main
from ketum.engine.chunk import Tally, run_chunk
from ketum.engine.exposures import exposure as at_moment
from ketum.engine.outputs import output_catalogue
from ketum.errors import EvidenceError, KetumError, ScenarioError
from ketum.evidence import (
    find_substance,
    load_medicines,
    load_observations,
    load_rows,
    medicine_flags,
    medicine_routes,
    mitragynine_inhibition,
    victims,
)
from ketum.evidence.records import SEVERITIES
from ketum.findings.find import find
from ketum.interactions import Interaction, Serving, interactions
from ketum.interactions.perpetrators import areas, known_factor, kratom_ratio
from ketum.interactions.serving import course
from ketum.interactions.sets import ParameterSet, at_table_values, drawn_sets
from ketum.interactions.severity import NO_DATA, NONE, RANKS, judge
from ketum.interactions.victims import exposure, highest, over_the_day
from ketum.reports.interactions import interactions_page
from ketum.scenario import load_scenario, to_toml
from ketum.scenario.build import build_experiment

TABLE = BODY.plain()
VALUES = at_table_values()
TEA = Serving("leaf_tea", 39.0, "mg mitragynine")
POWDER = Serving("leaf_powder", 61.0, "mg mitragynine", 3)
CLOSED = 1e-6


@cache
def every(serving: Serving) -> dict[str, Interaction]:
    return {one.medicine.name: one for one in interactions(serving)}


def varied(**changes: float) -> ParameterSet:
    return ParameterSet({**TABLE, **changes})


# ------------------------------------------------------------------------------------------- kratom on medicines


def test_midazolam_with_the_tea_is_the_calibration_row() -> None:
    row = next(o for o in load_observations("ddi") if o.id == "ddi-003")
    assert (row.number, row.low, row.high) == (1.39, 1.23, 1.57)
    found = every(TEA)["midazolam"].exposure
    assert found is not None
    assert found.value == pytest.approx(1.39, rel=0.01)
    assert found.basis == "clinical"
    assert found.low < 1.23 < found.value < 1.57 < found.high  # as wide as the trial's interval, and a little wider
    assert [o.id for o in every(TEA)["midazolam"].measured][:1] == ["ddi-003"]


def test_S12_S13_of_the_specification() -> None:
    tea = course(TEA, TABLE)
    assert tea.gut_after == pytest.approx(0.349, rel=0.01)
    assert highest("venlafaxine", tea, VALUES).parent == pytest.approx(1.126, rel=0.01)
    assert highest("venlafaxine", tea, VALUES).parent == pytest.approx(
        cyp2d6_auc_ratio(39 * TABLE["F_rel_tea"], 0.8, TABLE), rel=1e-12
    )


@pytest.mark.parametrize("name", ["sertraline", "duloxetine", "citalopram", "mirtazapine", "venlafaxine"])
@pytest.mark.parametrize("inhibitor", [0.0, 0.19, 3.0])
def test_constant_kinetics_give_the_area_of_the_differential_equations(name: str, inhibitor: float) -> None:
    """A medicine and its metabolite in one compartment each; the area is -inverse of the matrix, dose by dose."""

    def area(of: float, gut_3a: float) -> float:
        routes = medicine_routes()[name]
        rates = {
            r.route: r.share.value * (1.0 if r.route == "CYP3A" else _act(r.route, of))
            for r in routes
            if r.share is not None
        }
        total = math.fsum(rates.values()) + 1.0 - math.fsum(r.share.value for r in routes if r.share is not None)
        gut = next((r.gut.value for r in routes if r.gut is not None), 1.0)
        absorbed = 1.0 / (1.0 + (1.0 / gut - 1.0) * gut_3a)
        if name != "venlafaxine":
            return absorbed / total
        # 88% of the metabolite comes by CYP2D6; its own clearance makes its area 2.9 times the parent's
        formed = 0.88 * rates["CYP2D6"] / 0.8 + 0.12
        matrix = np.array([[-total, 0.0], [formed, -1.0 / 2.9]])
        return float(-np.linalg.inv(matrix)[:, 0].sum())

    expected = area(inhibitor, 0.4) / area(0.0, 1.0)
    assert exposure(name, inhibitor, 0.4, VALUES).active == pytest.approx(expected, rel=CLOSED)


def _act(route: str, inhibitor: float) -> float:
    constant = {"CYP2D6": 1.17, "CYP2C19": 5.25, "CYP1A2": 22.5, "CYP2C9": 19.9}[route]
    return 1.0 / (1.0 + inhibitor / constant)


def test_inhibition_approaches_its_limits() -> None:
    none, full = (exposure("venlafaxine", x, 1.0, VALUES) for x in (0.0, 1e12))
    assert (none.parent, none.active) == (1.0, 1.0)
    assert full.parent == pytest.approx(1.0 / (1.0 - 0.8))
    # terbinafine, which blocks CYP2D6, raised the parent 4.9-fold in people and left 57% of the metabolite
    assert full.parent == pytest.approx(4.9, rel=0.03)
    gone = exposure("midazolam", 0.0, 0.0, VALUES)
    assert gone.parent == pytest.approx(1.0 / TABLE["Fg_MDZ"])
    ratios = [exposure("nortriptyline", x, 1.0, VALUES).parent for x in np.linspace(0.0, 50.0, 20)]
    assert np.all(np.diff(ratios) > 0.0)


def test_routes_act_together_as_in_the_sum_of_their_clearances() -> None:
    found = exposure("mirtazapine", 2.0, 0.2, VALUES)
    assert found.by_route.keys() == {"CYP2D6 in the liver", "CYP1A2 in the liver", "CYP3A in the gut"}
    assert found.parent > math.prod(found.by_route.values()) > max(found.by_route.values()) > 1.0


# ------------------------------------------------------------------------------------------- medicines on kratom


@pytest.mark.parametrize(
    ("name", "factor"), [("ketoconazole", 0.177), ("fluvoxamine", 0.694), ("rifampicin", 5.6), ("fluoxetine", 1.0)]
)
def test_areas_of_kratom_are_those_of_the_matrix(name: str, factor: float) -> None:
    assert known_factor(name, TABLE) == factor
    person = {symbol: np.array([value]) for symbol, value in {**TABLE, "WT": TABLE["WT_ref"]}.items()}
    lived = course(TEA, TABLE)
    expected = []
    for i in (factor, 1.0):
        kinetics = -np.linalg.inv(rate_matrix(person, i)[0])
        enters = np.zeros(7)
        enters[0] = (1.0 + TABLE["q_gut"]) / (1.0 + TABLE["q_gut"] * i)
        enters[2] = TABLE["y_fp"] * i / (1.0 - TABLE["y_fp"] + TABLE["y_fp"] * i)
        amounts = kinetics @ (enters * lived.mitragynine)
        expected.append((amounts[4] / TABLE["V1_MG"], amounts[6] / TABLE["V_7"]))
    assert areas(factor, lived, TABLE) == pytest.approx(expected[0], rel=CLOSED)
    found = kratom_ratio(factor, lived, TABLE)
    assert found.mitragynine == pytest.approx(expected[0][0] / expected[1][0], rel=CLOSED)
    assert found.hydroxymitragynine == pytest.approx(expected[0][1] / expected[1][1], rel=CLOSED)


def test_S11_and_the_rats_of_the_ketoconazole_study() -> None:
    found = kratom_ratio(0.65, course(TEA, TABLE), TABLE)
    assert found.mitragynine == pytest.approx(1.45, rel=0.01)
    assert found.hydroxymitragynine == pytest.approx(1.18, rel=0.01)
    ketoconazole = every(TEA)["ketoconazole"]
    assert {o.id for o in ketoconazole.measured} >= {"ddi-057", "ddi-058"}  # 2.2 and 2.3 times, in rats
    assert ketoconazole.mitragynine is not None
    assert ketoconazole.mitragynine.low < 2.2 < ketoconazole.mitragynine.high


def test_cyp3a_approaches_its_limits() -> None:
    lived = course(TEA, TABLE)
    assert kratom_ratio(1.0, lived, TABLE).mitragynine == 1.0
    blocked = kratom_ratio(1e-12, lived, TABLE)
    assert blocked.mitragynine == pytest.approx((1.0 + TABLE["q_gut"]) / (1.0 - TABLE["fm_3A"]))
    assert blocked.hydroxymitragynine == pytest.approx(0.0, abs=1e-6)
    assert kratom_ratio(1e9, lived, TABLE).mitragynine == pytest.approx(0.0, abs=1e-6)
    ratios = [kratom_ratio(i, lived, TABLE).mitragynine for i in np.geomspace(0.01, 100.0, 30)]
    assert np.all(np.diff([r for r in ratios if r is not None]) < 0.0)


def test_tablets_have_no_mitragynine_and_no_data_on_other_medicines() -> None:
    found = every(Serving("7oh_tablet", 20.0, "mg 7-hydroxymitragynine", 3))
    assert all(one.exposure is None for one in found.values())
    assert "not in the tables" in found["midazolam"].why_not
    rifampicin = found["rifampicin"]
    assert rifampicin.mitragynine is None
    assert rifampicin.hydroxymitragynine is not None
    cleared = 1.0 / (1.0 - TABLE["fm_7"] + TABLE["fm_7"] * TABLE["i3A_rifampicin"])
    assert rifampicin.hydroxymitragynine.value == pytest.approx(cleared, rel=CLOSED)


# ------------------------------------------------------------------------------------------- servings every day


@pytest.mark.parametrize("gut_auto", [0.0, 1.0])
def test_a_day_among_days_is_what_the_kernel_comes_to(gut_auto: float) -> None:
    body = BODY.with_values({"gut_auto": gut_auto})
    lived = course(POWDER, body.plain())
    phase = daily("leaf_powder", 61, (7, 12, 18), 60)
    outputs = ("mitragynine", "gut_cyp3a", "cyp2d6", "exposure:nortriptyline", "exposure:mirtazapine")
    run = typical([phase], 60, outputs=outputs, every=0.25, since=59 * DAY, body=body)
    level, peak = (
        float(unbound_inhibitor(x, TABLE))
        for x in (run.mean("mitragynine", 59 * DAY, 60 * DAY), run["mitragynine"].max())
    )
    assert lived.mean == pytest.approx(level, rel=2e-3)
    assert lived.peak == pytest.approx(peak, rel=5e-3)  # recorded every quarter of an hour
    values = ParameterSet(body.plain())
    for name in ("nortriptyline", "mirtazapine"):
        top = float(run[f"exposure:{name}"].max())
        assert over_the_day(name, lived, values).active < top <= highest(name, lived, values).active * 1.001
        assert top == pytest.approx(highest(name, lived, values).active, rel=0.03)


def test_hours_of_a_run_are_the_closed_forms() -> None:
    run = typical(
        [once("leaf_tea", 39)], 3, dt=1 / 16, every=1 / 16,
        outputs=("gut_cyp3a", "cyp2d6", "exposure:midazolam", "exposure:venlafaxine", "exposure:desipramine"),
    )  # fmt: skip
    hours = run.t[1:]
    gut = 1.0 - (1.0 - course(TEA, TABLE).gut_after) * np.exp(-TABLE["k_deg"] * hours)
    assert run["gut_cyp3a"][1:] == pytest.approx(gut, rel=1e-9)
    assert run["exposure:midazolam"][1:] == pytest.approx(1 / (TABLE["Fg_MDZ"] + (1 - TABLE["Fg_MDZ"]) * gut), rel=1e-9)
    least = float(activity(TABLE["Ihep_ref"], 1 / TABLE["Ki_2D6"]))
    assert run["cyp2d6"].min() == pytest.approx(least, rel=1e-4)  # at the peak, which lies between two steps
    assert run["cyp2d6"][0] == 1.0
    for name in ("venlafaxine", "desipramine"):
        found = every(TEA)[name].exposure
        assert found is not None
        assert run[f"exposure:{name}"].max() == pytest.approx(found.value, rel=1e-4)
        assert run[f"exposure:{name}"][0] == 1.0


def test_the_reference_peak_is_that_of_the_kernel() -> None:
    run = typical([once("leaf_tea", 39)], 1, dt=1 / 32, every=1 / 32, outputs=("mitragynine",))
    assert reference_peak(TABLE) == pytest.approx(run["mitragynine"].max(), rel=3e-4)  # it lies between two steps
    assert reference_peak({**TABLE, "CL_MG": 120.0}) < reference_peak(TABLE)


# ------------------------------------------------------------------------------------------- parameter sets


def test_a_set_is_the_same_for_any_number_of_sets() -> None:
    few, many = drawn_sets(5), drawn_sets(64)
    assert [one.body for one in few] == [one.body for one in many[:5]]
    assert [one.shares for one in few] == [one.shares for one in many[:5]]
    assert len({tuple(one.shares.values()) for one in many if one.shares is not None}) == 64


def test_uncertain_numbers_widen_an_interval() -> None:
    """Each of clearance share, inhibition constant and level at the liver is drawn."""
    drawn = drawn_sets(64)
    tea = course(TEA, TABLE)

    def spread(sets: list[ParameterSet]) -> float:
        return float(np.ptp([highest("nortriptyline", tea, one).parent for one in sets]))

    only_shares = [replace(VALUES, shares={**(one.shares or {})}) for one in drawn]
    only_body = [ParameterSet(one.body) for one in drawn]
    assert 0.01 < spread(only_shares) < spread(only_body) < spread(list(drawn)) * 1.2


# ------------------------------------------------------------------------------------------- pairs at random


SERVINGS = st.one_of(
    st.builds(
        Serving,
        st.sampled_from(["leaf_tea", "leaf_powder"]),
        st.floats(1.0, 400.0),
        st.just("mg mitragynine"),
        st.none() | st.integers(1, 8),
    ),
    st.builds(Serving, st.just("leaf_powder"), st.floats(0.5, 15.0), st.just("g leaf"), st.none() | st.integers(1, 8)),
    st.builds(
        Serving,
        st.just("7oh_tablet"),
        st.floats(1.0, 60.0),
        st.just("mg 7-hydroxymitragynine"),
        st.none() | st.integers(1, 6),
    ),
)


@settings(max_examples=100, deadline=None)
@given(SERVINGS, st.sampled_from(sorted(load_medicines())))
def test_pairs_of_medicine_and_serving_agree_everywhere(tmp_path_factory, serving: Serving, name: str) -> None:  # type: ignore[no-untyped-def]
    one = interactions(serving, [name], sets=16)[0]
    estimates = [
        e for e in (one.exposure, one.parent, one.day, one.mitragynine, one.hydroxymitragynine) if e is not None
    ]
    for e in estimates:
        assert 0.0 < e.low <= e.value <= e.high < math.inf
    # what a run records: the same medicines have a number, and the same number at the same moment
    lived = course(serving, TABLE)
    assert (one.exposure is not None) == (name in victims() and lived.relative_mg > 0.0)
    assert (f"exposure:{name}" in output_catalogue()) == (name in victims())
    if one.exposure is not None:
        plasma = np.array([lived.peak / TABLE["Ihep_ref"] * reference_peak(TABLE)])
        moment = at_moment(name, plasma, np.array([lived.gut_after]), TABLE)
        assert moment[0] == pytest.approx(one.exposure.value, rel=1e-9)
        assert one.exposure.value >= 1.0 or name == "venlafaxine"
    known = known_factor(name, TABLE)
    if known is not None and one.hydroxymitragynine is not None and one.mitragynine is not None:
        assert (one.mitragynine.value - 1.0) * (1.0 - known) >= 0.0
    # what a run tells: every finding about the medicine stands here, and none is more serious
    scenario = load_scenario(_scenario(tmp_path_factory.mktemp("pair"), serving, name))
    about = {rule.id for rule in one.rules}
    alone = {f.rule for f in find(load_scenario(_scenario(tmp_path_factory.mktemp("alone"), serving, None)))}
    told = [f for f in find(scenario) if f.rule not in alone]
    assert {f.rule for f in told} <= about
    assert all(RANKS.index(f.severity) <= RANKS.index(one.severity) for f in told)


def _scenario(folder: Path, serving: Serving, name: str | None) -> Path:
    times = f"per_day = {serving.per_day}" if serving.per_day else "times = 1"
    until = ', for = "20 d"' if serving.per_day else ""
    doses = ', dose = "1 mg", per_day = 1' if name in _WITH_DOSES else ""
    medicines = f'medicines = [{{ name = "{name}"{doses} }}]\n' if name else ""
    dose = f"{serving.amount!r} {serving.basis.replace('g leaf', 'g') if serving.basis == 'g leaf' else serving.basis}"
    text = (
        '[people]\ncount = 32\npopulation = "healthy_adults"\n[[arm]]\nname = "both"\n'
        f'use = [{{ product = "{serving.product}", dose = "{dose}", {times}{until} }}]\n{medicines}'
        '[record]\nfor = "20 d"\nevery = "1 d"\n'
    )
    path = folder / "pair.toml"
    path.write_text(text, encoding="utf-8")
    return path


_WITH_DOSES = ("morphine", "methadone", "buprenorphine", "naloxone", "naltrexone")


# ------------------------------------------------------------------------------------------- scenarios


def arm(medicines: str, outputs: str = "") -> str:
    return (
        '[people]\ncount = 32\npopulation = "healthy_adults"\n[[arm]]\nname = "tea"\n'
        'use = [{ product = "leaf_tea", dose = "39 mg mitragynine", per_day = 2, for = "3 d" }]\n'
        f'{medicines}\n[record]\nfor = "4 d"\nevery = "1 h"\ntrajectories = 32\n{outputs}\n'
    )


def trajectories(tmp_path: Path, text: str) -> np.ndarray:  # type: ignore[type-arg]
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    experiment = build_experiment(load_scenario(path))
    return run_chunk(experiment, 0, 32, Tally.empty(experiment)).trajectories


OUTPUTS = 'outputs = ["mitragynine", "7-hydroxymitragynine", "withdrawal", "severity", "gut_cyp3a"]'


def test_a_medicine_without_effect_on_kratom_changes_no_bit(tmp_path: Path) -> None:
    base = trajectories(tmp_path, arm("", OUTPUTS))
    others = ("Zoloft", "venlafaxine", "grapefruit juice", "Xanax", "quetiapine", "oxycodone")
    carried = ", ".join(f'{{ name = "{name}" }}' for name in others)
    assert np.array_equal(base, trajectories(tmp_path, arm(f"medicines = [{carried}]", OUTPUTS)))
    inhibited = trajectories(tmp_path, arm(f'medicines = [{carried}, {{ name = "ketoconazole" }}]', OUTPUTS))
    assert not np.array_equal(base, inhibited)
    assert inhibited[0, 0].mean() > 1.5 * base[0, 0].mean()


def test_names_are_mapped_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(
        arm(
            'medicines = [{ name = "Nizoral" }, { name = "effexor", from = "1 d" }]\ntreatments = [{ name = "Zoloft" }]'
        ),
        encoding="utf-8",
    )
    scenario = load_scenario(path)
    assert [m.name for m in scenario.arms[0].medicines] == ["ketoconazole", "venlafaxine"]
    assert [t.name for t in scenario.arms[0].treatments] == ["sertraline"]
    assert scenario.record.outputs[-2:] == ("exposure:sertraline", "exposure:venlafaxine")
    again = tmp_path / "again.toml"
    again.write_text(to_toml(scenario), encoding="utf-8")
    assert load_scenario(again) == scenario


@pytest.mark.parametrize("key", ["medicines", "treatments"])
def test_a_misspelt_medicine_is_refused_with_the_nearest(tmp_path: Path, key: str) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(arm(f'{key} = [{{ name = "sertralin" }}]'), encoding="utf-8")
    with pytest.raises(ScenarioError, match="nearest: sertraline"):
        load_scenario(path)
    with pytest.raises(EvidenceError, match="nearest known: 'Zoloft'"):
        find_substance("Zolof")


def test_an_arm_without_kratom_leaves_exposures_alone(tmp_path: Path) -> None:
    text = arm('medicines = [{ name = "midazolam" }]', 'outputs = ["exposure:midazolam", "cyp2d6", "gut_cyp3a"]')
    use = next(line for line in text.splitlines() if line.startswith("use"))
    never = trajectories(tmp_path, text.replace(use, "use = []"))
    assert np.array_equal(never, np.ones_like(never))
    assert 1.39 < trajectories(tmp_path, text)[0, 0].max() < 1.0 / TABLE["Fg_MDZ"]


# ------------------------------------------------------------------------------------------- tables, flags, severity


def test_every_medicine_of_the_observations_is_in_the_table() -> None:
    known = {name for m in load_medicines().values() for name in (m.name, *m.brands)}
    words = {
        "midazolam", "dextromethorphan", "quetiapine", "oxycodone", "venlafaxine", "vortioxetine", "duloxetine",
        "mirtazapine", "citalopram", "escitalopram", "sertraline", "amitriptyline", "nortriptyline",
        "desvenlafaxine", "nefazodone", "fluvoxamine", "fluoxetine", "ketoconazole", "itraconazole", "rifampicin",
        "alprazolam", "caffeine", "omeprazole", "mephenytoin", "desipramine", "atomoxetine", "tolterodine",
        "risperidone", "paroxetine", "bupropion", "quinidine", "terbinafine", "voriconazole", "fluconazole",
        "clarithromycin", "cimetidine", "esomeprazole", "cannabidiol",
    }  # fmt: skip
    columns = ("product", "analyte", "population")
    text = " ".join(o.details[column] for o in load_observations("ddi") for column in columns)
    assert {word for word in words if word not in text} == set()
    assert words <= known
    assert next(iter(load_medicines())) == "sertraline"  # antidepressants come first


def test_flags_are_as_serious_as_their_rules() -> None:
    rules = {rule.id: rule.severity for rule in load_rows("safety_rules")}
    assert {f.name: f.severity for f in medicine_flags().values() if f.rule} == {
        f.name: rules[f.rule] for f in medicine_flags().values() if f.rule
    }
    used = {flag for medicine in load_medicines().values() for flag in medicine.flags}
    assert used == set(medicine_flags())


def test_severity_follows_the_stated_rule() -> None:
    narrow = medicine_flags()["narrow_margin"]
    assert [judge(ratio, [])[0] for ratio in (1.0, 1.24, 1.25, 2.0, 5.0)] == [NONE, NONE, *SEVERITIES]
    assert [judge(ratio, [], [narrow])[0] for ratio in (1.0, 1.25, 2.0)] == list(SEVERITIES)
    assert [judge(None, [ratio])[0] for ratio in (0.4, 0.8, 1.0, 1.3, 2.0)] == [
        *("warning", "caution", NONE, "caution", "warning")
    ]
    assert judge(None, []) == (NO_DATA, ())
    assert {name: every(TEA)[name].severity for name in ("diazepam", "phenelzine", "quetiapine", "sertraline")} == {
        **dict.fromkeys(("diazepam", "phenelzine", "quetiapine"), "danger"),
        "sertraline": "warning",
    }


def test_no_number_is_given_where_the_tables_hold_none() -> None:
    found = every(TEA)
    for name, why in (
        ("fluoxetine", "how it is cleared"),
        ("quetiapine", "CYP3A of the gut"),
        ("digoxin", "how it is cleared"),
        ("clarithromycin", "how it is cleared"),
    ):
        assert found[name].exposure is None
        assert why in found[name].why_not
    assert found["clarithromycin"].mitragynine is None
    assert "may rise" in found["clarithromycin"].why_not_kratom
    assert "may fall" in found["phenytoin"].why_not_kratom
    assert {o.id for o in found["cannabidiol"].measured} >= {"ddi-062"}  # measured in rats, not predicted for people
    assert found["cannabidiol"].mitragynine is None


def test_bounds_of_an_enzyme_known_as_a_bound_begin_at_no_effect() -> None:
    assert mitragynine_inhibition()["CYP1A2"].affinity(TABLE, 0.0) == 0.0
    caffeine = every(TEA)["caffeine"].exposure
    assert caffeine is not None
    assert 1.0 <= caffeine.low < 1.003 < caffeine.value <= caffeine.high < 1.02


@pytest.mark.parametrize(
    ("product", "amount", "basis", "per_day", "said"),
    [
        ("morphine", 10.0, "mg", None, "not a kratom product"),
        ("leaf_te", 4.0, "g leaf", None, "'leaf_tea'"),
        ("leaf_tea", 4.0, "tablet", None, "give one of g leaf"),
        ("leaf_tea", math.nan, "g leaf", None, "above 0"),
        ("leaf_tea", 4.0, "g leaf", 25, "from 1 to 24"),
    ],
)
def test_what_is_no_serving_is_refused(product: str, amount: float, basis: str, per_day: int | None, said: str) -> None:
    with pytest.raises(KetumError, match=said):
        Serving(product, amount, basis, per_day)


# ------------------------------------------------------------------------------------------- command and page


def command(*words: str) -> str:
    result = CliRunner().invoke(app, ["interactions", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_prints_json_that_agrees_with_the_room() -> None:
    found = json.loads(command("--with", "Effexor", "--with", "Versed", "--json"))
    venlafaxine, midazolam = found["interactions"]
    assert (venlafaxine["medicine"], midazolam["medicine"]) == ("venlafaxine", "midazolam")
    assert midazolam["exposure"]["value"] == pytest.approx(1.3885, abs=1e-3)
    assert venlafaxine["exposure_parent"]["value"] == pytest.approx(1.126, abs=1e-3)
    assert all(flag["verified"] == "recall" for flag in venlafaxine["flags"])
    assert "tanna2021" in venlafaxine["sources"]


def test_the_command_shows_every_medicine_and_never_advises() -> None:
    text = command("--product", "leaf_powder", "--dose", "4 g", "--per-day", "3")
    flat = " ".join(text.split())
    assert "4 g leaf as leaf powder" in flat
    assert "no data on kinetics" in flat
    assert "never a recommendation of a dose" in flat
    assert "clinical" not in flat.split("extrapolated:")[0]  # nothing was measured with this serving
    assert "Zoloft" in command("--with", "zoloft")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--with", "zolof"], "nearest known: 'Zoloft'"),
        (["--product", "leaf_powder"], "--dose: is missing"),
        (["--product", "methadone", "--dose", "5 mg"], "is a medicine"),
        (["--dose", "4 h"], "--dose"),
        (["--per-day", "0"], "--per-day"),
    ],
)
def test_bad_input_is_one_line(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["ketum", "interactions", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert len(error.splitlines()) == 1


def test_the_page_holds_every_medicine_and_needs_no_network(tmp_path: Path) -> None:
    page = interactions_page(tuple(every(TEA).values()), TEA)
    for name in load_medicines():
        assert name.replace("_", " ") in page
    assert "<script" not in page
    assert "http" not in page.split("<h2>Sources</h2>")[0]
    assert "1.39 (" in page
    assert "never a recommendation of a dose" in page
    command("--page", str(tmp_path / "out" / "page.html"))
    assert (tmp_path / "out" / "page.html").read_text(encoding="utf-8") == page
