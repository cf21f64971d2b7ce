"""Tables of mood: what comes of each setting, what each channel adds, and what monitoring finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ketum.reports.arm import uses
from ketum.reports.mood_words import monitoring_sentence, signed
from ketum.reports.phrases import capital, number, percent
from ketum.reports.reader import RunFolder, Stats
from ketum.reports.settings import CHANNEL_WORDS, stands
from ketum.reports.tables import NONE, OF_PEOPLE, Cell, Group, Row, Table, convention, spread

_OUTCOMES = (
    ("remission", "In remission at the end (PHQ-9 below 5)"),
    ("phq9_end", "PHQ-9 at the end"),
    ("excess_end", "Severity at the end minus the same life without kratom, PHQ-9 points"),
    ("worse_end", "Worse off than without kratom at the end, and better off (by more than half a point)"),
    ("relapsed", "Relapse, of those who recovered"),
    ("use_disorder_any", "Kratom use disorder"),
)
_OF_USE = ("use_disorder_any", "excess_end", "worse_end")
_MONITORING = (
    ("monitor_event", "Severity rises by the points of the rule"),
    ("monitor_found", "Found within eight weeks, of those"),
    (
        "monitor_positive",
        "Of people with an alert, those whose rise has come or comes within eight weeks (positive predictive value)",
    ),
    ("monitor_delay_wk", "Weeks from the rise to the first alert after it"),
    ("monitor_lead_wk", "Weeks from the first alert of all to the worst day"),
    ("monitor_false_per_year", "False alarms a year in people without a rise"),
)


def _outcome(run: RunFolder, name: str, table: Mapping[str, Stats]) -> Cell:
    stats = table.get(name)
    if not stats or "mean" not in stats:
        return Cell(NONE)
    if name == "phq9_end":
        return _told(run, stats, lambda score: number(score, 0), _tenths)
    if name == "excess_end":
        return _part(run, stats)
    if name == "worse_end":
        return Cell(f"{percent(stats['mean'])} worse, {percent(table['better_end']['mean'])} better")
    return Cell(percent(stats["mean"]))


def setting_table(run: RunFolder) -> Table:
    """Return what share reaches remission, relapse and dependence, and the effect of kratom, by setting and arm."""
    groups = []
    for name, heading in _OUTCOMES:
        rows = []
        for view in run.views:
            cells = []
            for k, arm in enumerate(run.arms):
                told = uses(run, k) or name not in _OF_USE
                cells.append(_outcome(run, name, view.endpoints.get(arm, {}) if told else {}))
            rows.append(Row(view.setting if len(run.settings) > 1 else heading, "", cells))
        if len(rows) > 1 and all(row.cells == rows[0].cells for row in rows):
            rows = [Row("every setting", "", rows[0].cells)]
        if any(cell.text != NONE for row in rows for cell in row.cells):
            groups.append(Group(heading, rows))
    if len(run.settings) == 1:
        groups = [Group("", [row for group in groups for row in group.rows])]
    first = "Causal setting" if len(run.settings) > 1 else "Outcome"
    caption = "Outcomes by causal setting and arm" if len(run.settings) > 1 else "Outcomes of mood by arm"
    return Table(caption, first, run.arms, groups, [f"{convention(run, OF_PEOPLE)} {stands(run)}"], units=False)


def channel_table(run: RunFolder) -> Table | None:
    """Return what each channel adds to severity in use and to the worst mood after a stop; None if none acts."""
    columns = [
        (arm, start, label)
        for k, arm in enumerate(run.arms)
        for start, label in (("channel:", "in use"), ("channel_after:", "after it"))
        if uses(run, k) and any(name.startswith(start) for v in run.views for name in v.endpoints.get(arm, {}))
    ]
    groups = []
    persons = 0
    for view in run.views:
        rows = []
        for channel, words in CHANNEL_WORDS.items():
            found = [view.endpoints.get(arm, {}).get(f"{start}{channel}", {}) for arm, start, _ in columns]
            known = [stats for stats in found if "mean" in stats]
            if known:
                persons = int(max(stats["n"] for stats in known))
                rows.append(Row(capital(words.removeprefix("the ")), "", [_part(run, stats) for stats in found]))
        if rows:
            groups.append(Group(view.setting if len(run.settings) > 1 else "", rows))
    if not groups:
        return None
    notes = [
        f"The same people with the channel minus without it ({persons:,} people). {convention(run)} "
        "A channel that is off changes mood, distress and so how much is taken; channels need not add up to the whole. "
        "In use: severity in the last four weeks of use. After it: the worst two weeks of the twelve after the "
        f"stop or from the start of the taper. {stands(run)}"
    ]
    heads = [f"{arm}: {label}" for arm, _, label in columns]
    return Table("What each channel adds to severity, PHQ-9 points", "Channel", heads, groups, notes, units=False)


def _part(run: RunFolder, stats: Stats) -> Cell:
    if "mean" not in stats:
        return Cell(NONE)
    return _told(run, stats, signed, lambda mean: signed(mean, 2))


def _told(run: RunFolder, stats: Stats, form: Callable[[float], str], mean: Callable[[float], str]) -> Cell:
    """Return "median (5% to 95%)" over the mean; of one person the value."""
    return Cell(spread(run, stats, form), "" if run.persons == 1 else f"mean {mean(stats['mean'])}")


def _tenths(value: float) -> str:
    return number(value, 1)


def monitoring_table(run: RunFolder) -> Table | None:
    """Return what a monitoring rule finds; None if the run has none."""
    if not any("monitor_event" in table for view in run.views for table in view.endpoints.values()):
        return None
    groups = []
    for view in run.views:
        rows = []
        for name, label in _MONITORING:
            found = [view.endpoints.get(arm, {}).get(name) for arm in run.arms]
            rows.append(Row(label, "", [_monitored(run, name, stats) for stats in found]))
        groups.append(Group(view.setting if len(run.settings) > 1 else "", rows))
    notes = [
        f"{monitoring_sentence(run)} A rise is one of the latent two-week severity from the first day; rises in the "
        "last eight weeks of the record are not counted as found or missed. The lead counts from the first alert of "
        "all, also one before the rise; below zero: the alert came after the worst day. "
        f"{convention(run, OF_PEOPLE)} {stands(run)}"
    ]
    return Table("What monitoring finds", "Measure", run.arms, groups, notes, units=False)


def _monitored(run: RunFolder, name: str, stats: Stats | None) -> Cell:
    if not stats or "mean" not in stats:
        return Cell(NONE)
    if name.endswith("_wk") or name == "monitor_false_per_year":
        return _told(run, stats, _tenths, _tenths)
    some = name in ("monitor_found", "monitor_positive")
    return Cell(percent(stats["mean"]), f"of {int(stats['n']):,} people" if some else "")
