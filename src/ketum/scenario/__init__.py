"""The scenario file: refused with one clear message, or resolved to what the engine runs."""

from ketum.scenario.load import load_scenario, scenario_of_tables, scenario_of_text, tables_of_text
from ketum.scenario.model import Arm, People, Record, Scenario
from ketum.scenario.write import to_toml

__all__ = [
    "Arm",
    "People",
    "Record",
    "Scenario",
    "load_scenario",
    "scenario_of_tables",
    "scenario_of_text",
    "tables_of_text",
    "to_toml",
]
