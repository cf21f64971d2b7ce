"""The joined model gives the tables of `design/joined.md` section 11: a year of depression (example 3).

Each number stands beside its tolerance; a tenth of the stated persons and 3.2 times the tolerance unless
KETUM_FULL_SIZE=1.
"""

from __future__ import annotations

import numpy as np
import pytest

from joined import (
    WEEK,
    Lived,
    arm,
    close,
    live,
    near,
    on_days,
    people,
    percent,
    quantiles,
    scenario,
)
from ketum.evidence import load_parameters

SETTINGS = '[setting]\ncausal = ["null", "pharmacology", "harm", "benefit", "mixed"]'
KRATOM = ("pharmacology", "harm", "benefit", "mixed")
STOP = 26 * WEEK


# --- example 3: a year of depression --------------------------------------------------------------

AS_NEEDED = 'use = [{ product = "leaf_powder", dose = "3 g", as_needed = true, at_most_per_day = 6, for = "52 wk" }]'
SERTRALINE = 'treatments = [{ name = "sertraline", dose = "50 mg", per_day = 1, for = "52 wk" }]'
EXAMPLE_3 = (
    arm("nothing")
    + arm("kratom", AS_NEEDED)
    + arm("sertraline", SERTRALINE)
    + arm("CBT", 'treatments = [{ name = "cbt", for = "16 wk" }]')
    + arm("both", AS_NEEDED, SERTRALINE)
)


@pytest.fixture(scope="module")
def example_3() -> dict[tuple[str, str], Lived]:
    outputs = '"withdrawal", "phq9", "servings"'
    text = scenario("adults_with_depression", EXAMPLE_3, 52, more=SETTINGS, outputs=outputs)
    return live(text, people(2000), ("serving",))


def at_weeks(lived: Lived, *weeks: int) -> list[float]:
    return [float(lived.days["severity_14d"][7 * week - 1].mean()) for week in weeks]


def remission(lived: Lived) -> float:
    return percent(lived.outputs["phq9"][-1] < 5)


@pytest.mark.parametrize(
    ("name", "published", "remitted"),
    [
        ("nothing", [14.6, 12.6, 11.3], 23),
        ("sertraline", [9.6, 8.4, 7.8], 34),
        ("CBT", [9.8, 8.4, 8.1], 33),
    ],
)
def test_example_3_without_kratom(
    example_3: dict[tuple[str, str], Lived], name: str, published: list[float], remitted: float
) -> None:
    close(at_weeks(example_3["pharmacology", name], 8, 26, 52), published, 0.6)
    assert remission(example_3["pharmacology", name]) == near(remitted, 4)
    for setting in KRATOM:
        assert np.array_equal(example_3[setting, name].days["severity"], example_3["null", name].days["severity"])


@pytest.mark.parametrize(
    ("setting", "alone", "remitted", "both", "both_remitted"),
    [
        ("pharmacology", [15.2, 13.7, 12.6], 17, [10.2, 9.6, 9.2], 24),
        ("harm", [15.8, 14.7, 13.7], 11, [10.9, 10.6, 10.2], 16),
        ("benefit", [13.3, 11.1, 9.9], 32, [8.3, 7.0, 6.6], 46),
        ("mixed", [15.2, 13.8, 12.7], 18, [10.2, 9.7, 9.3], 25),
    ],
)
def test_example_3_with_kratom(
    example_3: dict[tuple[str, str], Lived],
    setting: str,
    alone: list[float],
    remitted: float,
    both: list[float],
    both_remitted: float,
) -> None:
    close(at_weeks(example_3[setting, "kratom"], 8, 26, 52), alone, 0.6)
    close(at_weeks(example_3[setting, "both"], 8, 26, 52), both, 0.6)
    close([remission(example_3[setting, name]) for name in ("kratom", "both")], [remitted, both_remitted], 4)


