"""Mood over the record in plain sentences, as a clinician would tell them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

from ketum.evidence import load_parameters
from ketum.mood import treatments
from ketum.reports.arm import HALF, MOST, Arm, KeyNumber, between
from ketum.reports.phrases import HOURS_PER_DAY, capital, count, duration, listed, number, percent, points
from ketum.reports.reader import RunFolder, Stats
from ketum.reports.settings import CHANNEL_WORDS, over, same, seen

_COURSE_DAYS = 28
"""Length of a record from which the course of depression is told."""
_SHOWN = 0.05
"""Points of severity from which the part of a channel is told: less prints as zero."""
_NOT_ACTIVE = {
    "placebo": "with placebo",
    "usual_care": "under usual care or on a waiting list",
    "watchful_waiting": "under watchful waiting",
}
"""Treatments that treat nothing, in words."""
_MONTHS = (("back_by_30d", "one"), ("back_by_91d", "three"), ("back_by_182d", "six"), ("back_by_350d", "twelve"))
_REWARD = (("anhedonia_after_4wk", "four"), ("anhedonia_after_13wk", "13"), ("anhedonia_after_26wk", "26"))


def follows_mood(run: RunFolder) -> bool:
    """Return whether a run tells the course of depression: its record is long enough and has mood in it."""
    known = any("phq9_end" in table for table in run.endpoints.values())
    return known and run.over_days and run.record_days >= _COURSE_DAYS


def mood_paragraphs(arm: Arm) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the paragraphs on mood of an arm: heading and sentences."""
    if not follows_mood(arm.run):
        return
    if arm.alone:
        yield "Mood", iter([_of_one(arm)])
        return
    yield "Mood", (sentence for part in (_without, _course) for sentence in part(arm))
    if arm.uses:
        yield "Effect on mood", _effect(arm)
        yield "Worst weeks", _worst(arm)
        yield "Channels", _channels(arm)
        yield "Natural reward", _reward(arm)
        yield "Dose", _escalation(arm)


def mood_numbers(arm: Arm) -> Iterator[KeyNumber]:
    """Yield the numbers on mood that stand out: remission, and the mean effect of kratom."""
    if not follows_mood(arm.run):
        return
    by_setting = ", by setting" if len(arm.run.settings) > 1 else ""
    if not arm.alone:
        remission = arm.in_settings("remission")
        ends = sorted(stats["mean"] for stats in remission.values())
        low, high = (f"{100 * share:.0f}" for share in (ends[0], ends[-1]))
        value = f"{low}%" if low == high else f"{low}–{high}%"
        words = f"in remission at the end{by_setting if low != high else ''}"
        yield KeyNumber(value, words, "remission", arm.known("remission", percent, "mean"))
    during = arm.use_ends
    about = "excess_use" if during else "excess_end"
    effect = arm.in_settings(about)
    if effect:
        ends = sorted(stats["mean"] for stats in effect.values())
        low, high = (signed(end) for end in (ends[0], ends[-1]))
        when = "in use" if during else "at the end"
        who = f", {of_users(arm.run, effect)}" if during and of_users(arm.run, effect) else ""
        words = f"points of depressive severity {when} against no kratom{who}"
        value = low if low == high else f"{low} to {high}"
        known = arm.known(about, signed, "mean")
        yield KeyNumber(value, f"{words}{by_setting if low != high else ''}", about, known)


def signed(value: float, digits: int = 1) -> str:
    """Return a difference with its sign.

    Examples
    --------
    >>> signed(1.26), signed(-0.52), signed(0.01)
    ('+1.3', '−0.5', '0.0')
    """
    text = number(value, digits)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def _of_one(arm: Arm) -> str:
    """Return what is said of one person."""
    score, effect = arm.in_settings("phq9_end"), arm.in_settings("excess_end")
    text = f"PHQ-9 at the end of the record was {over(score, points)}"
    if effect:
        text += f"; depressive severity was then {over(effect, higher, words=('from ', ' to '))} than in the same "
        text += f"life {_counterpart(arm)}"
    return f"{text}."


