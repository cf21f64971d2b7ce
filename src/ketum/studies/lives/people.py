"""Who may take part: adults by number, and those whom a rule of entry accepts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Cohort, Tables, find_persons
from ketum.engine.layout import LANES
from ketum.engine.measure import Answers, hamd17, phq9
from ketum.errors import ScenarioError
from ketum.people import Candidates, draw_candidates

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Keys = NDArray[np.int64]
TRIAL = 5
"""Survey number of trials: their answers have random numbers of their own."""
_BATCH = 200_000
_MOST_BATCHES = 200


def filled(count: int) -> int:
    """Return the number of persons that fills the last block.

    Examples
    --------
    >>> filled(33)
    64
    """
    return -(-count // LANES) * LANES


def take(people: Candidates, chosen: Flags | Keys) -> Candidates:
    """Return some of the people, by flags or by places."""
    return Candidates(**{f.name: getattr(people, f.name)[chosen] for f in fields(Candidates)})


def people_of(keys: Keys, tables: Tables, seed: int) -> Candidates:
    """Draw people by their keys: covariates, history and severity at the start."""
    return draw_candidates(keys, seed, tables.covariates, tables.mood, tables.rules.value("S_cap"))


def adults(tables: Tables, first: int, count: int, seed: int) -> Candidates:
    """Draw US adults by number."""
    return people_of(np.arange(first, first + count, dtype=np.int64), tables, seed)


def adults_who(
    accepts: Callable[[Candidates], Flags], tables: Tables, count: int, seed: int, *, group: str
) -> Candidates:
    """Return the first `count` US adults whom a study takes.

    Raises
    ------
    ScenarioError
        If the parameters leave too few of them.
    """
    found: list[Candidates] = []
    have = 0
    for batch in range(_MOST_BATCHES):
        people = adults(tables, batch * _BATCH, _BATCH, seed)
        found.append(take(people, accepts(people)))
        have += len(found[-1].keys)
        if have >= count:
            break
    else:
        raise ScenarioError(f"the parameters leave too few {group}: {have} of {_MOST_BATCHES * _BATCH} US adults")
    joined = {f.name: np.concatenate([getattr(some, f.name) for some in found])[:count] for f in fields(Candidates)}
    return Candidates(**joined)


def rated_at_least(least: float, tables: Tables, count: int, seed: int, *, group: str) -> Candidates:
    """Return the first adults in an episode whose measured HAM-D17 at the first visit is `least` or more."""

    def enters(people: Candidates) -> Flags:
        ill = np.flatnonzero(people.now)
        answers = Answers(seed, people.keys[ill], np.zeros(1, dtype=np.int64), TRIAL)
        measured = hamd17(answers, people.severity[ill][None], tables, whole=False)[0]
        flags = np.zeros(len(people.keys), dtype=bool)
        flags[ill] = measured >= least
        return flags

    return adults_who(enters, tables, count, seed, group=group)


def in_trial(tables: Tables, count: int, seed: int) -> Candidates:
    """Return the first adults who enter a trial: in an episode, measured HAM-D17 of ``entry_hamd17`` or more."""
    least = tables.rules.value("entry_hamd17")
    return rated_at_least(least, tables, count, seed, group="adults who may enter a trial")


def scoring_at_least(least: float, tables: Tables, count: int, seed: int) -> Candidates:
    """Return the first adults whose PHQ-9 on day 0 is `least` or more."""

    def enters(people: Candidates) -> Flags:
        answers = Answers(seed, people.keys, np.zeros(1, dtype=np.int64))
        scored: Flags = phq9(answers, people.severity[None], tables)[0] >= least
        return scored

    return adults_who(enters, tables, count, seed, group=f"adults with a PHQ-9 of {least:g} or more")


def of_preset(population: str, tables: Tables, count: int, seed: int, *, selection: bool = True) -> Candidates:
    """Return the first persons of a population preset (joined.md section 7)."""
    cohort = Cohort(count, seed, population, tables)
    return find_persons(np.arange(count, dtype=np.int64), cohort, selection=selection)
