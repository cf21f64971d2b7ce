"""The verdict on a design in plain words: what it would conclude in each causal setting, against the truth there.

A setting is a hypothesis. Every sentence says in which one it holds, and none says which is true.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ketum.reports.phrases import capital, count, listed, percent
from ketum.reports.study_apart import LEAST_IN_ORDER, Concluded, Pair, alike, concluded, pairs
from ketum.reports.study_facts import Estimand, Estimator, Setting
from ketum.reports.study_reader import Scored, StudyFolder
from ketum.reports.study_scales import bias_unit, is_ratio, plain, shown, signed, with_unit
from ketum.studies.performance import COVERED, LEVEL

_MOST_PAIRS = 3
_OPEN = 3
"""Estimands whose verdict stands open; others are folded."""


@dataclass(frozen=True, slots=True)
class World:
    """What the design would find in one setting."""

    setting: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of one estimand.

    `claim` is the sentence that counts most, `lead` what follows it, `biases` how the estimators compare (empty with
    one); `pairs` are pairs of settings and how often a study puts them in order.
    """

    estimand: Estimand
    claim: str
    lead: Sequence[str]
    worlds: Sequence[World]
    biases: str
    pairs: Sequence[Pair]
    folded: bool


def verdicts(study: StudyFolder) -> list[Verdict]:
    """Return the verdict on every estimand."""
    return [_verdict(study, estimand, k >= _OPEN) for k, estimand in enumerate(study.estimands)]


def stands(study: StudyFolder) -> str:
    """Return the sentence that stands before every verdict: settings are hypotheses."""
    if len(study.settings) == 1:
        return (
            "The causal setting is a hypothesis about what kratom does, not an estimate and not a finding. What "
            f"follows is what this {study.facts.noun} would report if it held; others would give other answers."
        )
    return (
        "The causal settings are hypotheses about what kratom does, not estimates; none of them is the finding. Each "
        f"line below is what this {study.facts.noun} would report if that one held. Which of them holds, nothing here "
        "tells."
    )


def _verdict(study: StudyFolder, estimand: Estimand, folded: bool) -> Verdict:
    main = study.main(estimand)
    claim, *more = apart(study, estimand, main)
    rows = study.rows(estimand, main)
    return Verdict(
        estimand,
        claim,
        [*more, identification(study, estimand, main)],
        [World(setting.name, " ".join(world(study, estimand, main, setting, row))) for setting, row in rows],
        biases(study, estimand),
        pairs(study, estimand, main),
        folded,
    )


def called(estimator: Estimator) -> str:
    """Return an estimator as a sentence names it."""
    return estimator.label if estimator.label.startswith("“") else f"“{estimator.label}”"


def identification(study: StudyFolder, estimand: Estimand, main: Estimator) -> str:
    """Say whether the main analysis, or any other, identifies an estimand, and which assumption that needs."""
    noun = study.facts.noun
    told = main.identified[estimand.name]
    needs = f" Assumption needed: {small(told.assumption)}" if told.assumption else ""
    if told.yes:
        return f"{called(main)} identifies it in this {noun}.{needs}"
    estimators = study.estimators(estimand)
    others = [called(e) for e in estimators if e.identified[estimand.name].yes]
    if others:
        return f"{called(main)} does not identify it in this {noun}, {listed(others)} {_does(others)}.{needs}"
    if len(estimators) > 1:
        return f"No analysis identifies it in this {noun}." + needs.replace("needed", f"needed by {called(main)}")
    return f"It is not identified in this {noun}.{needs}"


def _does(names: Sequence[str]) -> str:
    return "does" if len(names) == 1 else "do"


def small(sentence: str) -> str:
    """Return a sentence as it goes on after a colon: its first letter small, unless its word is an abbreviation.

    Examples
    --------
    >>> small("The arms are alike."), small("PHQ-9 is exact."), small("A score.")
    ('the arms are alike.', 'PHQ-9 is exact.', 'a score.')
    """
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


