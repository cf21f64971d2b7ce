"""Virtual persons: covariates, motives, parameter draws, and the streams that make person 17 the same everywhere."""

from ketum.people.covariates import Candidates, Traits, draw_candidates, motives
from ketum.people.persons import (
    Persons,
    draw_persons,
    lot_chances,
    lot_contents,
    lot_factors,
    lot_labels,
    typical_persons,
)

__all__ = [
    "Candidates",
    "Persons",
    "Traits",
    "draw_candidates",
    "draw_persons",
    "lot_chances",
    "lot_contents",
    "lot_factors",
    "lot_labels",
    "motives",
    "typical_persons",
]
