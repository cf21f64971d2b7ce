"""What happened, in plain sentences made from the numbers by rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ketum.evidence import load_parameters
from ketum.reports.phrases import (
    HOURS_PER_DAY,
    capital,
    day_range,
    listed,
    number,
    percent,
    plain,
    points,
    significant,
    span,
    span_between,
)
from ketum.reports.reader import RunFolder, Stats
from ketum.reports.regimen import regimen
from ketum.reports.tables import unit_text
from ketum.results.catalogue import endpoint_catalogue

HALF = "half of people between"
MOST = "90% of people between"
_LEAST = 0.005
"""Size from which a difference is told at all: less prints as zero."""
_CLEAR = 0.75
"""Share of people from which a difference is told as having a direction."""


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """A number that stands out: its value, and what it is."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Account:
    """What is said of one arm: its name, what it takes, paragraphs on what came of it, and its key numbers."""

    arm: str
    regimen: str
    paragraphs: tuple[str, ...]
    numbers: tuple[KeyNumber, ...]


def accounts(run: RunFolder) -> list[Account]:
    """Return the account of every arm."""
    return [_account(_Arm(run, k)) for k in range(len(run.arms))]


def _account(arm: _Arm) -> Account:
    paragraphs = [
        " ".join([*_exposure(arm), *_dependence(arm)]),
        *_kinetics(arm),
        *_effect(arm),
        " ".join(_scores(arm)),
    ]
    words = regimen(arm.run.scenario["arm"][arm.k])
    told = [_of_one(p) if arm.run.persons == 1 else p for p in paragraphs if p]
    return Account(arm.name, words, tuple(told), tuple(_numbers(arm)))


def _of_one(text: str) -> str:
    """Return what is said of many people as it is said of one."""
    text = re.sub(r" \((?:half|90%) of people[^()]*\)", "", text)
    return text.replace("The median person", "The person").replace(" in the median person", "")


class _Arm:
    """One arm of a run and what is known of it."""

    def __init__(self, run: RunFolder, k: int) -> None:
        self.run, self.k, self.name = run, k, run.arms[k]
        self.stop, self.taper_end = run.stop_h[k], run.taper_end_h[k]
        self.single = len(run.dose_times[k]) == 1
        self.regular = run.over_days or self.stop is not None
        self.uses = bool(run.phases[k]) or "events" in run.scenario["arm"][k]

    def get(self, endpoint: str) -> Stats | None:
        """Return the statistics of an end point; None if the arm does not have it or nobody has."""
        stats = self.run.endpoints.get(self.name, {}).get(endpoint)
        return stats if stats and "p50" in stats else None

    def pk(self) -> Mapping[str, dict[str, Stats]]:
        """Return statistics by analyte and quantity, of analytes that are there."""
        found: dict[str, dict[str, Stats]] = {}
        for (analyte, quantity), stats in self.run.pk.get(self.name, {}).items():
            found.setdefault(analyte, {})[quantity] = stats
        return {a: q for a, q in found.items() if "Cmax" in q and "Tmax" in q and q["Cmax"]["p50"] > 0}

    def rest(self) -> float | None:
        """Return the lowest median SOWS in the record."""
        curves = self.run.curves.get("withdrawal")
        return float(curves[self.k].p50.min()) if curves else None

    def hardly_any(self) -> bool:
        """Return whether SOWS stays near its background in the median person after an abrupt stop."""
        peak, rest = self.get("withdrawal_peak"), self.rest()
        if not peak or rest is None or self.taper_end is not None:
            return False
        return peak["p50"] - rest < load_parameters("body").value("wd_near")


def _between(stats: Stats, low: str, high: str, digits: int) -> str:
    return f"{number(stats[low], digits)} and {number(stats[high], digits)}"


def _half(stats: Stats) -> str:
    return f"{HALF} {points(stats['p25'])} and {points(stats['p75'])}"


