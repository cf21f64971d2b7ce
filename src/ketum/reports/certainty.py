"""How well results are known, apart from how people differ: in the words of the summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ketum.reports.arm import Arm
from ketum.reports.phrases import HOURS_PER_DAY, capital, listed, number, percent, points, significant, span
from ketum.reports.reader import RunFolder
from ketum.results.catalogue import endpoint_catalogue
from ketum.uncertainty.conclusions import LEAST_AGREEING, LEAST_SETS

_TOLD: tuple[tuple[str, str, str, Callable[[float], str]], ...] = (
    ("pk:mitragynine:Cmax", "p50", "the median Cmax of mitragynine", lambda v: f"{significant(v, 2)} nM"),
    ("pk:mitragynine:AUCinf", "p50", "its median AUC to infinity", lambda v: f"{significant(v, 2)} nM·h"),
    ("mor_activation_highest", "p50", "the median of the highest opioid effect", lambda v: number(v, 2)),
    ("withdrawal_peak", "p50", "the median of the highest SOWS", points),
    ("withdrawal_tenth_d", "p50", "the median time until withdrawal is over", lambda v: span(v * HOURS_PER_DAY)),
    ("use_disorder_any", "mean", "the share with a kratom use disorder", percent),
    ("remission", "mean", "the share in remission at the end", percent),
    ("excess_use", "mean", "the mean effect of use on severity", lambda v: f"{number(v, 1)} points"),
    ("excess_end", "mean", "the mean effect on two-week severity at the end", lambda v: f"{number(v, 1)} points"),
    ("says_it_helps", "mean", "the share who say that it helps", percent),
)


def how_well_known(arm: Arm) -> Iterator[str]:
    """Tell between which values the main results of an arm lie over parameter sets; nothing without them."""
    run = arm.run
    if not run.sets or arm.alone:
        return
    parts = []
    for endpoint, statistic, words, form in _TOLD:
        if _concerns(arm, endpoint) and (interval := arm.known(endpoint, form, statistic)):
            low, _, high = interval.partition(" to ")
            parts.append(f"{words} lies {f'at {low}' if low == high else f'between {low} and {high}'}")
    if parts and len(run.settings) > 1:
        yield (
            f"Over {run.sets:,} parameter sets in each setting, from the lowest 5th to the highest 95th percentile of "
            f"any setting, {listed(parts)}. This is apart from how people differ."
        )
    elif parts:
        yield f"In 90% of {run.sets:,} parameter sets {listed(parts)}. This is apart from how people differ."
    if parts and run.sets < LEAST_SETS:
        yield f"{run.sets} sets are few for an interval: take more draws."


def _concerns(arm: Arm, endpoint: str) -> bool:
    """Return whether an end point is one of the arm's own story: an arm without kratom has no dependence to tell."""
    if endpoint.startswith("pk:"):
        return True
    if endpoint == "mor_activation_highest" and arm.run.over_days:
        return False
    return arm.get(endpoint) is not None and (arm.uses or endpoint == "remission")


@dataclass(frozen=True, slots=True)
class Answer:
    """One conclusion: what it is about, in which arm or pair, what the sets say, and what that is worth."""

    question: str
    about: str
    of: str
    setting: str
    text: str
    verdict: str
    because: str


_DIRECTION = {("lower", 1): "worse", ("lower", -1): "better", ("higher", 1): "better", ("higher", -1): "worse"}
_BECAUSE = {
    "assumptions": "It cannot be answered from the evidence: the sign turns round within what is assumed.",
    "settings": "It cannot be answered from the evidence: the sign depends on the causal setting, and no human data "
    "tell the settings apart.",
    "": f"It is open: the sign is not the same, beyond chance among persons, in {percent(LEAST_AGREEING)} of the sets, "
    "and assumptions alone do not explain it.",
    "few sets": "It is open: so few parameter sets tell nothing of a sign.",
    "not asked": f"It is open: the sign is not the same, beyond chance among persons, in {percent(LEAST_AGREEING)} of "
    "the sets; how much of that is assumption was not asked.",
}


def answers(run: RunFolder) -> list[Answer]:
    """Return which signs hold over the parameter sets, and which questions the evidence cannot answer."""
    facts: Mapping[str, Any] = run.provenance.get("uncertainty") or {}
    found = []
    for row in facts.get("conclusions", ()):
        point = endpoint_catalogue().get(row["endpoint"])
        if point is None:
            continue
        agreeing, turned, sign = float(row["agreeing"]), row["turned"], int(row["sign"])
        side = {1: "above zero", -1: "below zero", 0: "no difference beyond chance among persons"}[sign]
        judged = _DIRECTION.get((point.better, sign), "")
        text = f"{side}{f' ({judged})' if judged else ''} in {percent(agreeing)} of the sets"
        if turned is not None and agreeing < 1:
            text += f"; turns round in {percent(float(turned))} of pairs that differ in assumptions only"
        because = "" if row["verdict"] == "holds" else _BECAUSE[row["why"]]
        question = capital(point.label)
        found.append(Answer(question, point.name, row["arm"], row["setting"], text, row["verdict"], because))
    return found


def unanswered(concluded: list[Answer]) -> list[Answer]:
    """Return the conclusions that do not hold: of several settings with the same reason one stands for all."""
    kept: dict[tuple[str, str, str], Answer] = {}
    for answer in concluded:
        if answer.verdict != "holds":
            kept.setdefault((answer.about, answer.of, answer.because), answer)
    return list(kept.values())