@pytest.mark.parametrize(
    ("setting", "published", "worse", "better"),
    [
        ("pharmacology", [0.05, 0.86, 1.15, 1.24], 64, 0),
        ("harm", [0.43, 1.61, 2.14, 2.42], 87, 1),
        ("benefit", [-1.07, -1.35, -1.46, -1.43], 15, 62),
        ("mixed", [0.06, 0.86, 1.20, 1.36], 60, 18),
    ],
)
def test_example_3_individual_effects(
    example_3: dict[tuple[str, str], Lived], setting: str, published: list[float], worse: float, better: float
) -> None:
    excess = example_3[setting, "kratom"].excess("severity_14d")
    close([excess[7 * week - 1].mean() for week in (4, 12, 26, 52)], published, 0.15)
    close([percent(excess[-1] > 0.5), percent(excess[-1] < -0.5)], [worse, better], 3.5)


def test_example_3_null_is_exactly_nothing(example_3: dict[tuple[str, str], Lived]) -> None:
    for name, without in (("kratom", "nothing"), ("both", "sertraline")):
        for signal in ("severity", "severity_14d", "in_episode"):
            assert np.array_equal(example_3["null", name].days[signal], example_3["null", without].days[signal])
        assert np.array_equal(example_3["null", name].outputs["phq9"], example_3["null", without].outputs["phq9"])


def test_example_3_escalation(example_3: dict[tuple[str, str], Lived]) -> None:
    lived = example_3["pharmacology", "kratom"]
    dose = lived.days["dose_eq"]
    early, late = dose[:28].mean(axis=0), dose[-28:].mean(axis=0)
    close([early.mean(), late.mean()], [128, 202], 15)
    ratio = late / early
    for value, published in zip(quantiles(ratio), (0.61, 1.24, 3.3), strict=True):
        assert value == near(published, 0.1 * published)
    assert percent(ratio > 1.25) == near(50, 3.5)
    for value, published in zip(quantiles(lived.states["serving"] / 3.0), (0.63, 1.14, 4.0), strict=True):
        assert value == near(published, 0.1 * published)
    assert lived.outputs["servings"].mean() == near(2.75, 0.15)
    found = [float(lived.days["anhedonia"][7 * week - 1].mean()) for week in (1, 4, 13, 26, 52)]
    close(found, [0.009, 0.057, 0.131, 0.157, 0.172], 0.006)
    assert lived.outputs["withdrawal"][-1].mean() == near(6.4, 0.8)


def test_example_3_with_stopping_of_their_own() -> None:
    use = AS_NEEDED.replace("as_needed = true", "as_needed = true, stopping = true")
    text = scenario("adults_with_depression", arm("kratom", use), 52, more=SETTINGS)
    found = live(text, people(1000))
    assert percent(found["pharmacology", "kratom"].days["in_spell"][-1]) == near(84, 3.5)
    effects = [found[setting, "kratom"].excess("severity_14d")[-1].mean() for setting in KRATOM]
    close(effects, [1.09, 2.09, -1.12, 1.25], 0.2)


# --- example 4: every day or twice a week ---------------------------------------------------------

TWICE = 'product = "leaf_powder", dose = "4 g", per_day = 2'
EXAMPLE_4 = {
    "daily": f'use = [{{ {TWICE}, for = "26 wk" }}, {{ stop = true }}]',
    "weekend": f'use = [{{ {TWICE}, on_days = ["sat", "sun"], for = "26 wk" }}, {{ stop = true }}]',
    "tablets": 'use = [{ product = "7oh_tablet", dose = "15 mg 7-hydroxymitragynine", per_day = 2, for = "26 wk" }, '
    "{ stop = true }]",
}


@pytest.fixture(scope="module")
def example_4() -> dict[tuple[str, str], Lived]:
    arms = "".join(arm(name, use) for name, use in EXAMPLE_4.items())
    text = scenario("regular_users", arms, 40, outputs='"withdrawal", "mor_activation", "adapted", "protracted"')
    return live(text, people(4000))