def _exposure(arm: _Arm) -> Iterator[str]:
    """Alkaloid a day, where it differs between people."""
    taken = arm.get("alkaloid_mg_per_day")
    if taken and taken["p50"] > 0 and arm.regular:
        median, low, high = (number(taken[s], 0 if taken[s] >= 9.95 else 1) for s in ("p50", "p05", "p95"))
        text = f"The median person took in {median} mg of alkaloid a day"
        yield text + (f" ({MOST} {low} and {high} mg)." if low != high else ".")


def _kinetics(arm: _Arm) -> Iterator[str]:
    """Peak, its time, area and half-life of each analyte."""
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


def _effect(arm: _Arm) -> Iterator[str]:
    """Highest opioid effect, where records are dense enough to show it."""
    effect, curves = arm.get("mor_activation_highest"), arm.run.curves.get("mor_activation")
    if arm.run.over_days or not effect or effect["p50"] <= 0 or curves is None:
        return
    text = f"The opioid effect at the mu receptor (0 to 1) rose to {number(effect['p50'], 2)} in the median person"
    text += f" ({MOST} {_between(effect, 'p05', 'p95', 2)})"
    if arm.single:
        after = float(arm.run.time_h[int(np.argmax(curves[arm.k].p50))]) - float(arm.run.dose_times[arm.k][0])
        text += f"; its median curve is highest {plain(after)} h after the dose"
    yield text + "."


def _dependence(arm: _Arm) -> Iterator[str]:
    """Tolerance and use disorder after regular use."""
    tolerance, disorder = arm.get("tolerance"), arm.get("use_disorder_any")
    if not arm.regular or not tolerance or tolerance["p50"] <= 0:
        return
    where = "At the end of the record" if arm.stop is None else "At the stop"
    where = where if arm.taper_end is None else "When the taper began"
    text = f"{where}, tolerance (0 to 1) stood at {number(tolerance['p50'], 2)} in the median person"
    text += f" ({HALF} {_between(tolerance, 'p25', 'p75', 2)})"
    if disorder:
        who = percent(disorder["mean"]) if disorder["mean"] else "nobody"
        text += f", and {who} met the model's criteria for a kratom use disorder"
        severe = arm.get("use_disorder_moderate")
        if severe and severe["mean"] > 0:
            text += f" ({percent(severe['mean'])} for a moderate or severe one)"
    yield text + "."


def _scores(arm: _Arm) -> Iterator[str]:
    """SOWS in and after use."""
    highest = arm.get("withdrawal_highest")
    if arm.stop is not None and arm.taper_end is not None:
        yield from _through_taper(arm)
    elif arm.stop is not None:
        yield from _after_stop(arm)
    elif highest and not arm.uses:
        text = f"Without kratom SOWS stayed at its background: at most {points(highest['p50'])} points in the"
        yield f"{text} median person ({MOST} {_between(highest, 'p05', 'p95', 1)})."
    elif highest and arm.run.over_days:
        text = f"The highest SOWS in the record was {points(highest['p50'])} in the median person"
        yield f"{text} ({_half(highest)}; one in twenty above {points(highest['p95'])})."


def _height(peak: Stats) -> str:
    text = f"SOWS reached {points(peak['p50'])} in the median person"
    return f"{text} ({_half(peak)}; one in twenty above {points(peak['p95'])})"


