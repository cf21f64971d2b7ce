"""From the ledger as it is written to its records: run the scenarios, read the figures, apply the rules."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ketum.claims.behaviour import Ask
from ketum.claims.evidence_rows import evidence_row
from ketum.claims.model import NOT_YET, Figure, Ledger, Part, Record
from ketum.claims.parts import judge_part
from ketum.claims.plan import ClaimPlan, Direction, PartPlan, Plan, Quantity, Shown, shipped_plan
from ketum.claims.quantities import Ran, Reader, figure
from ketum.claims.rules import combine
from ketum.claims.scenarios import scenario_file
from ketum.claims.words import key_words, plain_reason, sentence
from ketum.evidence import Claim, load_rows
from ketum.version import __version__

Progress = Callable[[str, int, int], None]


class Runner(Protocol):
    """What runs a scenario: `ketum.run`."""

    def __call__(
        self,
        scenario: Path,
        out: Path,
        *,
        overrides: Sequence[str] = (),
        people: int | None = None,
        workers: int | None = None,
    ) -> Ran:
        """Run a scenario file into a run folder."""


def compute(
    run: Runner,
    ask: Ask,
    *,
    ids: Sequence[str] | None = None,
    overrides: Sequence[str] = (),
    people: int | None = None,
    draws: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    key: str = "",
    plan: Plan | None = None,
) -> Ledger:
    """Run the scenarios of claims and compute their records.

    Parameters
    ----------
    run : callable
        What runs a scenario: `ketum.run`.
    ask : callable
        What runs the command with arguments and returns its exit code and what it printed.
    ids : sequence of str, optional
        Claims; by default all.
    overrides : sequence of str
        Changed parameters, as ``symbol=value``.
    people, draws : int, optional
        Persons and parameter sets of every scenario, instead of those of its file.
    workers : int, optional
        Processes.
    progress : callable, optional
        Called with the name of a scenario, how many are done, and how many there are.
    key : str
        Hash of what the ledger is computed from.
    plan : Plan, optional
        How claims are checked; by default as shipped.

    Returns
    -------
    Ledger

    Raises
    ------
    KetumError
        If a scenario cannot be run, or a run does not hold what the ledger asks for.
    """
    began = time.monotonic()
    written = plan or shipped_plan()
    claims = [claim for claim in load_rows("claims") if ids is None or claim.id in ids]
    plans = [written.of(claim.id) for claim in claims]
    names = tuple(dict.fromkeys(q.scenario for p in plans for q in p.quantity if q.scenario))
    changes = [f"parameters.{change}" for change in overrides]
    runs: dict[str, Ran] = {}
    tell = progress or (lambda *_: None)
    with tempfile.TemporaryDirectory() as place:
        for done, name in enumerate(names):
            tell(name, done, len(names))
            with scenario_file(name) as file:
                own = [*changes, *_draws(file, draws)]
                runs[name] = run(file, Path(place) / name, overrides=own, people=people, workers=workers)
        records = tuple(_record(claim, p, written, runs, ask) for claim, p in zip(claims, plans, strict=True))
    used = [run.scenario for run in runs.values()]
    most = max((s.uncertainty.draws for s in used if s.uncertainty is not None), default=0)
    persons = max((s.people.count for s in used), default=0)
    return Ledger(key, __version__, most, persons, round(time.monotonic() - began, 1), records)


def _draws(file: Path, draws: int | None) -> list[str]:
    """Return the override of the number of parameter sets, for scenarios that have any."""
    if draws is None or "[uncertainty]" not in file.read_text(encoding="utf-8"):
        return []
    return [f"uncertainty.draws={draws}"]


def _record(claim: Claim, plan: ClaimPlan, written: Plan, runs: Mapping[str, Ran], ask: Ask) -> Record:
    background = tuple(evidence_row(row, None) for row in plan.background)
    about = (claim.id, claim.article, claim.claim, plan.short, claim.kind, claim.how_to_check)
    shows = claim.what_a_passing_check_shows
    if plan.later:
        reason = f"Not yet checked; {plan.later} will check it."
        return Record(*about, shows, "", (), (), (), background, "", "", NOT_YET, reason, "")
    reader = Reader(runs, {})
    by_quantity = {part.quantity: part for part in plan.part if part.quantity}
    made = {q.name: _figure(q, reader, plan, by_quantity.get(q.name)) for q in plan.quantity}
    figures = tuple(made[q.name] for q in plan.quantity if not q.step)
    values = {name: one.values for name, one in made.items()}
    parts = tuple(judge_part(claim.id, part, plan, values, written.rules, ask) for part in plan.part)
    verdict = combine([part.verdict for part in parts])
    template = plan.say.get(verdict)
    reason = (
        plain_reason(parts, written.rules.verdicts)
        if template is None
        else sentence(template, figures, parts, claim.id)
    )
    return Record(
        *about,
        shows,
        plan.checked,
        tuple(dict.fromkeys(q.scenario for q in plan.quantity if q.scenario)),
        parts,
        figures,
        background,
        key_words(made[plan.key]) if plan.key else _rows_counted(parts),
        made[plan.key].label if plan.key else "",
        verdict,
        reason,
        plan.would_change,
    )


def _figure(quantity: Quantity, reader: Reader, plan: ClaimPlan, part: PartPlan | None) -> Figure:
    """Read a quantity as a figure, with the bound it is judged against."""
    bound = part.rule.bound if part is not None and isinstance(part.rule, Direction) else None
    judged = part is not None and not isinstance(part.rule, Shown)
    return figure(quantity, reader.read(quantity), _scenario(quantity, plan), bound, judged=judged)


def _scenario(quantity: Quantity, plan: ClaimPlan) -> str:
    """Return the scenarios that a quantity comes from, through what it is made of."""
    if quantity.scenario:
        return quantity.scenario
    parts = [_scenario(q, plan) for name in quantity.of for q in plan.quantity if q.name == name]
    return ", ".join(dict.fromkeys(name for part in parts for name in part.split(", ")))


def _rows_counted(parts: Sequence[Part]) -> str:
    """Return the key figure of a claim without a run: how many rows speak for and against it."""
    rows = [row for part in parts for row in part.rows if row.counts]
    if not rows:
        return ""
    pro, con = (sum(row.says == says for row in rows) for says in ("for", "against"))
    return f"rows: {pro} for, {con} against"