def _without(arm: Arm) -> Iterator[str]:
    """Say what an arm without kratom shows, and what the dose of an antidepressant does."""
    plan = arm.run.scenario["arm"][arm.k].get("treatments", [])
    if not arm.uses:
        ill = arm.run.scenario["people"]["population"] == "adults_with_depression"
        what = "the course of depression" if ill else "the course of mood"
        if not str(arm.run.scenario["people"].get("experience", "0 h")).startswith("0 "):
            what += " in the same people had they never used kratom"
        yield f"Without kratom: {what}{_under(plan, 'treatment')}."
    medicines = [treatments()[str(t["name"])] for t in plan if "dose" in t]
    if medicines:
        names = listed(list(dict.fromkeys(m.label.lower() for m in medicines)))
        kinds = listed(list(dict.fromkeys(m.kind for m in medicines)))
        yield f"The dose of {names} counts for interactions only; its effect on depression is that of any {kinds}."


def _under(plan: Sequence[Mapping[str, object]], treated: str) -> str:
    """Return under what treatments people live, as it follows a comma; `treated` for those that are active."""
    names = [str(treatment["name"]) for treatment in plan]
    if any(name not in _NOT_ACTIVE for name in names):
        return f", under {treated}"
    return f", {listed([_NOT_ACTIVE[name] for name in names])}" if names else ""


def of_users(run: RunFolder, found: Mapping[str, Stats]) -> str:
    """Return "of the N people who used" for an end point of those who use; empty if it is of everybody."""
    if all(stats["n"] == run.persons for stats in found.values()):
        return ""
    return f"of the {over(found, _whole, 'n')} people who used"


def _whole(value: float) -> str:
    return number(value, 0)


def _course(arm: Arm) -> Iterator[str]:
    """Remission, recovery, relapse, new episodes."""
    remission, score = arm.in_settings("remission"), arm.in_settings("phq9_end")
    text = f"At the end of the record {over(remission, percent)} of people were in remission (PHQ-9 below 5)"
    yield f"{text}; the mean PHQ-9 was {over(score, _tenths)}{_middle(arm)}."
    recovered, relapsed, new = (arm.in_settings(name) for name in ("recovered", "relapsed", "new_episode"))
    said = []
    if recovered:
        n = next(iter(recovered.values()))["n"]
        who = f"Of the {number(n, 0)} {'person' if n == 1 else 'people'} in a depressive episode at the start,"
        who = "Everyone began in a depressive episode:" if n == arm.run.persons else who
        text = f"{who} {over(recovered, percent)} recovered from it"
        said.append(text + (f", and {over(relapsed, percent)} of these relapsed" if relapsed else ""))
    if new:
        whose = "of the others" if recovered else "of people"
        said.append(f"{over(new, percent)} {whose} fell into an episode")
    if said:
        yield f"{'; '.join(said)}."


def _tenths(value: float) -> str:
    return number(value, 1)


def _times(value: float) -> str:
    return f"{number(value, 1)} times" if value >= _SHOWN else "hardly any of"


def _in_days(value: float) -> str:
    return count(round(value), "day")


def _middle(arm: Arm) -> str:
    score = arm.get("phq9_end")
    if len(arm.in_settings("phq9_end")) > 1 or not score:
        return ""
    return f" ({MOST} {between(score, 'p05', 'p95', 0)})"


def higher(value: float) -> str:
    """Return a difference of severity in words.

    Examples
    --------
    >>> higher(1.234), higher(-0.5), higher(0.001)
    ('1.2 points higher', '0.5 points lower', 'no different')
    """
    if abs(value) < _SHOWN:
        return "no different"
    return f"{points(abs(value))} points {'higher' if value > 0 else 'lower'}"