def _after_stop(arm: _Arm) -> Iterator[str]:
    """Withdrawal after an abrupt stop."""
    peak, at, onset = (arm.get(f"withdrawal_{name}") for name in ("peak", "peak_h", "onset_h"))
    last = arm.get("withdrawal_last_day_of_use")
    if not peak or not at:
        return
    rest = arm.rest()
    if arm.hardly_any() and rest is not None:
        text = (
            f"In the median person the stop brought hardly any withdrawal: SOWS rose to at most {points(peak['p50'])}"
        )
        yield f"{text}, {span(at['p50'])} after the last serving; its background is about {points(rest)}."
        yield f"One person in four went above {points(peak['p75'])}, one in twenty above {points(peak['p95'])}."
        return
    begin = "Withdrawal"
    if onset:
        around = f"{HALF} {span_between(onset['p25'], onset['p75'])}"
        begin = f"Withdrawal began about {span(onset['p50'])} after the last serving ({around}) and"
    yield f"{begin} was worst after about {span(at['p50'])}, when {_height(peak)}."
    if last:
        text = f"Some of it was there before: on the last day of use the highest SOWS was {points(last['p50'])}"
        yield f"{text} in the median person."
    yield from _end(arm)


def _end(arm: _Arm) -> Iterator[str]:
    """When withdrawal was over, and in how many people it was not."""
    over = arm.get("withdrawal_tenth_d")
    if not over:
        yield "It was not over in anybody when the record ended."
        return
    when = endpoint_catalogue()["withdrawal_tenth_d"].label.removeprefix("Until ").replace(" is ", " ")
    low, high = over["p25"] * HOURS_PER_DAY, over["p75"] * HOURS_PER_DAY
    text = f"It was over ({when}) about {span(over['p50'] * HOURS_PER_DAY)} after the last serving"
    yield f"{text} ({HALF} {span_between(low, high)})."
    lasting = 1.0 - over["n"] / arm.run.persons
    if lasting > 0:
        yield f"In {percent(lasting)} of people it lasted beyond the record."


def _through_taper(arm: _Arm) -> Iterator[str]:
    """Withdrawal in a taper and after it."""
    peak, at = arm.get("withdrawal_peak"), arm.get("withdrawal_peak_h")
    curves, time = arm.run.curves.get("withdrawal"), arm.run.time_h
    if not peak or not at:
        return
    yield f"At its worst, in the taper or after it, {_height(peak)}."
    text = "When the worst came differed between people"
    yield f"{text}: for half of them between {span_between(at['p25'], at['p75'])} after the taper began."
    if curves is None or not arm.run.over_days or arm.stop is None or arm.taper_end is None:
        return
    inside, after = (time > arm.stop) & (time <= arm.taper_end), time > arm.taper_end
    if inside.any() and after.any():
        mean = curves[arm.k].mean
        days = (float(time[after][int(np.argmax(mean[after]))]) - arm.taper_end) / HOURS_PER_DAY
        top, later = (points(float(mean[those].max())) for those in (inside, after))
        text = f"The mean over people of the highest SOWS of a day reached {top} during the taper"
        yield f"{text} and {later} after it, {day_range(days)} after its end."


def _numbers(arm: _Arm) -> Iterator[KeyNumber]:
    """Yield the numbers that stand out, medians over people."""
    for analyte, found in list(arm.pk().items())[:1]:
        unit = arm.run.pk_units["Cmax"]
        yield KeyNumber(
            f"{significant(found['Cmax']['p50'], 2)} {unit}",
            f"highest {analyte} in plasma{'' if arm.single else ' after the last dose'}",
        )
        yield KeyNumber(
            f"{plain(found['Tmax']['p50'])} h", f"from the {'dose' if arm.single else 'last dose'} to that peak"
        )
        if "t1/2" in found:
            yield KeyNumber(f"{significant(found['t1/2']['p50'], 2)} h", f"terminal half-life of {analyte}")
    effect = arm.get("mor_activation_highest")
    if effect and effect["p50"] > 0 and not arm.run.over_days:
        yield KeyNumber(number(effect["p50"], 2), "highest opioid effect, of 1")
    peak = arm.get("withdrawal_peak")
    if peak:
        words = "highest SOWS after the stop" if arm.taper_end is None else "highest SOWS from the start of the taper"
        yield KeyNumber(points(peak["p50"]), words)
        at, over = arm.get("withdrawal_peak_h"), arm.get("withdrawal_tenth_d")
        if at and over and arm.taper_end is None and not arm.hardly_any():
            yield KeyNumber(span(at["p50"]), "from the last serving to that peak")
            yield KeyNumber(span(over["p50"] * HOURS_PER_DAY), "until withdrawal is over")
    highest = arm.get("withdrawal_highest")
    if highest and not peak and (arm.run.over_days or not arm.uses):
        yield KeyNumber(points(highest["p50"]), "highest SOWS in the record")
    disorder = arm.get("use_disorder_any")
    if disorder and disorder["mean"] > 0 and arm.uses and arm.regular:
        yield KeyNumber(percent(disorder["mean"]), "of people with a kratom use disorder")


