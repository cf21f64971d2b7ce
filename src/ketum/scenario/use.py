"""Phases of use: one mode each, only keys that mean something with it, in an order that is possible."""

from __future__ import annotations

from collections.abc import Sequence

from ketum.products import Product
from ketum.regimens.phases import DAYS_PER_WEEK, HOURS_PER_DAY, Amount, Mode, Phase
from ketum.scenario.composition import KEYS, resolve_in_hand
from ketum.scenario.doses import find_product, parse_amount
from ketum.scenario.grid import check_on_grid, in_words, whole_days
from ketum.scenario.schema import UseTable
from ketum.scenario.wording import KeyPath, MistakeError

_SERVING = ("product", "dose", "for", "first_day", *KEYS)
_KEYS: dict[Mode, tuple[str, ...]] = {
    "times": (*_SERVING, "every", "at"),
    "per_day": (*_SERVING, "on_days", "at"),
    "every": (*_SERVING, "on_days", "at"),
    "as_needed": (*_SERVING, "at_most_per_day", "stopping"),
    "natural": (),
    "stop": ("for",),
    "pause": (),
    "taper_over": (),
    "taper_by": (),
}
"""Keys that may stand beside each mode."""
_FIXED: tuple[Mode, ...] = ("per_day", "every")
_SERVINGS: tuple[Mode, ...] = ("times", "per_day", "every", "as_needed")
_NATURAL_PRODUCT = "leaf_powder"


def resolve_phases(tables: Sequence[UseTable], path: KeyPath, step_h: float, taper_end: float) -> tuple[Phase, ...]:
    """Return the phases of an arm.

    Parameters
    ----------
    tables : sequence of UseTable
        What was written.
    path : tuple of str or int
        The key ``use`` of the arm.
    step_h : float
        Step of the model, h; servings fall on it.
    taper_end : float
        Share of the starting amount below which a taper ends.

    Returns
    -------
    tuple of Phase
        With their lengths; only the last may go on to the end of the record.

    Raises
    ------
    MistakeError
        If a phase cannot be, or cannot stand where it stands.
    """
    phases: list[Phase] = []
    for number, table in enumerate(tables):
        here = (*path, number)
        phase = _resolve(table, here, step_h, taper_end)
        if phase.mode in ("taper_over", "taper_by") and (not phases or phases[-1].mode not in _FIXED):
            raise MistakeError(
                (*here, phase.mode),
                "a taper needs a fixed phase before it; allowed: directly after per_day or every",
            )
        if phase.mode == "natural" and len(tables) > 1:
            raise MistakeError(here, 'natural use has no other phases; allowed: use = "natural" alone')
        last = number == len(tables) - 1
        if not last and phase.for_h is None:
            raise MistakeError(
                (*here, phase.mode),
                'without "for" it never ends; allowed: as the last phase, or with for = "..."',
            )
        if not last:
            whole_days(phase.for_h, (*here, "for"), "before another phase, ")
        phases.append(phase)
    return tuple(phases)


def mode_of(table: UseTable, path: KeyPath) -> Mode:
    """Return the mode of a phase.

    Raises
    ------
    MistakeError
        If it has none or several, or a key that means nothing with it.
    """
    written = [UseTable.model_fields[key].alias or key for key in table.model_fields_set]
    modes = [mode for mode in _KEYS if mode in written and not (mode == "every" and "times" in written)]
    if len(modes) != 1:
        found = f"{modes[0]} and {modes[1]} exclude each other" if modes else "the phase has no mode"
        raise MistakeError(path, f"{found}; allowed: one of {', '.join(_KEYS)}")
    mode = modes[0]
    for key in written:
        if key != mode and key not in _KEYS[mode]:
            beside = ", ".join(_KEYS[mode]) or "nothing"
            raise MistakeError((*path, key), f"means nothing with {mode}; allowed beside {mode}: {beside}")
    return mode


