"""Scales as instruments record them, from latent severity: item answers and rating noise (mood.md section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ketum.compiled import kernel
from ketum.mood.scales import anxiety_14d, binomial_quantile, item_nine, other_items, rounded, trauma_14d
from ketum.numerics import normal_quantile
from ketum.people.streams import ITEMS, OTHER_SCALES, uniform_pair

if TYPE_CHECKING:
    from ketum.engine.cohort import Tables

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
_A_VISIT = 8
_HAMD, _MADRS, _BDI, _GAD, _PCL = range(5)
"""Counters of one visit in the stream of the other scales."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Whose answers, and at which visits: keys of the random numbers of a survey.

    Attributes
    ----------
    seed : int
    keys : (P,) int64
    visits : (visit,) int64
        Number of each visit: the day, or the number in a schedule of its own.
    survey : int
        Surveys of their own have random numbers of their own.
    """

    seed: int
    keys: Numbers
    visits: Numbers
    survey: int = 0


@kernel
def _points(
    severity: Array,
    visits: Numbers,
    seed: int,
    persons: Numbers,
    stream: int,
    offset: float,
    most: float,
    item_most: float,
    scores: Array,
    ninth: Array,
) -> None:
    points, nine = int(most), int(item_most)
    key, flow = np.uint64(seed), np.uint64(stream)
    people = severity.shape[1]
    chance_9 = np.empty(people)
    chance = np.empty(people)
    for k in range(severity.shape[0]):
        for i in range(people):
            share = min(max(severity[k, i] / most, 0.0), 1.0)
            chance_9[i] = item_nine(share, offset)
            chance[i] = other_items(share, chance_9[i], most, item_most)
        start = points * visits[k]
        for pair in range(start >> 1, (start + points + 1) >> 1):
            early, late = 2 * pair - start, 2 * pair + 1 - start
            use_early, use_late = early >= 0, late < points
            for i in range(people):
                first, second = uniform_pair(key, np.uint64(persons[i]), flow, np.uint64(pair))
                a = first < (chance_9[i] if early < nine else chance[i])
                b = second < (chance_9[i] if late < nine else chance[i])
                one = 1.0 if use_early and a else 0.0
                two = 1.0 if use_late and b else 0.0
                scores[k, i] += one + two
                ninth[k, i] += (one if early < nine else 0.0) + (two if late < nine else 0.0)


def phq9_items(answers: Answers, severity: Array, tables: Tables) -> tuple[Array, Array]:
    """Return PHQ-9 and its item 9 from two-week severity, both (visit, person)."""
    scores, ninth = np.zeros_like(severity), np.zeros_like(severity)
    most, item_most = tables.scales.value("phq9_max"), tables.scales.value("phq9_item_max")
    stream = ITEMS + answers.survey
    offset = tables.mood.value("o_9")
    _points(severity, answers.visits, answers.seed, answers.keys, stream, offset, most, item_most, scores, ninth)
    return scores, ninth


def phq9(answers: Answers, severity: Array, tables: Tables) -> Array:
    """Return PHQ-9, (visit, person): its expectation is two-week severity."""
    return phq9_items(answers, severity, tables)[0]


@kernel
def _noisy(
    latent: Array,
    visits: Numbers,
    seed: int,
    persons: Numbers,
    stream: int,
    counter: int,
    spread: float,
    most: float,
    whole: bool,
    out: Array,
) -> None:
    key, flow = np.uint64(seed), np.uint64(stream)
    odd = counter & 1 == 1
    for k in range(latent.shape[0]):
        pair = np.uint64((_A_VISIT * visits[k] + counter) >> 1)
        for i in range(latent.shape[1]):
            first, second = uniform_pair(key, np.uint64(persons[i]), flow, pair)
            score = latent[k, i] + spread * normal_quantile(second if odd else first)
            out[k, i] = rounded(score, most) if whole else score


def _rated(answers: Answers, latent: Array, counter: int, spread: float, most: float, *, whole: bool = True) -> Array:
    out = np.empty_like(latent)
    stream = OTHER_SCALES + answers.survey
    _noisy(latent, answers.visits, answers.seed, answers.keys, stream, counter, spread, most, whole, out)
    return out


def hamd17(answers: Answers, severity: Array, tables: Tables, *, whole: bool = True) -> Array:
    """Return HAM-D17 from severity of the day, (visit, person); without `whole`, before rounding and bounds."""
    m = tables.mood
    latent = m.value("ham_0") + m.value("ham_1") * severity
    return _rated(answers, latent, _HAMD, m.value("ham_s"), tables.scales.value("hamd17_max"), whole=whole)


def madrs(answers: Answers, severity: Array, tables: Tables) -> Array:
    """Return MADRS from severity of the day, (visit, person)."""
    m = tables.mood
    latent = m.value("mad_1") * (m.value("ham_0") + m.value("ham_1") * severity)
    return _rated(answers, latent, _MADRS, m.value("mad_s"), tables.scales.value("madrs_max"))


def bdi2(answers: Answers, severity: Array, tables: Tables) -> Array:
    """Return BDI-II from two-week severity, (visit, person)."""
    m = tables.mood
    latent = m.value("bdi_0") + m.value("bdi_1") * severity
    return _rated(answers, latent, _BDI, m.value("bdi_s"), tables.scales.value("bdi2_max"))


@kernel
def _gad(
    severity: Array,
    withdrawal: Array,
    visits: Numbers,
    seed: int,
    persons: Numbers,
    stream: int,
    trait_anxiety: Array,
    trait: Array,
    gad_1: float,
    gad_W: float,
    most: float,
    out: Array,
) -> None:
    key, flow = np.uint64(seed), np.uint64(stream)
    for k in range(severity.shape[0]):
        pair = np.uint64((_A_VISIT * visits[k] + _GAD) >> 1)
        for i in range(severity.shape[1]):
            latent = anxiety_14d(trait_anxiety[i], gad_1, severity[k, i], trait[i], gad_W, withdrawal[k, i])
            second = uniform_pair(key, np.uint64(persons[i]), flow, pair)[1]
            out[k, i] = binomial_quantile(second, int(most), min(max(latent / most, 0.0), 1.0))


def gad7(
    answers: Answers,
    severity: Array,
    withdrawal: Array,
    trait_anxiety: Array,
    trait: Array,
    tables: Tables,
    withdrawal_acts: float,
) -> Array:
    """Return GAD-7 from two-week severity and withdrawal, (visit, person); `withdrawal_acts` is c2."""
    out = np.empty_like(severity)
    m = tables.mood
    gad_W = withdrawal_acts * m.value("gad_W")
    stream, most = OTHER_SCALES + answers.survey, tables.scales.value("gad7_max")
    numbers = (trait_anxiety, trait, m.value("gad_1"), gad_W, most)
    _gad(severity, withdrawal, answers.visits, answers.seed, answers.keys, stream, *numbers, out)
    return out


def pcl5(
    answers: Answers,
    severity: Array,
    g_SSRI: Array,
    g_CBT: Array,
    person_mean: Array,
    trait: Array,
    syndrome: NDArray[np.bool_],
    tables: Tables,
) -> Array:
    """Return PCL-5 from two-week severity and treatment states, (visit, person)."""
    m = tables.mood
    latent = trauma_14d.py_func(  # type: ignore[attr-defined]
        person_mean,
        m.value("pcl_1"),
        severity,
        trait,
        syndrome.astype(float),
        m.value("ptsd_SSRI"),
        g_SSRI,
        m.value("ptsd_CPT"),
        g_CBT,
    )
    return _rated(answers, latent, _PCL, m.value("pcl_s"), tables.scales.value("pcl5_max"))
