"""Records of single rows of the evidence, complete and in plain types, as `ketum evidence --json` prints them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from ketum.evidence import behind_words as say
from ketum.evidence.behind import (
    TIES,
    all_observations,
    all_parameters,
    group_of_parameter,
    observations_behind,
    parameters_of_group,
    sources_behind,
    targets_named,
    targets_of_sources,
)
from ketum.evidence.groups import parameter_groups
from ketum.evidence.observations import VERIFIED, Observation, observation_tables
from ketum.evidence.parameter import Parameter, TableName
from ketum.evidence.provenance import PROVENANCES, provenance_of
from ketum.evidence.records import Claim, SafetyRule, load_rows
from ketum.evidence.safety import safety_conditions
from ketum.evidence.sources import Source, cited_keys, load_sources
from ketum.evidence.targets import CalibrationTarget, load_calibration_targets
from ketum.evidence.words import CLASSES, SEEN

Record = dict[str, Any]


def parameter_line(p: Parameter) -> Record:
    """Return a parameter in short."""
    return {
        "symbol": p.symbol,
        "key": p.key,
        "name": p.name,
        "value": p.value,
        "unit": p.unit,
        "provenance": p.provenance,
        "basis": say.basis(p),
    }


def observation_line(o: Observation) -> Record:
    """Return an observation in short."""
    return {
        "id": o.id,
        "quantity": o.quantity,
        "subject": say.subject(o),
        "population": o.details.get("population", ""),
        "statistic": o.statistic,
        "value": o.value,
        "number": o.number,
        "unit": o.unit,
        "low": o.low,
        "high": o.high,
        "spread": o.spread,
        "measured": say.measured(o),
        "where": o.where,
        "verified": o.verified,
        "own": say.is_own(o),
        "seen": say.seen(o),
        "source": list(cited_keys(o.source)),
    }


def target_line(t: CalibrationTarget) -> Record:
    """Return a calibration target in short."""
    return {
        "id": t.id,
        "quantity": t.quantity,
        "output": t.output,
        "value": t.value,
        "unit": t.unit,
        "accept_low": t.accept_low,
        "accept_high": t.accept_high,
        "observation": t.observation,
        "source": list(cited_keys(t.source)),
        "note": t.note,
    }


def source_lines(keys: Iterable[str]) -> list[Record]:
    """Return the references of some sources."""
    return [{"key": key, "reference": load_sources()[key].reference(), "own": key in say.OWN} for key in keys]


def parameter_record(p: Parameter) -> Record:
    """Return a parameter and everything in the tables that stands behind it.

    >>> record = parameter_record(all_parameters()["body.fm_7"])
    >>> record["provenance_words"], record["uncertainty"]["kind"], record["group"]
    ('animals', 'uniform', 'hydroxymitragynine')
    """
    between, uncertain = p.between_person, p.uncertainty
    behind = observations_behind(p)
    ties = sources_behind(p)
    seen = _counted(b.observation for b in behind if b.tie in ("target", "source"))
    return {
        "kind": "parameter",
        "table": p.table,
        "table_words": say.TABLES[p.table],
        **parameter_line(p),
        "provenance_words": CLASSES[p.provenance],
        "between_person": {
            "kind": between.kind,
            "bp_1": between.bp_1,
            "bp_2": between.bp_2,
            "quartiles": say.quartiles(p),
            "words": say.between_person(p),
        },
        "uncertainty": {
            "kind": uncertain.kind,
            "low": uncertain.low,
            "high": uncertain.high,
            "words": say.uncertainty(p),
        },
        "physical_range": {"low": p.p_low, "high": p.p_high, "words": say.physical_range(p)},
        "note": p.note,
        "group": group_of_parameter(p),
        "targets_named": [target_line(t) for t in targets_named(p)],
        "targets_of_its_sources": [target_line(t) for t in targets_of_sources(p)],
        "observations": [
            {**observation_line(b.observation), "tie": b.tie, "tie_words": TIES[b.tie], "shared_words": list(b.shared)}
            for b in behind
        ],
        "observations_seen": _counted(b.observation for b in behind),
        "all_from_memory": 0 < seen["recall"] == sum(seen.values()),
        "sources": [{**line, "tie": ties[line["key"]]} for line in source_lines(ties)],
    }


def observation_record(o: Observation) -> Record:
    """Return an observation, what is fitted to it and which parameters cite its source.

    >>> [t["id"] for t in observation_record(all_observations()["pk-001"])["targets"]]
    ['K1']
    """
    keys = cited_keys(o.source)
    return {
        "kind": "observation",
        "table": o.table,
        **observation_line(o),
        "note": o.note,
        "details": {name: text for name, text in o.details.items() if text},
        "targets": [target_line(t) for t in load_calibration_targets() if t.observation == o.id],
        "parameters": _citing(set(keys) - say.OWN.keys()),
        "sources": source_lines(keys),
    }


def target_record(t: CalibrationTarget) -> Record:
    """Return a calibration target, its observation and the parameters named with it."""
    observation = all_observations().get(t.observation or "")
    return {
        "kind": "target",
        **target_line(t),
        "observed": None if observation is None else observation_line(observation),
        "parameters": [parameter_line(p) for p in all_parameters().values() if t in targets_named(p)],
        "parameters_of_its_source": _citing(set(cited_keys(t.source)) - say.OWN.keys()),
        "sources": source_lines(cited_keys(t.source)),
    }


def source_record(source: Source) -> Record:
    """Return a source and every row that cites it."""
    key = source.key
    observations = [o for o in all_observations().values() if key in cited_keys(o.source)]
    rules = [rule for rule in load_rows("safety_rules") if key in cited_keys(rule.source)]
    return {
        "kind": "source",
        "key": key,
        "type": source.kind,
        "title": source.title,
        "authors": list(source.authors),
        "year": source.year,
        "fields": dict(source.fields),
        "reference": source.reference(),
        "own": key in say.OWN,
        "parameters": _citing({key}),
        "targets": [target_line(t) for t in load_calibration_targets() if key in cited_keys(t.source)],
        "observations": [observation_line(o) for o in observations],
        "observations_seen": _counted(observations),
        "safety_rules": [{"id": rule.id, "finding": rule.finding} for rule in rules],
    }


def claim_record(claim: Claim) -> Record:
    """Return a claim and how it is checked."""
    return {
        "kind": "claim",
        **{name: getattr(claim, name) for name in claim.__dataclass_fields__ if name != "kind"},
    } | {"claim_kind": claim.kind}


def rule_record(rule: SafetyRule) -> Record:
    """Return a safety rule."""
    own = [say.OWN[key] for key in cited_keys(rule.source) if key in say.OWN]
    return {
        "kind": "safety rule",
        **{name: getattr(rule, name) for name in rule.__dataclass_fields__},
        "checked": rule.checked.isoformat(),
        "conditions": [
            {"kind": c.kind, "of": c.of, "words": c.words} for c in safety_conditions() if c.rule == rule.id
        ],
        "basis_words": CLASSES[rule.basis],
        "seen": own[0] if own else SEEN[rule.verified],
        "sources": source_lines(cited_keys(rule.source)),
    }


def group_record(group: str) -> Record:
    """Return a group of parameters."""
    members = parameters_of_group(group)
    return {
        "kind": "group",
        "name": group,
        "provenance": provenance_of(members),
        "parameters": [parameter_line(p) for p in members],
    }


def overview_record() -> Record:
    """Return how much of everything there is.

    >>> record = overview_record()
    >>> record["claims"], record["parameters"]["covariates"]["assumption"]
    (41, 33)
    """
    return {
        "parameters": {
            table: provenance_of(p for p in all_parameters().values() if p.table == table)
            for table in get_args(TableName)
        },
        "observations": {
            table: _counted(o for o in all_observations().values() if o.table == table)
            for table in observation_tables()
        },
        "provenance_classes": {name: CLASSES[name] for name in PROVENANCES},
        "calibration_targets": len(load_calibration_targets()),
        "groups_of_parameters": len(parameter_groups()),
        "sources": len(load_sources().keys() - say.OWN.keys()),
        "claims": len(load_rows("claims")),
        "safety_rules": len(load_rows("safety_rules")),
        "legal_rows": len(load_rows("legal")),
    }


def _citing(keys: set[str]) -> list[Record]:
    return [parameter_line(p) for p in all_parameters().values() if not keys.isdisjoint(cited_keys(p.source))]


def _counted(observations: Iterable[Observation]) -> Mapping[str, int]:
    """Return how many numbers were seen where; those of our own are counted apart."""
    counts = Counter("own" if say.is_own(o) else o.verified for o in observations)
    return {name: counts[name] for name in (*VERIFIED, "own")}
