"""What a study did, put into the facts that its report is told, and into its provenance."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ketum.evidence import ParameterTable
from ketum.evidence.safety import table_checked
from ketum.reports.dag import draw
from ketum.reports.settings import MEANINGS
from ketum.reports.study_examples import example_of
from ketum.reports.study_facts import (
    Diagram,
    Estimand,
    Estimator,
    Identification,
    Planning,
    Pool,
    ProtocolRow,
    SafetyFinding,
    Sampling,
    Setting,
    StudyFacts,
)
from ketum.reports.study_planned import planned
from ketum.results.folder import provenance
from ketum.results.rests_on import rests_on
from ketum.scenario.build import build_experiment
from ketum.studies import words
from ketum.studies.crossing import Power
from ketum.studies.emulate import Emulated
from ketum.studies.facts import design_facts
from ketum.studies.graph import DesignFacts, causal_graph, design_table
from ketum.studies.identification import Identified, facts_for, identified, in_words, reading_of
from ketum.studies.mirror import mirrored
from ketum.studies.model import Study
from ketum.studies.resolve import participants
from ketum.studies.sizes import Answer
from ketum.studies.told import values

_MOST_DIAGRAMS = 4
Pair = tuple[str, str]


@dataclass(frozen=True)
class Account:
    """Facts for the report, provenance, and whether (estimand, estimator) is identified."""

    facts: dict[str, Any]
    provenance: dict[str, Any]
    identified: dict[Pair, bool]


def tables_of(study: Study) -> dict[str, ParameterTable]:
    """Return the parameter tables of a study by name."""
    t = study.tables
    return {table.name: table for table in (t.body, t.mood, t.covariates, t.scales, t.rules)}


def account(
    study: Study,
    done: Emulated,
    answer: Answer | None,
    findings: Sequence[Mapping[str, str]],
    file: str,
    seconds: float,
    text: str,
) -> Account:
    """Return what a study did.

    Parameters
    ----------
    study : Study
    done : Emulated
    answer : Answer or None
        The size that was looked for.
    findings : sequence of rows
        Safety findings, as rows of ``findings.csv``.
    file : str
        Name of the study file.
    seconds : float
        Time spent.
    text : str
        The resolved file.
    """
    facts = whole_design(study)
    table = done.replicates
    pairs: list[Pair] = list(dict.fromkeys(zip(table["estimand"], table["estimator"], strict=True)))
    verdicts = {pair: identified(facts, *pair) for pair in pairs}
    told = values(study)
    protocol = words.protocol(study.design, told)
    design = design_table(study.design)
    made = provenance(text, text, study.seed, tables_of(study), seconds)
    experiment = build_experiment(mirrored(study))
    behind = rests_on(experiment, ("severity", "phq9"))
    of_study = StudyFacts(
        title=study.title,
        design=design.title,
        noun=design.noun,
        question=study.table.question or design.question,
        seed=study.seed,
        settings=tuple(Setting(name=s.name, meaning=MEANINGS.get(s.name, "")) for s in study.settings),
        protocol=tuple(_row(row) for row in protocol.rows),
        dag=tuple(_diagrams(facts, verdicts)),
        estimands=tuple(_estimand(study.design, name, pairs) for name in dict.fromkeys(a for a, _ in pairs)),
        estimators=tuple(_estimator(name, verdicts, facts) for name in dict.fromkeys(b for _, b in pairs)),
        sampling=Sampling(
            participants=participants(study.table),
            replicates=study.replicates,
            reuse=max(pool.used for pool in done.pools),
        ),
        pool=Pool(
            persons=done.pools[0].persons,
            seconds=round(sum(pool.seconds for pool in done.pools), 1),
            words="" if any(pool.seconds for pool in done.pools) else "taken from the cache",
        ),
        limitations=tuple(words.limitations(facts)),
        findings=tuple(
            SafetyFinding(severity=row["severity"], text=row["text"], source=row["source"], date=row["checked"])
            for row in findings
        ),
        findings_checked=table_checked().isoformat(),
        rests_on=behind,
        planning=None if answer is None else _planning(answer),
        example=example_of(study, done.example),
        commands=tuple(_commands(file, answer)),
        versions={"ketum": str(made["ketum"]), "python": str(made["python"]), **made["libraries"]},
        hashes={"study file": hashlib.sha256(text.encode()).hexdigest(), **made["tables_sha256"]},
        seconds=round(seconds, 1),
        platform=str(made["platform"]),
    )
    made["pools"] = [
        {
            "setting": pool.setting,
            "persons": pool.persons,
            "seconds": round(pool.seconds, 2),
            "used": round(pool.used, 2),
        }
        for pool in done.pools
    ]
    made["rests_on"] = behind
    plain = json.loads(of_study.model_dump_json())
    return Account(plain, made, {pair: verdict.yes for pair, verdict in verdicts.items()})


def whole_design(study: Study) -> DesignFacts:
    """Return the facts of a study whose use may act in all ways in which it acts in any of its settings."""
    each = [design_facts(study, setting) for setting in study.settings]
    channels = tuple(dict.fromkeys(channel for facts in each for channel in facts.channels))
    return replace(each[0], channels=channels, carry_over_d=max(facts.carry_over_d for facts in each))


def _row(cells: Sequence[str]) -> ProtocolRow:
    *target, emulation = (cell[:1].upper() + cell[1:] for cell in cells[1:])
    return ProtocolRow(component=cells[0], target=target[0] if target else None, emulation=emulation)


def _estimand(design: str, name: str, pairs: Sequence[Pair]) -> Estimand:
    said = words.estimand_words(design, name)
    there = [b for a, b in pairs if a == name]
    main = said.main if said.main in there else there[-1] if design == "target_trial" else there[0]
    return Estimand(
        name=name,
        label=said.label,
        words=said.words,
        symbols=said.symbols,
        noun=said.noun,
        unit=said.unit,
        scale=said.scale,
        digits=said.digits,
        main=main,
        above=said.above,
        below=said.below,
        neither=said.neither,
    )


def _estimator(name: str, verdicts: Mapping[Pair, Identified], facts: DesignFacts) -> Estimator:
    said = words.estimator_words(name)
    told = {}
    for (estimand, estimator), verdict in verdicts.items():
        if estimator == name:
            graph = causal_graph(facts_for(facts, reading_of(facts.design, estimand, estimator)))
            told[estimand] = Identification(
                yes=verdict.yes,
                assumption=verdict.assumption,
                open_paths=tuple(in_words(graph, path) for path in verdict.open_paths),
                under_null=verdict.under_null,
            )
    return Estimator(name=name, label=said.label, description=said.description, identified=told)


def _diagrams(facts: DesignFacts, verdicts: Mapping[Pair, Identified]) -> list[Diagram]:
    """Return one diagram for all estimators that it is the same for."""
    found: dict[str, list[Pair]] = {}
    for pair, verdict in verdicts.items():
        graph = causal_graph(facts_for(facts, reading_of(facts.design, *pair)))
        found.setdefault(draw(graph, verdict), []).append(pair)
    made = []
    for svg, pairs in list(found.items())[:_MOST_DIAGRAMS]:
        labels = list(dict.fromkeys(words.estimator_words(estimator).label for _, estimator in pairs))
        verdict = verdicts[pairs[0]]
        state = "Identified" if verdict.yes else "Not identified"
        made.append(
            Diagram(
                heading="; ".join(labels)[:1].upper() + "; ".join(labels)[1:],
                svg=svg,
                text=f"{state}. {verdict.assumption}",
            )
        )
    return made


def _commands(file: str, answer: Answer | None) -> list[str]:
    again = f"ketum study {shlex.quote(file)}"
    found = [again, "ketum study study.toml --out again"]
    if answer is not None:
        q = answer.question
        goal = f"--power {q.goal.target:g}" if isinstance(q.goal, Power) else f"--bias {q.goal.bound:g}"
        found.append(
            f"{again} --find {q.size} {goal} --in {q.setting} --estimand {q.estimand} --estimator {q.estimator}"
        )
    return found


def _planning(answer: Answer) -> Planning:
    q = answer.question
    return planned(
        answer.plan,
        q.goal,
        answer.smallest,
        answer.largest,
        estimand=q.estimand,
        estimator=q.estimator,
        setting=q.setting,
        of=answer.of,
    )
