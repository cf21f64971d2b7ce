"""What happened, in plain sentences made from the numbers by rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite

import numpy as np

from ketum.reports.arm import HALF, MOST, Arm, KeyNumber, between
from ketum.reports.mood_words import follows_mood, mood_numbers
from ketum.reports.phrases import (
    HOURS_PER_DAY,
    capital,
    listed,
    number,
    percent,
    plain,
    points,
    significant,
    span,
)
from ketum.reports.reader import Stats
from ketum.reports.regimen import sets_steady_state
from ketum.reports.tables import unit_text


def exposure(arm: Arm) -> Iterator[str]:
    """Tell alkaloid a day, where it differs between people."""
    taken = arm.get("alkaloid_mg_per_day")
    if taken and taken["p50"] > 0 and arm.regular:
        median, low, high = (number(taken[s], 0 if taken[s] >= 9.95 else 1) for s in ("p50", "p05", "p95"))
        text = f"The median person took in {median} mg of alkaloid a day"
        yield text + (f" ({MOST} {low} and {high} mg)." if low != high else ".")


def steady(arm: Arm) -> Iterator[str]:
    """Say what SS = 1 in an event table sets, and what it leaves."""
    if sets_steady_state(arm.run.scenario["arm"][arm.k]):
        yield (
            "SS = 1 in the event table sets the pharmacokinetics to their steady state and nothing else: the states of "
            "the brain (tolerance, dependence) are left as they were before that dose."
        )


def kinetics(arm: Arm) -> Iterator[str]:
    """Tell peak, its time, area and half-life of each analyte."""
    units = {quantity: unit_text(unit) for quantity, unit in arm.run.pk_units.items()}
    for analyte, found in arm.pk().items():
        peak = found["Cmax"]
        first = capital(analyte) if arm.single else f"After the last dose {analyte}"
        text = f"{first} in plasma peaked at {significant(peak['p50'], 2)} {units['Cmax']} in the median person"
        text += f" ({MOST} {significant(peak['p05'], 2)} and {significant(peak['p95'], 2)})"
        text += f", {plain(found['Tmax']['p50'])} h after {'the dose' if arm.single else 'it'}."
        rest: list[str] = []
        for quantity, words in (("AUCinf", "the area under the curve"), ("t1/2", "the terminal half-life")):
            stats = found.get(quantity)
            if stats:
                low, high = significant(stats["p05"], 2), significant(stats["p95"], 2)
                verb = "" if rest else " was"
                rest.append(f"{words}{verb} {significant(stats['p50'], 2)} {units[quantity]} ({low} to {high})")
        yield f"{text} {capital(listed(rest))}." if rest else text


def effect(arm: Arm) -> Iterator[str]:
    """Tell the highest opioid effect, where records are dense enough to show it."""
    effect, curves = arm.get("mor_activation_highest"), arm.run.curves.get("mor_activation")
    if arm.run.over_days or not effect or effect["p50"] <= 0 or curves is None:
        return
    text = f"The opioid effect at the mu receptor (0 to 1) rose to {number(effect['p50'], 2)} in the median person"
    text += f" ({MOST} {between(effect, 'p05', 'p95', 2)})"
    if arm.single:
        after = float(arm.run.time_h[int(np.argmax(curves[arm.k].p50))]) - float(arm.run.dose_times[arm.k][0])
        text += f"; its median curve is highest {plain(after)} h after the dose"
    yield text + "."


def dependence(arm: Arm) -> Iterator[str]:
    """Tell tolerance and use disorder after regular use."""
    tolerance, disorder = arm.get("tolerance"), arm.get("use_disorder_any")
    if not arm.regular or not tolerance or tolerance["p50"] <= 0:
        return
    where = "At the end of the record" if arm.stop is None else "At the stop"
    where = where if arm.taper_end is None else "When the taper began"
    text = f"{where}, tolerance (0 to 1) stood at {number(tolerance['p50'], 2)} in the median person"
    text += f" ({HALF} {between(tolerance, 'p25', 'p75', 2)})"
    if disorder:
        text += f", and {_with_disorder(arm, disorder)}"
    yield text + "."


def _with_disorder(arm: Arm, disorder: Stats) -> str:
    """Say who met the criteria for a kratom use disorder."""
    severe = arm.get("use_disorder_moderate")
    worse = severe["mean"] if severe else 0.0
    criteria = "the model’s criteria for a kratom use disorder"
    if arm.alone:
        verb = "met" if disorder["mean"] else "did not meet"
        return f"the person {verb} {criteria}{' (a moderate or severe one)' if worse else ''}"
    who = percent(disorder["mean"]) if disorder["mean"] else "nobody"
    return f"{who} met {criteria}" + (f" ({percent(worse)} for a moderate or severe one)" if worse > 0 else "")


def key_numbers(arm: Arm) -> Iterator[KeyNumber]:
    """Yield the numbers that stand out, medians over people."""
    for analyte, found in list(arm.pk().items())[:1]:
        unit = arm.run.pk_units["Cmax"]
        last = "" if arm.single else " after the last dose"
        for quantity, words in (
            ("Cmax", f"highest {analyte} in plasma{last}"),
            ("Tmax", f"from the {'dose' if arm.single else 'last dose'} to that peak"),
            ("t1/2", f"terminal half-life of {analyte}"),
        ):
            form = plain if quantity == "Tmax" else _two_figures
            if quantity in found:
                value = f"{form(found[quantity]['p50'])} {unit if quantity == 'Cmax' else 'h'}"
                yield KeyNumber(value, words, analyte, arm.known(f"pk:{analyte}:{quantity}", form))
    effect = arm.get("mor_activation_highest")
    if effect and effect["p50"] > 0 and not arm.run.over_days:
        yield _median(arm, "mor_activation_highest", lambda value: number(value, 2), "highest opioid effect, of 1")
    peak = arm.get("withdrawal_peak")
    if peak:
        words = "highest SOWS after the stop" if arm.taper_end is None else "highest SOWS from the start of the taper"
        yield _median(arm, "withdrawal_peak", points, words)
        at, over = arm.get("withdrawal_peak_h"), arm.get("withdrawal_tenth_d")
        if at and over and arm.taper_end is None and not arm.hardly_any():
            yield _median(arm, "withdrawal_peak_h", span, "from the last serving to that peak")
            yield _over(arm, over)
    highest = arm.get("withdrawal_highest")
    if highest and not peak and (arm.run.over_days or not arm.uses) and not (follows_mood(arm.run) and not arm.uses):
        yield _median(arm, "withdrawal_highest", points, "highest SOWS in the record")
    disorder = arm.get("use_disorder_any")
    if disorder and disorder["mean"] > 0 and arm.uses and arm.regular:
        about = "use_disorder_any"
        if arm.alone:
            yield KeyNumber("yes", "kratom use disorder", about)
        else:
            words, known = "of people with a kratom use disorder", arm.known(about, percent, "mean")
            yield KeyNumber(percent(disorder["mean"]), words, about, known)
    yield from mood_numbers(arm)


def _two_figures(value: float) -> str:
    return significant(value, 2)


def _median(arm: Arm, endpoint: str, form: Callable[[float], str], words: str) -> KeyNumber:
    """Return the median of an end point as a number that stands out."""
    stats = arm.get(endpoint)
    assert stats is not None
    return KeyNumber(form(stats["p50"]), words, endpoint, arm.known(endpoint, form))


def _over(arm: Arm, over: Stats) -> KeyNumber:
    """Return when withdrawal is over in the median person, or in how many it is where that is beyond the record."""
    about = "withdrawal_tenth_d"
    if isfinite(over["p50"]):
        return _median(arm, about, lambda days: span(days * HOURS_PER_DAY), "until withdrawal is over")
    if arm.alone:
        return KeyNumber("no", "end of withdrawal within the record", about)
    words = "of those with withdrawal saw its end within the record"
    known = arm.known(about, percent, "share reached")
    return KeyNumber(percent(over.get("share reached", 0.0)), words, about, known)
