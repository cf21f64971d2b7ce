"""Scenarios mean what they say: shipped examples, keys of a phase, doses, defaults, and writing back."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from bad_scenarios import VALID, arm, swap, use
from ketum.engine.outputs import output_catalogue
from ketum.products import products
from ketum.regimens.nonmem import check_grid, read_event_table
from ketum.regimens.phases import Amount, Event, EventTable, Medicine, Phase
from ketum.scenario import Arm, People, Scenario, load_scenario, to_toml
from ketum.scenario.build import fixed_keys
from ketum.scenario.doses import parse_amount
from ketum.scenario.model import Setting, Treatment, Uncertainty
from scenario_strategies import scenarios

EXAMPLES = Path(__file__).parents[1] / "examples"
WEEK_H = 168.0


def load(text: str, folder: Path, **options: object) -> Scenario:
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path, **options)  # type: ignore[arg-type]


def first_phase(folder: Path, text: str, more: str = "") -> Phase:
    return load(use(text) + more, folder).arms[0].phases[0]


# the shipped examples


def test_single_dose() -> None:
    scenario = load_scenario(EXAMPLES / "single-dose.toml")
    assert scenario.title == "One cup of tea"
    assert scenario.people == People(count=500, population="healthy_adults", experience_h=0.0)
    (tea,) = scenario.arms
    assert tea.phases == (
        Phase(mode="times", product="leaf_tea", dose=Amount(39.0, "mg mitragynine"), count=1, for_h=24.0),
    )
    record = scenario.record
    assert (record.for_h, record.every_h, record.step_h, record.pk) == (120.0, 0.25, 0.25, True)
    assert "mor_occupancy:mitragynine" in record.outputs
    assert "use_disorder" not in record.outputs


def test_use_then_stop() -> None:
    scenario = load_scenario(EXAMPLES / "use-then-stop.toml")
    assert scenario.people.experience_h == 364 * 24
    never, stop, taper = scenario.arms
    assert never.never_used
    assert not stop.never_used
    used = Phase(mode="per_day", product="leaf_powder", dose=Amount(4.0, "g leaf"), count=3, for_h=26 * WEEK_H)
    assert stop.phases == (used, Phase(mode="stop"))
    assert taper.phases == (used, Phase(mode="taper_over", for_h=8 * WEEK_H))
    assert (scenario.record.every_h, scenario.record.step_h, scenario.record.trajectories) == (24.0, 0.5, 6)
    only_asked_for = ("mor_occupancy:", "occupancy:", "gut_cyp3a", "cyp2d6", "exposure:")
    assert scenario.record.outputs == tuple(n for n in output_catalogue() if not n.startswith(only_asked_for))


def test_self_medication() -> None:
    scenario = load_scenario(EXAMPLES / "self-medication.toml")
    assert scenario.setting == Setting(causal=("null", "pharmacology", "harm", "benefit", "mixed"))
    nothing, kratom, sertraline, cbt, both = scenario.arms
    assert nothing.never_used
    assert cbt.treatments[0].for_h == 16 * 7 * 24
    assert kratom.phases[0].at_most_per_day == 6
    assert both.phases == kratom.phases
    assert both.treatments == sertraline.treatments
    assert sertraline.treatments[0] == Treatment(
        name="sertraline", dose_mg=50.0, per_day=1, from_h=0.0, for_h=52 * 7 * 24.0, adherence=1.0
    )


def test_intermittent() -> None:
    daily, weekend, tablets = load_scenario(EXAMPLES / "intermittent.toml").arms
    assert daily.phases[0].on_days is None
    assert weekend.phases[0].on_days == frozenset({5, 6})
    assert tablets.phases[0].dose == Amount(15.0, "mg 7-hydroxymitragynine")


def test_uncertainty() -> None:
    scenario = load_scenario(EXAMPLES / "uncertainty.toml")
    assert scenario.uncertainty == Uncertainty(draws=100, shares=64, of=())
    assert scenario.parameters == {"theta": "fixed"}
    assert fixed_keys(scenario) == {"body.theta"}


# defaults


def test_the_shortest_scenario(tmp_path: Path) -> None:
    scenario = load('[[arm]]\nname = "a"\n[record]\nfor = "13 d"', tmp_path)
    assert scenario.title == "scenario"
    assert scenario.seed == 1
    assert scenario.people == People(count=1000, population="us_adults", experience_h=0.0)
    assert scenario.arms == (Arm(name="a"),)
    assert (scenario.record.every_h, scenario.record.start_h, scenario.record.step_h) == (1.0, 0.0, 0.5)


def test_a_record_of_two_weeks_is_daily(tmp_path: Path) -> None:
    assert load('[[arm]]\nname = "a"\n[record]\nfor = "14 d"', tmp_path).record.every_h == 24.0


def test_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_bytes(b"\xef\xbb\xbf" + VALID.encode())
    assert load_scenario(path).people.count == 50


def test_no_more_persons_are_kept_than_there_are(tmp_path: Path) -> None:
    assert load(VALID, tmp_path, people=2).record.trajectories == 2


# overrides


def test_overrides_reach_tables_lists_and_defaults(tmp_path: Path) -> None:
    scenario = load(
        VALID,
        tmp_path,
        overrides=[
            "record.every=1 h",
            "arm.0.use.0.dose=2 g",
            "parameters.theta=2",
            'title="Two"',
            "record.step=1 h",
        ],
        people=7,
        seed=2**63 - 1,
    )
    assert (scenario.record.every_h, scenario.record.step_h) == (1.0, 1.0)
    assert scenario.arms[0].phases[0].dose == Amount(2.0, "g leaf")
    assert scenario.parameters == {"theta": 2.0}
    assert (scenario.title, scenario.people.count, scenario.seed) == ("Two", 7, 2**63 - 1)


# phases


def test_times_are_a_day_apart_unless_said(tmp_path: Path) -> None:
    leaf = 'product = "leaf_powder", dose = "4 g"'
    assert first_phase(tmp_path, leaf + ", times = 3").every_h == 24.0
    assert first_phase(tmp_path, leaf + ', times = 3, every = "6 h", at = "08:00"').every_h == 6.0
    assert first_phase(tmp_path, leaf + ", times = 1").every_h is None


def test_every_key_of_a_phase(tmp_path: Path) -> None:
    phase = first_phase(
        tmp_path,
        'product = "leaf_powder", dose = "4 g", per_day = 2, for = "4 wk", on_days = ["sun", "mon"], '
        'at = ["20:30", "08:00"], first_day = 3',
    )
    assert phase == Phase(
        mode="per_day",
        product="leaf_powder",
        dose=Amount(4.0, "g leaf"),
        count=2,
        for_h=4 * WEEK_H,
        on_days=frozenset({0, 6}),
        at_h=(8.0, 20.5),
        first_day=3,
    )


def test_as_needed_without_dose_goes_on_with_the_persons_own(tmp_path: Path) -> None:
    phase = first_phase(tmp_path, 'product = "leaf_powder", as_needed = true, at_most_per_day = 6')
    assert (phase.mode, phase.dose, phase.at_most_per_day, phase.for_h) == ("as_needed", None, 6, None)


def test_phases_that_know_their_own_length_may_be_followed(tmp_path: Path) -> None:
    leaf = 'product = "leaf_powder", dose = "4 g"'
    text = use(
        leaf + ", times = 2",
        'pause = "3 d"',
        leaf + ', every = "3 d", at = "08:00", for = "9 d"',
        'taper_by = "10 %/wk"',
        'stop = true, for = "7 d"',
        leaf + ", per_day = 1",
    )
    phases = load(text, tmp_path).arms[0].phases
    assert [phase.mode for phase in phases] == ["times", "pause", "every", "taper_by", "stop", "per_day"]
    assert phases[0].for_h == 48.0
    assert phases[3].taper_share_per_week == 0.1
    # The taper ends when 0.9^n falls below 0.02: after 37 weeks.
    assert phases[3].for_h == 37 * WEEK_H


# doses and medicines


@pytest.mark.parametrize(
    ("product", "text", "amount"),
    [
        ("leaf_tea", "4 g", Amount(4.0, "g leaf")),
        ("leaf_powder", "4000 mg leaf", Amount(4.0, "g leaf")),
        ("leaf_powder", "39mg  mitragynine", Amount(39.0, "mg mitragynine")),
        ("extract", "250 mg", Amount(250.0, "mg extract")),
        ("extract", "0.25 g extract", Amount(250.0, "mg extract")),
        ("extract", "50 mg of mitragynine", Amount(50.0, "mg mitragynine")),
        ("7oh_tablet", "1 tablet", Amount(1.0, "tablet")),
        ("7oh_tablet", "2.5 tablets", Amount(2.5, "tablet")),
        ("7oh_tablet", "15 mg 7-OH", Amount(15.0, "mg 7-hydroxymitragynine")),
        ("morphine", "60 mg", Amount(60.0, "mg")),
        ("naloxone", "400 ug naloxone", Amount(0.4, "mg")),
    ],
)
def test_amounts(product: str, text: str, amount: Amount) -> None:
    assert parse_amount(text, product, products()[product].bases) == amount


def test_medicines(tmp_path: Path) -> None:
    text = arm(
        'medicines = [{ name = "ketoconazole" }, '
        '{ name = "naloxone", dose = "0.4 mg", at = "14:00", from = "2 d", for = "1 d" }]'
    )
    assert load(text, tmp_path).arms[0].medicines == (
        Medicine(name="ketoconazole"),
        Medicine(name="naloxone", dose_mg=0.4, at_h=(14.0,), from_h=48.0, for_h=24.0),
    )


def test_parameters_may_be_set_or_fixed(tmp_path: Path) -> None:
    text = VALID + '[parameters]\ntheta = 2\nbody.b_CL = 0.8\n"body.WT_ref" = "fixed"\n'
    assert load(text, tmp_path).parameters == {"theta": 2.0, "b_CL": 0.8, "WT_ref": "fixed"}


# event tables


TABLE = """\
# two persons
ID,TIME,AMT,EVID,CMT,II,ADDL,SS
1,0,15,1,1,12,3,0
1,6,.,0,.,.,.,.
1,96,.,3,.,.,.,.
2,0.5,20,4,1,24,0,1
"""
EVENTS = EventTable(
    "leaf_powder",
    (1, 2),
    (
        (Event(time_h=0.0, amount_mg=15.0, interval_h=12.0, additional=3), Event(time_h=96.0, evid=3)),
        (Event(time_h=0.5, amount_mg=20.0, evid=4, interval_h=24.0, steady_state=True),),
    ),
)


@pytest.mark.parametrize("text", [TABLE, TABLE.replace(",", " "), TABLE.replace("ID,TIME", "#Id,Time")])
def test_event_table(text: str, tmp_path: Path) -> None:
    path = tmp_path / "doses.csv"
    path.write_text(text)
    assert read_event_table(path, "leaf_powder") == EVENTS


def test_event_table_without_id_and_evid_is_one_person(tmp_path: Path) -> None:
    path = tmp_path / "doses.csv"
    path.write_text("C TIME AMT\n0 15\nC a comment\n12 15\n24 0\n")
    table = read_event_table(path, "leaf_powder")
    assert table.ids == (1,)
    assert [event.time_h for event in table.events[0]] == [0.0, 12.0]


def test_event_times_lie_on_the_step() -> None:
    check_grid(EVENTS, 0.5)
    with pytest.raises(ValueError, match=r"ID 2: TIME: 0.5 h"):
        check_grid(EVENTS, 1.0)


def test_scenario_with_an_event_table_needs_no_file_once_resolved(tmp_path: Path) -> None:
    old = VALID[VALID.index("use = ") : VALID.index("[record]")]
    (tmp_path / "doses.csv").write_text(TABLE)
    scenario = load(swap(old, 'product = "leaf_powder"\nevents = "doses.csv"\n'), tmp_path)
    assert scenario.arms[0].events == EVENTS
    (tmp_path / "doses.csv").unlink()
    assert load(to_toml(scenario), tmp_path) == scenario


# writing back


@pytest.mark.parametrize("name", ["single-dose", "use-then-stop", "intermittent"])
def test_an_example_written_out_is_the_same_scenario(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(EXAMPLES / f"{name}.toml")
    text = to_toml(scenario)
    assert load(text, tmp_path) == scenario
    assert to_toml(load(text, tmp_path)) == text


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(scenario=scenarios())
def test_any_scenario_written_out_is_the_same_scenario(scenario: Scenario, tmp_path: Path) -> None:
    assert load(to_toml(scenario), tmp_path) == scenario
