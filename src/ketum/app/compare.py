"""Two arms in the same people: what differs, by how much, and for what share of people it is better or worse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ketum.reports.mood_words import signed
from ketum.reports.phrases import number, percent
from ketum.reports.reader import RunFolder, Stats
from ketum.reports.tables import comparable, unit_text
from ketum.results.catalogue import EndPoint, endpoint_catalogue

_LAST = ("lead_", "nickel_")
"""End points that stand at the end: they are of the product, and neither of withdrawal nor of mood."""


@dataclass(frozen=True, slots=True)
class Row:
    """One end point of a pair: its words, both arms, the paired difference, and shares of people from 0 to 1."""

    name: str
    label: str
    unit: str
    later: str
    earlier: str
    difference: str
    spread: str
    better: float
    worse: float

    @property
    def same(self) -> float:
        """Share of people in whom both arms agree."""
        return max(0.0, 1.0 - self.better - self.worse)

    @property
    def words(self) -> str:
        """The shares in words."""
        return f"{percent(self.better)} better, {percent(self.worse)} worse, {percent(self.same)} the same"


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of arms: rows by causal setting."""

    later: str
    earlier: str
    settings: Sequence[tuple[str, Sequence[Row]]]

    @property
    def empty(self) -> bool:
        """Whether nothing that is better or worse differs."""
        return not any(rows for _, rows in self.settings)


def compared(run: RunFolder) -> list[Pair]:
    """Return what differs between each pair of arms, of end points of which one direction is better."""
    found = []
    for pair, (later, earlier) in zip(run.pairs, run.pair_arms, strict=True):
        by_setting = [(view.setting, list(_rows(view, pair, later, earlier))) for view in run.views]
        found.append(Pair(later, earlier, by_setting))
    return found


def _rows(run: RunFolder, pair: str, later: str, earlier: str) -> Iterator[Row]:
    for point in sorted(endpoint_catalogue().values(), key=lambda point: point.name.startswith(_LAST)):
        stats = run.endpoints.get(pair, {}).get(point.name)
        arms = [run.endpoints.get(arm, {}).get(point.name) for arm in (later, earlier)]
        if not point.better or not stats or not all(arms) or not comparable(run, point.name, (later, earlier)):
            continue
        above, below = stats.get("share above", 0.0), stats.get("share below", 0.0)
        if above + below == 0:
            continue
        better, worse = (below, above) if point.better == "lower" else (above, below)
        yield Row(
            point.name,
            point.label,
            "% points" if point.share else unit_text(point.unit),
            _mean(point, arms[0]),
            _mean(point, arms[1]),
            signed(_scaled(point, stats["mean"]), point.digits),
            "" if point.share or run.persons == 1 else _spread(point, stats),
            better,
            worse,
        )


def _scaled(point: EndPoint, value: float) -> float:
    return 100.0 * value if point.share else value


def _mean(point: EndPoint, stats: Stats | None) -> str:
    value = (stats or {}).get("mean", float("nan"))
    return percent(value) if point.share else number(value, point.digits)


def _spread(point: EndPoint, stats: Stats) -> str:
    low, high = (signed(stats[s], point.digits) for s in ("p05", "p95"))
    return f"{low} to {high}"
