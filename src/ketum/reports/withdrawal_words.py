"""Withdrawal in and after use, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np

from ketum.reports.arm import HALF, MOST, Arm, between, half
from ketum.reports.phrases import HOURS_PER_DAY, capital, day_range, percent, points, span, span_between
from ketum.reports.reader import Stats
from ketum.results.catalogue import endpoint_catalogue


def scores(arm: Arm) -> Iterator[str]:
    """SOWS in and after use."""
    highest = arm.get("withdrawal_highest")
    if arm.stop is not None and arm.taper_end is not None:
        yield from _through_taper(arm)
    elif arm.stop is not None:
        yield from _after_stop(arm)
    elif highest and not arm.uses and (not arm.run.over_days or any(stop is not None for stop in arm.run.stop_h)):
        text = f"Without kratom SOWS stayed at its background: at most {points(highest['p50'])} points in the"
        yield f"{text} median person ({MOST} {between(highest, 'p05', 'p95', 1)})."
    elif highest and arm.uses and arm.run.over_days:
        text = f"The highest SOWS in the record was {points(highest['p50'])} in the median person"
        yield f"{text} ({half(highest)}; one in twenty above {points(highest['p95'])})."


def _height(peak: Stats) -> str:
    text = f"SOWS reached {points(peak['p50'])} in the median person"
    return f"{text} ({half(peak)}; one in twenty above {points(peak['p95'])})"


def _after_stop(arm: Arm) -> Iterator[str]:
    """Withdrawal after an abrupt stop."""
    peak, at, onset = (arm.get(f"withdrawal_{name}") for name in ("peak", "peak_h", "onset_h"))
    last = arm.get("withdrawal_last_day_of_use")
    if not peak or not at:
        return
    rest = arm.rest()
    if arm.hardly_any() and rest is not None:
        text = "The stop brought" if arm.alone else "In the median person the stop brought"
        text += f" hardly any withdrawal: SOWS rose to at most {points(peak['p50'])}"
        yield f"{text}, {span(at['p50'])} after the last serving; its background is about {points(rest)}."
        if not arm.alone:
            text = f"In one person in four SOWS went above {points(peak['p75'])}"
            yield f"{text}, in one in twenty above {points(peak['p95'])}."
        return
    begin = "Withdrawal"
    if onset:
        around = f"{HALF} {span_between(onset['p25'], onset['p75'])}"
        begin = f"Withdrawal began about {span(onset['p50'])} after the last serving ({around}) and"
    yield f"{begin} was worst after about {span(at['p50'])}, when {_height(peak)}."
    if last:
        text = f"Some withdrawal was there before: on the last day of use the highest SOWS was {points(last['p50'])}"
        yield f"{text} in the median person."
    yield from _end(arm)


def _end(arm: Arm) -> Iterator[str]:
    """When withdrawal was over, and in how many people it was not."""
    over = arm.get("withdrawal_tenth_d")
    if not over:
        yield "SOWS hardly rose." if arm.alone else "SOWS hardly rose in anybody."
        return
    when = endpoint_catalogue()["withdrawal_tenth_d"].label.removeprefix("Until ").replace(" is ", " ")
    yield _over(arm, over, when)
    lasting = (1.0 - over.get("share reached", 1.0)) * over["n"] / arm.run.persons
    none = 1.0 - over["n"] / arm.run.persons
    said = [f"in {percent(lasting)} of people withdrawal lasted beyond the record"] if lasting > 0 else []
    said += [f"{percent(none)} of people had hardly any"] if none > 0 else []
    if said and not arm.alone:
        yield f"{capital('; '.join(said))}."


def _over(arm: Arm, over: Stats, when: str) -> str:
    """Say when withdrawal was over in the median person, and in the middle half."""
    low, middle, high = (over[s] * HOURS_PER_DAY for s in ("p25", "p50", "p75"))
    if not isfinite(middle):
        who = "" if arm.alone else " in the median person"
        text = f"Withdrawal was not over ({when}) within the record{who}"
        return text + (f"; in one person in four it was within {span(low)}." if isfinite(low) else ".")
    spread = f"{HALF} {span_between(low, high)}" if isfinite(high) else f"in one person in four within {span(low)}"
    text = f"Withdrawal was over ({when}) about {span(middle)} after the last serving"
    return f"{text}." if arm.alone else f"{text} ({spread})."


def _through_taper(arm: Arm) -> Iterator[str]:
    """Withdrawal in a taper and after it."""
    peak, at = arm.get("withdrawal_peak"), arm.get("withdrawal_peak_h")
    curves, time = arm.run.curves.get("withdrawal"), arm.run.time_h
    if not peak or not at:
        return
    yield f"At its worst, in the taper or after it, {_height(peak)}."
    if arm.alone:
        yield f"The worst came {span(at['p50'])} after the taper began."
    else:
        text = "When the worst came differed between people"
        yield f"{text}: for half of them between {span_between(at['p25'], at['p75'])} after the taper began."
    if curves is None or not arm.run.over_days or arm.stop is None or arm.taper_end is None:
        return
    inside, after = (time > arm.stop) & (time <= arm.taper_end), time > arm.taper_end
    if inside.any() and after.any():
        mean = curves[arm.k].mean
        days = (float(time[after][int(np.argmax(mean[after]))]) - arm.taper_end) / HOURS_PER_DAY
        top, later = (points(float(mean[those].max())) for those in (inside, after))
        whose = "The highest SOWS of a day" if arm.alone else "The mean over people of the highest SOWS of a day"
        text = f"{whose} reached {top} during the taper"
        yield f"{text} and {later} after it, {day_range(days)} after its end."
