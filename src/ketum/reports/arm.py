"""One arm of a run and what is known of it, as the sentences of the report need it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite

from ketum.evidence import load_parameters
from ketum.reports.phrases import number, points
from ketum.reports.reader import RunFolder, Stats

HALF = "half of people between"
MOST = "90% of people between"


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """A number that stands out: its value, what it is, the end point it is read from, and how well it is known."""

    value: str
    words: str
    about: str
    known: str = ""


def uses(run: RunFolder, k: int) -> bool:
    """Return whether an arm takes anything of its own accord or by its phases: kratom, or a reference opioid."""
    return bool(run.phases[k]) or "events" in run.scenario["arm"][k]


def chooses(run: RunFolder, k: int) -> bool:
    """Return whether the people of an arm choose when or how much they take."""
    return any("as_needed" in phase or "natural" in phase for phase in run.phases[k])


def by_spells(run: RunFolder, k: int) -> bool:
    """Return whether people of an arm start or stop of their own accord, so that use is each one's own spells."""
    return any(phase.get("stopping") or "natural" in phase for phase in run.phases[k])


class Arm:
    """One arm of a run and what is known of it; `alone` where it is of one person.

    `asked` remembers, in order, which end points and analytes were looked at: what a sentence rests on.
    """

    def __init__(self, run: RunFolder, k: int) -> None:
        self.run, self.k, self.name = run, k, run.arms[k]
        self.stop, self.taper_end = run.stop_h[k], run.taper_end_h[k]
        self.single = len(run.dose_times[k]) == 1
        self.regular = run.over_days or self.stop is not None
        self.uses, self.by_spells = uses(run, k), by_spells(run, k)
        self.alone = run.persons == 1
        self.asked: dict[str, None] = {}

    @property
    def use_ends(self) -> bool:
        """Whether use ends within the record, so that its last weeks are not those of the record."""
        return self.stop is not None or self.by_spells

    def get(self, endpoint: str) -> Stats | None:
        """Return the statistics of an end point; None if the arm does not have it or nobody has."""
        stats = self.run.endpoints.get(self.name, {}).get(endpoint)
        if not stats or "p50" not in stats:
            return None
        self.asked[endpoint] = None
        return stats

    def in_settings(self, endpoint: str) -> dict[str, Stats]:
        """Return the statistics of an end point by causal setting, where they are known."""
        found = {s: o.endpoints.get(self.name, {}).get(endpoint) for s, o in self.run.outcomes.items()}
        told = {setting: stats for setting, stats in found.items() if stats and "p50" in stats}
        if told:
            self.asked[endpoint] = None
        return told

    def known(self, endpoint: str, form: Callable[[float], str], statistic: str = "p50") -> str:
        """Return between which values a statistic is known, as "x to y"; empty without parameter sets."""
        ends = self.run.known(self.name, endpoint, statistic)
        if ends is None or self.alone:
            return ""
        low, high = (form(end) if isfinite(end) else "not in the record" for end in ends)
        return f"{low} to {high}"

    def pk(self) -> Mapping[str, dict[str, Stats]]:
        """Return statistics by analyte and quantity, of analytes that are there."""
        found: dict[str, dict[str, Stats]] = {}
        for (analyte, quantity), stats in self.run.pk.get(self.name, {}).items():
            found.setdefault(analyte, {})[quantity] = stats
        told = {a: q for a, q in found.items() if "Cmax" in q and "Tmax" in q and q["Cmax"]["p50"] > 0}
        self.asked |= dict.fromkeys(told)
        return told

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


def between(stats: Stats, low: str, high: str, digits: int) -> str:
    """Return two statistics as "x and y"."""
    return f"{number(stats[low], digits)} and {number(stats[high], digits)}"


def half(stats: Stats) -> str:
    """Return between which scores the middle half of people lie."""
    return f"{HALF} {points(stats['p25'])} and {points(stats['p75'])}"