def _resolve(table: UseTable, path: KeyPath, step_h: float, taper_end: float) -> Phase:
    mode = mode_of(table, path)
    if mode == "natural":
        return Phase(mode=mode, product=_NATURAL_PRODUCT)
    if mode not in _SERVINGS:
        length = table.pause or table.taper_over or table.for_h
        whole_days(length, (*path, "for" if mode == "stop" else mode))
        if table.taper_by is not None:
            length = taper_by_length(table.taper_by, taper_end)
        return Phase(mode=mode, for_h=length, taper_share_per_week=table.taper_by)
    product, dose = _serving(table, mode, path)
    held = resolve_in_hand(table, product, dose, path)
    _check_clock(table, mode, path)
    every_h = table.every
    if mode == "times" and every_h is None and table.times != 1:
        every_h = float(HOURS_PER_DAY)
    for key, times in (("every", (table.every,)), ("at", table.at or ()), ("for", (table.for_h,))):
        check_on_grid(times, step_h, (*path, key))
    if mode != "times":
        whole_days(table.for_h, (*path, "for"))
    first_day = table.first_day or 0
    for_h = _length(table, every_h, first_day, path)
    return Phase(
        mode=mode,
        product=product.name,
        dose=dose,
        count=table.times or table.per_day,
        every_h=every_h,
        for_h=for_h,
        on_days=table.on_days,
        at_h=table.at or (),
        at_most_per_day=table.at_most_per_day,
        first_day=first_day,
        stopping=bool(table.stopping),
        vein=held.vein,
        composition=held.composition,
        new_lot=held.new_lot,
        lot_every_h=held.lot_every_h,
    )


def _serving(table: UseTable, mode: Mode, path: KeyPath) -> tuple[Product, Amount | None]:
    if table.product is None:
        raise MistakeError((*path, "product"), 'is missing; allowed: the name of a product, such as "leaf_powder"')
    try:
        product = find_product(table.product)
    except ValueError as error:
        raise MistakeError((*path, "product"), str(error)) from None
    if mode == "as_needed" and product.kind not in ("kratom", "7oh"):
        raise MistakeError(
            (*path, "as_needed"),
            f"{product.name} is taken by the clock only; allowed for it: times, per_day, every",
        )
    if table.dose is None:
        if mode == "as_needed":
            return product, None
        raise MistakeError((*path, "dose"), 'is missing; allowed: an amount with its unit, such as "4 g"')
    try:
        return product, parse_amount(table.dose, product.name, product.bases)
    except ValueError as error:
        raise MistakeError((*path, "dose"), str(error)) from None


def _check_clock(table: UseTable, mode: Mode, path: KeyPath) -> None:
    """Refuse clock times, intervals and weekdays that contradict each other."""
    at = (*path, "at")
    if table.at and mode == "per_day" and len(table.at) != table.per_day:
        raise MistakeError(at, f"{len(table.at)} clock times for {table.per_day} servings a day; allowed: one for each")
    if table.at and mode != "per_day" and len(table.at) != 1:
        raise MistakeError(at, f"{len(table.at)} clock times; allowed with {mode}: one, of the first serving")
    if table.at and mode == "every":
        whole_days(table.every, (*path, "every"), "with a clock time, ")
    if mode == "times" and table.times == 1 and table.every is not None:
        raise MistakeError((*path, "every"), "means nothing with one serving; allowed: times of 2 or more")
    if table.on_days and table.every and table.every > HOURS_PER_DAY:
        raise MistakeError((*path, "on_days"), "contradicts every; allowed: weekdays, or every so many days")


def _length(table: UseTable, every_h: float | None, first_day: int, path: KeyPath) -> float | None:
    """Return the length of a serving phase, h: as written; ``times`` ends with its last serving's day."""
    begin = first_day * HOURS_PER_DAY
    if table.for_h is not None and begin >= table.for_h:
        raise MistakeError(
            (*path, "first_day"), f"day {first_day} is not within the phase; allowed: a day before its end"
        )
    if table.times is None:
        return table.for_h
    last = begin + (table.at[0] if table.at else 0.0) + (table.times - 1) * (every_h or 0.0)
    if table.for_h is None:
        return HOURS_PER_DAY * (last // HOURS_PER_DAY + 1)
    if last >= table.for_h:
        raise MistakeError((*path, "for"), f"{table.times} servings do not fit; allowed: more than {in_words(last)}")
    return table.for_h


def taper_by_length(share: float, taper_end: float) -> float | None:
    """Return after how many h a taper's serving, (1 - share)^(week + 1), is below `taper_end`; None: never.

    Examples
    --------
    >>> taper_by_length(0.5, 0.02) / 168
    5.0
    """
    if taper_end <= 0.0:
        return None
    week = 0
    while (1.0 - share) ** (week + 1) >= taper_end:
        week += 1
    return float(week * DAYS_PER_WEEK * HOURS_PER_DAY)
