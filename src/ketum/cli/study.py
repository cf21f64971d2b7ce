"""`ketum study`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ketum.cli.outcome import NOTHING, STYLES, check_workers, interrupted
from ketum.errors import ScenarioError

if TYPE_CHECKING:
    from rich.console import Console

    from ketum.studies.sizes import Answer, Question
    from ketum.studies.words import EstimandWords
    from ketum.studying import Studied

_MOST_TABLES = 4
_REPLICATES_BESIDE = 100
"""Repetitions of the study of the file beside a search, unless more are asked for."""


def study_command(
    file: Path,
    out: Path | None,
    *,
    replicates: int | None,
    seed: int | None,
    workers: int | None,
    changes: Sequence[str],
    find: str | None,
    power: float | None,
    bias: float | None,
    setting: str | None,
    estimand: str | None,
    estimator: str | None,
    up_to: int | None,
    budget: int | None,
    dry_run: bool,
    resume: bool,
    as_json: bool,
) -> None:
    """Emulate a study, show its progress, a short table and where the report is."""
    check_workers(workers)
    question = _question(find, power, bias, setting, estimand, estimator, up_to, budget)
    if dry_run or not file.is_file():
        from ketum.studies.load import load_study, to_toml

        typer.echo(to_toml(load_study(file, changes, replicates, seed)), nl=False)
        return
    from ketum.cli.progress import shown_run
    from ketum.studies.searching import Effort

    if question is not None and replicates is None:
        from ketum.studies.load import load_study

        replicates = min(load_study(file, changes, None, seed).replicates, _REPLICATES_BESIDE)
    from ketum.studying import study

    try:
        with shown_run(quiet=as_json, things="") as (progress, stage):
            done = study(
                file,
                out,
                overrides=changes,
                replicates=replicates,
                seed=seed,
                workers=workers,
                resume=resume,
                question=question,
                effort=None if budget is None else Effort(replicates=budget, check=max(budget // 5, 1)),
                progress=progress,
                stage=stage,
            )
    except KeyboardInterrupt:
        raise interrupted(file, out) from None
    _show(done, as_json=as_json)


def _question(
    find: str | None,
    power: float | None,
    bias: float | None,
    setting: str | None,
    estimand: str | None,
    estimator: str | None,
    up_to: int | None,
    budget: int | None,
) -> Question | None:
    """Return what is looked for, or None.

    Raises
    ------
    ScenarioError
        If options contradict one another.
    """
    from ketum.studies.crossing import Power, SmallBias
    from ketum.studies.sizes import SIZES, Question

    if find is None:
        beside = {"--power": power, "--bias": bias, "--in": setting, "--estimand": estimand, "--estimator": estimator}
        beside |= {"--up-to": up_to, "--budget": budget}
        odd = next((name for name, value in beside.items() if value is not None), None)
        if odd is not None:
            raise ScenarioError(f"{odd}: means nothing without --find; allowed: --find with one of {', '.join(SIZES)}")
        return None
    if find not in SIZES:
        raise ScenarioError(f"--find: {find!r} is not a size; allowed: {', '.join(SIZES)}")
    if power is not None and bias is not None:
        raise ScenarioError("--power and --bias exclude each other; allowed: one of them")
    if power is not None and not 0.0 < power < 1.0:
        raise ScenarioError(f"--power: {power:g} is not allowed; a share above 0 and below 1")
    if bias is not None and not (bias > 0.0 and math.isfinite(bias)):
        raise ScenarioError(f"--bias: {bias:g} is not allowed; a size above 0, on the scale of the estimand")
    if find == "washout" and power is not None:
        raise ScenarioError("--power: washout is looked for by the bias it leaves; allowed: --bias")
    if find == "washout" and bias is None:
        raise ScenarioError("--find washout: --bias is missing; allowed: a size above 0, such as 0.5")
    goal = SmallBias(bias) if bias is not None else Power(0.8 if power is None else power)
    return Question(find, goal, setting or "", estimand or "", estimator or "", up_to or 0)


def _show(done: Studied, *, as_json: bool) -> None:
    if as_json:
        rows = json.loads(done.performance.to_json(orient="records", double_precision=12))
        answer = None if done.answer is None else json.loads((done.folder / "study.json").read_text())["planning"]
        whole = {"folder": str(done.folder), "seconds": done.seconds, "performance": rows, "planning": answer}
        typer.echo(json.dumps({**whole, "findings": list(done.findings)}))
        return
    from rich.console import Console

    from ketum.results.dataset import NOTE

    console = Console(emoji=False)
    console.print(done.study.title, style="bold", highlight=False)
    for part in _tables(done):
        console.print(part, highlight=False)
    if done.answer is not None:
        console.print(_answer(done.answer), highlight=False)
    _tell_findings(done, console)
    count = f"{done.study.replicates:,} replicates in {len(done.study.settings)} setting"
    many = "s" if len(done.study.settings) > 1 else ""
    console.print(f"{count}{many}, {done.seconds:.1f} s. {NOTE}", style="dim", soft_wrap=True)
    console.print("The settings are hypotheses; none of them is the finding.", style="dim", soft_wrap=True)
    console.print(f"Report: {done.folder / 'report.html'}", soft_wrap=True, highlight=False)


def _tables(done: Studied) -> Iterator[object]:
    """Yield a short table for each estimand: truth, mean estimate, bias, coverage and rejection by setting."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    from ketum.studies.words import estimand_words, estimator_words

    rows = done.performance
    for estimand in list(dict.fromkeys(rows["estimand"]))[:_MOST_TABLES]:
        words = estimand_words(done.study.design, estimand)
        unit = f", {words.unit}" if words.unit else ""
        table = Table(
            title=escape(f"{words.label.replace('log ', '')}{unit}"),
            box=SIMPLE_HEAD,
            title_justify="left",
            padding=(0, 1, 0, 0),
            pad_edge=False,
        )
        table.add_column("estimator", min_width=16, overflow="fold")
        table.add_column("setting", no_wrap=True)
        for head in ("truth", "mean", "bias (log)" if words.scale.startswith("log") else "bias", "covers", "rejects"):
            table.add_column(head, justify="right", no_wrap=True)
        last = ""
        for row in rows[rows["estimand"] == estimand].to_dict("records"):
            name = estimator_words(str(row["estimator"])).label + ("" if row["identified"] == "yes" else " *")
            table.add_row(
                escape(name) if name != last else "",
                str(row["setting"]),
                _value(row["truth"], words),
                _value(row["mean"], words),
                _bias(row, words),
                _share(row["coverage"]),
                _share(row["rejection"]),
            )
            last = name
        yield table
    left = len(set(rows["estimand"])) - _MOST_TABLES
    if left > 0:
        yield f"{left} more estimand{'s' if left > 1 else ''} in performance.csv and the report."
    yield (
        "± is the Monte-Carlo error of the bias; covers: share of 95% intervals that hold the truth; rejects: type I "
        "error where the truth is zero, else power."
    )
    if (rows["identified"] == "no").any():
        yield "* is not identified by this design: the report says which assumption would be needed."


