"""Studies are a function of their file: not of chunks, company, workers or caches; the same person everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ketum.errors import ScenarioError
from ketum.studies.designs import design_of
from ketum.studies.draw import Urn
from ketum.studies.lives.living import COVARIATES, Living, never
from ketum.studies.lives.recipe import Recipe
from ketum.studies.lives.spells import days_of_use
from ketum.studies.load import load_study
from ketum.studies.model import Study
from ketum.studies.pool import live_chunk, people_of_study
from ketum.studying import study
from small_studies import SMALL, Laboratory, rows_of, same_lives, text_of, written

Lives = Mapping[str, NDArray[np.float64]]
SETTINGS = ("null", "pharmacology", "harm", "benefit", "mixed")
PERSONS = 70
"""Persons whose lives are compared: more than two blocks, the last not full."""
LONG = {
    **SMALL,
    # long enough for people to start, stop and resume
    "new_user_cohort": "[cohort]\nenrichment = 600\n[pool]\npersons = 200\n[sampling]\nparticipants = 100\n",
    "target_trial": "[cohort]\nenrichment = 600\n[pool]\npersons = 200\n[sampling]\nparticipants = 100\n",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def study_of(design: str, folder: Path, **options: object) -> Study:
    return load_study(written(folder, text_of(design, LONG[design], settings=SETTINGS), f"{design}.toml"), **options)  # type: ignore[arg-type]


def recipe_of(design: str, setting: str, folder: Path) -> Recipe:
    found = study_of(design, folder)
    return design_of(found, next(one for one in found.settings if one.name == setting)).recipe()


_lived: dict[str, Lives] = {}


def lived(recipe: Recipe) -> Lives:
    """Return the lives of the first persons of a recipe, lived together."""
    if recipe.content not in _lived:
        _lived[recipe.content] = recipe.live(recipe.keys()[: _many(recipe)])
    return _lived[recipe.content]


def _many(recipe: Recipe) -> int:
    return 600 if hasattr(recipe, "enrichment") and hasattr(recipe, "others") else PERSONS  # of adults few are users


def joined(parts: Sequence[Lives]) -> Lives:
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


def in_order(lives: Lives) -> Lives:
    """Return lives in the order of the keys."""
    order = np.argsort(lives["key"], kind="stable")
    return {name: np.ascontiguousarray(values[..., order]) for name, values in lives.items()}


# lives


@pytest.mark.parametrize("setting", ["null", "harm"])
@pytest.mark.parametrize("design", SMALL)
def test_lives_do_not_depend_on_chunks(design: str, setting: str, place: Path) -> None:
    recipe = recipe_of(design, setting, place)
    whole = lived(recipe)
    keys = recipe.keys()[: _many(recipe)]
    cut = [0, 1, 34, 45, len(keys)]
    parts = [recipe.live(keys[first:last]) for first, last in pairwise(cut)]
    assert same_lives(whole, joined(parts)) == []


@pytest.mark.parametrize("design", SMALL)
def test_lives_do_not_depend_on_company(design: str, place: Path) -> None:
    recipe = recipe_of(design, "harm", place)
    keys = recipe.keys()[: _many(recipe)]
    shuffled = np.random.default_rng(3).permutation(keys)
    assert same_lives(in_order(lived(recipe)), in_order(recipe.live(shuffled))) == []
    few = recipe.live(keys[-40::13])
    whole = lived(recipe)
    among = np.isin(whole["key"], few["key"])
    assert same_lives({name: values[..., among] for name, values in whole.items()}, few) == []


@pytest.mark.parametrize("design", SMALL)
def test_a_larger_pool_begins_with_the_smaller_one(design: str, place: Path) -> None:
    recipe = recipe_of(design, "harm", place)
    larger = replace(recipe, persons=recipe.persons + 77)
    assert len(larger.keys()) == len(recipe.keys()) + 77
    assert np.array_equal(larger.keys()[: len(recipe.keys())], recipe.keys())
    assert larger.content != recipe.content


@pytest.mark.parametrize("design", SMALL)
def test_a_person_is_the_same_in_every_setting(design: str, place: Path) -> None:
    each = [lived(recipe_of(design, setting, place)) for setting in SETTINGS]
    for other in each[1:]:
        for name in ("key", *COVARIATES):
            assert np.array_equal(each[0][name], other[name])


def columns_alike(design: str) -> list[str]:
    """Return what use does not act on, and is therefore the same in every setting."""
    return {
        "cross_sectional": ["sampled", "never"],
        "self_report": ["before", "never", "help_noise"],
        "case_series": ["never"],
        "new_user_cohort": ["never", "first_day"],
        "target_trial": ["never", "first_day"],
        "parallel_trial": ["control:two_week", "control:day"],
        "randomised_withdrawal": ["never_used:two_week", "never_used:day"],
        "n_of_1": ["never", "on"],
        "ema": ["lot_taken"],
        "scenario_trial": ["nothing:two_week", "nothing:day", "sertraline:two_week", "sertraline:day"],
    }[design]


@pytest.mark.parametrize("design", SMALL)
def test_a_life_without_kratom_is_the_same_in_every_setting(design: str, place: Path) -> None:
    null, harm = (lived(recipe_of(design, setting, place)) for setting in ("null", "harm"))
    for name in columns_alike(design):
        assert np.array_equal(null[name], harm[name], equal_nan=True)


ARMS = {
    "new_user_cohort": ["natural", "never"],
    "target_trial": ["natural", "never", "always"],
    "parallel_trial": ["kratom:two_week", "control:two_week"],
    "randomised_withdrawal": ["stop:two_week", "go_on:two_week", "never_used:two_week"],
    "scenario_trial": ["kratom:two_week", "nothing:two_week", "sertraline:two_week", "both:two_week"],
}
"""Lives of the same persons that part at some time."""


@pytest.mark.parametrize("design", ARMS)
def test_a_person_is_the_same_in_every_arm(design: str, place: Path) -> None:
    lives = lived(recipe_of(design, "harm", place))
    first, *others = (lives[name] for name in ARMS[design])
    for other in others:
        if design == "randomised_withdrawal" and other is not lives["go_on:two_week"]:
            continue  # the year of use before has left its mark
        assert np.array_equal(first[0], other[0])
        assert not np.array_equal(first[-1], other[-1])


@pytest.mark.parametrize("design", ["parallel_trial", "randomised_withdrawal", "n_of_1", "target_trial"])
def test_in_null_use_changes_nothing(design: str, place: Path) -> None:
    lives = lived(recipe_of(design, "null", place))
    names = ["always", "never"] if design == "n_of_1" else ARMS[design]
    first, *others = (lives[name] for name in names)
    for other in others:
        assert first.tobytes() == other.tobytes()


def test_natural_use_changes_nothing_before_it_begins(place: Path) -> None:
    lives = lived(recipe_of("target_trial", "harm", place))
    week = np.arange(len(lives["never"]))[:, None]
    before = (lives["first_day"] < 0.0) | (7 * week <= lives["first_day"])
    assert 0.3 < before.mean() < 0.95  # some began, and not at once
    assert np.array_equal(lives["natural"][before], lives["never"][before])
    assert not lives["using"][before].any()
    after = ~before & (lives["natural"] != lives["never"])
    assert after.any(axis=0).sum() == (lives["first_day"] >= 0.0).sum()


def test_spells_of_natural_use_are_those_of_the_hazards_in_null(place: Path) -> None:
    """An independent count: in `null` severity is that of never using, so spells follow from it alone."""
    recipe = recipe_of("target_trial", "null", place)
    keys = recipe.keys()[:PERSONS]
    living = Living(recipe.people(keys), recipe.tables, recipe.setting, recipe.seed)
    days = 364
    severity = living.live(never(), 0, days).days["severity"]
    traits = living.persons.traits
    assert traits is not None
    trier = traits.trier[:PERSONS] > 0
    using = days_of_use(
        recipe.people(keys),
        trier,
        severity.T.astype(np.float32),
        recipe.tables,
        recipe.seed,
        recipe.enrichment,  # type: ignore[attr-defined]
    )
    lives = lived(recipe)
    first = np.where(using.any(axis=1), using.argmax(axis=1), -1)
    assert np.array_equal(first, lives["first_day"])
    assert np.array_equal(using[:, 6::7].T, lives["using"][1:] > 0.0)


# pools


@pytest.mark.parametrize("design", ["parallel_trial", "cross_sectional", "ema"])
def test_pool_in_the_cache_is_the_one_that_was_lived(
    design: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KETUM_STUDY_POOLS", str(tmp_path))
    recipe = recipe_of(design, "harm", place)
    monkeypatch.setattr(type(recipe), "chunk", 45)
    first = people_of_study(recipe)
    monkeypatch.setattr("ketum.studies.pool.live_chunk", lambda *_: pytest.fail("lived again"))
    kept = people_of_study(recipe)
    assert first.seconds > 0.0
    assert kept.seconds == 0.0
    assert same_lives(first.columns, kept.columns) == []
    monkeypatch.setattr("ketum.studies.pool.live_chunk", live_chunk)
    monkeypatch.setattr(type(recipe), "chunk", 33)
    monkeypatch.setenv("KETUM_STUDY_POOLS", str(tmp_path / "other"))
    assert same_lives(first.columns, people_of_study(recipe).columns) == []


def test_pools_are_kept_by_all_on_which_they_depend(place: Path) -> None:
    recipe = recipe_of("parallel_trial", "harm", place)
    found = {recipe.content}
    for setting in SETTINGS:
        found.add(recipe_of("parallel_trial", setting, place).content)
    for change in (
        "entry.phq9_at_least=6",
        "treatment.for=5 wk",
        "treatment.blinded=false",
        "visits=12 wk",
        "pool.persons=101",
        "seed=2",
        "parameters.m_W=60",
        "parameters.h_0=0.001",
        "setting.selection=false",
        "setting.channels={ withdrawal = false }",
    ):
        changes = ["entry.population=us_adults"] if change.startswith("entry") else []
        changed = study_of("parallel_trial", place, overrides=[*changes, change])
        content = design_of(changed, next(one for one in changed.settings if "harm" in one.name)).recipe().content
        assert content not in found, change
        found.add(content)
    same = study_of("parallel_trial", place, overrides=["sampling.per_arm=9", "score=hamd17", "dropout.share=0.1"])
    assert design_of(same, same.settings[2]).recipe().content == recipe.content


# draws


@settings(max_examples=200, deadline=None, database=None)
@given(
    count=st.integers(1, 60),
    size=st.integers(1, 60),
    first=st.integers(0, 40),
    seed=st.integers(0, 2**63 - 1),
    number=st.integers(0, 3),
)
def test_nobody_takes_part_twice_in_a_round(count: int, size: int, first: int, seed: int, number: int) -> None:
    urn = Urn(np.arange(count)[::-1] * 3, seed, number)
    if size > count:
        with pytest.raises(ScenarioError, match="who may take part"):
            urn.draw(first, size)
        return
    rounds = count // size
    drawn = [urn.draw(replicate, size) for replicate in range(first, first + 3 * rounds)]
    by_round: dict[int, list[int]] = {}
    for k, (places, emptied) in enumerate(drawn, start=first):
        assert emptied == k // rounds
        assert len(places) == size
        by_round.setdefault(emptied, []).extend(places.tolist())
    for together in by_round.values():
        assert len(set(together)) == len(together)
        assert set(together) <= set(urn.places.tolist())
    again = Urn(urn.places, seed, number).draw(first + 2, size)
    assert np.array_equal(again[0], urn.draw(first + 2, size)[0])


def test_everybody_is_drawn_alike() -> None:
    urn = Urn(np.arange(50), seed=11)
    times = np.zeros(50)
    for replicate in range(4 * 500):
        np.add.at(times, urn.draw(replicate, 11)[0], 1)  # 44 of 50 in a round, by lot
    assert times.sum() == 2000 * 11
    # binomial(500, 0.88): mean 440, SD 7.3
    assert np.abs(times - 440).max() < 4.5 * 7.3
    assert times.std() == pytest.approx(7.3, rel=0.35)


@pytest.mark.parametrize("design", SMALL)
def test_participants_of_a_replicate_are_different_persons(design: str, lab: Laboratory) -> None:
    opened = lab.design(lab.study(text_of(design)), "harm")
    everybody: list[int] = []
    for urn, size in opened.urns():
        places, emptied = urn.draw(0, size)
        assert emptied == 0
        everybody += places.tolist()
    assert len(set(everybody)) == len(everybody)
    keys = opened.people["key"][everybody]
    assert len(set(keys.tolist())) == len(everybody)


# replicates


@pytest.mark.parametrize("design", SMALL)
def test_a_replicate_depends_on_its_number_alone(design: str, lab: Laboratory) -> None:
    found = lab.study(text_of(design))
    one, other = (lab.design(found, "harm") for _ in range(2))
    forward, backward = rows_of(one, 5), rows_of(other, (4, 2, 0))
    for replicate in (0, 2, 4):
        mine, theirs = (t[t["replicate"] == replicate].reset_index(drop=True) for t in (forward, backward))
        pd.testing.assert_frame_equal(mine, theirs, check_exact=True)


@pytest.mark.parametrize("design", SMALL)
def test_replicates_differ_and_seeds_do(design: str, lab: Laboratory) -> None:
    table = lab.rows(lab.study(text_of(design)), "harm", 4)
    some = table[table["estimator"] == table["estimator"].iloc[0]]
    assert some.groupby("replicate")["value"].sum().nunique() >= 3
    other = lab.rows(lab.study(text_of(design, seed=2)), "harm", 4)
    assert not np.array_equal(table["value"], other["value"], equal_nan=True)


@cache
def small_null(design: str, place: Path) -> pd.DataFrame:
    return Laboratory(place).rows(Laboratory(place).study(text_of(design)), "null", 6)


@pytest.mark.parametrize("design", [name for name in SMALL if name != "ema"])
def test_truth_is_exactly_zero_in_null(design: str, place: Path) -> None:
    table = small_null(design, place)
    assert (table["truth"] == 0.0).all()
    assert (
        set(table["estimand"])
        >= {
            "cross_sectional": {"log_odds_ratio", "correlation"},
            "self_report": {"share_better", "share_worse", "mean_change"},
            "case_series": {"share_worse", "mean_effect", "mean_effect_users"},
            "new_user_cohort": {"effect_4wk"},
            "target_trial": {"always_never"},
            "parallel_trial": {"difference_week_4", "difference_week_8"},
            "randomised_withdrawal": {"stop_continue_week_1", "used_never_week_4", "relapse_hazard", "relapse_risk"},
            "n_of_1": {"long_run", "long_run_mean"},
            "scenario_trial": {"difference_week_4"},
        }[design]
    )


def test_relief_by_a_serving_is_not_zero_in_null(place: Path) -> None:
    """`null` switches off what reaches severity; momentary relief is on (mood.md section 7)."""
    table = small_null("ema", place)
    assert (table["truth"] > 0.0).all()


def test_interaction_is_exactly_zero_in_null(lab: Laboratory) -> None:
    four = text_of("scenario_trial").replace('["kratom", "nothing"]', '["nothing", "kratom", "sertraline", "both"]')
    found = lab.study(four, 'analysis.estimators=["factorial"]')
    assert (lab.rows(found, "null", 2)["truth"] == 0.0).all()
    assert (lab.rows(found, "harm", 2)["truth"] != 0.0).all()


def test_results_do_not_depend_on_the_number_of_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ketum.reports.study.write_study_report", lambda folder: (folder / "report.html").touch())
    # two chunks of persons: Arms are lived by 1024
    tables = 'visits = ["4 wk"]\n[treatment]\nfor = "4 wk"\n[pool]\npersons = 1100\n[sampling]\nper_arm = 50\n'
    path = written(tmp_path, text_of("parallel_trial", tables, settings=["harm"]))
    found = []
    for workers, pools in ((1, "a"), (2, "b"), (3, "b")):
        monkeypatch.setenv("KETUM_STUDY_POOLS", str(tmp_path / pools))
        folder = study(path, tmp_path / f"out{workers}", workers=workers, replicates=40).folder
        found.append([(folder / name).read_bytes() for name in ("replicates.csv", "performance.csv", "example.csv")])
    assert found[0] == found[1] == found[2]
    one, two = (next((tmp_path / name).rglob("whole.npz")) for name in ("a", "b"))
    with np.load(one) as mine, np.load(two) as theirs:
        assert same_lives(dict(mine), dict(theirs)) == []
