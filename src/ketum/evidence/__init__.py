"""The evidence: what every number of ketum rests on.

This room holds the shipped tables (`data/`) and what reads them: parameters, observations, calibration
targets, claims, legal status, safety rules and sources. Tables are checked where they enter; a row that
cannot be used is refused with an `EvidenceError` that names the file, the row, the column, the value and what
is allowed. It also holds the one registry of units, and turns a text such as "26 wk" into a plain number.

>>> from ketum.evidence import load_parameters, parse_quantity
>>> load_parameters("body").value("b_CL")
0.75
>>> parse_quantity("26 wk", "time")
4368.0
"""

from ketum.evidence.distributions import Distribution, Uncertainty
from ketum.evidence.groups import group_of, parameter_groups
from ketum.evidence.medicines import Flag, Medicine, find_substance, load_medicines, medicine_flags
from ketum.evidence.metabolism import active_metabolites, medicine_routes, mitragynine_inhibition, victims
from ketum.evidence.observations import Observation, load_observations, observation_tables
from ketum.evidence.parameter import Parameter, TableName
from ketum.evidence.parameters import ParameterTable, load_parameters
from ketum.evidence.provenance import PROVENANCES, Provenance, provenance_of
from ketum.evidence.records import Claim, LegalStatus, SafetyRule, load_rows
from ketum.evidence.sources import Source, load_sources
from ketum.evidence.targets import CalibrationTarget, load_calibration_targets
from ketum.evidence.units import parse_quantity, registry

__all__ = [
    "PROVENANCES",
    "CalibrationTarget",
    "Claim",
    "Distribution",
    "Flag",
    "LegalStatus",
    "Medicine",
    "Observation",
    "Parameter",
    "ParameterTable",
    "Provenance",
    "SafetyRule",
    "Source",
    "TableName",
    "Uncertainty",
    "active_metabolites",
    "find_substance",
    "group_of",
    "load_calibration_targets",
    "load_medicines",
    "load_observations",
    "load_parameters",
    "load_rows",
    "load_sources",
    "medicine_flags",
    "medicine_routes",
    "mitragynine_inhibition",
    "observation_tables",
    "parameter_groups",
    "parse_quantity",
    "provenance_of",
    "registry",
    "victims",
]