# Differences between arms

_COMPARED = (
    ("withdrawal_peak", "the worst SOWS after the stop"),
    ("withdrawal_highest", "the highest SOWS in the record"),
    ("withdrawal_point_days", "the burden of withdrawal (SOWS points above background, summed over days)"),
    ("mor_activation_highest", "the highest opioid effect"),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is said of a pair of arms: B against A."""

    later: str
    earlier: str
    sentences: tuple[str, ...]


def comparisons(run: RunFolder) -> list[Comparison]:
    """Return what differs between arms in the same people."""
    found = []
    for pair, (later, earlier) in zip(run.pairs, run.pair_arms, strict=True):
        table = run.endpoints.get(pair, {})
        tapers = any(run.taper_end_h[run.arms.index(arm)] is not None for arm in (later, earlier))
        sentences = [
            _compare(
                endpoint, f"{words} or from the start of the taper" if tapers and "stop" in words else words, stats
            )
            for endpoint, words in _COMPARED
            if (stats := _told(endpoint, table, run))
        ]
        disorder = table.get("use_disorder_any")
        if disorder and _differs(disorder):
            sentences.append(_compare_shares(disorder, later, earlier))
        if sentences:
            found.append(Comparison(later, earlier, tuple(sentences)))
    return found


def _differs(stats: Stats) -> bool:
    return stats.get("share above", 0.0) + stats.get("share below", 0.0) > 0


def _told(endpoint: str, table: Mapping[str, Stats], run: RunFolder) -> Stats | None:
    """Return a difference that is worth a sentence: one score of withdrawal, and what the records can show."""
    stats = table.get(endpoint, {})
    if not _differs(stats) or not max(abs(stats[s]) for s in ("mean", "p05", "p95")) > _LEAST:
        return None
    if endpoint == "withdrawal_highest":
        return stats if "withdrawal_peak" not in table and run.over_days else None
    return stats if endpoint != "mor_activation_highest" or not run.over_days else None


def _compare(endpoint: str, what: str, stats: Stats) -> str:
    above, below, mean = stats["share above"], stats["share below"], stats["mean"]
    unit = {"withdrawal_point_days": " point-days", "mor_activation_highest": ""}.get(endpoint, " points")
    digits = 1 if unit else 2
    spread = f"90% of the differences lie between {_between(stats, 'p05', 'p95', digits)}"
    if max(above, below) < _CLEAR or (mean > 0) != (above > below):
        text = f"{capital(what)} was lower in {percent(below)} and higher in {percent(above)} of the same people"
        sign = "+" if mean > 0 else ""
        return f"{text}; mean difference {sign}{number(mean, digits)}{unit} ({spread})."
    word, share = ("lower", below) if below > above else ("higher", above)
    who = "all of the same people" if share == 1 else f"{percent(share)} of the same people"
    return f"{capital(what)} was {word} in {who}, by {number(abs(mean), digits)}{unit} in the mean ({spread})."


def _compare_shares(stats: Stats, later: str, earlier: str) -> str:
    parts = [
        f"{percent(stats[share])} had one only with “{arm}”"
        for share, arm in (("share above", later), ("share below", earlier))
        if stats.get(share)
    ]
    return f"Kratom use disorder: {listed(parts)}; in the others both arms agree."
