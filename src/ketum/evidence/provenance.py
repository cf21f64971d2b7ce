"""What a number rests on: the six classes, from trials in people to plain assumption."""

from collections.abc import Iterable
from typing import Final, Literal, Protocol, get_args

Provenance = Literal["human_trial", "human_observational", "animal", "in_vitro", "theory", "assumption"]

PROVENANCES: Final[tuple[Provenance, ...]] = get_args(Provenance)

MEASURED: Final = frozenset({"human_trial", "human_observational", "animal", "in_vitro"})
"""Classes that rest on a publication."""


class HasProvenance(Protocol):
    """Anything that says what it rests on, such as a `Parameter`."""

    @property
    def provenance(self) -> Provenance:
        """The class of evidence."""


def provenance_of(parameters: Iterable[HasProvenance]) -> dict[str, int]:
    """Count parameters by class of evidence; every class is present, in the order of `PROVENANCES`.

    >>> from ketum.evidence import load_parameters
    >>> provenance_of(load_parameters("covariates").values())["assumption"]
    33
    """
    counts: dict[str, int] = dict.fromkeys(PROVENANCES, 0)
    for parameter in parameters:
        counts[parameter.provenance] += 1
    return counts
