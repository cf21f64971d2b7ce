"""The section on mood: what leads, what follows, and what is left to the further outputs."""

from __future__ import annotations

from collections.abc import Iterator

from ketum.reports.arm import by_spells, chooses, uses
from ketum.reports.figure import Figure
from ketum.reports.figures import Figures
from ketum.reports.kinds import by_arm, differences
from ketum.reports.lines import bands, by_output, by_setting, differences_by_setting
from ketum.reports.mood_tables import channel_table, setting_table
from ketum.reports.reader import RunFolder
from ketum.reports.settings import seen, stands
from ketum.reports.spreads import effect_figure
from ketum.reports.tables import Table

_SCALES = ("momentary_mood", "bdi2", "hamd17", "madrs", "gad7", "pcl5")


def _takers(run: RunFolder) -> list[int]:
    return [k for k in range(len(run.arms)) if uses(run, k)]


def mood_section(figures: Figures) -> Iterator[Figure | Table | None]:
    """Yield figures and tables of the course of depression, the effect of kratom first compared over settings."""
    run = figures.run
    several = len(run.settings) > 1
    if several:
        yield setting_table(run)
        if figures.has("severity"):
            text = "Mean over people of the latent severity, in PHQ-9 points."
            if len(_takers(run)) < len(run.arms):
                text += " Arms without kratom are the same in every setting."
            yield by_setting(figures, "severity", "Depressive severity, setting by setting", f"{text} {stands(run)}")
    elif figures.has("severity"):
        text = "Latent severity in PHQ-9 points: what a PHQ-9 without error would show."
        yield by_arm(figures, "severity", "Depressive severity", f"{text} {stands(run)}")
    if _takers(run):
        yield effect_figure(figures)
        yield _differences(figures)
        if not several:
            yield from _rest(figures)
        return
    yield from _courses(figures)
    if not several:
        yield _differences(figures)


def mood_further(figures: Figures) -> Iterator[Figure | Table | None]:
    """Yield what is left of mood where kratom is taken: scores, episodes, and of several settings the rest."""
    run = figures.run
    if not _takers(run):
        return
    yield from _courses(figures)
    if len(run.settings) > 1:
        yield from _rest(figures)


def _courses(figures: Figures) -> Iterator[Figure]:
    """Yield PHQ-9 and the share of people in an episode."""
    run = figures.run
    if figures.has("phq9"):
        text = f"The score that the questionnaire would record. {seen(run)}".strip()
        yield bands(figures, "phq9", [(k, run) for k in figures.arms], "PHQ-9", text)
    if figures.has("in_episode"):
        text = f"Share of people in a depressive episode. {seen(run)}".strip()
        yield by_output(figures, ["in_episode"], "In a depressive episode", text)


def _rest(figures: Figures) -> Iterator[Figure | Table | None]:
    """Yield what each channel adds, and the loss of natural reward."""
    run = figures.run
    yield channel_table(run)
    if figures.moving("anhedonia"):
        text = f"One minus the responsiveness to natural reward, 0 (none lost) to 1. {seen(run)}".strip()
        yield by_arm(figures, "anhedonia", "Loss of natural reward", text, arms=_takers(run))


def _differences(figures: Figures) -> Figure | None:
    run = figures.run
    if not run.pairs or "severity" not in run.differences:
        return None
    text = (
        "Each person’s latent severity in the arm named first minus the same person’s in the other. Above zero: more "
        "depressed in the arm named first."
    )
    if len(run.settings) == 1:
        return differences(figures, "severity", f"{text} {stands(run)}")
    return differences_by_setting(
        figures, "severity", "Differences of severity between arms", f"{text} Means over people. {stands(run)}"
    )


def use_section(figures: Figures) -> Iterator[Figure]:
    """Yield how much is taken where that is left to the person, and who is in a spell of use."""
    run = figures.run
    arms = [k for k in figures.arms if chooses(run, k)]
    if not arms or not run.over_days:
        return
    if figures.moving("dose_mg"):
        text = f"Alkaloid a day where the dose is left to the person. {seen(run)}".strip()
        yield bands(figures, "dose_mg", [(k, run) for k in arms], "Dose over the record", text)
    if any(by_spells(run, k) for k in arms) and figures.moving("in_use"):
        yield by_setting(figures, "in_use", "In a spell of use", "Share of people.", arms)


def other_scales(figures: Figures) -> Iterator[Figure]:
    """Yield the other scales, and severity with its bands in every setting."""
    run = figures.run
    names = figures.moving(*_SCALES)
    if names and run.over_days:
        text = f"Means over people. {seen(run)} Compare within a scale only; GAD-7 and PCL-5 are specified, not "
        yield by_output(figures, names, "Momentary mood and other scales", f"{text}calibrated.")
    elif names:
        for name in names:
            yield by_arm(figures, name, run.output(name).label, "")
    takers = _takers(run)
    if len(run.settings) > 1 and takers and figures.has("severity"):
        title = "Depressive severity in arms with kratom, every setting"
        cells = [(k, view) for k in takers for view in run.views]
        yield bands(figures, "severity", cells, title, f"Latent severity in PHQ-9 points. {stands(run)}")
