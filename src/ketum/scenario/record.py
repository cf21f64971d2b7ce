"""What is recorded, how often, and the step of the model that this asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ketum.engine.exposures import EXPOSURE
from ketum.engine.outputs import output_catalogue
from ketum.evidence import victims
from ketum.regimens.nonmem import on_grid
from ketum.regimens.phases import DAYS_PER_WEEK, HOURS_PER_DAY
from ketum.scenario.fields import MINUTES_PER_HOUR
from ketum.scenario.grid import in_words, whole_days, whole_hours
from ketum.scenario.model import Arm, Record
from ketum.scenario.schema import RecordTable
from ketum.scenario.wording import MistakeError, refusal, shown, unknown

_FINE_STEP_H = 0.25
_STEP_H = 0.5
_DAILY_FROM_H = 2 * DAYS_PER_WEEK * HOURS_PER_DAY
_MOST_RECORDS = 1_000_000
_ONLY_ASKED_FOR = ("gut_cyp3a", "cyp2d6", EXPOSURE)
_NEVER_BY_DAY = ("mor_occupancy:", "occupancy:", *_ONLY_ASKED_FOR)
_NOT_BY_SETTING = ("symptom:", "side_effect:", "mitragynine", "7-hydroxymitragynine", "speciociliatine")
"""What settings hardly change: not recorded by default where several are run."""
_LISTED = 20
"""How many names of outputs a message lists."""
_HOURLY_OUTPUTS = (
    "mitragynine",
    "7-hydroxymitragynine",
    "speciociliatine",
    "mor_activation",
    "tolerance",
    "stimulation",
    "sedation",
    "analgesia",
    "withdrawal",
    "mor_occupancy:mitragynine",
    "mor_occupancy:7-hydroxymitragynine",
    "mor_occupancy:speciociliatine",
    "servings",
    "dose_mg",
)


def resolve_record(table: RecordTable, people: int, settings: int = 1) -> Record:
    """Return what is recorded, with its defaults.

    Parameters
    ----------
    table : RecordTable
        What was written.
    people : int
        Number of persons: at most so many are kept in full.
    settings : int
        Number of causal settings: with several, fewer outputs are recorded by default.

    Returns
    -------
    Record

    Raises
    ------
    MistakeError
        If the times do not fit one another or an output cannot be recorded.
    """
    every = table.every
    if every is None:
        every = float(HOURS_PER_DAY) if table.for_h >= _DAILY_FROM_H else 1.0
    step = table.step
    if step is None:
        step = _FINE_STEP_H if table.pk or every < _STEP_H else _STEP_H
    elif (MINUTES_PER_HOUR / round(step * MINUTES_PER_HOUR)) % 1:
        allowed = "a whole number of minutes that divides 1 h, such as 15 min"
        raise MistakeError(("record", "step"), refusal(in_words(step), "a step", allowed))
    _check_times(table, every, step)
    if table.pk and every > 1.0:
        allowed = "record.every of 1 h or less"
        raise MistakeError(("record", "pk"), f"needs the course of concentrations within the day; allowed: {allowed}")
    fine = [name for name in table.outputs or () if name.startswith("side_effect:")]
    if fine and every < 1.0:
        allowed = "record.every of 1 h or more"
        raise MistakeError(("record", "outputs"), f"{shown(fine[0])} is counted hour by hour; allowed: {allowed}")
    return Record(
        for_h=table.for_h,
        every_h=every,
        start_h=table.start,
        step_h=step,
        outputs=_outputs(table.outputs, daily=not table.pk and every >= HOURS_PER_DAY, settings=settings),
        pk=table.pk,
        trajectories=min(table.trajectories, people),
    )


def with_exposures(record: Record, table: RecordTable, arms: Sequence[Arm], settings: int = 1) -> Record:
    """Return a record with the exposure of every medicine of the arms for which it can be given.

    Not where outputs were written, nor with several settings, which hardly change it.
    """
    if table.outputs is not None or settings > 1:
        return record
    named = {m.name for arm in arms for m in arm.medicines} | {t.name for arm in arms for t in arm.treatments}
    exposures = tuple(f"{EXPOSURE}{name}" for name in victims() if name in named)
    return replace(record, outputs=(*record.outputs, *exposures))


def _check_times(table: RecordTable, every: float, step: float) -> None:
    length = table.for_h
    if every > length:
        raise MistakeError(
            ("record", "every"),
            f"{in_words(every)} is longer than record.for; allowed: at most {in_words(length)}",
        )
    if not on_grid(every, step):
        raise MistakeError(
            ("record", "every"),
            f"{in_words(every)} is not a multiple of the step; allowed: multiples of {in_words(step)}, "
            "or set record.step",
        )
    if every >= HOURS_PER_DAY:
        whole_days(every, ("record", "every"), "below 1 d, or ")
    elif every > 1.0:
        whole_hours(every, ("record", "every"))
    elif not on_grid(1.0, every):
        allowed = "a time that divides 1 h, or whole hours"
        raise MistakeError(("record", "every"), refusal(in_words(every), "a time between records", allowed))
    whole_hours(length, ("record", "for"))
    whole_hours(table.start, ("record", "start"))
    if not on_grid(length, every):
        raise MistakeError(
            ("record", "every" if table.every else "for"),
            f"{in_words(length)} is no multiple of {in_words(every)}; allowed: a divisor of record.for",
        )
    if table.start >= length:
        raise MistakeError(
            ("record", "start"),
            f"{in_words(table.start)} is not before the end; allowed: less than {in_words(length)}",
        )
    if not on_grid(table.start, every):
        raise MistakeError(
            ("record", "start"),
            f"{in_words(table.start)} does not fit record.every; allowed: multiples of {in_words(every)}",
        )
    if length / every > _MOST_RECORDS:
        raise MistakeError(
            ("record", "every"),
            f"{in_words(every)} makes more than {_MOST_RECORDS} records; allowed: a longer time",
        )


def _outputs(names: list[str] | None, daily: bool, settings: int) -> tuple[str, ...]:
    known = output_catalogue()
    if names is None:
        if daily:
            left_out = _NEVER_BY_DAY if settings == 1 else (*_NEVER_BY_DAY, *_NOT_BY_SETTING)
            return tuple(name for name in known if not name.startswith(left_out))
        return tuple(name for name in known if name in _HOURLY_OUTPUTS)
    for number, name in enumerate(names):
        path = ("record", "outputs", number)
        if name in known:
            if name in names[:number]:
                raise MistakeError(path, f"{shown(name)} stands twice; allowed: each output once")
        else:
            raise MistakeError(path, unknown(name, "an output", known, _listed()))
    return tuple(names)


def _listed() -> str:
    """Return the first names of outputs, families of them by their first word, and where the others stand."""
    families = dict.fromkeys(name.split(":")[0] + ":*" if ":" in name else name for name in output_catalogue())
    return f"{', '.join(list(families)[:_LISTED])}, and the others of outputs.csv"
