"""Causal settings in words: what each assumes, and how a number is told that differs between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ketum.reports.phrases import listed
from ketum.reports.reader import RunFolder, Stats

MEANINGS = {
    "null": "momentary relief only; the severity of depression is not changed at all",
    "pharmacology": "relief, withdrawal and the protracted state act on severity, and nothing beyond them",
    "harm": "as “pharmacology”, and use itself makes depression worse in the long run",
    "benefit": "as “pharmacology”, and use itself makes depression better in the long run",
    "mixed": "as “pharmacology”, and use itself helps some people and harms others in the long run",
}
CHANNEL_WORDS = {
    "relief_momentary": "momentary relief",
    "relief_severity": "relief",
    "withdrawal": "withdrawal",
    "protracted": "the protracted state",
    "longrun": "the direct long-run effect",
}


def stands(run: RunFolder) -> str:
    """Return the sentence that stands wherever an effect of kratom on mood is told.

    A run of one setting says that others would give other answers, a run of several that none of them is the finding.
    """
    if len(run.settings) == 1:
        text = f"Causal setting: “{run.setting}”, a hypothesis and not an estimate; other settings would give other "
        return f"{text}answers."
    return "The causal settings are hypotheses, not estimates; none of them is the finding."


def seen(run: RunFolder) -> str:
    """Say in which setting figures and words are that show one of several; empty if there is one only."""
    return f"Setting “{run.setting}”." if len(run.settings) > 1 else ""


def meanings(run: RunFolder) -> list[tuple[str, str]]:
    """Return the settings of a run and what each assumes."""
    return [(setting, MEANINGS.get(setting, "")) for setting in run.settings]


def changed(run: RunFolder) -> str:
    """Say what the scenario switched in its settings; empty if nothing."""
    setting = run.scenario["setting"]
    said = []
    if setting.get("selection") is False:
        said.append("selection into use is off: depression makes nobody more likely to start, stop or resume")
    for on, word in ((True, "on"), (False, "off")):
        names = [CHANNEL_WORDS[name] for name, state in setting.get("channels", {}).items() if state is on]
        if names:
            said.append(f"{listed(names)} switched {word}")
    return f"Changed by the scenario: {'; '.join(said)}." if said else ""


def over(
    found: Mapping[str, Stats],
    form: Callable[[float], str],
    statistic: str = "mean",
    words: tuple[str, str] = ("", " to "),
) -> str:
    """Return a statistic as told over settings: once where it prints the same in all, else its lowest and highest.

    Examples
    --------
    >>> over({"null": {"mean": 0.2}, "harm": {"mean": 0.1}}, lambda x: f"{x:.0%}")
    '10% (harm) to 20% (null)'
    >>> over({"null": {"mean": 0.2}, "harm": {"mean": 0.2}}, lambda x: f"{x:.0%}")
    '20%'
    """
    values = {setting: stats[statistic] for setting, stats in found.items()}
    told = {setting: form(value) for setting, value in values.items()}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    ends = [told[pick(values, key=values.__getitem__)] for pick in (min, max)]
    who = [", ".join(s for s, text in told.items() if text == end) for end in ends]
    low, high = (f"{end} ({names})" for end, names in zip(ends, who, strict=True))
    return f"{words[0]}{low}{words[1]}{high}"


def same(found: Mapping[str, Stats], form: Callable[[float], str], statistic: str = "mean") -> bool:
    """Return whether a statistic prints the same in every setting."""
    return len({form(stats[statistic]) for stats in found.values()}) == 1