@pytest.mark.parametrize(
    ("name", "dose", "states", "sows", "W", "excess", "after", "excess_after"),
    [
        (
            "daily",
            120,
            (0.154, 0.139, 0.240, 0.168),
            5.1,
            0.012,
            1.24,
            (9.9, 11.5, 11.2, 8.0, 5.7, 2.8),
            (4.5, 2.4, 0.9),
        ),
        (
            "weekend",
            34,
            (0.064, 0.041, 0.124, 0.099),
            3.0,
            0.011,
            0.80,
            (2.6, 3.3, 3.5, 3.2, 2.8, 2.3),
            (1.0, 0.9, 0.5),
        ),
        (
            "tablets",
            42,
            (0.094, 0.080, 0.166, 0.121),
            3.75,
            0.006,
            0.86,
            (5.9, 6.3, 5.8, 4.2, 3.3, 2.3),
            (2.3, 1.2, 0.65),
        ),
    ],
)
def test_example_4(
    example_4: dict[tuple[str, str], Lived],
    name: str,
    dose: float,
    states: tuple[float, ...],
    sows: float,
    W: float,
    excess: float,
    after: tuple[float, ...],
    excess_after: tuple[float, ...],
) -> None:
    lived = example_4["pharmacology", name]
    last = slice(STOP - 28, STOP)
    assert lived.days["dose_eq"][last].mean() == near(dose, 0.04 * dose)
    found = [float(lived.outputs[o][last].mean()) for o in ("mor_activation", "adapted", "protracted")]
    found.append(float(lived.days["anhedonia"][last].mean()))
    for value, published in zip(found, states, strict=True):
        assert value == near(published, 0.04 * published)
    assert lived.outputs["withdrawal"][last].mean() == near(sows, 0.8)
    assert lived.days["withdrawal_mean"][last].mean() == near(W, 0.002)
    assert lived.excess()[last].mean() == near(excess, 0.1)
    close(on_days(lived.outputs["withdrawal"], (1, 2, 3, 5, 7, 14), STOP), list(after), 0.8)
    found = on_days(lived.excess(), (2, 7, 28), STOP)
    assert found[0] == near(excess_after[0], 0.45)
    close(found[1:], list(excess_after[1:]), 0.1)


def test_example_4_weekends_after_daily_use(example_4: dict[tuple[str, str], Lived]) -> None:
    sows = (
        example_4["pharmacology", "weekend"].outputs["withdrawal"][:STOP].reshape(26, 7, -1).max(axis=1).mean(axis=-1)
    )
    close([float(v) for v in sows[:4]], [13, 8, 6.5, 6.0], 0.8)
    assert sows[22:26].mean() == near(3.7, 0.8)


def test_new_users_every_day_or_at_weekends() -> None:
    arms = arm("daily", EXAMPLE_4["daily"]) + arm("weekend", EXAMPLE_4["weekend"])
    found = live(scenario("us_adults", arms, 26, outputs='"withdrawal", "distress"'), people(2000))
    table = load_parameters("body")
    for name, W, rises, excess in (
        ("daily", 0.0127, [3.0] * 7, 1.21),
        ("weekend", 0.0091, [0.3, 1.0, 1.2, 1.1, 0.9, 0.7, 0.0], 0.69),
    ):
        lived = found["pharmacology", name]
        last = slice(STOP - 28, STOP)
        assert lived.days["withdrawal_mean"][last].mean() == near(W, 0.002)
        background = table.value("sows_0") + table.value("sows_D") * lived.outputs["distress"][last]
        rise = (lived.outputs["withdrawal"][last] - background).reshape(4, 7, -1).mean(axis=(0, 2))
        close([float(v) for v in rise], rises, 0.3)
        assert lived.excess()[last].mean() == near(excess, 0.1)
