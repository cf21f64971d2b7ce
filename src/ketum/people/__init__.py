"""Virtual persons: covariates, parameter draws, and the random streams that make person 17 the same everywhere."""

from ketum.people.persons import Persons, draw_persons, lot_factors, typical_persons

__all__ = ["Persons", "draw_persons", "lot_factors", "typical_persons"]
