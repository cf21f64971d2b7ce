"""What must hold bit for bit when body and mood are joined: life without kratom, channels, the run-in, batches."""

from __future__ import annotations

import filecmp
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from joined import arm, experiment_of, live, scenario
from ketum.engine.cohort import Cohort, shipped_tables
from ketum.engine.lives import Lives
from ketum.engine.mind import Mind
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, resting_states, simulate
from ketum.engine.workers import run_experiment
from ketum.evidence import load_parameters
from ketum.mood import CHANNELS, Course, causal_settings
from ketum.regimens import Phase
from ketum.regimens.schedule import FORCED, NO_SPELL, build_schedule
from ketum.running import run
from ketum.scenario.build import grid
from mood_lives import adults, lives, nearly_nothing

MOOD = '"severity", "phq9", "gad7", "pcl5", "bdi2", "hamd17", "madrs", "in_episode", "momentary_mood", "prompted_mood"'
LEAF = 'use = [{ product = "leaf_powder", dose = "4 g", per_day = 3, for = "10 wk" }, { stop = true }]'
AS_NEEDED = 'use = [{ product = "leaf_powder", as_needed = true }]'


def test_life_at_rest_is_life_with_the_body_run() -> None:
    """Skipping a body at rest changes no bit of mood: severity, momentary mood, prompts, scales, spells."""
    days, names = 60, ("severity", "phq9", "momentary_mood", "prompted_mood", "distress", "in_use", "gad7")
    these = lives(adults(96))
    courses = (Course("sertraline", 5, 40), Course("substitution", 20, 50))
    rested = these.run(days, courses, outputs=names)
    bodied = these.run(days, courses, outputs=names, schedule=nearly_nothing(these, days))
    for name in names:
        before_the_dose = slice(0, days - 1)
        assert np.array_equal(
            rested.outputs[name][before_the_dose], bodied.outputs[name][before_the_dose], equal_nan=True
        ), name
    assert np.isnan(rested.outputs["prompted_mood"]).mean() < 0.01


@pytest.mark.parametrize("use", [LEAF, AS_NEEDED])
def test_with_every_channel_off_kratom_changes_nothing_in_mood(use: str) -> None:
    off = ", ".join(f"{channel} = false" for channel in CHANNELS)
    text = scenario(
        "adults_with_depression",
        arm("nothing") + arm("kratom", use),
        14,
        more=f'[setting]\ncausal = ["null", "mixed"]\nchannels = {{ {off} }}',
        outputs=MOOD + ', "mor_activation"',
    )
    found = live(text, 64)
    for setting in ("null", "mixed"):
        kratom, nothing = found[setting, "kratom"], found[setting, "nothing"]
        assert kratom.outputs["mor_activation"].max() > 0.1
        for name, values in nothing.outputs.items():
            if name != "mor_activation":
                assert np.array_equal(kratom.outputs[name], values, equal_nan=True), name
        assert np.array_equal(kratom.excess(), np.zeros_like(kratom.excess()))


def test_each_channel_can_be_switched_off_alone() -> None:
    base = causal_settings()["harm"]
    for channel in CHANNELS:
        changed = base.switched({channel: False})
        assert changed.acts(channel) is False
        assert all(changed.acts(other) for other in CHANNELS if other != channel)
    assert causal_settings()["null"].switched({"protracted": True}).acts("protracted")


def test_starting_from_the_run_in_is_an_unbroken_life() -> None:
    tables = shipped_tables()
    cohort = Cohort(64, 5, "regular_users", tables)
    group = prepare_group(cohort.persons(0, 64), tables.body, 0.5, tables, 5)
    weeks, cut = 12, 8
    hours = 24 * 7 * weeks
    phase = Phase(mode="as_needed", product="leaf_powder")
    schedule = build_schedule((phase,), grid(load_parameters("body"), hours, 0, 2))
    outputs = ("severity", "momentary_mood", "withdrawal", "servings", "phq9")
    setting = causal_settings()["mixed"]

    def mind(days: int, before: int) -> Mind:
        return Mind(setting, modes=np.full(days, FORCED, dtype=np.int64), mode_before=before)

    half = 24 * 7 * cut
    whole = simulate(
        group,
        schedule,
        Window(0, hours, outputs, half, 48),
        seed=5,
        mind=mind(7 * weeks, NO_SPELL),
        start=resting_states(group),
    )
    first = simulate(
        group,
        schedule,
        Window(0, half, leads_to=outputs),
        seed=5,
        mind=mind(7 * cut, NO_SPELL),
        start=resting_states(group),
    )
    second = simulate(
        group,
        schedule,
        Window(half, hours, outputs, half, 48),
        seed=5,
        mind=mind(7 * (weeks - cut), FORCED),
        start=first.states,
    )
    for name in outputs:
        assert np.array_equal(whole.outputs[name], second.outputs[name], equal_nan=True), name
    assert np.array_equal(whole.days["dose_eq"][7 * cut :], second.days["dose_eq"])
    assert np.array_equal(whole.states, second.states)


