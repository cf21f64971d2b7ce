"""Parameters that a scenario sets or fixes: known symbols, numbers within their physical range."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Literal

from ketum.errors import EvidenceError
from ketum.evidence import group_of, load_parameters
from ketum.scenario.wording import KeyPath, MistakeError, refusal, unknown

_ROOMS = ("body", "mood")
_ALLOWED = 'a number, or "fixed"'
_USEFUL = "allowed: parameters that something depends on"
_UNUSED = {
    "mood alone": f"is used by the mood half alone, not in the joined model; {_USEFUL}",
    "produced": f"is what the population comes to, not what it is made from; {_USEFUL}",
    "body alone": f"no output of this version depends on it; {_USEFUL}",
}
_DRAWN_ELSEWHERE = {
    "WT": "is not used: weight follows sex; allowed: wt_m and wt_f",
    "Dist": "is not used: distress comes from mood; allowed: S_half and other parameters of mood",
    "beta_S": "is set by the causal setting; allowed: setting.causal",
    "beta_L": "is set by the causal setting; allowed: setting.causal",
    "run_in_days": "cannot be set here; allowed: people.experience",
}
_WHOLE_HOURS = ("t_wake", "t_side", "t_review", "gap_min", "first_h", "awake_h")


def resolve_parameters(table: Mapping[str, object]) -> dict[str, float | Literal["fixed"]]:
    """Return values by symbol; ``body.symbol`` and ``mood.symbol`` mean ``symbol``.

    Parameters
    ----------
    table : mapping
        The table ``[parameters]``.

    Raises
    ------
    MistakeError
        If a symbol is not known or its value not allowed.

    Examples
    --------
    >>> resolve_parameters({"theta": 2, "body": {"ka": "fixed"}})
    {'theta': 2.0, 'ka': 'fixed'}
    """
    resolved: dict[str, float | Literal["fixed"]] = {}
    for path, room, symbol, value in _written(table):
        if symbol in resolved:
            raise MistakeError(path, f"{symbol} stands twice; allowed: each parameter once")
        resolved[symbol] = _value(symbol, value, path, room)
    return resolved


def _written(table: Mapping[str, object]) -> Iterator[tuple[KeyPath, str, str, object]]:
    """Yield (key path, room, symbol, value); a room may be a table or the first word of a key in quotes."""
    for key, value in table.items():
        path: KeyPath = ("parameters", key)
        if key in _ROOMS and isinstance(value, dict):
            yield from (((*path, symbol), key, symbol, inner) for symbol, inner in value.items())
            continue
        room, dot, symbol = key.partition(".")
        yield (path, room, symbol, value) if dot and room in _ROOMS else (path, "", key, value)


def _value(symbol: str, value: object, path: KeyPath, room: str) -> float | Literal["fixed"]:
    tables = [load_parameters("body"), load_parameters("mood")]
    known = next((table for table in tables if symbol in table and room in ("", table.name)), None)
    if known is None:
        symbols = [name for table in tables if room in ("", table.name) for name in table]
        files = "symbols of parameters_body.csv and parameters_mood.csv"
        raise MistakeError(path, unknown(symbol, "a parameter", symbols, files))
    if reason := _DRAWN_ELSEWHERE.get(symbol) or _UNUSED.get(group_of(symbol)):
        raise MistakeError(path, reason)
    if value == "fixed":
        return "fixed"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MistakeError(path, refusal(value, "a value", _ALLOWED))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise MistakeError(path, refusal(value, "a finite number", _ALLOWED))
    if symbol in _WHOLE_HOURS and number != round(number):
        raise MistakeError(path, refusal(value, "a time", "whole hours"))
    try:
        known.with_values({symbol: number})
    except EvidenceError as error:
        raise MistakeError(path, str(error)) from None
    return number