def apart(study: StudyFolder, estimand: Estimand, main: Estimator) -> list[str]:
    """Say whether the design tells the settings apart; the sentence that counts most comes first."""
    noun = study.facts.noun
    rows = [(setting, row) for setting, row in study.rows(estimand, main) if row.answered]
    if not rows:
        return [f"This {noun} gives no answer: the analysis {called(main)} failed in every repetition."]
    if not study.repeated[rows[0][0].name, estimand.name, main.name].tested:
        return [_answers(study, estimand, [row for _, row in rows])]
    if len(study.settings) == 1:
        drawn = concluded(study.repeated[rows[0][0].name, estimand.name, main.name])
        return [
            f"If “{rows[0][0].name}” held, this {noun} would mostly report {_side(estimand, drawn.mostly)} "
            f"({_of(drawn.times(drawn.mostly), drawn)}).",
            "Only this setting was studied, so nothing here says whether it could be told from others.",
        ]
    same = alike(study, estimand, main)
    if same:
        least = min(same, key=lambda c: c.times(c.mostly) / c.total)
        return [
            f"This {noun} cannot tell these settings apart: whichever of {_names([s for s, _ in rows])} holds, it "
            f"would mostly report {_side(estimand, least.mostly)} ({_at_least(least)})."
        ]
    found = pairs(study, estimand, main)
    if not found:
        return ["The truth is the same in every setting with answers, so there is nothing to tell apart."]
    return list(_told_apart(noun, found))


def _answers(study: StudyFolder, estimand: Estimand, rows: Sequence[Scored]) -> str:
    """Tell what a design answers where nothing is tested: over which range, and over which the truth goes."""
    means, truths = ([getattr(row, name) for row in rows] for name in ("mean", "truth"))
    ends = [
        " to ".join(dict.fromkeys(shown(estimand, pick(values)) for pick in (min, max))) for values in (means, truths)
    ]
    over = " over the settings" if len(rows) > 1 else ""
    return f"The answer of this {study.facts.noun} is {ends[0]} on average{over}, where the truth is {ends[1]}."


def _told_apart(noun: str, found: Sequence[Pair]) -> Iterator[str]:
    """Tell which settings a design tells apart: those that call for other conclusions by it, others by the estimate."""
    other = [p for p in found if not p.same]
    missed = [p for p in other if p.by_conclusion < LEAST_IN_ORDER]
    once = "done once in each of the two worlds, its conclusions would stand in the order of the truth in"
    if missed:
        pairs_told, shares = _pairs([(p.by_conclusion, p) for p in missed])
        yield (f"By what it concludes this {noun} cannot reliably tell {pairs_told}: {once} {shares} (a coin: 50%).")
    elif other:
        least = percent(min(p.by_conclusion for p in other))
        yield (
            f"By what it concludes this {noun} mostly tells settings apart that call for different conclusions: {once} "
            f"at least {least} (a coin: 50%)."
        )
    close = [p for p in found if p.same and p.by_estimate < LEAST_IN_ORDER]
    only = "Where settings call for the same conclusion, only the size of the estimate could tell them apart"
    if close:
        pairs_told, shares = _pairs([(p.by_estimate, p) for p in close])
        yield f"{only}; it hardly tells {pairs_told} (in order in {shares})."
    elif not other:
        least = percent(min(p.by_estimate for p in found))
        yield f"All settings call for the same conclusion; estimates are in the order of the truth in at least {least}."


def _pairs(found: Sequence[tuple[float, Pair]]) -> tuple[str, str]:
    """List pairs, those that are told apart worst first, and how often each is in order."""
    ordered = sorted(found, key=lambda one: one[0])[:_MOST_PAIRS]
    names = [f"“{pair.smaller}” from “{pair.larger}”" for _, pair in ordered]
    left = len(found) - len(ordered)
    more = [count(left, "more pair", "more pairs")] if left else []
    shares = list(dict.fromkeys(percent(value) for value, _ in ordered))
    if len(shares) == 1:
        return listed([*names, *more]), f"{'at least ' if left else ''}{shares[0]}"
    return listed([*names, *more]), f"{shares[0]} to {shares[-1]}{' and more' if left else ''}"


def world(study: StudyFolder, estimand: Estimand, main: Estimator, setting: Setting, row: Scored) -> Iterator[str]:
    """Tell what the design would find in one setting."""
    repeated = study.repeated[setting.name, estimand.name, main.name]
    nothing = row.no_effect and repeated.tested
    where = f"In a world without any effect (“{setting.name}”)" if nothing else f"In the “{setting.name}” world"
    truth = f"truth {shown(estimand, row.truth)}"
    if not row.answered:
        yield f"{where} the fit failed in all {row.replicates:,} repetitions: there is no estimate ({truth})."
        return
    value = with_unit(estimand, shown(estimand, row.mean))
    yield f"{where} it finds {_a(estimand.noun)} of {value} on average ({truth}){_bias(estimand, row)}."
    if repeated.tested:
        drawn = concluded(repeated)
        sides = sorted((1, -1, 0), key=lambda side: -drawn.times(side))
        told = [f"{_side(estimand, side)} in {_of(drawn.times(side), drawn)}" for side in sides[:1]]
        told += [f"{_side(estimand, side)} in {drawn.times(side):,}" for side in sides[1:] if drawn.times(side)]
        yield f"It would report {listed(told)}{_level(row)}."
    yield _coverage(row)
    if row.failed:
        yield f"In {row.failed:,} of {row.replicates:,} repetitions the fit failed."