def _effect(arm: Arm) -> Iterator[str]:
    """Severity against the same person without kratom: mean, spread, who is better and who is worse."""
    use, end = arm.in_settings("excess_use"), arm.in_settings("excess_end")
    worse, better = arm.in_settings("worse_end"), arm.in_settings("better_end")
    words = ("from ", " to ")
    during = arm.use_ends
    told = use if during else end
    if arm.by_spells and not told:
        yield "Nobody used kratom within the record."
    if not told or not worse or not better:
        return
    when = "In the last four weeks of use" if during else "At the end of the record"
    if arm.by_spells:
        who = of_users(arm.run, told)
        when = f"In the last four weeks of use{f' {who}, each at their own time,' if who else ' of each person'}"
    text = f"{when} depressive severity (PHQ-9 points) was, in the mean, {over(told, higher, words=words)} than in the "
    text += f"same people {_counterpart(arm)}"
    stats = next(iter(told.values()))
    low, high = higher(stats["p05"]), higher(stats["p95"])
    if len(told) == 1 and low != high:
        text += f" ({MOST} {low} and {high})"
    yield f"{text}."
    if during:
        whose = ", over all people," if of_users(arm.run, told) else ""
        text = f"At the end of the record depressive severity{whose} was {over(end, higher, words=words)}"
        yield f"{text} than {_counterpart(arm)}."
    text = f"More than half a point worse off at the end of the record: {over(worse, percent)} of people"
    yield f"{text}; more than half a point better off: {over(better, percent)}."


def _counterpart(arm: Arm) -> str:
    return f"without kratom{_under(arm.run.scenario['arm'][arm.k].get('treatments', []), 'the same treatment')}"


def _worst(arm: Arm) -> Iterator[str]:
    """When mood is worst, and the way back to the life without kratom."""
    before, after = arm.in_settings("worst_in_use"), arm.in_settings("worst_after")
    later, back = arm.in_settings("worst_is_after"), arm.in_settings("back_to_baseline_d")
    if before and after and later:
        taper = arm.taper_end is not None
        recorded = arm.run.record_days - (arm.stop or 0.0) / HOURS_PER_DAY
        weeks = (
            "twelve weeks"
            if recorded >= load_parameters("rules").value("after_days")
            else duration(f"{recorded:.0f} d")
        )
        end = f"in the {weeks} {'from the start of the taper' if taper else 'after the stop'}"
        text = f"The worst two weeks of mood came {'in or after the taper' if taper else 'after the stop'} rather "
        text += f"than during use in {over(later, percent)} of people: the mean of each person’s worst was "
        yield f"{text}{over(before, _tenths)} points in the last twelve weeks of use and {over(after, _tenths)} {end}."
    last = "the end of the taper" if arm.taper_end is not None else "the last serving"
    if back:
        yield from _way_back(arm, back, last)
    residual = arm.in_settings("residual_low_mood")
    if residual:
        text = f"Four weeks after {last} {over(residual, percent)} were still at least two points above their own life"
        yield f"{text} without kratom."


def _way_back(arm: Arm, back: Mapping[str, Stats], last: str) -> Iterator[str]:
    """Say when mood was back at the life without kratom, and in how many people it was not within the record."""
    whose = of_users(arm.run, back)
    who = "the median person" if any(stats.get("share reached", 1.0) > 0 for stats in back.values()) else "anybody"
    text = f"After {last}, mood was{_back(back)} in {who}{f' {whose}' if whose else ''}"
    stats = next(iter(back.values()))
    if len(back) == 1 and stats["p25"] < stats["p75"]:
        low = number(stats["p25"], 0)
        if isfinite(stats["p75"]):
            text += f" ({HALF} {low} and {_in_days(stats['p75'])})"
        else:
            text += f" (in one person in four {_in_days(stats['p25'])})" if isfinite(stats["p25"]) else ""
    months = [
        f"{over(found, percent)} within {month} month{'' if month == 'one' else 's'}"
        for name, month in _MONTHS
        if (found := arm.in_settings(name))
    ]
    yield f"{text}{': ' + listed(months) if months else ''}."
    away = {s: {"mean": 1.0 - stats["share reached"]} for s, stats in back.items() if "share reached" in stats}
    if who != "anybody" and any(stats["mean"] > 0 for stats in away.values()):
        yield f"{capital(over(away, percent))} were not back when the record ended."


def _back(back: Mapping[str, Stats]) -> str:
    """Say within how many days the median person was back, in each setting or not within the record."""
    life = "back at the person’s own life without kratom"
    found = [stats["p50"] for stats in back.values()]
    if not isfinite(min(found)):
        return f" not {life} within the record"
    if isfinite(max(found)):
        return f" {life} within {over(back, _in_days, 'p50')}"
    told = over(back, lambda days: f"within {_in_days(days)}" if isfinite(days) else "not within the record", "p50")
    return f" {life} {told}"