def _value(value: float, words: EstimandWords) -> str:
    """Return a value as it is shown: ratios exponentiated, shares in percent."""
    if words.scale == "share":
        return _share(value)
    ratio = words.scale.startswith("log") and math.isfinite(value)
    return _plain(math.exp(value) if ratio else value, words.digits)


def _bias(row: Mapping[str, Any], words: EstimandWords) -> str:
    scale, digits = (100.0, 0) if words.scale == "share" else (1.0, words.digits)
    return f"{_plain(scale * row['bias'], digits)} ± {_plain(scale * row['bias_mcse'], max(digits, 1))}"


def _plain(value: float, digits: int) -> str:
    return f"{value + 0.0:.{digits}f}" if math.isfinite(value) else NOTHING


def _share(value: float) -> str:
    return f"{100 * value:.0f}%" if math.isfinite(value) else NOTHING


def _answer(answer: Answer) -> str:
    """Return what came of a search, in one sentence."""
    q, plan = answer.question, answer.plan
    about = f"{q.estimand} by {q.estimator} in {q.setting}"
    goal = f"power {q.goal.target:.0%}" if hasattr(q.goal, "target") else f"bias of at most {q.goal.bound:g}"
    if plan.outcome == "found":
        span = f"{plan.low:.0f}–{plan.high:.0f}" if math.isfinite(plan.high) else f"{plan.low:.0f} or more"
        return f"{about}: {goal} with {plan.x:,} {answer.of} (95% interval {span})."
    at = plan.at_largest
    return {
        "smallest": f"{about}: {goal} already with {plan.x} {answer.of}.",
        "not reached": f"{about}: {goal} is not reached up to {answer.largest:,} {answer.of}.",
        "biased": f"{about}: no size reaches {goal}, because the estimator is biased: it comes to {at.mean:.2f} where "
        f"the truth is {at.truth:.2f}.",
        "no effect": f"{about}: the truth is zero, so there is nothing to find.",
        "open": f"{about}: the replicates were spent before it could be told; more of them (--budget) may.",
        "failed": f"{about}: every fit failed.",
    }[plan.outcome]


def _tell_findings(done: Studied, console: Console) -> None:
    """Print the most serious findings, and how many there are."""
    from rich.markup import escape

    loud = [row for row in done.findings if row["severity"] in STYLES]
    for row in loud:
        console.print(f"[{STYLES[row['severity']]}]{row['severity']}[/]: {escape(row['text'])}", soft_wrap=True)
    left = len(done.findings) - len(loud)
    if left:
        console.print(f"{left} further safety finding{'s' if left > 1 else ''} in the report.", soft_wrap=True)