def _bias(estimand: Estimand, row: Scored) -> str:
    """Say how far the mean estimate is from the truth, where that is beyond Monte-Carlo error."""
    if not math.isfinite(row.bias):
        return ""
    if row.judged.bias_beyond_error is False:
        return ": no bias beyond Monte-Carlo error"
    side = "high" if row.bias > 0 else "low"
    if is_ratio(estimand):
        text = f"too {side} by a factor of {shown(estimand, abs(row.bias))}"
    else:
        points = f" {bias_unit(estimand)}" if estimand.scale == "share" else ""
        text = f"too {side} by {plain(estimand, abs(row.bias))}{points}"
    wrong = not row.no_effect and row.truth * row.mean < 0
    return f": {text}, and on the wrong side of no effect" if wrong else f": {text}"


def _level(row: Scored) -> str:
    """Add what a valid test would do, where this one does not."""
    high = row.judged.type_1_error == "high"
    return f"; a valid test at {percent(LEVEL)} would report an effect in about {percent(LEVEL)}" if high else ""


def _coverage(row: Scored) -> str:
    nominal = percent(COVERED)
    if row.coverage == 0.0:
        return f"Its {nominal} intervals never hold the truth."
    text = f"Its {nominal} intervals hold the truth in {round(row.coverage * row.answered):,} of {row.answered:,}"
    judged = row.judged
    if judged.coverage == "low":
        sure = judged.model_se == "low" and not judged.bias_beyond_error
        return f"{text}, too rarely{': it states its standard error too small' if sure else ''}."
    return f"{text}, {'more often than they should' if judged.coverage == 'high' else f'in keeping with {nominal}'}."


def biases(study: StudyFolder, estimand: Estimand) -> str:
    """Tell the lowest and highest bias of each estimator over the settings; empty with one estimator."""
    parts = []
    for estimator in study.estimators(estimand):
        values = [row.bias for _, row in study.rows(estimand, estimator) if math.isfinite(row.bias)]
        ends = dict.fromkeys(signed(estimand, pick(values)) for pick in (min, max)) if values else {}
        parts.append(f"{called(estimator)} {' to '.join(ends) if ends else 'gave no estimate'}")
    if len(parts) < 2:
        return ""
    over = " over the settings, lowest to highest" if len(study.settings) > 1 else ""
    unit = f" ({bias_unit(estimand)})" if bias_unit(estimand) else ""
    return f"Bias of each analysis{over}{unit}: {'; '.join(parts)}."


def _side(estimand: Estimand, side: int) -> str:
    return {1: estimand.above, -1: estimand.below, 0: estimand.neither}[side]


def _of(times: int, drawn: Concluded) -> str:
    return f"{times:,} of {drawn.total:,} repetitions"


def _at_least(least: Concluded) -> str:
    times = least.times(least.mostly)
    return "in every repetition" if times == least.total else f"in at least {_of(times, least)}"


def _names(settings: Sequence[Setting]) -> str:
    return listed([f"“{setting.name}”" for setting in settings])


def _a(noun: str) -> str:
    """Return a noun with its article.

    Examples
    --------
    >>> _a("odds ratio"), _a("difference")
    ('an odds ratio', 'a difference')
    """
    return f"{'an' if noun[0].lower() in 'aeio' else 'a'} {noun}"


def people(n: int) -> str:
    """Return a number of participants.

    Examples
    --------
    >>> people(1), people(2000)
    ('1 participant', '2,000 participants')
    """
    return f"{n:,} participant{'' if n == 1 else 's'}"


def opening(study: StudyFolder) -> str:
    """Return the line under the title: the design, its participants, repetitions and pool."""
    sampling, pool = study.facts.sampling, study.facts.pool
    data = f"{capital(study.facts.design)}: {people(sampling.participants)} in a data set"
    data += f" ({sampling.words})" if sampling.words else ""
    return (
        f"{data}, repeated {sampling.replicates:,} times in {count(len(study.settings), 'causal setting')}; drawn from "
        f"{pool.persons:,} simulated people, seed {study.facts.seed}."
    )