def _channels(arm: Arm) -> Iterator[str]:
    """Say what each channel adds, in the setting shown."""
    after = "after the stop" if arm.taper_end is None else "from the start of the taper on"
    shown = seen(arm.run).removesuffix(".").lower()
    for start, what in (("channel:", "severity in use"), ("channel_after:", f"the worst mood {after}")):
        sizes = {words: stats["mean"] for c, words in CHANNEL_WORDS.items() if (stats := arm.get(f"{start}{c}"))}
        parts = [
            f"{words} {'adds' if size > 0 else 'takes away'} {number(abs(size), 1)}"
            for words, size in sorted(sizes.items(), key=lambda item: -item[1])
            if abs(size) >= _SHOWN
        ]
        if parts:
            parts[0] += " points"
            yield f"To {what}{f' ({shown})' if shown else ''} {listed(parts)}, in the mean."


def _reward(arm: Arm) -> Iterator[str]:
    """Loss of natural reward and its recovery."""
    lost = arm.in_settings("anhedonia_use")
    if not lost or max(stats["mean"] for stats in lost.values()) < _SHOWN / 10:
        return
    where = "at the end of use" if arm.use_ends else "at the end of the record"
    who = of_users(arm.run, lost)
    text = f"Natural reward was blunted by {over(lost, percent)} in the mean{f' {who}' if who else ''} {where}"
    after = [(over(found, percent), weeks) for name, weeks in _REWARD if (found := arm.in_settings(name))]
    if after:
        since = "after the stop" if arm.taper_end is None else "after the taper began"
        values, weeks = listed([value for value, _ in after]), listed([week for _, week in after])
        text += f", by {values} {weeks} weeks {since}"
    yield f"{text}."


def _escalation(arm: Arm) -> Iterator[str]:
    """How many are in a spell of use at the end, and how the dose changes over as-needed use."""
    spells = arm.run.curves.get("in_use")
    if spells is not None and arm.by_spells and arm.in_settings("excess_use"):
        shares = {s: {"mean": float(o.curves["in_use"][arm.k].mean[-1])} for s, o in arm.run.outcomes.items()}
        yield f"At the end of the record {over(shares, percent)} of people were in a spell of use."
    ratio, grown = arm.in_settings("dose_ratio"), arm.in_settings("escalated")
    if not ratio or not grown:
        return
    who = of_users(arm.run, ratio)
    used = arm.in_settings("excess_use")
    if who and any(stats["n"] < used.get(setting, stats)["n"] for setting, stats in ratio.items()):
        who += " for long enough"
    median = f"in the median person{f' {who}' if who else ''}"
    if max(stats["p50"] for stats in ratio.values()) < _SHOWN:
        text = f"The dose was left to the person: {median} hardly any was left of it in the last four weeks of use"
        yield f"{text}; it rose by more than a quarter in {over(grown, percent)}."
        return
    text = "The dose was left to the person: in the last four weeks of use it was "
    text += f"{over(ratio, _times, 'p50')} that of the first four {median}"
    stats = arm.get("dose_ratio")
    if stats and same(ratio, _tenths, "p50"):
        text += f" ({MOST} {between(stats, 'p05', 'p95', 1)})"
    yield f"{text}, and it rose by more than a quarter in {over(grown, percent)}."


def monitoring_sentence(run: RunFolder) -> str:
    """Say what the monitoring rule is."""
    rule = run.scenario["monitoring"]
    amount, _, unit = str(rule["every"]).partition(" ")
    days = float(amount) * {"h": 1 / HOURS_PER_DAY, "d": 1, "wk": 7}[unit]
    weeks = number(days / 7, 0) if days % 7 == 0 else ""
    every = ("week" if weeks == "1" else f"{weeks} weeks") if weeks else f"{number(days, 0)} days"
    text = f"Everyone fills in the PHQ-9 every {every}; an alert is a score at least {number(rule['rise'], 0)} points "
    text += "above the first"
    if rule.get("item_9"):
        text += ", or thoughts of death or self-harm (item 9) that were not there at first"
    if int(rule.get("consecutive", 1)) > 1:
        text += f", {number(rule['consecutive'], 0)} times in a row"
    return capital(text) + "."
