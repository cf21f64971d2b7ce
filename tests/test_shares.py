"""Shares of variance against closed forms: Ishigami's function, and additive models."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from ketum.uncertainty.conclusions import MOST_TURNED, conclude
from ketum.uncertainty.shares import Design, leading, rank_correlations

Array = NDArray[np.float64]
BASE = 1024
WITHIN = 4.0
"""Standard errors within which an estimate must lie."""


def ishigami(points: Array) -> Array:
    x = np.pi * (2 * points - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_ishigami() -> None:
    """First-order 0.3139, 0.4424, 0 and total 0.5576, 0.4424, 0.2437 (Ishigami and Homma 1990, a = 7, b = 0.1)."""
    design = Design(("x1", "x2", "x3"), BASE, 1)
    found = design.shares(ishigami(design.points()))
    for share, first, total in zip(found, (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437), strict=True):
        assert share.first == pytest.approx(first, abs=WITHIN * share.first_se)
        assert share.total == pytest.approx(total, abs=WITHIN * share.total_se)
        assert 0 < share.total_se < 0.06
        assert share.first_se < 0.07
    assert leading(found).group == "x1"


def test_errors_are_those_of_repeated_designs() -> None:
    """The standard error that is told is, within a factor of three, the spread over other seeds."""
    designs = [Design(("x1", "x2", "x3"), 128, seed) for seed in range(24)]
    found = [design.shares(ishigami(design.points()))[0] for design in designs]
    spread = np.std([share.total for share in found])
    told = np.mean([share.total_se for share in found])
    assert 1 / 3 < spread / told < 2.0  # quasi-random designs do better than the resampling tells


WEIGHTS = np.array([3.0, 2.0, 1.0, 1.0, 0.5])


def additive(points: Array) -> Array:
    return np.asarray(points @ WEIGHTS)


def test_grouped_shares_are_the_sums_of_the_ungrouped() -> None:
    """In an additive model the share of a group is the sum of the squares of its weights over all."""
    single = Design(("a", "b", "c", "d", "e"), BASE, 1)
    grouped = Design(("p", "p", "q", "q", "q"), BASE, 1)
    alone = single.shares(additive(single.points()))
    together = grouped.shares(additive(grouped.points()))
    squares = WEIGHTS**2 / (WEIGHTS**2).sum()
    for share, exact in zip(together, (squares[:2].sum(), squares[2:].sum()), strict=True):
        assert share.first == pytest.approx(exact, abs=WITHIN * share.first_se)
        assert share.total == pytest.approx(exact, abs=WITHIN * share.total_se)
    parts = [sum(s.total for s in alone[:2]), sum(s.total for s in alone[2:])]
    assert [share.total for share in together] == pytest.approx(parts, abs=0.02)
    assert sum(share.first for share in together) == pytest.approx(1.0, abs=0.05)
    assert sum(share.total for share in alone) == pytest.approx(1.0, abs=0.05)


def test_designs_share_their_ends() -> None:
    """However dimensions are grouped, the points of A and B are the same: each is lived once."""
    coarse, fine = Design(("p", "p", "q"), 64, 5), Design(("a", "b", "c"), 64, 5)
    assert np.array_equal(coarse.points()[coarse.ends()], fine.points()[fine.ends()])
    first, other = coarse.alternates("q")
    differ = coarse.points()[first] != coarse.points()[other]
    assert differ[:, 2].all()
    assert not differ[:, :2].any()


def test_a_result_that_does_not_vary_has_no_shares() -> None:
    design = Design(("a", "b"), 8, 1)
    assert all(share.total == 0.0 == share.first for share in design.shares(np.full(32, 4.2)))


def test_rank_correlation_finds_what_matters() -> None:
    points = np.random.default_rng(2).random((256, 20))
    size = rank_correlations(points, np.exp(3 * points[:, 7]) + 0.1 * points[:, 3])
    assert size.argmax() == 7
    assert size[7] == pytest.approx(1.0, abs=0.01)


def test_ties_take_their_mean_rank() -> None:
    """As scipy's Spearman correlation: shares over few persons have many ties."""
    draw = np.random.default_rng(4)
    x = draw.random((200, 2))
    y = np.round(4 * x[:, 0] + draw.normal(0, 1, 200))
    expected = [abs(stats.spearmanr(x[:, k], y).statistic) for k in (0, 1)]
    assert rank_correlations(x, y) == pytest.approx(expected, rel=1e-9)


def test_independent_signs_turn_as_often_as_the_rule_allows() -> None:
    """Where 95% of sets agree and everything that differs is assumed, 9.5% of pairs turn round."""
    draw = np.random.default_rng(1).random((2, 200_000)) < 0.05
    signs = np.where(draw, -1.0, 1.0)
    assert float((signs[0] != signs[1]).mean()) == pytest.approx(MOST_TURNED, abs=0.003)
    assert conclude(signs[0], (signs[0], signs[1])).agreeing == pytest.approx(0.95, abs=0.002)


def test_a_difference_within_chance_among_persons_has_no_sign() -> None:
    """The same persons live in every set: what they share by chance comes out in all of them."""
    values = np.full(100, 0.3)
    assert conclude(values).verdict == "holds"
    assert conclude(values, errors=0.3 / 1.7).verdict == "holds"
    by_chance = conclude(values, errors=0.3 / 1.6)
    assert (by_chance.sign, by_chance.verdict, by_chance.why) == (0, "open", "not asked")
    assert conclude(values[:19]).why == "few sets"
