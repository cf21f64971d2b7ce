"""From the ledger as it is written to its records: run, emulate, read the figures, apply the rules."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ketum.claims.behaviour import Ask
from ketum.claims.emulated import Emulated
from ketum.claims.evidence_rows import evidence_row
from ketum.claims.model import Figure, Ledger, Part, Record
from ketum.claims.parts import judge_part
from ketum.claims.plan import ClaimPlan, Direction, PartPlan, Plan, Quantity, Shown, shipped_plan
from ketum.claims.quantities import Ran, Reader, figure
from ketum.claims.rules import combine
from ketum.claims.scenarios import scenario_file
from ketum.claims.studies import study_file
from ketum.claims.words import key_words, plain_reason, sentence
from ketum.errors import EvidenceError
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


class Emulator(Protocol):
    """What emulates a study: `ketum.studying.study`."""

    def __call__(self, file: Path, out: Path, *, overrides: Sequence[str] = (), workers: int | None = None) -> Emulated:
        """Emulate a study file into a study folder."""


def compute(
    run: Runner,
    ask: Ask,
    *,
    emulate: Emulator | None = None,
    ids: Sequence[str] | None = None,
    overrides: Sequence[str] = (),
    people: int | None = None,
    draws: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    key: str = "",
    plan: Plan | None = None,
) -> Ledger:
    """Run the scenarios of claims, emulate their studies and compute their records.

    Parameters
    ----------
    run : callable
        What runs a scenario: `ketum.run`.
    ask : callable
        What runs the command with arguments and returns its exit code and what it printed.
    emulate : callable, optional
        What emulates a study: `ketum.studying.study`; needed by claims that ask for studies.
    ids : sequence of str, optional
        Claims; by default all.
    overrides : sequence of str
        Changed parameters, as ``symbol=value``.
    people, draws : int, optional
        Persons and parameter sets of every scenario, instead of those of its file; a study keeps its own.
    workers : int, optional
        Processes for scenarios.
    progress : callable, optional
        Called with the name of a scenario or study, how many are done, and how many there are.
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
        If a scenario cannot be run or a study not emulated, or it does not hold what the ledger asks for.
    """
    began = time.monotonic()
    written = plan or shipped_plan()
    claims = [claim for claim in load_rows("claims") if ids is None or claim.id in ids]
    plans = [written.of(claim.id) for claim in claims]
    names = dict.fromkeys(q.scenario for p in plans for q in p.quantity if q.scenario)
    studies = dict.fromkeys(name for p in plans for q in p.quantity for name in q.studies)
    changes = [f"parameters.{change}" for change in overrides]
    runs: dict[str, Ran] = {}
    emulated: dict[str, Emulated] = {}
    tell = progress or (lambda *_: None)
    count = len(names) + len(studies)
    with tempfile.TemporaryDirectory() as place:
        for name in names:
            tell(name, len(runs), count)
            with scenario_file(name) as file:
                own = [*changes, *_draws(file, draws)]
                runs[name] = run(file, Path(place) / name, overrides=own, people=people, workers=workers)
        for name in studies:
            if emulate is None:
                raise EvidenceError(f"ledger.toml: study {name!r} is asked for, and nothing is given that emulates it")
            tell(name, len(runs) + len(emulated), count)
            with study_file(name) as file:
                # one process: for studies of this size starting others takes longer than they save
                emulated[name] = emulate(file, Path(place) / name, overrides=changes, workers=1)
        work = _Work(written, runs, emulated, ask)
        records = tuple(_record(claim, p, work) for claim, p in zip(claims, plans, strict=True))
    used = [run.scenario for run in runs.values()]
    most = max((s.uncertainty.draws for s in used if s.uncertainty is not None), default=0)
    persons = max((s.people.count for s in used), default=0)
    return Ledger(key, __version__, most, persons, round(time.monotonic() - began, 1), records)


@dataclass(frozen=True, slots=True)
class _Work:
    """What records are computed from: the ledger as written, what was run and emulated, and the command."""

    written: Plan
    runs: Mapping[str, Ran]
    studies: Mapping[str, Emulated]
    ask: Ask


def _draws(file: Path, draws: int | None) -> list[str]:
    """Return the override of the number of parameter sets, for scenarios that have any."""
    if draws is None or "[uncertainty]" not in file.read_text(encoding="utf-8"):
        return []
    return [f"uncertainty.draws={draws}"]


def _record(claim: Claim, plan: ClaimPlan, work: _Work) -> Record:
    reader = Reader(work.runs, work.studies, {})
    by_quantity = {part.quantity: part for part in plan.part if part.quantity}
    made = {q.name: _figure(q, reader, plan, by_quantity.get(q.name)) for q in plan.quantity}
    figures = tuple(made[q.name] for q in plan.quantity if not q.step)
    values = {name: one.values for name, one in made.items()}
    parts = tuple(judge_part(claim.id, part, plan, values, work.written.rules, work.ask) for part in plan.part)
    verdict = combine([part.verdict for part in parts])
    template = plan.say.get(verdict)
    reason = (
        plain_reason(parts, work.written.rules.verdicts)
        if template is None
        else sentence(template, figures, parts, claim.id)
    )
    return Record(
        claim.id,
        claim.article,
        claim.claim,
        plan.short,
        claim.kind,
        claim.how_to_check,
        claim.what_a_passing_check_shows,
        plan.checked,
        tuple(dict.fromkeys(q.scenario for q in plan.quantity if q.scenario)),
        tuple(dict.fromkeys(name for q in plan.quantity for name in q.studies)),
        parts,
        figures,
        tuple(evidence_row(row, None) for row in plan.background),
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
    return figure(quantity, reader.read(quantity), plan, bound, judged=judged)


def _rows_counted(parts: Sequence[Part]) -> str:
    """Return the key figure of a claim without a run: how many rows speak for and against it."""
    rows = [row for part in parts for row in part.rows if row.counts]
    if not rows:
        return ""
    pro, con = (sum(row.says == says for row in rows) for says in ("for", "against"))
    return f"rows: {pro} for, {con} against"
