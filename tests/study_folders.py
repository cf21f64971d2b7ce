"""Study folders made without a simulation, for the tests of their report: estimates are drawn around known truths."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from ketum.reports.study_facts import StudyFacts
from ketum.studies.performance import performance

SETTINGS = {
    "null": "momentary relief only; the severity of depression is not changed at all",
    "pharmacology": "relief, withdrawal and the protracted state act on severity, and nothing beyond them",
    "harm": "as “pharmacology”, and use itself makes depression worse in the long run",
    "benefit": "as “pharmacology”, and use itself makes depression better in the long run",
    "mixed": "as “pharmacology”, and use itself helps some people and harms others in the long run",
}
SVG = """<?xml version="1.0" encoding="utf-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="420" height="150" viewBox="0 0 420 150">
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0L8 4L0 8Z" fill="currentColor"/></marker></defs>
<g fill="none" stroke="currentColor" marker-end="url(#tip)"><path d="M70 40L130 110"/><path d="M85 28L330 100"/>
<path d="M145 122L320 112" /></g>
<g fill="currentColor" font-size="14" text-anchor="middle"><text x="60" y="30">severity</text>
<text x="150" y="128">use</text><text x="365" y="115">PHQ-9</text></g></svg>"""
RESTS = {"phq9": {"human_trial": 9, "human_observational": 30, "theory": 8, "assumption": 61}}


@dataclass
class Made:
    """A study in the making: facts, and how an estimate is drawn."""

    facts: dict[str, Any]
    truths: Mapping[tuple[str, str], float]
    bias: Callable[[str, str, str], float]
    spread: Callable[[str], float] = lambda _: 0.2
    stated: Callable[[str], float] = lambda _: 1.0
    fails: Callable[[str, str], float] = lambda setting, estimator: 0.0  # noqa: ARG005
    example: pd.DataFrame | None = None
    own_truth: float = 0.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))


def estimand(name: str, label: str, main: str, **more: Any) -> dict[str, Any]:
    words = {"words": f"What is meant by {label.lower()}.", "symbols": "E[Y(1) − Y(0) | A = 1]", "noun": "difference"}
    return {"name": name, "label": label, "main": main, **words, **more}


def estimator(name: str, label: str, identified: Mapping[str, bool], assumption: str = "") -> dict[str, Any]:
    said = {
        key: {"yes": yes, "assumption": assumption, "open_paths": [] if yes else ["Use ← Severity → PHQ-9"]}
        for key, yes in identified.items()
    }
    return {"name": name, "label": label, "description": f"Regression ({name}).", "identified": said}


def facts(
    title: str, estimands: Sequence[dict[str, Any]], estimators: Sequence[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    names = more.pop("settings", list(SETTINGS))
    return {
        "title": title,
        "design": "cohort study",
        "noun": "cohort",
        "question": "What would this study conclude?",
        "seed": 11,
        "settings": [{"name": n, "meaning": SETTINGS.get(n, "")} for n in names],
        "protocol": [
            {"component": "Eligibility", "target": "Adults with PHQ-9 of 5 or more", "emulation": "The same"},
            {"component": "Assignment", "target": "Randomised to start or not", "emulation": "As it happens"},
        ],
        "dag": [{"heading": "Crude", "svg": SVG, "text": "Severity acts on use and on PHQ-9."}],
        "estimands": list(estimands),
        "estimators": list(estimators),
        "sampling": {"participants": 2000, "replicates": 100, "reuse": 4.2, "words": ""},
        "pool": {"persons": 48000, "seconds": 31.5},
        "limitations": ["Nobody drops out."],
        "findings": [
            {"severity": "warning", "text": "Kratom has caused liver injury.", "source": "A 2020", "date": "2026-11-22"}
        ],
        "findings_checked": "2026-11-22",
        "rests_on": RESTS,
        "commands": ["ketum study study.toml --out again"],
        "versions": {"ketum": "0.1.0", "python": "3.11.7"},
        "seconds": 12.5,
        **more,
    }


def write(folder: Path, made: Made) -> Path:
    """Write the folder of a study."""
    folder.mkdir(parents=True, exist_ok=True)
    told = StudyFacts.model_validate(made.facts)
    replicates = pd.DataFrame(_replicates(made, told))
    identified = {(e, one.name): known.yes for one in told.estimators for e, known in one.identified.items()}
    replicates.to_csv(folder / "replicates.csv", index=False, float_format="%.6g")
    written = pd.read_csv(folder / "replicates.csv", keep_default_na=False, na_values=[""])  # "null" is a setting
    performance(written, identified).to_csv(folder / "performance.csv", index=False, float_format="%.6g")
    (folder / "study.json").write_text(json.dumps(made.facts, ensure_ascii=False), encoding="utf-8")
    (folder / "study.toml").write_text('design = "made up"\nsettings = [\n  "null",\n]\n', encoding="utf-8")
    if made.example is not None:
        made.example.to_csv(folder / "example.csv", index=False)
    return folder


def _replicates(made: Made, told: StudyFacts) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for setting in told.settings:
        for one in told.estimands:
            truth = made.truths[setting.name, one.name]
            own = truth + made.own_truth * made.rng.standard_normal(told.sampling.replicates) * (truth != 0.0)
            for by in told.estimators:
                if one.name in by.identified:
                    rows += _fits(made, (setting.name, one.name, by.name), own, told.sampling.participants)
    return rows


def _fits(made: Made, key: tuple[str, str, str], truths: np.ndarray, participants: int) -> list[dict[str, object]]:
    setting, one, by = key
    rows: list[dict[str, object]] = []
    for k, truth in enumerate(truths):
        value = truth + made.bias(*key) + made.spread(by) * made.rng.standard_normal()
        se = made.stated(by) * made.spread(by) * np.exp(0.05 * made.rng.standard_normal())
        row = {"setting": setting, "replicate": k, "estimand": one, "estimator": by, "participants": participants}
        numbers: dict[str, object] = {"truth": truth, "value": value, "se": se}
        numbers |= {"low": value - 1.96 * se, "high": value + 1.96 * se, "p": _p(value / se), "converged": True}
        if made.rng.random() < made.fails(setting, by):
            numbers |= dict.fromkeys(("value", "se", "low", "high", "p"), np.nan) | {"converged": False}
        rows.append(row | numbers)
    return rows


def _p(z: float) -> float:
    return float(2.0 * ndtr(-abs(z)))


# designs


def survey() -> Made:
    """A ratio, one analysis that is not identified, all settings concluding alike."""
    told = facts(
        "Kratom and depression in a survey",
        [
            estimand(
                *("or", "Odds ratio of PHQ-9 ≥ 10, past-year use against never use", "crude"),
                noun="odds ratio",
                scale="log odds",
                symbols="odds[Y(1) ≥ 10 | A = 1] / odds[Y(0) ≥ 10 | A = 1]",
            )
        ],
        [
            estimator(
                *("crude", "crude odds ratio", {"or": False}),
                "Users and non-users would have had the same symptoms had nobody used: false here by construction, "
                "since severity itself decides who starts.",
            ),
            estimator(
                "adjusted", "logistic regression, adjusted", {"or": False}, "No unmeasured common cause: false here."
            ),
        ],
        design="cross-sectional survey",
        noun="survey",
    )
    truths = {"null": 0.0, "pharmacology": 0.27, "harm": 0.51, "benefit": -0.1, "mixed": 0.46}
    rng = np.random.default_rng(3)
    used = rng.random(900) < 0.4
    told["example"] = {
        **{"kind": "bars", "title": "PHQ-9 of users and of others", "x": "phq9", "group": "used"},
        **{"x_label": "PHQ-9, points", "y_label": "Share of the group, %", "groups": {"0": "never used", "1": "used"}},
    }
    phq9 = np.minimum(rng.negative_binomial(1.2, np.where(used, 0.15, 0.3)), 27)
    return Made(
        told,
        {(s, "or"): t for s, t in truths.items()},
        lambda setting, _, by: {"crude": 0.82, "adjusted": 0.74}[by] - 0.1 * (setting == "harm"),
        lambda _: 0.15,
        example=pd.DataFrame({"phq9": phq9, "used": used.astype(int)}),
        own_truth=0.02,
    )


def cohort() -> Made:
    """Two estimands, five settings, five estimators, some fits that fail, one estimator that is too sure."""
    both = {"w26": False, "w52": False}
    names = ("crude", "adjusted (a)", "adjusted (b)", "adjusted (c)", "matched")
    told = facts(
        "Starting kratom: a new-user cohort",
        [
            estimand("w26", "Difference in PHQ-9 at week 26", "b", unit="PHQ-9 points"),
            estimand("w52", "Difference in PHQ-9 at week 52", "b", unit="PHQ-9 points", digits=1),
        ],
        [
            estimator(name, label, both if name != "c" else {"w26": True, "w52": False}, "Nothing is left: false here.")
            for name, label in zip("xabcm", names, strict=True)
        ],
    )
    truths = {"null": 0.0, "pharmacology": 0.62, "harm": 1.08, "benefit": -0.91, "mixed": 0.7}
    biases = {"x": 1.15, "a": 0.66, "b": 0.38, "c": 0.0, "m": 0.2}
    rng = np.random.default_rng(4)
    start = rng.integers(0, 28, 700)
    starter = rng.random(700) < 0.3
    told["example"] = {
        **{"kind": "scatter", "title": "PHQ-9 26 weeks on against PHQ-9 before", "x": "before", "y": "after"},
        **{"group": "starter", "groups": {"False": "comparators", "True": "starters"}},
        **{"x_label": "PHQ-9 before, points", "y_label": "PHQ-9 26 weeks later, points"},
    }
    after = np.clip(np.round(2 + 0.6 * start + starter + 4 * rng.standard_normal(700)), 0, 27)
    return Made(
        told,
        {(s, e): t * (1.0 if e == "w26" else 0.7) for s, t in truths.items() for e in ("w26", "w52")},
        lambda _, __, by: biases[by],
        lambda _: 0.42,
        stated=lambda by: 0.6 if by == "m" else 1.0,
        fails=lambda setting, by: 0.1 if by == "c" else float(setting == "mixed" and by == "m"),
        example=pd.DataFrame({"before": start, "after": after.astype(int), "starter": starter}),
        own_truth=0.05,
    )


def trial(outcome: str = "found") -> Made:
    """One estimator that is identified, three settings, and planning."""
    told = facts(
        "A parallel trial",
        [estimand("d8", "Difference in PHQ-9 at week 8", "ancova", unit="PHQ-9 points")],
        [estimator("ancova", "ANCOVA on PHQ-9 at entry", {"d8": True}, "The arms are alike: true, by randomisation.")],
        settings=["null", "harm", "benefit"],
        design="parallel randomised trial",
        noun="trial",
        planning=planning(outcome),
    )
    told["protocol"] = [{"component": "Assignment", "target": None, "emulation": "Randomised one to one"}]
    told["dag"] = []
    told["sampling"] |= {"participants": 400, "replicates": 1000}
    told["example"] = {
        **{"kind": "series", "title": "PHQ-9 by week", "x": "week", "y": "phq9", "unit": "person", "group": "arm"},
        **{"x_label": "Weeks since randomisation", "y_label": "PHQ-9, points"},
    }
    rng = np.random.default_rng(5)
    rows = [
        {
            "person": p,
            "arm": ("placebo", "kratom")[p % 2],
            "week": w,
            "phq9": int(max(0, 15 - 0.5 * w + rng.normal(0, 4))),
        }
        for p in range(80)
        for w in range(9)
    ]
    return Made(
        told,
        {("null", "d8"): 0.0, ("harm", "d8"): 1.67, ("benefit", "d8"): -1.59},
        lambda *_: 0.0,
        lambda _: 0.55,
        example=pd.DataFrame(rows),
        own_truth=0.1,
    )


def planning(outcome: str) -> dict[str, Any]:
    rng = np.random.default_rng(6)
    sizes = [1600, 50, 283, 119, 200, 170, 240, 205, 209]
    stages = ["largest", "smallest", *["halving"] * 2, *["search"] * 4, "check"]
    power = {n: 1.0 - np.exp(-((n / 145.0) ** 1.3)) for n in sizes}
    path = [
        {"stage": s, "size": n, "replicates": 100, "value": power[n], "mcse": float(rng.uniform(0.01, 0.04))}
        for s, n in zip(stages, sizes, strict=True)
    ]
    told: dict[str, Any] = {
        **{"target": 0.8, "estimand": "d8", "estimator": "ancova", "setting": "harm", "smallest": 50, "largest": 1600},
        **{"outcome": outcome, "evaluations": path if outcome == "found" else path[:1]},
    }
    if outcome == "found":
        curve = [{"size": float(n), "value": float(1 - np.exp(-((n / 145) ** 1.3)))} for n in range(50, 1601, 25)]
        told |= {"size": 209, "low": 188.0, "high": 236.0, "check": path[-1], "agrees": True, "curve": curve}
    if outcome == "biased":
        told |= {"mean": 2.4, "truth": 1.67}
    return told


def broken() -> Made:
    """One setting, one estimand, and every fit fails."""
    told = facts(
        "Nothing converges",
        [estimand("hr", "Hazard ratio of relapse", "cox", noun="hazard ratio", scale="log hazard")],
        [estimator("cox", "Cox regression", {"hr": True})],
        settings=["harm"],
        noun="trial",
        findings=[],
        rests_on={},
        protocol=[],
    )
    return Made(told, {("harm", "hr"): 0.3}, lambda *_: 0.0, fails=lambda *_: 1.0)


def relapse() -> Made:
    """A hazard ratio with survival curves, one setting."""
    told = facts(
        "Relapse after stopping",
        [
            estimand(
                "hr",
                "Hazard ratio of relapse",
                "cox",
                noun="hazard ratio",
                scale="log hazard",
                above="that stopping makes relapse sooner",
                below="that stopping makes relapse later",
            )
        ],
        [
            estimator("cox", "Cox regression", {"hr": True}),
            estimator("naive", "Cox regression without weights", {"hr": False}, "Leaving tells nothing: false here."),
        ],
        settings=["harm"],
        noun="trial",
    )
    told["example"] = {
        **{"kind": "survival", "title": "Time to relapse", "x": "days", "y": "relapse", "group": "arm"},
        **{"x_label": "Days since randomisation", "y_label": "Without relapse, %"},
    }
    rng = np.random.default_rng(8)
    time = rng.exponential(np.repeat([300.0, 180.0], 150))
    rows = {
        "arm": np.repeat(["continue", "stop"], 150),
        "days": np.minimum(time, 364).round(),
        "relapse": (time < 364) * 1,
    }
    return Made(
        told,
        {("harm", "hr"): 0.5},
        lambda _, __, by: 0.0 if by == "cox" else -0.9,
        lambda _: 0.3,
        example=pd.DataFrame(rows),
    )


DESIGNS: dict[str, Callable[[], Made]] = {
    "survey": survey,
    "cohort": cohort,
    "trial": trial,
    "broken": broken,
    "relapse": relapse,
}
