"""Days in a spell of use: where use is left to the person, end points count the days on which it was used."""

from __future__ import annotations

import numpy as np
import pytest

from joined import arm, live, rows, scenario

MONTH = 28
MORE = "[parameters]\nh_0 = 0.5\nh_stop = 3"


def last_days(values: np.ndarray, in_spell: np.ndarray, days: int = MONTH) -> list[float]:
    """Return each person's mean over the last days in a spell, day by day in plain Python."""
    means = []
    for person in range(values.shape[1]):
        chosen = [values[day, person] for day in range(len(values)) if in_spell[day, person] > 0.0][-days:]
        means.append(float(np.mean(chosen)) if chosen else np.nan)
    return means


def test_natural_use_counts_the_days_in_a_spell() -> None:
    text = scenario("us_adults", arm("natural", "use = [{ natural = true }]"), 52, more=MORE)
    days = live(text, 96)["pharmacology", "natural"]
    found = {name.removeprefix("natural|"): values for name, values in rows(text, 96).items()}
    in_spell = days.days["in_spell"]
    users = in_spell.any(axis=0)
    assert 10 < users.sum() < 90
    assert (in_spell[:, users].mean(axis=0) < 1.0).any()
    for name, series in (("severity_use", days.days["severity"]), ("excess_use", days.excess())):
        assert np.isnan(found[name][~users]).all()
        np.testing.assert_allclose(found[name], last_days(series, in_spell), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(found["anhedonia_use"], last_days(days.days["anhedonia"], in_spell, 1))
    long = in_spell.sum(axis=0) >= 2 * MONTH
    assert 0 < long.sum() < users.sum()
    np.testing.assert_array_equal(np.isfinite(found["dose_ratio"]), long)


def test_a_dose_that_is_given_has_no_ratio() -> None:
    given = 'use = [{ product = "leaf_powder", dose = "4 g", per_day = 3 }]'
    chosen = 'use = [{ product = "leaf_powder", as_needed = true }]'
    found = rows(scenario("us_adults", arm("given", given) + arm("chosen", chosen), 10), 32)
    assert "given|severity_use" in found
    assert "given|dose_ratio" not in found
    assert np.isfinite(found["chosen|dose_ratio"]).all()


@pytest.mark.parametrize("between", ["", '{ pause = "2 wk" }, '], ids=["at once", "after a pause"])
def test_every_phase_of_stopping_begins_in_a_spell(between: str) -> None:
    phase = '{ product = "leaf_powder", as_needed = true, stopping = true, for = "26 wk" }'
    text = scenario("us_adults", arm("twice", f"use = [{phase}, {between}{phase}]"), 56, more=MORE)
    in_spell = live(text, 64)["pharmacology", "twice"].days["in_spell"]
    second = 7 * (28 if between else 26)
    assert in_spell[0].all()
    assert in_spell[second].all()
    assert 0.0 < in_spell[second - 1 if not between else second - 15].mean() < 1.0
    assert 0.0 < in_spell[second + 7 * 26 - 1].mean() < 1.0
