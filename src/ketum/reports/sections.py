"""The sections of results, in the order in which they matter for a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from ketum.reports.aftermath import after_figure, arms_that_stop, day_table, symptom_figure
from ketum.reports.arm import uses
from ketum.reports.figure import Figure
from ketum.reports.figures import ANALYTES, Figures
from ketum.reports.kinds import SLOW, by_arm, concentrations, differences, side_by_side, together, two_weeks
from ketum.reports.mood import mood_further, mood_section, other_scales, use_section
from ketum.reports.mood_tables import monitoring_table
from ketum.reports.mood_words import follows_mood
from ketum.reports.tables import Table, difference_table, endpoint_table, pk_table

ACUTE = ("stimulation", "sedation", "analgesia")
_SOWS = "Subjective Opiate Withdrawal Scale (SOWS)"


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its title, its anchor, figures and tables; `folded` where it opens only when asked for."""

    title: str
    anchor: str
    items: Sequence[Figure | Table]
    folded: bool = False


def sections(figures: Figures) -> Iterator[Section]:
    """Yield the sections that have something in them."""
    run = figures.run
    tables = count(1)
    stops = any(stop is not None for stop in run.stop_h)
    found: list[tuple[str, str, list[Figure | Table | None]]] = []
    if stops:
        found.append(("Withdrawal", "withdrawal", list(_withdrawal(figures))))
    if follows_mood(run):
        found.append(("Mood", "mood", list(mood_section(figures))))
        found.append(("Monitoring", "monitoring", [monitoring_table(run)]))
        found.append(("Use", "use", list(use_section(figures))))
    if run.pk or not run.over_days:
        found.append(("Concentrations", "concentrations", [*_dense(figures), pk_table(run)]))
    found.append(("Effects", "effects", list(_effects(figures, stops=stops))))
    if run.over_days and not run.pk and not _brief(figures):
        found.append(("Concentrations", "concentrations", list(_sparse(figures))))
    if run.pairs:
        found.append(("Differences between arms", "differences", list(_differences(figures))))
    found.append(("Further outputs", "further", list(_further(figures, stops=stops))))
    found.append(("End points", "endpoints", [endpoint_table(run), difference_table(run)]))
    for title, anchor, items in found:
        kept = [replace(i, number=next(tables)) if isinstance(i, Table) else i for i in items if i is not None]
        if kept:
            yield Section(title, anchor, kept, folded=anchor == "further")


def _brief(figures: Figures) -> bool:
    """Return whether only what matters most stands outside the further outputs: in runs of several settings."""
    return len(figures.run.settings) > 1


def _withdrawal(figures: Figures) -> Iterator[Figure | Table | None]:
    run = figures.run
    if figures.has("withdrawal"):
        yield by_arm(figures, "withdrawal", "Withdrawal", f"{_SOWS} over the whole record.", arms=figures.taking)
    yield after_figure(figures)
    for taper in (False, True):
        if arms_that_stop(run, taper=taper) and figures.has("withdrawal"):
            yield day_table(run, taper=taper)
    yield symptom_figure(figures)


def _dense(figures: Figures) -> Iterator[Figure]:
    names = figures.moving(*ANALYTES)
    for log in (False, True) if names else ():
        yield from concentrations(figures, names, log=log)


def _sparse(figures: Figures) -> Iterator[Figure]:
    for name in figures.moving(*ANALYTES):
        label = figures.run.output(name).label.partition(" in plasma")[0]
        yield by_arm(figures, name, f"{label} in plasma", "Total concentration.", both=True, arms=figures.taking)


def _effects(figures: Figures, *, stops: bool) -> Iterator[Figure | None]:
    """Yield effects of what is taken; withdrawal among them where there is no stop, which has a section of its own."""
    run = figures.run
    first = [] if stops or not any(uses(run, k) for k in figures.arms) else figures.moving("withdrawal")
    if len(run.arms) == 1 and not run.over_days:
        names = figures.moving("mor_activation", *ACUTE, *SLOW) + first
        if names:
            yield side_by_side(figures, names, "Effects over time", "Each from 0 (none) to 1 (full).")
        return
    if not _brief(figures):
        yield from _opioid(figures)
    for name in first:
        yield by_arm(figures, name, "Withdrawal", f"{_SOWS}.", arms=figures.taking)
    slow = figures.moving(*SLOW)
    if slow:
        text = "The slow states of the brain, each from 0 to 1: tolerance weakens the opioid effect; the adapted "
        text += "level is what withdrawal comes from; the protracted state outlasts it."
        yield together(figures, slow, "Tolerance, adaptation and the protracted state", text, "State")
    if not _brief(figures):
        yield from _acute(figures)


def _opioid(figures: Figures) -> Iterator[Figure]:
    if figures.moving("mor_activation"):
        text = "What is left of the signal of the mu receptor after tolerance, from 0 to 1."
        yield by_arm(figures, "mor_activation", "Opioid effect", text, arms=figures.taking)


def _acute(figures: Figures) -> Iterator[Figure | None]:
    acute = figures.moving(*ACUTE)
    if acute:
        text = "Each from 0 (none) to 1 (full)."
        yield together(figures, acute, "Stimulation, sedation and analgesia", text, "Effect")
    yield two_weeks(figures)
    if figures.moving("mood_lift") and not figures.run.over_days:
        yield by_arm(figures, "mood_lift", "Lift of mood", "What a serving lifts for the moment, from 0 to 1.")


def _further(figures: Figures, *, stops: bool) -> Iterator[Figure | Table | None]:
    run = figures.run
    if follows_mood(run):
        yield from mood_further(figures)
    if _brief(figures):
        yield from _opioid(figures)
        yield from _acute(figures)
        if run.over_days and not run.pk:
            yield from _sparse(figures)
    groups = (
        ("Occupancy of the mu receptor", "Share of receptors that each ligand holds.", "mor_occupancy:", "Occupied"),
        ("Side effects", "How likely each is.", "side_effect:", "Probability"),
    )
    for title, text, start, quantity in groups:
        names = figures.moving(*(name for name in run.curves if name.startswith(start)))
        if names:
            yield together(figures, names, title, text, quantity)
    yield from other_scales(figures)
    if figures.has("withdrawal") and not stops and not any(uses(run, k) for k in figures.arms):
        text = f"{_SOWS}. Nobody takes kratom: what is seen is the background that depression and chance give."
        yield by_arm(figures, "withdrawal", "Background of the withdrawal scale", text)


def _differences(figures: Figures) -> Iterator[Figure]:
    run = figures.run
    told: tuple[str, ...] = ("withdrawal", "mor_activation")
    if follows_mood(run):
        told = ("withdrawal",) if any(stop is not None for stop in run.stop_h) else ()
    for name in told:
        curves = run.differences.get(name)
        if curves and figures.moving(name) and any(abs(c.mean).max() > 0 for c in curves):
            yield differences(figures, name)