@pytest.mark.parametrize(
    "population", ["adults_with_depression", "adults_with_ptsd", "regular_users", "healthy_adults"]
)
def test_person_is_the_same_among_few_and_many(population: str) -> None:
    tables = shipped_tables()
    few = Cohort(32, 3, population, tables).persons(0, 32)
    many = Cohort(400, 3, population, tables).persons(0, 416)
    later = Cohort(400, 3, population, tables).persons(64, 32)
    assert np.array_equal(few.numbers, many.numbers[:32])
    assert np.array_equal(later.numbers, many.numbers[64:96])
    assert few.candidates is not None
    assert many.candidates is not None
    assert np.array_equal(few.candidates.severity, many.candidates.severity[:32])
    assert np.array_equal(few.parameters["g_W"], many.parameters["g_W"][:32])
    assert np.array_equal(few.index, np.arange(32))


TEXT = scenario(
    "adults_with_depression",
    arm("nothing") + arm("kratom", AS_NEEDED) + arm("drug", 'treatments = [{ name = "sertraline", adherence = 0.7 }]'),
    8,
    more='[setting]\ncausal = ["pharmacology", "mixed"]\n[monitoring]\nevery = "2 wk"',
    outputs=MOOD + ', "withdrawal", "servings", "distress"',
)


@pytest.mark.usefixtures("no_report")
def test_results_do_not_depend_on_chunks_and_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "joined.toml"
    path.write_text(TEXT.replace("[people]", "[people]\ncount = 200"))
    one = run(path, tmp_path / "one", workers=1).folder
    two = run(path, tmp_path / "two", workers=2).folder
    monkeypatch.setattr("ketum.engine.experiment._LARGEST_CHUNK", 32)
    small = run(path, tmp_path / "small", workers=1).folder
    for other in (two, small):
        for name in ("persons.csv", "endpoints.csv", "summary.csv"):
            assert filecmp.cmp(one / name, other / name, shallow=False), (other.name, name)
    few = run(path, tmp_path / "few", workers=1, people=10).folder
    assert pd.read_csv(one / "persons.csv").head(10).equals(pd.read_csv(few / "persons.csv"))


def test_arms_without_kratom_are_alike_in_every_setting() -> None:
    found = live(TEXT, 64)
    for name in ("nothing", "drug"):
        for output, values in found["pharmacology", name].outputs.items():
            assert np.array_equal(values, found["mixed", name].outputs[output], equal_nan=True), output


def test_harm_only_advances_an_onset() -> None:
    """The threshold form of hazards: in the same person an episode comes no later with harm (mood.md 3, step 7)."""
    text = scenario(
        "healthy_adults", arm("use", AS_NEEDED), 104, more='[setting]\ncausal = ["null", "harm", "benefit"]'
    )
    found = live(text, 1500, keep=("in_episode", "severity"))

    def onset(name: str) -> np.ndarray:
        ill = found[name, "use"].days["in_episode"] > 0
        return np.where(ill.any(axis=0), ill.argmax(axis=0), 10**6)

    assert np.all(onset("harm") <= onset("null"))
    assert np.all(onset("benefit") >= onset("null"))
    assert np.any(onset("harm") < onset("null"))


def test_selection_off_changes_who_becomes_a_regular_user() -> None:
    tables = shipped_tables()
    cohort = Cohort(2000, 1, "regular_users", tables)
    chosen, blind = (cohort.persons(0, 1024, selection=s).candidates for s in (True, False))
    assert chosen is not None
    assert blind is not None
    assert chosen.severity.mean() > blind.severity.mean() + 0.5


def test_channels_add_up_to_what_kratom_does(tmp_path: Path) -> None:
    """Switched off one at a time, the parts of severity in use sum to the whole but for the cap and changed use."""
    text = scenario("us_adults", arm("use", LEAF), 20, more='[setting]\ncausal = "harm"')
    experiment = experiment_of(text, 256)
    collected = run_experiment(experiment, tmp_path, workers=1)
    parts = [collected.column(f"use|channel:{name}").mean() for name in CHANNELS[1:]]
    whole = collected.column("use|excess_use").mean()
    assert sum(parts) == pytest.approx(whole, abs=0.05)
    assert parts[0] < 0 < min(parts[1:])


def test_natural_use_starts_by_itself_and_servings_stay_within_spells() -> None:
    tables = shipped_tables()
    text = scenario(
        "us_adults", arm("free", 'use = "natural"'), 52, more="[parameters]\nh_0 = 0.4", outputs='"servings"'
    )
    found = live(text, 256)["pharmacology", "free"]
    using = found.days["in_spell"] > 0
    served = found.outputs["servings"] > 0
    assert not served[~using].any()
    assert 0.05 < using[-1].mean() < 0.9
    assert (np.diff(using.astype(int), axis=0) < 0).any()  # some stop again: triers
    assert served[using].mean() > 0.5
    assert tables.mood.value("h_0") < 0.4


def test_never_use_life_of_regular_users_skips_the_run_in() -> None:
    text = scenario("regular_users", arm("never", "use = []") + arm("on", AS_NEEDED), 4)
    experiment = experiment_of(text, 32)
    group = prepare_group(
        experiment.cohort.persons(0, 32), experiment.cohort.tables.body, 0.5, experiment.cohort.tables, 1
    )
    found = Lives(experiment, group)
    setting = experiment.settings[0]
    never = found.run(setting, experiment.arms[0])
    assert np.array_equal(never.days["severity"], found.without_kratom(())["severity"])
    assert never.state("protracted").max() == 0.0
    used = found.run(replace(setting, c2=0.0), experiment.arms[1])
    assert used.state("protracted").min() > 0.0
