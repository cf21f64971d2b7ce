"""The tables of the report, as plain rows of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from ketum.reports.phrases import capital, number, percent, significant
from ketum.reports.reader import RunFolder, Stats
from ketum.reports.settings import seen
from ketum.results.catalogue import EndPoint, endpoint_catalogue

NONE = "–"
OF_PEOPLE = "the share of people"
"""What tables tell of shares."""
NEVER = "not in the record"
"""A time that was not reached within the record."""
_CONVENTION = "Median, in brackets the range of the middle 90% of people (5% to 95%), and the mean under it"
_MOST_COLUMNS = 3
"""Pairs of arms that stand side by side in a table."""
_CLOCKS = ("withdrawal_peak_h", "withdrawal_onset_h", "withdrawal_tenth_d", "withdrawal_near_background_d")
"""Times that count from the last serving, in a taper from its start: there they mean something else."""
_OF_STOPS = (*_CLOCKS, "worst_after_d")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: what it says, and a second line in small print."""

    text: str
    small: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its label, unit and cells."""

    label: str
    unit: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a common heading, which may be empty."""

    heading: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: caption, the head of its first column, heads of the others, groups of rows, notes under it.

    ``units`` tells whether there is a column of units; ``number`` is given when it is known which tables there are.
    """

    caption: str
    first: str
    heads: Sequence[str]
    groups: Sequence[Group]
    notes: Sequence[str] = ()
    units: bool = True
    number: int = 0


def unit_text(unit: str) -> str:
    """Return a unit as it is printed.

    Examples
    --------
    >>> unit_text("nM*h"), unit_text("SOWS 0-64"), unit_text("mg/day")
    ('nM·h', 'SOWS 0–64', 'mg/day')
    """
    return unit.replace("*", "·").replace("0-", "0–")


def convention(run: RunFolder, shares: str = "") -> str:
    """Return how numbers stand in the tables of a run; `shares` tells what stands there of shares."""
    start = "Values of the one person" if run.persons == 1 else _CONVENTION
    return f"{start}; of shares {shares}." if shares and run.persons > 1 else f"{start}."


def spread(run: RunFolder, stats: Stats, form: Callable[[float], str]) -> str:
    """Return "median (5% to 95%)"; of one person the value."""
    if run.persons == 1:
        return form(stats["p50"])
    return f"{form(stats['p50'])} ({form(stats['p05'])} to {form(stats['p95'])})"


def _format(value: float, endpoint: EndPoint) -> str:
    if not isfinite(value):
        return NEVER
    return f"{number(100 * value, endpoint.digits)}%" if endpoint.share else number(value, endpoint.digits)


def _cell(run: RunFolder, stats: Stats | None, endpoint: EndPoint) -> Cell:
    """Return "median (5% to 95%)" over the mean, or over the share that got there; of a share only the share."""
    if not stats or "p50" not in stats:
        return Cell(NONE)
    if endpoint.share:
        return Cell(_format(stats["mean"], endpoint))
    text = spread(run, stats, lambda value: _format(value, endpoint))
    if run.persons == 1:
        return Cell(text)
    some = f", in {int(stats['n']):,} people" if stats["n"] < run.persons else ""
    if "mean" not in stats:
        return Cell(_once(text), f"reached by {percent(stats.get('share reached', 0.0))}{_of(some)}")
    mean = _format(stats["mean"], endpoint)
    if text == f"{mean} ({mean} to {mean})":
        return Cell(mean, "in everybody" if not some else some[2:])
    return Cell(text, f"mean {mean}{some}")


def _once(text: str) -> str:
    """Return a spread of times that nobody or hardly anybody reached, said once."""
    return NEVER if text == f"{NEVER} ({NEVER} to {NEVER})" else text


def _of(some: str) -> str:
    return some.replace(", in ", " of ")


def endpoint_table(run: RunFolder) -> Table:
    """Return end points by arm; what each channel adds has a table of its own."""
    groups: dict[str, list[Row]] = {}
    zeros = False
    for endpoint in endpoint_catalogue().values():
        found = [_told(run, k, endpoint.name) for k in range(len(run.arms))]
        if not any(found) or endpoint.name.startswith("channel"):
            continue
        if all(not stats or not any(stats.get(s, 0.0) for s in ("mean", "p05", "p95")) for stats in found):
            zeros = True
            continue
        unit = "share" if endpoint.share else unit_text(endpoint.unit)
        row = Row(_label(run, endpoint), unit, [_cell(run, stats, endpoint) for stats in found])
        groups.setdefault(_topic(endpoint), []).append(row)
    notes = [convention(run, OF_PEOPLE)]
    if run.persons > 1:
        notes[0] += " Ranges tell how people differ, not how uncertain the parameters of the model are."
    if len(run.settings) > 1:
        notes.append(f"{seen(run)} endpoints.csv holds all settings.")
    if any(stop is not None for stop in run.stop_h):
        notes.append(
            "In arms with a stop or taper, states are those when it begins, use that of the four weeks before."
        )
    if not run.over_days:
        notes.append(
            "Records are readings at instants: “highest” is the highest reading. Use is averaged over the record where "
            "that is shorter than four weeks."
        )
    if any(end is not None for end in run.taper_end_h):
        notes.append(
            "Times of onset, peak and end of withdrawal are not told of tapers, in which they have no one start."
        )
    if zeros:
        notes.append("What is zero in every arm is left out.")
    if any(stats.get("n", run.persons) < run.persons for arm in run.arms for stats in run.endpoints[arm].values()):
        notes.append("“in N people”: in the others it did not occur or does not apply, as use in who never used.")
    if any("share reached" in s and s["share reached"] < 1 for a in run.endpoints.values() for s in a.values()):
        notes.append(f"“{NEVER}”: the person was not there when it ended; such times have no mean.")
    return Table("End points by arm", "End point", run.arms, [Group(*group) for group in groups.items()], notes)


def _told(run: RunFolder, k: int, name: str) -> Stats | None:
    """Return the statistics of an end point in an arm; None where they would say nothing or mislead."""
    if name in _OF_STOPS and run.taper_end_h[k] is not None:
        return None
    return run.endpoints.get(run.arms[k], {}).get(name)


def _label(run: RunFolder, endpoint: EndPoint) -> str:
    """Return a label without what it says of tapers where these are not told; with it where it is needed."""
    tapers = any(end is not None for end in run.taper_end_h)
    label = endpoint.label
    if endpoint.name in _OF_STOPS or not tapers:
        return re.sub(r" \((?:in a )?taper: [^()]*\)", "", label)
    if endpoint.name.startswith(("anhedonia_after", "worst_after", "worst_rise")) and "taper" not in label:
        return f"{label} (in a taper: from its start)"
    return label


def _topic(endpoint: EndPoint) -> str:
    """Return the heading under which an end point stands."""
    if endpoint.name.startswith("withdrawal_") and not endpoint.share:
        return "Withdrawal"
    if endpoint.name.startswith("monitor_"):
        return "Monitoring"
    names = list(endpoint_catalogue())
    return "Mood" if names.index(endpoint.name) >= names.index("phq9_end") else "Use, opioid effect and dependence"


def comparable(run: RunFolder, endpoint: str, arms: Sequence[str]) -> bool:
    """Return whether an end point means the same in these arms: not times after a stop where one of them is a taper."""
    return endpoint not in _CLOCKS or all(run.taper_end_h[run.arms.index(arm)] is None for arm in arms)


def difference_table(run: RunFolder) -> Table | None:
    """Return end points by pair of arms, pairs side by side if they are few; None without pairs or a difference."""
    rows: dict[str, list[tuple[EndPoint, Stats | None]]] = {pair: [] for pair in run.pairs}
    skipped = False
    for endpoint in endpoint_catalogue().values():
        for pair, both in zip(run.pairs, run.pair_arms, strict=True):
            stats = run.endpoints.get(pair, {}).get(endpoint.name)
            if stats and stats.get("share above", 0.0) + stats.get("share below", 0.0) == 0:
                stats = None
            if stats and not comparable(run, endpoint.name, both):
                skipped, stats = True, None
            rows[pair].append((endpoint, stats))
    if not any(stats for told in rows.values() for _, stats in told):
        return None
    notes = [
        "Each person lives through every arm, so each difference is within one person. Positive: more in the arm named "
        f"first. {convention(run, 'the difference in percentage points')} "
        "Arrows: share of people in whom it is lower (↓) and higher (↑) in the arm named first. "
        f"End points that are the same in everybody are left out. {seen(run)}".strip()
    ]
    if skipped:
        notes.append(
            "Times are not compared where one of the two is a taper: they count from the last serving after a stop, "
            "from the start in a taper."
        )
    caption = "Differences between arms, person by person"
    if len(run.pairs) <= _MOST_COLUMNS:
        alike = [
            Row(
                _label(run, endpoint),
                _points(endpoint),
                [_difference(run, told[j][1], endpoint) for told in rows.values()],
            )
            for j, endpoint in enumerate(endpoint_catalogue().values())
            if any(told[j][1] for told in rows.values())
        ]
        return Table(caption, "End point", run.pairs, [Group("", alike)], notes)
    groups = [
        Group(pair, [Row(_label(run, e), _points(e), [_difference(run, stats, e)]) for e, stats in told if stats])
        for pair, told in rows.items()
    ]
    return Table(caption, "End point", ["Difference"], [group for group in groups if group.rows], notes)


def _points(endpoint: EndPoint) -> str:
    return "% points" if endpoint.share else unit_text(endpoint.unit)


def _difference(run: RunFolder, stats: Stats | None, endpoint: EndPoint) -> Cell:
    """Return "median (5% to 95%)" of differences, with their mean and direction; of shares the mean."""
    if not stats:
        return Cell(NONE)
    if run.persons == 1:
        return Cell(number((100 if endpoint.share else 1) * stats["mean"], endpoint.digits))
    direction = f"↓ {_percent(stats['share below'])}, ↑ {_percent(stats['share above'])}"
    if endpoint.share:
        return Cell(number(100 * stats["mean"], endpoint.digits), direction)
    text = spread(run, stats, lambda value: number(value, endpoint.digits))
    return Cell(text, f"mean {number(stats['mean'], endpoint.digits)}; {direction}")


def _percent(share: float) -> str:
    text = f"{100 * share:.0f}%"
    if 0 < share < 1 and text in ("0%", "100%"):
        return "<1%" if text == "0%" else ">99%"
    return text


def pk_table(run: RunFolder) -> Table | None:
    """Return the non-compartmental quantities; None where they were not asked for."""
    arms = [arm for arm in run.arms if arm in run.pk]
    if not arms:
        return None
    groups = []
    for analyte in dict.fromkeys(analyte for arm in arms for analyte, _ in run.pk[arm]):
        rows = []
        for quantity, unit in run.pk_units.items():
            found = [run.pk[arm].get((analyte, quantity)) for arm in arms]
            if any(found):
                rows.append(Row(quantity, unit_text(unit), _pk_cells(run, found)))
        groups.append(Group(capital(analyte), rows))
    alone = len(arms) == 1
    notes = [
        ("" if alone else f"{convention(run)} ") + "Cmax: highest total concentration in plasma; Tmax: its time "
        "after the dose; AUC: area under the curve, to the last reading or extrapolated to infinity; t1/2: "
        "terminal half-life; CL/F and Vz/F: clearance and volume over bioavailability. Linear-up, log-down trapezoids. "
        "Of several doses, all of it is after the last one, where that can be told. The slow last phase of "
        "7-hydroxymitragynine is that of the mitragynine from which it is formed; an assay with a limit of "
        "quantification may see only the faster phase before it."
    ]
    heads = ["Median", "5% to 95%", "Mean"] if alone and run.persons > 1 else arms
    caption = "Pharmacokinetics by non-compartmental rules" + (f", in “{arms[0]}”" if alone else "")
    return Table(caption, "Quantity", heads, groups, notes)


def _pk_cells(run: RunFolder, found: Sequence[Stats | None]) -> list[Cell]:
    """Return a cell an arm, or three of an only arm: median, range, mean; of one person the value."""
    if run.persons == 1:
        return [Cell(significant(stats["p50"]) if stats else NONE) for stats in found]
    cells = []
    for stats in found:
        if not stats:
            cells.append(Cell(NONE))
            continue
        median, low, high, mean = (significant(stats[s]) for s in ("p50", "p05", "p95", "mean"))
        if len(found) == 1:
            return [Cell(median), Cell(f"{low} to {high}"), Cell(mean)]
        cells.append(Cell(f"{median} ({low} to {high})", f"mean {mean}"))
    return cells
