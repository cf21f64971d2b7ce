"""Parameter sets that a scenario asks for, and of what their variance is shared out."""

from __future__ import annotations

from ketum.engine.endpoint_catalogue import endpoint_catalogue
from ketum.engine.outputs import output_catalogue
from ketum.scenario.model import Record, Uncertainty
from ketum.scenario.schema import UncertaintyTable
from ketum.scenario.wording import KeyPath, MistakeError, refusal, shown, unknown

DEFAULT_SHARES = 64
"""Base samples of the decomposition of variance where the file does not say how many."""
_LEAST_SHARES = 8


def resolve_uncertainty(table: UncertaintyTable | None, record: Record) -> Uncertainty | None:
    """Return how many parameter sets are lived and of what variance is shared out; None without uncertainty.

    Raises
    ------
    MistakeError
        If `shares` is no power of two, or a name in `of` is no end point and no output that is recorded.
    """
    if table is None:
        return None
    shares = DEFAULT_SHARES if table.shares is None else table.shares
    if shares and (shares < _LEAST_SHARES or shares & (shares - 1)):
        allowed = "a power of two from 8, such as 128, or 0 for none"
        raise MistakeError(("uncertainty", "shares"), refusal(shares, "a number of base samples", allowed))
    for number, name in enumerate(table.of or ()):
        here: KeyPath = ("uncertainty", "of", number)
        if name in (table.of or ())[:number]:
            raise MistakeError(here, f"{shown(name)} stands twice; allowed: each name once")
        if name in endpoint_catalogue():
            if name.startswith("channel"):
                words = (
                    f"{shown(name)} is not lived in the sets whose variance is shared out; allowed: other end points"
                )
                raise MistakeError(here, words)
            continue
        if name not in output_catalogue():
            known = (*endpoint_catalogue(), *output_catalogue())
            raise MistakeError(
                here, unknown(name, "an end point or an output", known, "names of endpoints.csv and outputs.csv")
            )
        if name not in record.outputs:
            raise MistakeError(here, f"{shown(name)} is not recorded; allowed: what stands in record.outputs")
    return Uncertainty(draws=table.draws, shares=shares, of=tuple(table.of or ()))
