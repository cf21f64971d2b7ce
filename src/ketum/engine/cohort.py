"""Who belongs to a population: candidates are tried one after another until one is accepted (joined.md section 7)."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ketum.engine.measure import Answers, pcl5, phq9
from ketum.errors import ScenarioError
from ketum.evidence import ParameterTable, load_parameters
from ketum.people import Candidates, Persons, draw_candidates, draw_persons
from ketum.people.covariates import draw_pcl_mean, severity_score, start_factor
from ketum.people.persons import CANDIDATE_SHIFT
from ketum.people.streams import ACCEPTANCE, uniforms

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
_MOST_CANDIDATES = 20_000
_TRIED_TOGETHER = 1024
"""Candidates that are drawn in one go: attempts of few persons are drawn together, most of them in vain."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The parameter tables of a run; `mood` and the others are not used for body and brain alone."""

    body: ParameterTable
    mood: ParameterTable
    covariates: ParameterTable
    scales: ParameterTable
    rules: ParameterTable


def shipped_tables() -> Tables:
    """Return the shipped tables."""
    return Tables(
        load_parameters("body"),
        load_parameters("mood"),
        load_parameters("covariates"),
        load_parameters("scales"),
        load_parameters("rules"),
    )


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who is simulated.

    Attributes
    ----------
    count, seed : int
    population : str
        One of the presets of `joined.md` section 7.
    tables : Tables
    """

    count: int
    seed: int
    population: str
    tables: Tables

    def persons(self, first: int, count: int, *, selection: bool = True) -> Persons:
        """Return persons `first` to `first + count`.

        Parameters
        ----------
        first, count : int
        selection : bool
            Whether severity acts on who becomes a regular user.
        """
        people = find_persons(np.arange(first, first + count, dtype=np.int64), self, selection=selection)
        tables = self.tables
        return draw_persons(people.keys, self.seed, tables.body, people, tables.covariates, tables.mood)


def _accepted(people: Candidates, cohort: Cohort, *, selection: bool) -> Flags:
    tables, population = cohort.tables, cohort.population
    c = tables.covariates
    if population == "us_adults":
        return np.ones(len(people.keys), dtype=bool)
    if population == "regular_users":
        score = severity_score(people.severity, c) if selection else 0.0
        factor = start_factor(people, c, tables.mood) * np.exp(tables.mood.value("a_S") * score)
        chance = -np.expm1(-c.value("accept_years") * tables.mood.value("h_0") * factor)
        u = uniforms(cohort.seed, people.keys, ACCEPTANCE, np.array([0]))[0]
        drawn: Flags = u < chance
        return drawn
    wanted = {
        "healthy_adults": ~people.now & ~people.opioid,
        "adults_with_depression": people.now,
        "adults_with_ptsd": people.ptsd,
    }[population]
    likely = np.flatnonzero(wanted)
    answers = Answers(cohort.seed, people.keys[likely], np.zeros(1, dtype=np.int64))
    severity = people.severity[likely][None]
    if population == "adults_with_ptsd":
        mean = draw_pcl_mean(people, cohort.seed, c, tables.mood)[likely]
        still = np.zeros_like(severity)
        scores = pcl5(answers, severity, still, still, mean, people.trait[likely], people.ptsd[likely], tables)
        fits = scores[0] >= c.value("accept_pcl_ptsd")
    else:
        scores = phq9(answers, severity, tables)
        least, below = c.value("accept_phq_depressed"), c.value("accept_phq_healthy")
        fits = scores[0] < below if population == "healthy_adults" else scores[0] >= least
    wanted[likely] = fits
    return wanted


def find_persons(numbers: Numbers, cohort: Cohort, *, selection: bool = True) -> Candidates:
    """Return the persons of these numbers: of each the first candidate that is accepted.

    Raises
    ------
    ScenarioError
        If parameters leave nobody to belong to the population.
    """
    tables = cohort.tables
    cap = tables.rules.value("S_cap")
    waiting = numbers
    parts: list[Candidates] = []
    attempt = 0
    while len(waiting) and attempt < _MOST_CANDIDATES:
        together = int(np.clip(_TRIED_TOGETHER // len(waiting), 1, _MOST_CANDIDATES - attempt))
        attempts = np.arange(attempt, attempt + together, dtype=np.int64)
        keys = (waiting[:, None] + (attempts << CANDIDATE_SHIFT)).reshape(-1)
        people = draw_candidates(keys, cohort.seed, tables.covariates, tables.mood, cap)
        accepted = _accepted(people, cohort, selection=selection).reshape(len(waiting), together)
        found = accepted.any(axis=1)
        first = np.flatnonzero(found) * together + accepted[found].argmax(axis=1)
        parts.append(_chosen(people, first))
        waiting = waiting[~found]
        attempt += together
    if len(waiting):
        message = (
            f"people.population: no {cohort.population} among {_MOST_CANDIDATES} candidates for person {waiting[0]}; "
            "the parameters of the scenario leave nobody to belong to it"
        )
        raise ScenarioError(message)
    joined = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Candidates)}
    order = np.argsort(joined["keys"] & ((1 << CANDIDATE_SHIFT) - 1), kind="stable")
    return Candidates(**{name: values[order] for name, values in joined.items()})


def _chosen(people: Candidates, which: Numbers) -> Candidates:
    return Candidates(**{f.name: getattr(people, f.name)[which] for f in fields(Candidates)})
