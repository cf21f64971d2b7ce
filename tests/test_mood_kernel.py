"""The compiled mood half against the plain one of `mood_oracle.py`, person by person and number by number.

Both share the parameter tables and the counter-based random numbers and nothing else, so every state must agree.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import mood_oracle
import mood_oracle_scales as scales
from ketum.engine.cohort import shipped_tables
from ketum.engine.measure import Answers, bdi2, gad7, hamd17, madrs, pcl5, phq9_items
from ketum.evidence import load_parameters
from ketum.mood import Course, causal_settings
from ketum.numerics import log, normal_quantile
from ketum.people import motives
from ketum.regimens import Amount, Phase
from ketum.regimens.schedule import build_schedule
from ketum.scenario.build import grid
from mood_lives import SEED, adults, enriched, lives, noise_at

COUNT = 640
DAYS = 500
TABLES = shipped_tables()


@pytest.fixture(scope="module")
def mine() -> mood_oracle.People:
    return scales.population(SEED, np.arange(COUNT, dtype=np.int64))


def test_people_are_the_same(mine: mood_oracle.People) -> None:
    people = lives(adults(COUNT)).group.persons
    candidates, traits = people.candidates, people.traits
    assert candidates is not None
    assert traits is not None
    for name in ("age", "female", "pain", "opioid", "ptsd", "alcohol", "ever", "now"):
        assert_allclose(getattr(candidates, name), getattr(mine, name), rtol=1e-13, err_msg=name)
    assert_allclose(candidates.vulnerability, mine.z, rtol=1e-12, atol=1e-12)
    assert_allclose(candidates.trait, mine.b, rtol=1e-12)
    assert_allclose(people.weight, mine.weight, rtol=1e-12)
    for name, theirs in (("expectancy", "q_PL"), ("SSRI", "q_SSRI"), ("SNRI", "q_SNRI"), ("CBT", "q_CBT")):
        assert_allclose(traits.shares[name], getattr(mine, theirs), rtol=1e-12)
    assert_allclose(traits.shares["exercise"], mine.q_EX, rtol=1e-12)
    for name in ("protracted_gain", "trait_anxiety", "pcl_mean"):
        assert_allclose(getattr(traits, name), getattr(mine, name), rtol=1e-12)
    assert_allclose(traits.day_memory, mine.phi_d, rtol=1e-12)
    assert_array_equal(traits.trier, mine.trier)
    assert_array_equal(traits.expects_usual_care, mine.usual_care_expectancy)
    found = motives(candidates, traits, candidates.severity, TABLES.covariates, TABLES.mood)
    assert_allclose(found, scales.motives(mine, candidates.severity), rtol=1e-11, atol=1e-11)


ARMS: dict[str, tuple[tuple[Course, ...], dict[str, tuple[int, int]]]] = {
    "nothing": ((), {}),
    "placebo": ((Course("placebo", 20, 300),), {"expectancy": (20, DAYS)}),
    "drug, then none": ((Course("sertraline", 10, 200),), {"expectancy": (10, DAYS), "SSRI": (10, 200)}),
    "drug after drug": (
        (Course("sertraline", 0, 100), Course("duloxetine", 100, 400)),
        {"expectancy": (0, DAYS), "SSRI": (0, 100), "SNRI": (100, 400)},
    ),
    "CBT and exercise": (
        (Course("cbt", 5, 117), Course("exercise", 40, 250)),
        {"expectancy": (5, DAYS), "CBT": (5, 117), "exercise": (40, 250)},
    ),
    "combination": (
        (Course("fluoxetine", 0, DAYS), Course("cbt", 0, 112)),
        {"expectancy": (0, DAYS), "SSRI": (0, DAYS), "CBT": (0, 112)},
    ),
    "substitution": ((Course("substitution", 0, 90),), {"substitution": (0, 90)}),
}


@pytest.mark.parametrize("name", ARMS)
def test_every_day_of_every_person_is_the_same(mine: mood_oracle.People, name: str) -> None:
    courses, schedule = ARMS[name]
    found = lives(adults(COUNT)).days(DAYS, courses)
    expected = mood_oracle.run(mine, DAYS, treatments=schedule)
    assert_allclose(found["severity"], expected.S, rtol=1e-10, atol=1e-10)
    assert_allclose(found["severity_14d"], expected.S14, rtol=1e-10, atol=1e-10)
    # of a day, the kernel keeps the state after its transitions, the oracle the one before
    assert_array_equal(found["in_episode"][:-1], expected.kept["in_episode"][1:])
    assert (np.diff(found["in_episode"], axis=0) != 0).any(axis=0).mean() > 0.05


def test_usual_care_gives_expectancy_to_some(mine: mood_oracle.People) -> None:
    found = lives(adults(COUNT)).days(120, (Course("usual_care", 0, 120),))
    on = np.where(mine.usual_care_expectancy, 0, mood_oracle.ALWAYS)
    expected = mood_oracle.run(mine, 120, treatments={"expectancy": (on, mood_oracle.ALWAYS)})
    assert_allclose(found["severity"], expected.S, rtol=1e-10, atol=1e-10)


def test_spells_of_use_begin_and_end_on_the_same_days() -> None:
    tables = enriched(400.0)
    mine = scales.population(SEED, np.arange(COUNT, dtype=np.int64), scales.table(h_0=tables.mood.value("h_0")))
    found = lives(adults(COUNT, tables), tables).days(DAYS, natural=True)
    expected = mood_oracle.run(mine, DAYS, use="natural")
    assert_array_equal(found["in_spell"], expected.kept["using"])
    assert expected.kept["using"].any(axis=0).mean() > 0.2
    assert (expected.spells_ended > 0).mean() > 0.05


@pytest.mark.parametrize("setting", ["pharmacology", "harm", "benefit", "mixed"])
def test_kratom_acts_on_severity_as_written(mine: mood_oracle.People, setting: str) -> None:
    """Day means of the compiled body are given to the oracle; its severity and distress must come out."""
    days, count = 60, 64
    few = mine.take(slice(0, count))
    body = load_parameters("body")
    phases = [
        Phase(mode="per_day", product="leaf_powder", dose=Amount(6.0, "g leaf"), count=3, for_h=24.0 * 40),
        Phase(mode="stop"),
    ]
    schedule = build_schedule(phases, grid(body, 24 * days, 0, 2))
    these = lives(adults(count))
    hours = tuple(range(24 * days))
    outputs = ("mor_activation", "distress", "withdrawal")
    run = these.run(
        days,
        (Course("substitution", 45, 60),),
        setting=causal_settings()[setting],
        schedule=schedule,
        snapshots=hours[1:],
        outputs=outputs,
    )

    def by_day(name: str) -> np.ndarray:
        """Means over the ends of the hours of a day; the last hour of the record stands in the final states."""
        readings = np.array([run.snapshot(k, name) for k in range(len(hours) - 1)] + [run.state(name)])
        return readings.reshape(days, 24, -1).mean(axis=1)[:, :count]

    p = these.group.persons.parameters
    rise = np.array(
        [run.snapshot(k, "arousal_drive") - run.snapshot(k, "arousal_habit") for k in range(len(hours) - 1)]
    )
    effect = np.array([run.snapshot(k, "effect") for k in range(len(hours) - 1)])
    last = p["a_A"] * (run.state("arousal_drive") - run.state("arousal_habit")) - p["s_E"] * run.state("effect") ** 2
    arousal = np.concatenate([p["a_A"] * rise - p["s_E"] * effect**2, last[None]])
    exposure = mood_oracle.Given(
        few,
        effect=run.outputs["mor_activation"][:, :count],
        arousal=arousal.reshape(days, 24, -1).mean(axis=1)[:, :count],
        withdrawal=run.days["withdrawal_mean"][:, :count],
        protracted=by_day("protracted"),
        reward=by_day("reward_slow"),
        dose=run.days["dose_eq"][:, :count],
    )
    expected = mood_oracle.run(few, days, setting=scales.SETTINGS[setting], exposure=exposure)
    assert_allclose(run.days["severity"][:, :count], expected.S, rtol=1e-9, atol=1e-9)
    assert_allclose(run.outputs["distress"][1:, :count], expected.distress()[:-1], rtol=1e-9, atol=1e-9)
    never = these.days(days)["severity"]
    assert np.abs(run.days["severity"][:, :count] - never).max() > 0.5
    assert run.days["dose_eq"][:40, :count].mean() > 100


def test_scales_are_the_same(mine: mood_oracle.People) -> None:
    people = lives(adults(COUNT)).group.persons
    candidates, traits = people.candidates, people.traits
    assert candidates is not None
    assert traits is not None
    generator = np.random.default_rng(3)
    S, W = generator.uniform(0, 26.5, COUNT), generator.uniform(0, 0.5, COUNT)
    drug, cbt = generator.uniform(0, 1, (2, COUNT))
    for survey, visit in ((0, 0), (3, 17)):
        answers = Answers(SEED, candidates.keys, np.array([visit]), survey)
        total, ninth = phq9_items(answers, S[None], TABLES)
        expected = scales.phq9_items(mine, S, survey, visit)
        assert_array_equal(total[0], expected[0])
        assert_array_equal(ninth[0], expected[1])
        raw = hamd17(answers, S[None], TABLES, whole=False)[0]
        assert_allclose(raw, scales.hamd_raw(mine, S, survey, visit), rtol=1e-12)
        assert_array_equal(hamd17(answers, S[None], TABLES)[0], scales.hamd(mine, S, survey, visit))
        assert_array_equal(madrs(answers, S[None], TABLES)[0], scales.madrs(mine, S, survey, visit))
        assert_array_equal(bdi2(answers, S[None], TABLES)[0], scales.bdi(mine, S, survey, visit))
        setting = scales.SETTINGS["pharmacology"]
        found = gad7(answers, S[None], W[None], traits.trait_anxiety, candidates.trait, TABLES, 1.0)
        assert_array_equal(found[0], scales.gad7(mine, S, W, setting, survey, visit))
        mean = (traits.pcl_mean, candidates.trait, candidates.ptsd, TABLES)
        found = pcl5(answers, S[None], drug[None], cbt[None], *mean)
        assert_array_equal(found[0], scales.pcl5(mine, S, drug, cbt, survey, visit))


def test_noise_of_every_hour_is_the_same(mine: mood_oracle.People) -> None:
    found = noise_at(lives(adults(COUNT)), 12, range(scales.WAKE, 23))
    assert_allclose(found, scales.mood_noise(mine, 12), rtol=1e-9, atol=1e-9)


def test_numbers_of_the_kernel() -> None:
    """Logarithm and normal quantile, which the kernel has for itself, against those of the libraries."""
    from scipy.special import ndtri

    u = np.concatenate(
        [np.random.default_rng(1).random(20_000), 10.0 ** -np.arange(1, 16), 1 - 10.0 ** -np.arange(1, 15)]
    )
    assert_allclose([normal_quantile(x) for x in u], ndtri(u), rtol=2e-15, atol=1e-16)
    x = 10.0 ** np.linspace(-300, 300, 5001)
    assert_allclose([log(v) for v in x], np.log(x), rtol=5e-16)
