"""The tables of the report, as plain rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ketum.reports.phrases import capital, number, significant
from ketum.reports.reader import RunFolder, Stats
from ketum.results.catalogue import EndPoint, endpoint_catalogue

NONE = "–"


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
    """A table: number, caption, the head of its first column, heads of the others, groups of rows, notes under it.

    ``units`` tells whether there is a column of units.
    """

    number: int
    caption: str
    first: str
    heads: Sequence[str]
    groups: Sequence[Group]
    notes: Sequence[str] = ()
    units: bool = True


def unit_text(unit: str) -> str:
    """Return a unit as it is printed.

    Examples
    --------
    >>> unit_text("nM*h"), unit_text("SOWS 0-64"), unit_text("mg/day")
    ('nM·h', 'SOWS 0–64', 'mg/day')
    """
    return unit.replace("*", "·").replace("0-", "0–")


def _format(value: float, endpoint: EndPoint) -> str:
    return f"{number(100 * value, endpoint.digits)}%" if endpoint.share else number(value, endpoint.digits)


def _cell(stats: Stats | None, endpoint: EndPoint, persons: int) -> Cell:
    """Return "median (5% to 95%)" over the mean; of a share only the share."""
    if not stats or "mean" not in stats:
        return Cell(NONE)
    mean = _format(stats["mean"], endpoint)
    if endpoint.share:
        return Cell(mean)
    median, low, high = (_format(stats[s], endpoint) for s in ("p50", "p05", "p95"))
    some = f", in {int(stats['n']):,} people" if stats["n"] < persons else ""
    if low == median == high == mean:
        return Cell(median, "in everybody" if not some else some[2:])
    return Cell(f"{median} ({low} to {high})", f"mean {mean}{some}")


def endpoint_table(run: RunFolder, n: int) -> Table:
    """Return end points by arm."""
    rows = []
    for endpoint in endpoint_catalogue().values():
        found = [run.endpoints.get(arm, {}).get(endpoint.name) for arm in run.arms]
        if any(found):
            unit = "share" if endpoint.share else unit_text(endpoint.unit)
            rows.append(Row(endpoint.label, unit, [_cell(stats, endpoint, run.persons) for stats in found]))
    notes = [
        "Median, in brackets the range of the middle 90% of people (5% to 95%), and the mean under it; of shares the "
        "share of people. Ranges tell how people differ, not how uncertain the parameters of the model are."
    ]
    if any(stop is not None for stop in run.stop_h):
        notes.append(
            "In arms with a stop or taper, states are those when it begins, use that of the four weeks before."
        )
    if not run.over_days:
        notes.append(
            "Records are readings at instants: “highest” is the highest reading. Use is averaged over the record where "
            "that is shorter than four weeks."
        )
    if any(stats.get("n", run.persons) < run.persons for arm in run.arms for stats in run.endpoints[arm].values()):
        notes.append("“in N people”: in the others it did not occur, or not within the record.")
    return Table(n, "End points by arm", "End point", run.arms, [Group("", rows)], notes)


def _other_clock(endpoint: str) -> bool:
    return endpoint.startswith("withdrawal_") and endpoint.endswith(("_h", "_d"))


def difference_table(run: RunFolder, n: int) -> Table | None:
    """Return end points by pair of arms; None without pairs or without a difference."""
    tapers = dict(zip(run.arms, (end is not None for end in run.taper_end_h), strict=True))
    groups = []
    skipped = False
    for pair, (later, earlier) in zip(run.pairs, run.pair_arms, strict=True):
        rows = []
        for endpoint in endpoint_catalogue().values():
            stats = run.endpoints.get(pair, {}).get(endpoint.name)
            if not stats or stats.get("share above", 0.0) + stats.get("share below", 0.0) == 0:
                continue
            if _other_clock(endpoint.name) and tapers[later] != tapers[earlier]:
                skipped = True
                continue
            unit = "% points" if endpoint.share else unit_text(endpoint.unit)
            rows.append(Row(endpoint.label, unit, _difference_cells(stats, endpoint)))
        if rows:
            groups.append(Group(pair, rows))
    if not groups:
        return None
    notes = [
        "Each person lives through every arm, so each difference is within one person. Positive: more in the arm named "
        "first. Lower and higher: share of people in whom it is lower or higher there. End points that are the same in "
        "everybody are left out."
    ]
    if skipped:
        notes.append(
            "Times are not compared between a stop and a taper: the one counts from the last serving, the other from "
            "the start of the taper."
        )
    heads = ["Mean difference", "5% to 95%", "Lower", "Higher"]
    return Table(n, "Differences between arms, person by person", "End point", heads, groups, notes)


def _difference_cells(stats: Stats, endpoint: EndPoint) -> list[Cell]:
    scale = 100 if endpoint.share else 1
    low, high = (number(scale * stats[s], endpoint.digits) for s in ("p05", "p95"))
    return [
        Cell(number(scale * stats["mean"], endpoint.digits)),
        Cell(NONE if endpoint.share else f"{low} to {high}"),
        Cell(_percent(stats["share below"])),
        Cell(_percent(stats["share above"])),
    ]


def _percent(share: float) -> str:
    text = f"{100 * share:.0f}%"
    if 0 < share < 1 and text in ("0%", "100%"):
        return "<1%" if text == "0%" else ">99%"
    return text


def pk_table(run: RunFolder, n: int) -> Table | None:
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
                rows.append(Row(quantity, unit_text(unit), _pk_cells(found)))
        groups.append(Group(capital(analyte), rows))
    alone = len(arms) == 1
    notes = [
        ("" if alone else "Median (5% to 95% of people), and the mean under it. ")
        + "Cmax: highest total concentration in plasma; Tmax: its time "
        "after the dose; AUC: area under the curve, to the last reading or extrapolated to infinity; t1/2: "
        "terminal half-life; CL/F and Vz/F: clearance and volume over bioavailability. Linear-up, log-down trapezoids. "
        "Of several doses, all of it is after the last one, where that can be told. The slow last phase of "
        "7-hydroxymitragynine is that of the mitragynine from which it is formed; an assay with a limit of "
        "quantification may see only the faster phase before it."
    ]
    heads = ["Median", "Mean", "5% to 95%"] if alone else arms
    caption = "Pharmacokinetics by non-compartmental rules" + (f", in “{arms[0]}”" if alone else "")
    return Table(n, caption, "Quantity", heads, groups, notes)


def _pk_cells(found: Sequence[Stats | None]) -> list[Cell]:
    """Return a cell an arm, or three of an only arm: median, mean, range."""
    cells = []
    for stats in found:
        if not stats:
            cells.append(Cell(NONE))
            continue
        median, low, high, mean = (significant(stats[s]) for s in ("p50", "p05", "p95", "mean"))
        if len(found) == 1:
            return [Cell(median), Cell(mean), Cell(f"{low} to {high}")]
        cells.append(Cell(f"{median} ({low} to {high})", f"mean {mean}"))
    return cells
